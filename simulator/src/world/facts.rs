//! What one second of the world came to: the metrics and the tally are made of it.

use super::{database::Connections, engine::Flow, latency::Answers};

/// What one second came to. Requests need not be whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) flow: Flow,
    pub(super) answers: Answers,
    pub(super) connections: Connections,
    /// Requests with a good answer.
    pub(super) answered: f64,
    /// Of those, the ones that waited too long.
    pub(super) slow: f64,
    /// Requests without a connection.
    pub(super) unconnected: f64,
    /// Attempts to connect that were refused.
    pub(super) attempts: f64,
    /// Members asked for.
    pub(super) desired: u32,
    /// Members that served.
    pub(super) ready: u32,
    /// Replicas that served.
    pub(super) replicas: u32,
    /// Requests per second that the ready members can serve.
    pub(super) capacity: f64,
}

impl Facts {
    /// Requests without a good answer.
    pub(super) fn failed(&self) -> f64 {
        self.flow.given_up + self.unconnected
    }
}
