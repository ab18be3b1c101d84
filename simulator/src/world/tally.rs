//! What happened, for people: totals of the run, and a row for each minute.

use super::{facts::Facts, latency::Latencies};
use setpoint_core::Span;

/// What happened over a whole run. Requests and connections are counted by the fluid
/// model, so they need not be whole.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests that arrived.
    pub offered: f64,
    /// Requests with a good answer.
    pub served: f64,
    /// Of those, the ones that waited too long.
    pub slow: f64,
    /// Requests that nobody answered in time.
    pub given_up: f64,
    /// Requests that found no database connection.
    pub unconnected: f64,
    /// Attempts to connect that the database refused.
    pub refused: f64,
    /// The most connections that were lacking at once.
    pub lacking: f64,
    /// When the database first refused a connection.
    pub first_refused: Option<Span>,
    /// For how long it refused connections.
    pub refusing: Span,
    /// One row for each minute that has begun.
    pub minutes: Vec<Minute>,
}

impl Tally {
    /// Requests without a good answer.
    pub fn failed(&self) -> f64 {
        self.given_up + self.unconnected
    }

    pub(super) fn add(&mut self, second: &Facts, now: Span) {
        self.offered += second.flow.offered;
        self.served += second.flow.served;
        self.slow += second.flow.slow;
        self.given_up += second.failed() - second.unconnected();
        self.unconnected += second.unconnected();
        self.refused += second.attempts;
        let lacking = second.connections.refused;
        self.lacking = self.lacking.max(lacking);
        if lacking > 0.0 {
            self.first_refused.get_or_insert(now);
            self.refusing = self.refusing + Span::from_secs(1);
        }
        let minute = (now.ms() / 60_000) as usize;
        if self.minutes.len() <= minute {
            self.minutes.resize_with(minute + 1, Minute::default);
        }
        if let Some(minute) = self.minutes.get_mut(minute) {
            minute.add(second);
        }
    }
}

/// What happened in one minute.
#[derive(Clone, Debug, Default)]
pub struct Minute {
    seconds: f64,
    offered: f64,
    capacity: f64,
    /// Requests without a good answer.
    pub failed: f64,
    /// The most members asked for.
    pub desired: u32,
    /// The most members that served.
    pub ready: u32,
    /// The most replicas that served.
    pub replicas: u32,
    /// The most connections asked of one instance, as a share of what it takes; above 1 it refuses.
    pub fullest: f64,
    latencies: Latencies,
}

impl Minute {
    fn add(&mut self, second: &Facts) {
        self.seconds += 1.0;
        self.offered += second.flow.offered;
        self.capacity += second.capacity;
        self.failed += second.failed();
        self.desired = self.desired.max(second.desired);
        self.ready = self.ready.max(second.ready);
        self.replicas = self.replicas.max(second.replicas);
        self.fullest = self.fullest.max(second.connections.fullest);
        self.latencies.add(&second.answers);
    }

    /// Requests that arrived, per second.
    pub fn offered_rps(&self) -> f64 {
        self.offered / self.seconds.max(1.0)
    }

    /// Requests per second that the ready members could have served.
    pub fn capacity_rps(&self) -> f64 {
        self.capacity / self.seconds.max(1.0)
    }

    /// The share of requests without a good answer, 0 to 1.
    pub fn failed_share(&self) -> f64 {
        if self.offered > 0.0 { self.failed / self.offered } else { 0.0 }
    }

    /// The time in seconds within which 99 % of answers came; none without answers.
    pub fn p99(&self) -> Option<f64> {
        self.latencies.quantile(0.99)
    }
}
