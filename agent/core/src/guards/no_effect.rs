//! Nothing grows on when growth did not bring about what its policy declares.
//!
//! A fifth replica that does not bring connections down is no help, and hides the fault from
//! the people who could find it. So after a few actions without the declared effect growth
//! is held and a person is told. It is the one brake on growth, and only an author who
//! writes `effect` has it. It ends when the input has fallen after all, or when a person
//! resumes the target.

use super::{Candidate, Ruling};
use crate::{Effect, Short, noticed::Trials};

/// Holds growth after as many actions without one of `effects` as it allows.
pub(crate) fn no_effect<'a>(
    candidate: Candidate,
    effects: impl IntoIterator<Item = (&'a Effect, &'a Trials)>,
) -> Ruling {
    if !candidate.grows() {
        return Ruling::pass(candidate, "only for growth");
    }
    match effects.into_iter().find(|(effect, trials)| trials.failed >= effect.tries) {
        Some((effect, trials)) => {
            let (n, input, within) = (trials.failed, effect.input.input(), effect.within);
            let share = Short(effect.falls * 100.0);
            Ruling::Hold(
                format!("{n} actions did not bring {input} down by {share} % within {within}")
                    .into(),
            )
        }
        None => Ruling::pass(candidate, "nothing to the contrary"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InputKey, Span};

    #[track_caller]
    fn check(size: u32, failed: u32, holds: bool) {
        let input = InputKey::new("p/conn");
        let effect = Effect { input, falls: 0.05, within: Span::from_minutes(15), tries: 2 };
        let trials = Trials { failed, ..Trials::default() };
        let ruling = no_effect(Candidate::new(10, size), [(&effect, &trials)]);
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
    }

    #[test]
    fn growth_that_does_not_help_is_not_gone_on_with() {
        check(11, 2, true);
        check(11, 1, false);
    }

    #[test]
    fn it_never_holds_shrinking() {
        check(9, 9, false);
        check(10, 9, false);
    }
}
