//! The same trouble again and again: told at once, then once a minute with a count.

use setpoint_core::Span;
use std::collections::BTreeMap;

/// The least time between two lines about one trouble.
const QUIET: Span = Span::from_secs(60);

/// The troubles that were told, by whose they are.
#[derive(Debug, Default)]
pub(crate) struct Repeats(BTreeMap<String, Told>);

#[derive(Debug)]
struct Told {
    at: Span,
    unsaid: u64,
}

impl Repeats {
    /// Whether to tell of the trouble of `whose`, which is there at `now`; if so, how often
    /// it was there in silence since it was last told.
    pub(crate) fn due(&mut self, whose: &str, now: Span) -> Option<u64> {
        match self.0.get_mut(whose) {
            Some(told) if now.minus(told.at) < QUIET => {
                told.unsaid += 1;
                None
            }
            Some(told) => {
                told.at = now;
                Some(std::mem::take(&mut told.unsaid))
            }
            None => {
                self.0.insert(whose.to_owned(), Told { at: now, unsaid: 0 });
                Some(0)
            }
        }
    }

    /// Forgets the troubles that are over: should they come back, they are told at once.
    pub(crate) fn keep(&mut self, still: impl Fn(&str) -> bool) {
        self.0.retain(|whose, _| still(whose));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_that_stays_never_fills_the_log_and_is_never_forgotten() {
        let mut repeats = Repeats::default();
        let told: Vec<Option<u64>> =
            (0..10).map(|pass| repeats.due("app", Span::from_secs(15 * pass))).collect();
        let silent = [None; 3];
        assert_eq!(told[0], Some(0));
        assert_eq!(told[1..4], silent);
        assert_eq!(told[4], Some(3));
        assert_eq!(told[5..8], silent);
        assert_eq!(told[8], Some(3));
    }

    #[test]
    fn a_trouble_that_comes_back_is_told_at_once_and_another_never_waits_for_it() {
        let mut repeats = Repeats::default();
        let now = Span::from_secs(1);
        assert_eq!(repeats.due("app", now), Some(0));
        assert_eq!(repeats.due("cloud", now), Some(0));
        repeats.keep(|whose| whose != "app");
        assert_eq!(repeats.due("app", now), Some(0));
        assert_eq!(repeats.due("cloud", now), None);
    }
}
