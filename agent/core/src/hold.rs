//! The timers behind `rule … for DURATION`.

use crate::{Span, Tick};
use serde::{Deserialize, Serialize};

/// How long a rule's condition has been true without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The time counted so far; it stands still while the condition cannot be told.
    pub held: Span,
    /// When the condition was last known to be true.
    pub last_true: Tick,
    /// Whether the last pass could not tell.
    pub paused: bool,
}

impl Hold {
    /// The timer after a pass that found `condition` (`None`: it could not be told).
    ///
    /// True starts it or lets it run on by `elapsed`; false resets it; missing
    /// pauses it, and resets it once the last true is longer than `max_age` ago.
    pub fn advance(
        before: Option<Self>,
        condition: Option<bool>,
        now: Tick,
        elapsed: Span,
        max_age: Span,
    ) -> Option<Self> {
        match (condition, before) {
            (Some(false), _) | (None, None) => None,
            (Some(true), None) => Some(Self { held: Span::ZERO, last_true: now, paused: false }),
            (Some(true), Some(hold)) => {
                let ran = if hold.paused { Span::ZERO } else { elapsed };
                Some(Self { held: hold.held + ran, last_true: now, paused: false })
            }
            (None, Some(hold)) => {
                (now.since(hold.last_true) <= max_age).then_some(Self { paused: true, ..hold })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds held after each of `conditions`, 15 s apart, with a limit of 60 s.
    fn held(conditions: &[Option<bool>]) -> Vec<Option<u64>> {
        let every = Span::from_secs(15);
        let mut hold = None;
        let mut now = Tick::default();
        let mut seen = Vec::new();
        for condition in conditions {
            now = now + every;
            hold = Hold::advance(hold, *condition, now, every, Span::from_secs(60));
            seen.push(hold.map(|hold: Hold| hold.held.ms() / 1000));
        }
        seen
    }

    #[test]
    fn it_counts_from_the_first_true_and_starts_over_after_a_false() {
        let (t, f) = (Some(true), Some(false));
        assert_eq!(held(&[t, t, t, f, t]), [Some(0), Some(15), Some(30), None, Some(0)]);
    }

    #[test]
    fn missing_data_never_counts_as_holding() {
        let t = Some(true);
        assert_eq!(held(&[t, t, None, None, t, t]), [0, 15, 15, 15, 15, 30].map(Some));
    }

    #[test]
    fn it_resets_when_data_is_missing_for_longer_than_its_age_limit() {
        let mut conditions = vec![Some(true); 3];
        conditions.extend([None; 5]);
        assert_eq!(held(&conditions).last(), Some(&None));
    }
}
