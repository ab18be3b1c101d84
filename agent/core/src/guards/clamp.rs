//! The range again, over all that the other guards made of the size.
//!
//! A target outside its range goes back in steps: what lies between where it is and the
//! range is on its way, everything else must be inside.

use super::{Candidate, Ruling};
use crate::Range;

/// Keeps the size inside `range`, or on its way there.
pub(crate) fn clamp(candidate: Candidate, range: Range) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    let kept = size.clamp(range.min().min(present), range.max().max(present));
    match kept == size {
        true => Ruling::pass(candidate, "in range, or on its way there"),
        false => Ruling::Size(kept, format!("{size} is outside {range}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lets_nothing_out_of_the_range_and_everything_back_in() {
        let range = Range::new(10, 20).unwrap();
        for (present, size, expected) in [
            (15, 9, 10),
            (15, 21, 20),
            (5, 4, 5),
            (5, 8, 8),
            (30, 27, 27),
            (30, 33, 30),
            (12, 14, 14),
        ] {
            let ruling = clamp(Candidate::new(present, size), range);
            assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
        }
    }
}
