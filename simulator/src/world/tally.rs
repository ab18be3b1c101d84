//! What happened, for people: totals of the run.

use super::facts::Facts;
use setpoint_core::Span;

/// What happened over a whole run. The fluid engine counts requests that need not be
/// whole.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests that arrived.
    pub offered: f64,
    /// Requests with a good answer.
    pub served: f64,
    /// Of those, the ones that waited too long.
    pub slow: f64,
    /// Requests that were given up: nobody answered in time, or they were turned away, and
    /// their clients did not try again.
    pub given_up: f64,
    /// Attempts that arrived: requests and their retries.
    pub attempts: f64,
    /// Attempts that were turned away at once.
    pub shed: f64,
    /// Attempts whose client lost its patience.
    pub timed_out: f64,
    /// Attempts that were answered with an error.
    pub errors: f64,
    /// Attempts that were worked on although nobody waited for them any more.
    pub wasted: f64,
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
        self.attempts += second.flow.attempts;
        self.shed += second.flow.shed;
        self.timed_out += second.flow.timed_out;
        self.errors += second.flow.errors;
        self.wasted += second.flow.wasted;
        self.unconnected += second.unconnected();
        self.refused += second.attempts;
        let lacking = second.connections.refused;
        self.lacking = self.lacking.max(lacking);
        if lacking > 0.0 {
            self.first_refused.get_or_insert(now);
            self.refusing = self.refusing + Span::from_secs(1);
        }
    }
}
