//! No more of a target goes than its share an hour.
//!
//! The share is of the largest size within the hour, so that growth in between does not
//! renew it. What is spent is remembered with the moves, across restarts. One member may
//! always go: half of one is none, and a small target must be able to move.

use super::{Candidate, Ruling};
use crate::{Move, Tick, brakes::Budget};

/// Cuts a shrinking to what is left of `budget` after the `moves` within its time.
pub(crate) fn budget<'a>(
    candidate: Candidate,
    moves: impl Iterator<Item = &'a Move>,
    budget: Budget,
    now: Tick,
) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    let recent = moves.filter(|done| now.since(done.at) < budget.within);
    let (largest, spent) = recent.fold((present, 0_u32), |(largest, spent), done| {
        (largest.max(done.from), spent.saturating_add(done.from.saturating_sub(done.to)))
    });
    let share = (f64::from(largest) * budget.share + 1e-9).floor().min(f64::from(u32::MAX));
    let most = (share as u32).max(1);
    let left = most.saturating_sub(spent);
    let allowed = size.max(present.saturating_sub(left));
    let word = if allowed == size { "within" } else { "cut to" };
    let note = format!("{word} {most} of {largest} in {}, {spent} spent", budget.within);
    Ruling::Size(allowed, note.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Brakes;

    #[track_caller]
    fn check(present: u32, size: u32, moves: &[(u64, u32, u32)], expected: u32) {
        let now = Tick::from_ms(2 * 3_600_000);
        let at = |ago: u64| Tick::from_ms(2 * 3_600_000 - ago * 60_000);
        let moves: Vec<Move> = moves
            .iter()
            .map(|(ago, from, to)| Move { at: at(*ago), from: *from, to: *to })
            .collect();
        let candidate = Candidate::new(present, size);
        let ruling = budget(candidate, moves.iter(), Brakes::new().budget, now);
        assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
    }

    #[test]
    fn half_of_it_goes_in_an_hour_and_no_more() {
        check(100, 10, &[], 50);
        check(60, 10, &[(30, 100, 60)], 50);
        check(50, 10, &[(59, 100, 50)], 50);
        check(50, 10, &[(60, 100, 50)], 25);
    }

    #[test]
    fn growth_in_between_renews_nothing() {
        check(100, 90, &[(40, 100, 50), (30, 50, 100)], 100);
    }

    #[test]
    fn one_may_always_go() {
        check(1, 0, &[], 0);
        check(3, 0, &[], 2);
    }

    #[test]
    fn it_never_keeps_growth_waiting() {
        check(50, 100, &[(1, 100, 50)], 100);
    }
}
