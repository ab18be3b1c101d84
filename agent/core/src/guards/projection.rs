//! Shrinking must not bring the value back over its bound.
//!
//! A value per member grows as members go: at `n'` it will be `value × n ÷ n'`. Where
//! the wish would cross the bound, the nearest size that does not is taken instead.
//! Source: Azure's autoscale, "flapping"; its own example of 30 members at 65 % under a
//! bound of 70 % is 28, not the 27 that its page prints (27 projects to 72.2 %).

use super::{Candidate, Ruling};
use crate::{Short, sizing::members};

/// Raises a shrinking size to where the largest `load` still fits: `load` is in members
/// that are exactly at their goal, `band` is the dead-band above it.
pub(crate) fn projection(candidate: Candidate, load: Option<f64>, band: f64) -> Ruling {
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    let Some(load) = load else {
        return Ruling::pass(candidate, "not projected: nothing is tracked");
    };
    let size = safe_size(candidate, load / (1.0 + band));
    let at = Short(load / f64::from(candidate.size.max(1)) * 100.0);
    let note = match size == candidate.size {
        true => format!("{size} members will be at {at} % of goal"),
        false => format!("{} members would be at {at} % of goal", candidate.size),
    };
    Ruling::Size(size, note.into())
}

/// The smallest size from the wish up to the present one that carries `load` members' worth.
fn safe_size(candidate: Candidate, load: f64) -> u32 {
    candidate.size.max(members(load)).min(candidate.present)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `present` members at `value` each, a bound of `bound`, and a wish for `size`.
    #[track_caller]
    fn check(present: u32, value: f64, bound: f64, size: u32, expected: u32) {
        let load = f64::from(present) * value / bound;
        assert_eq!(safe_size(Candidate::new(present, size), load), expected);
    }

    #[test]
    fn it_takes_the_nearest_size_that_stays_under_the_bound() {
        check(3, 1250.0 / 3.0, 600.0, 2, 3);
        check(3, 1180.0 / 3.0, 600.0, 2, 2);
        check(2, 28.0, 50.0, 1, 2);
        check(30, 65.0, 70.0, 20, 28);
    }

    #[test]
    fn it_never_grows_a_fleet() {
        let ruling = projection(Candidate::new(10, 9), Some(50.0), 0.1);
        assert!(matches!(ruling, Ruling::Size(10, _)), "{ruling:?}");
    }
}
