//! What clients do when a request fails: try again, after a while, as long as they may.

use super::engine::sabotage::{Part, is_broken};
use setpoint_core::Span;

/// How clients try again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clients {
    /// How often a request is tried again, at most: 0 to [`MOST_RETRIES`].
    pub retries: u32,
    /// The time from the first failure to the first retry; it doubles with each.
    pub backoff: Span,
    /// How far that time is spread to both sides, as a share of it: 0 to 1.
    pub jitter: f64,
    /// Retries that all clients together may make, for each first attempt: 0.1 lets load grow
    /// by a tenth at most. Without, nothing limits them.
    pub budget: Option<f64>,
}

/// The most retries a scenario may ask for: with them, an attempt is the eleventh.
pub const MOST_RETRIES: u32 = 10;

/// Attempts that a request can have.
pub(super) const ATTEMPTS: usize = MOST_RETRIES as usize + 1;

/// Requests by which attempt they are, the first at 0.
pub(super) type Mix = [f64; ATTEMPTS];

impl Clients {
    /// Clients that never try again.
    pub const RESIGNED: Self =
        Self { retries: 0, backoff: Span::from_ms(200), jitter: 1.0, budget: None };

    /// The seconds between the failure of an attempt, the first being 0, and the next one; `luck` is from 0 to 1.
    pub(super) fn delay(self, attempt: usize, luck: f64) -> f64 {
        let middle = self.backoff.secs() * f64::from(1_u32 << attempt.min(ATTEMPTS));
        middle * (1.0 + self.jitter * (2.0 * luck - 1.0))
    }

    /// Whether an attempt, the first being 0, may be followed by another.
    pub(super) fn may_try_again(self, attempt: usize) -> bool {
        attempt < self.retries.min(MOST_RETRIES) as usize
    }
}

impl Default for Clients {
    fn default() -> Self {
        Self::RESIGNED
    }
}

/// What is left of the clients' budget for retries: a token for each.
///
/// Tokens are forgotten within a time, so that a quiet day does not pay for a storm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    share: Option<f64>,
    tokens: f64,
}

impl Budget {
    /// The seconds after which a token that was not used counts for 1/e.
    const MEMORY: f64 = 10.0;

    pub(super) const fn new(clients: Clients) -> Self {
        Self { share: clients.budget, tokens: 0.0 }
    }

    /// Takes in the first attempts of one second.
    pub(super) fn fill(&mut self, first_attempts: f64) {
        if let Some(share) = self.share {
            self.tokens = self.tokens * (-1.0 / Self::MEMORY).exp() + share * first_attempts;
        }
    }

    /// Asks for so many retries: those that may be made.
    pub(super) fn take(&mut self, wanted: f64) -> f64 {
        if self.share.is_none() || is_broken(Part::Budget) {
            return wanted;
        }
        let granted = wanted.min(self.tokens);
        self.tokens -= granted;
        granted
    }

    /// Asks for one whole retry: whether it may be made.
    pub(super) fn take_one(&mut self) -> bool {
        let granted = self.share.is_none() || self.tokens >= 1.0 || is_broken(Part::Budget);
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_retry_waits_twice_as_long_and_jitter_spreads_it_to_both_sides() {
        let clients = Clients { retries: 3, jitter: 0.5, ..Clients::RESIGNED };
        let check = |attempt, luck, seconds: f64| {
            let delay = clients.delay(attempt, luck);
            assert!((delay - seconds).abs() < 1e-12, "attempt {attempt}, luck {luck}: {delay}");
        };
        check(0, 0.5, 0.2);
        check(1, 0.5, 0.4);
        check(2, 0.0, 0.4);
        check(2, 1.0, 1.2);
        assert_eq!([0, 2, 3].map(|attempt| clients.may_try_again(attempt)), [true, true, false]);
    }

    #[test]
    fn a_budget_never_grants_more_than_its_share_for_long() {
        let mut budget = Budget::new(Clients { budget: Some(0.1), ..Clients::RESIGNED });
        let mut granted = 0.0;
        for _ in 0..1000 {
            budget.fill(100.0);
            granted += budget.take(500.0);
        }
        assert!((granted - 10_000.0).abs() < 1e-6, "{granted}");
        (0..10_000).for_each(|_| budget.fill(100.0));
        let saved = budget.take(f64::INFINITY);
        assert!(saved < 110.0, "a quiet day paid for {saved} retries");
        assert!(!budget.take_one());
    }
}
