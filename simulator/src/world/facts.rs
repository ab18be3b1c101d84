//! What one second of the world came to: the metrics and the tally are made of it.

use super::{database::Connections, engine::Flow, latency::Answers};

/// What one second came to. Requests need not be whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) flow: Flow,
    pub(super) answers: Answers,
    pub(super) connections: Connections,
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
    /// Requests that have arrived and not left.
    pub(super) backlog: f64,
    /// The members' mean CPU, 0 to 1; none without members. Who waits for others uses none.
    pub(super) cpu: Option<f64>,
    /// The share answered from the cache, if there is one.
    pub(super) hits: Option<f64>,
    /// The traffic that is announced.
    pub(super) announced: f64,
    /// Whether there is a database.
    pub(super) has_database: bool,
}

impl Facts {
    /// Requests without a good answer.
    pub(super) fn failed(&self) -> f64 {
        self.flow.given_up
    }

    /// Of those, the ones that found no connection last.
    pub(super) fn unconnected(&self) -> f64 {
        self.flow.errors.min(self.flow.given_up)
    }
}
