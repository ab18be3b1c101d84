//! What one second of the world came to: the metrics and the tally are made of it.

use super::{
    database::Connections,
    engine::Flow,
    latency::{Answers, Latencies},
    rollout::Sides,
};

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
    /// How the requests fell to the revisions, where a rollout tells them apart.
    pub(super) sides: Option<Box<Sides>>,
    /// How long answers took at another site.
    pub(super) elsewhere: Option<Box<Answers>>,
}

impl Facts {
    /// Requests without a good answer.
    pub(super) fn failed(&self) -> f64 {
        self.flow.given_up
    }

    /// Of those, the ones that found no connection last.
    pub(super) fn unconnected(&self) -> f64 {
        match &self.sides {
            None => self.flow.errors.min(self.flow.given_up),
            Some(sides) => sides.unconnected.min(self.flow.given_up),
        }
    }

    /// Takes in what the same second came to at another site, that has neither a database nor a
    /// cache nor a rollout. What is a mean of members stays that of this site.
    pub(super) fn take_in(&mut self, other: Self) {
        self.flow.take_in(&other.flow);
        self.desired += other.desired;
        self.ready += other.ready;
        self.capacity += other.capacity;
        self.backlog += other.backlog;
        self.elsewhere = Some(Box::new(other.answers));
    }

    /// Adds the answers to `latencies`: those of two revisions apart, which take different times.
    pub(super) fn answers_to(&self, latencies: &mut Latencies) {
        match (&self.sides, &self.answers) {
            (Some(sides), Answers::Modelled { .. }) => {
                latencies.add(&sides.stable.answers);
                latencies.add(&sides.candidate.answers);
            }
            (None, _) | (Some(_), Answers::Counted(_)) => latencies.add(&self.answers),
        }
        if let Some(answers) = &self.elsewhere {
            latencies.add(answers);
        }
    }
}
