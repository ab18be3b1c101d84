//! `track` leaves a fleet alone that is nearly on its goal.
//!
//! Source: the tolerance of Kubernetes' HPA, 10 % by default.

use super::{Candidate, Ruling};
use crate::Short;

/// Keeps the present size if the largest wish is a `track` whose load is within `band` of
/// what the present size should carry (`ratio` 1).
pub(crate) fn dead_band(candidate: Candidate, ratio: Option<f64>, band: f64) -> Ruling {
    let Some(ratio) = ratio else {
        return Ruling::pass(candidate, "only for track");
    };
    let off = Short((ratio - 1.0) * 100.0);
    let (limit, plus) = (Short(band * 100.0), if ratio < 1.0 { "" } else { "+" });
    if inside(ratio, band) {
        let note = format!("{plus}{off} % off goal, within {limit} %");
        return Ruling::Size(candidate.present, note.into());
    }
    Ruling::Size(candidate.size, format!("{plus}{off} % off goal, beyond {limit} %").into())
}

/// Whether `ratio` is so near 1 that nothing is done. The edge belongs to the band.
pub(crate) fn inside(ratio: f64, band: f64) -> bool {
    (ratio - 1.0).abs() <= band + 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ratio: f64, band: f64, expected: u32) {
        let ruling = dead_band(Candidate::new(10, 15), Some(ratio), band);
        assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
    }

    #[test]
    fn it_keeps_a_fleet_that_is_nearly_on_goal() {
        check(64.0 / 60.0, 0.10, 10);
        check(66.0 / 60.0, 0.10, 10);
        check(54.0 / 60.0, 0.10, 10);
        check(66.1 / 60.0, 0.10, 15);
        check(64.2 / 60.0, 0.05, 15);
    }
}
