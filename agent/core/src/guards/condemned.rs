//! A candidate that was rolled back is not raised again by itself.
//!
//! The errors that condemned it are gone once it has no traffic, so every rule that looks at
//! them would raise it again, and again. Only another candidate ends that, or a person who
//! resumes the target. Source: argo-rollouts#2929, where an aborted rollout retried by itself.

use super::{Candidate, Ruling};
use crate::{Condemned, Tick};

/// Holds raising a candidate that `condemned` tells of.
pub(crate) fn condemned(candidate: Candidate, condemned: Option<&Condemned>, now: Tick) -> Ruling {
    let Some(Condemned { revision, since, by }) = condemned else {
        return Ruling::pass(candidate, "not rolled back before");
    };
    let what = match revision {
        Some(revision) => format!("{revision} was"),
        None => "a candidate of no name was".to_owned(),
    };
    let what = format!("{what} rolled back {} ago by {by}", now.since(*since));
    if candidate.shrinks() {
        let help = "another candidate, or a person who resumes the target, ends that";
        return Ruling::Hold(format!("{what}; {help}").into());
    }
    Ruling::Size(candidate.size, format!("{what}; {} does not wait", candidate.returning()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Side;

    #[track_caller]
    fn check(present: u32, size: u32, rolled_back: bool, holds: bool) {
        let candidate = Candidate { present, size, safe: Some(Side::Low) };
        let past = Condemned {
            revision: Some("v2".to_owned()),
            since: Tick::from_ms(0),
            by: "rule \"worse\" of canary".to_owned(),
        };
        let past = rolled_back.then_some(&past);
        let ruling = condemned(candidate, past, Tick::from_ms(86_400_000 * 365));
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
    }

    #[test]
    fn it_never_lets_a_candidate_that_was_rolled_back_be_raised_however_long_ago_that_is() {
        check(0, 5, true, true);
        check(25, 50, true, true);
        check(0, 5, false, false);
    }

    #[test]
    fn it_never_keeps_a_rollback_waiting() {
        check(25, 0, true, false);
        check(25, 25, true, false);
    }
}
