//! Nothing shrinks when the direction changed too often.
//!
//! Up, down, up, down costs more than it saves. The change that would be one too many is
//! held if it shrinks; growth is never held, but counts.

use super::{Candidate, Ruling};
use crate::{Move, Tick, brakes::Flap};

/// Holds a shrinking that would be one more change of direction than `flap` allows.
pub(crate) fn flapping<'a>(
    candidate: Candidate,
    moves: impl Iterator<Item = &'a Move>,
    flap: Flap,
    now: Tick,
) -> Ruling {
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    let recent = moves.filter(|done| now.since(done.at) < flap.within);
    let ways = recent.map(|done| done.to > done.from).chain([candidate.size > candidate.present]);
    let (_, turns) = ways.fold((None, 0_u32), |(last, turns), up| {
        (Some(up), turns + u32::from(last.is_some_and(|last| last != up)))
    });
    if turns > flap.turns {
        let (turns, within) = (turns - 1, flap.within);
        return Ruling::Hold(format!("the direction changed {turns} times in {within}").into());
    }
    Ruling::pass(candidate, "steady enough")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Brakes;

    /// Sizes ten minutes apart, the last at the present, and whether going to `size` is held.
    #[track_caller]
    fn check(sizes: &[u32], minutes: u64, size: u32, holds: bool) {
        let now = Tick::from_ms(1_000_000_000);
        let steps = sizes.len() as u64 - 1;
        let at = |step: u64| Tick::from_ms(1_000_000_000 - (steps - step) * minutes * 60_000);
        let moves: Vec<Move> = sizes
            .windows(2)
            .zip(0..)
            .map(|(pair, step)| Move { at: at(step), from: pair[0], to: pair[1] })
            .collect();
        let candidate = Candidate::new(*sizes.last().unwrap(), size);
        let ruling = flapping(candidate, moves.iter(), Brakes::new().flap, now);
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
    }

    #[test]
    fn the_third_change_of_direction_in_half_an_hour_is_held() {
        check(&[10, 12, 10, 12], 5, 10, true);
        check(&[10, 12, 10], 5, 8, false);
        check(&[10, 12], 5, 10, false);
        check(&[10, 12, 14, 16, 18], 5, 10, false);
        check(&[20, 18, 16, 14], 5, 12, false);
    }

    #[test]
    fn old_changes_are_forgotten() {
        check(&[10, 12, 10, 12], 15, 10, false);
    }

    #[test]
    fn it_never_keeps_growth_waiting() {
        check(&[12, 10, 12, 10, 12, 10], 5, 12, false);
    }
}
