//! From a load to a size.
//!
//! Sizes are rounded up, so that the load per member ends at or below its goal, and
//! guarded against float noise: ten members at 90 % for a goal of 60 % are 15, not
//! the 16 that `10.0 * 0.9 / 0.6` rounds up to.

use crate::{Ask, Dimension};

/// Float noise below this is no reason for another member.
const NOISE: f64 = 1e-9;

/// `x` rounded up to a whole number of members; nothing below 0 or above `u32::MAX`.
pub(crate) fn members(x: f64) -> u32 {
    (x - NOISE).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// The size that one opinion asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    /// In members, before any guard.
    pub(crate) size: u32,
    /// For `track`: the load over what the present size should carry. 1 is on goal.
    pub(crate) ratio: Option<f64>,
    /// For `track`: the load in members fully at goal; the projection rests on it.
    pub(crate) at_goal: Option<f64>,
    /// For `track` and `serve`: the load as it was measured, in members at goal.
    pub(crate) load: Option<f64>,
}

/// What `ask` makes of a target that has `present` members now and `base` when what is
/// in flight has arrived. Floors and ceilings give `None`: they bound, they do not ask.
pub(crate) fn size_of(ask: &Ask, present: u32, base: u32) -> Option<Size> {
    let fixed = |size| Some(Size { size, ratio: None, at_goal: None, load: None });
    match ask {
        Ask::Track { goal, load, unready, .. } => {
            let full = if goal.dimension == Dimension::Ratio { 1.0 } else { goal.value };
            Some(track(*load / goal.value, f64::from(*unready) * full / goal.value, present))
        }
        Ask::Serve { total, each } => {
            let load = total.value / each.value;
            Some(Size { size: members(load), ratio: None, at_goal: None, load: Some(load) })
        }
        Ask::ScaleTo(size) | Ask::SetTo(size) | Ask::GrowTo(size) => fixed(*size),
        Ask::ScaleBy(by) => fixed(base.saturating_add_signed(*by)),
        Ask::ScaleByShare(share) => fixed(by_share(base, *share)),
        Ask::AddReplica => fixed(present.saturating_add(1)),
        Ask::RemoveReplica => fixed(present.saturating_sub(1)),
        Ask::AtLeast(_)
        | Ask::AtMost(_)
        | Ask::Replace(_)
        | Ask::ReplaceUnhealthy
        | Ask::Restore
        | Ask::Advance
        | Ask::Rollback
        | Ask::Freeze
        | Ask::Start
        | Ask::Restart
        | Ask::Route(_) => None,
    }
}

/// `at_goal` is the load in members at goal; `unready` is what members that were not
/// ready would add if they were fully loaded.
///
/// Growth counts only what was measured. Shrinking assumes the worst of the members
/// that were not, and turns into staying when that assumption would grow. Source: the
/// replica calculator of Kubernetes' HPA, `GetResourceReplicas`.
fn track(at_goal: f64, unready: f64, present: u32) -> Size {
    let measured = members(at_goal);
    let size = |load: f64, size| {
        let ratio = load / f64::from(present.max(1));
        Size { size, ratio: Some(ratio), at_goal: Some(load), load: Some(at_goal) }
    };
    if measured >= present || unready <= 0.0 {
        return size(at_goal, measured);
    }
    size(at_goal + unready, members(at_goal + unready).min(present))
}

/// `base` changed by a share of itself: rounded down above one member, a whole member
/// below. Source: the rounding rules of EC2 Auto Scaling's percentage adjustments.
fn by_share(base: u32, share: f64) -> u32 {
    let change = f64::from(base) * share;
    let whole = match change.abs() {
        size if size < NOISE => 0.0,
        size if size < 1.0 => 1.0,
        size => (size + NOISE).floor(),
    };
    (f64::from(base) + whole.copysign(change)).clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quantity;

    /// A fleet of `desired`, `ready` of them at `percent`, tracked to 60 %.
    #[track_caller]
    fn check_track(desired: u32, ready: u32, percent: f64, expected: u32) {
        let quantity = |percent: f64| Quantity::new(percent / 100.0, Dimension::Ratio).unwrap();
        let ask = Ask::Track {
            value: quantity(percent),
            goal: quantity(60.0),
            load: f64::from(ready) * percent / 100.0,
            unready: desired - ready,
        };
        let size = size_of(&ask, desired, desired).unwrap();
        assert_eq!(size.size, expected, "{ready} of {desired} at {percent} %");
    }

    /// The vectors of Kubernetes' HPA and of Nomad's target-value, by exact arithmetic.
    #[test]
    fn it_sizes_by_exact_arithmetic() {
        check_track(10, 10, 90.0, 15); // naive floats give 16
        check_track(10, 8, 90.0, 12); // naive floats give 13
        check_track(100, 100, 64.2, 107); // naive floats give 108
        check_track(10, 10, 61.0, 11);
        check_track(5, 5, 0.0, 0);
    }

    #[test]
    fn members_that_were_not_measured_never_justify_shrinking() {
        check_track(10, 8, 20.0, 6);
        check_track(10, 5, 70.0, 10); // growth by what is measured, reversed by the worst case
        check_track(10, 0, 0.0, 10);
    }

    #[test]
    fn it_rounds_shares_as_ec2_does() {
        for (base, percent, expected) in
            [(10, 10.0, 11), (11, 30.0, 14), (14, -10.0, 13), (13, -30.0, 10), (3, 10.0, 4)]
        {
            assert_eq!(by_share(base, percent / 100.0), expected, "{base} {percent:+} %");
        }
        assert_eq!((by_share(10, 0.0), by_share(0, -0.5), by_share(1, -1.0)), (10, 0, 0));
    }

    #[test]
    fn it_serves_from_nothing() {
        let rate = |value| Quantity::new(value, Dimension::Rate).unwrap();
        let ask = Ask::Serve { total: rate(1000.0), each: rate(250.0) };
        assert_eq!(size_of(&ask, 0, 0).unwrap().size, 4);
    }

    proptest::proptest! {
        #[test]
        fn the_load_per_member_ends_at_or_below_its_goal(
            ready in 1_u32..500, percent in 0.0_f64..400.0, goal in 1.0_f64..100.0,
        ) {
            let load = f64::from(ready) * percent / goal;
            let size = track(load, 0.0, ready).size;
            proptest::prop_assert!(f64::from(size) * goal >= f64::from(ready) * percent - 1e-6 * goal);
            proptest::prop_assert!(size == 0 || f64::from(size - 1) < load);
        }
    }
}
