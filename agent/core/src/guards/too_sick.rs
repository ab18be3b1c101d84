//! Nothing shrinks while too much is unhealthy, or too little of the region can be seen.
//!
//! Where many members are ill at once, or many targets cannot be read, it is the world or
//! our eyes that are broken, and what little works must stay. Source: cluster-autoscaler
//! stands still with more than 45 % and more than 3 unready; here growth goes on.

use super::{Candidate, Ruling};
use crate::brakes::Limit;

/// Some of all: members that are unhealthy, targets that were not observed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) some: u32,
    pub(crate) all: u32,
}

/// Holds shrinking while more than `limit` of the members are unhealthy or of the region's
/// targets unseen.
pub(crate) fn too_sick(
    candidate: Candidate,
    unhealthy: Part,
    unseen: Part,
    limit: Limit,
) -> Ruling {
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    if limit.is_exceeded(unhealthy.some, unhealthy.all) {
        let Part { some, all } = unhealthy;
        return Ruling::Hold(format!("{some} of {all} members are unhealthy").into());
    }
    if limit.is_exceeded(unseen.some, unseen.all) {
        let Part { some, all } = unseen;
        return Ruling::Hold(format!("{some} of the region's {all} targets are not seen").into());
    }
    Ruling::pass(candidate, "well enough")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Brakes;

    #[track_caller]
    fn check(size: u32, unhealthy: (u32, u32), unseen: (u32, u32), holds: bool) {
        let part = |(some, all)| Part { some, all };
        let candidate = Candidate::new(10, size);
        let ruling = too_sick(candidate, part(unhealthy), part(unseen), Brakes::new().sick);
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
    }

    #[test]
    fn what_little_works_stays() {
        check(9, (5, 10), (0, 1), true);
        check(9, (0, 10), (5, 10), true);
        check(9, (9, 20), (0, 1), false); // 45 %, not above
        check(9, (3, 5), (3, 5), false); // few enough to be chance
    }

    #[test]
    fn growth_goes_on() {
        check(11, (10, 10), (9, 10), false);
    }
}
