//! Nothing goes without leave, where leave is asked for.
//!
//! An approval names a size: the target may shrink down to it and no further, as often as
//! it takes, until the approval has run out.

use super::{Candidate, Ruling};
use crate::{Approval, Approve, Tick};

/// Holds a shrinking that waits for `approval`, or cuts it to what is approved.
pub(crate) fn approval(
    candidate: Candidate,
    approve: Approve,
    approval: Option<&Approval>,
    now: Tick,
) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    if approve == Approve::Nothing {
        return Ruling::pass(candidate, "none is asked for");
    }
    match approval {
        Some(given) if candidate.leads_to(given.to) && now < given.until => {
            let (to, by, left) = (given.to, &given.by, given.until.since(now));
            Ruling::Size(
                candidate.at_most_to(to),
                format!("{by} approved {to}, valid for {left}").into(),
            )
        }
        _ => Ruling::Hold(format!("waiting for approval of {present} -> {size}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size that comes of 40 -> `size` when 30 was approved until one minute.
    #[track_caller]
    fn check(size: u32, approve: Approve, now: u64, expected: Option<u32>) {
        let until = Tick::from_ms(60_000);
        let given = Approval { to: 30, until, by: "ann".to_owned() };
        let now = Tick::from_ms(now * 1000);
        let ruling = approval(Candidate::new(40, size), approve, Some(&given), now);
        let size = match ruling {
            Ruling::Size(size, _) => Some(size),
            Ruling::Hold(_) => None,
        };
        assert_eq!(size, expected);
    }

    #[test]
    fn it_shrinks_as_far_as_was_approved_and_no_further() {
        check(30, Approve::Shrink, 0, Some(30));
        check(35, Approve::Shrink, 0, Some(35));
        check(20, Approve::Shrink, 0, Some(30));
        check(30, Approve::Shrink, 60, None);
    }

    #[test]
    fn without_leave_it_stays() {
        let candidate = Candidate::new(40, 36);
        let ruling = approval(candidate, Approve::Shrink, None, Tick::default());
        assert_eq!(ruling, Ruling::Hold("waiting for approval of 40 -> 36".into()));
    }

    #[test]
    fn growth_needs_none_and_nothing_does_where_none_is_asked_for() {
        check(50, Approve::Shrink, 60, Some(50));
        check(20, Approve::Nothing, 60, Some(20));
    }
}
