//! How fast a receiver is told: no more than so many letters a minute, and with growing
//! patience after each that it did not take. Pure: whoever waits has the clock.

use setpoint_core::Span;
use std::collections::VecDeque;

/// The time over which letters are counted.
const MINUTE: Span = Span::from_secs(60);
/// How long to wait after the first letter that was not taken; twice as long after each more.
const FIRST_WAIT: Span = Span::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Span = Span::from_secs(300);

/// When the next letter may be sent.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    a_minute: u32,
    sent: VecDeque<Span>,
    /// How often the letter in hand was not taken.
    failures: u32,
}

impl Pace {
    /// At most `a_minute` letters a minute; at least one.
    pub(crate) fn new(a_minute: u32) -> Self {
        Self { a_minute: a_minute.max(1), sent: VecDeque::new(), failures: 0 }
    }

    /// The monotonic time from which on another letter may be sent.
    pub(crate) fn next(&self) -> Span {
        let full = self.sent.len() >= self.a_minute as usize;
        self.sent.front().filter(|_| full).map_or(Span::ZERO, |first| *first + MINUTE)
    }

    /// One is being sent now.
    pub(crate) fn sends(&mut self, now: Span) {
        self.sent.push_back(now);
        while self.sent.len() > self.a_minute as usize {
            self.sent.pop_front();
        }
    }

    /// The letter in hand is done with.
    pub(crate) const fn is_done(&mut self) {
        self.failures = 0;
    }

    /// The letter in hand was not taken: how long to wait before it is tried again. Whoever
    /// asks for longer gets it, up to the longest wait there is.
    pub(crate) fn failed(&mut self, after: Option<Span>) -> Span {
        let wait = FIRST_WAIT.times(1 << self.failures.min(16)).min(LONGEST_WAIT);
        self.failures = self.failures.saturating_add(1);
        after.map_or(wait, |after| after.min(LONGEST_WAIT).max(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_letters_than_its_limit() {
        let mut pace = Pace::new(3);
        for second in [0, 10, 20] {
            assert_eq!(pace.next(), Span::ZERO);
            pace.sends(Span::from_secs(second));
        }
        assert_eq!(pace.next(), Span::from_secs(60));
        pace.sends(Span::from_secs(60));
        assert_eq!(pace.next(), Span::from_secs(70));
    }

    #[test]
    fn patience_grows_with_every_failure_to_a_limit_and_begins_anew_after_a_success() {
        let mut pace = Pace::new(3);
        let waits: Vec<u64> = (0..11).map(|_| pace.failed(None).ms() / 1000).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        pace.is_done();
        assert_eq!(pace.failed(Some(Span::from_secs(30))), Span::from_secs(30));
        assert_eq!(pace.failed(Some(Span::from_minutes(540))), LONGEST_WAIT);
    }
}
