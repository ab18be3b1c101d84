//! Nothing shrinks while members cannot be had: what is gone could not be bought back.
//!
//! A provider that runs short does so for more than one target, so a shortage counts for
//! all that live at the same provider; but only while it is young. One group that waits
//! for days for a rare machine must not keep a whole region from shrinking, as it does in
//! cluster-autoscaler (its issues 3647 and 5570).

use super::{Candidate, Ruling};
use crate::{Span, TargetName, Tick, defaults, noticed::Shortage};

/// Whether a shortage of one target says something of the others.
pub(crate) fn spreads(short: &Shortage, now: Tick) -> bool {
    now.since(short.since) < defaults::SHORTAGE_SPREADS
}

/// Holds shrinking for `shortage` after this target, or another of its provider, was short.
pub(crate) fn launches(
    candidate: Candidate,
    own: Option<&Shortage>,
    other: Option<(&TargetName, &Shortage)>,
    (now, shortage): (Tick, Span),
) -> Ruling {
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    let recent = |short: &Shortage| now.since(short.last) < shortage;
    if let Some(short) = own.filter(|short| recent(short)) {
        let ago = now.since(short.last);
        return Ruling::Hold(format!("short of members {ago} ago: {}", short.cause).into());
    }
    match other.filter(|(_, short)| recent(short)) {
        Some((name, short)) => {
            let ago = now.since(short.last);
            Ruling::Hold(format!("{name} was short of members {ago} ago: {}", short.cause).into())
        }
        None => Ruling::pass(candidate, "members can be had"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(minutes: u64) -> Tick {
        Tick::from_ms(minutes * 60_000)
    }

    fn short(since: u64, last: u64) -> Shortage {
        Shortage { since: tick(since), last: tick(last), cause: "no capacity".to_owned() }
    }

    #[track_caller]
    fn check(size: u32, own: Option<Shortage>, other: Option<Shortage>, holds: bool) {
        let name = TargetName::new("other");
        let other = other.as_ref().map(|short| (&name, short));
        let times = (tick(100), Span::from_minutes(15));
        let ruling = launches(Candidate::new(10, size), own.as_ref(), other, times);
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
    }

    #[test]
    fn nothing_shrinks_that_could_not_be_bought_back() {
        check(9, Some(short(90, 90)), None, true);
        check(9, None, Some(short(90, 90)), true);
        check(9, Some(short(80, 85)), None, false);
        check(9, None, None, false);
    }

    #[test]
    fn growth_goes_on() {
        check(11, Some(short(100, 100)), Some(short(100, 100)), false);
    }

    #[test]
    fn a_shortage_without_end_is_its_own_targets_only() {
        assert!(spreads(&short(41, 100), tick(100)));
        assert!(!spreads(&short(40, 100), tick(100)));
    }
}
