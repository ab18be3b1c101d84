//! No faster than the step allows.
//!
//! The limit counts from the size at the start of the period, so that several
//! changes within it share one step. Source: `calculateScaleUpLimitWithScalingRules`
//! and its counterpart in Kubernetes' HPA, with the loosest of share and count.

use super::{Candidate, Ruling};
use crate::{GroupSettings, Move, Step, Tick};

/// Limits how far `candidate` may go, given the `moves` accepted before.
pub(crate) fn rate_limit<'a>(
    candidate: Candidate,
    moves: impl Iterator<Item = &'a Move>,
    now: Tick,
    settings: &GroupSettings,
) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    if size == present {
        return Ruling::pass(candidate, "no change");
    }
    let step = if candidate.grows() { settings.growth } else { settings.shrink };
    let grows = candidate.grows();
    // A move that was accepted counts as made, even where it does not show yet.
    let (moved, reached) = moves
        .filter(|done| now.since(done.at) < step.period && (done.to > done.from) == grows)
        .fold((0_u32, present), |(moved, reached), done| {
            (moved.saturating_add(done.to.abs_diff(done.from)), reached.max(done.to))
        });
    let limit = if grows {
        let start = reached.saturating_sub(moved);
        start.saturating_add(largest(step, start)).max(present)
    } else {
        let start = present.saturating_add(moved);
        start.saturating_sub(largest(step, start)).min(present)
    };
    let allowed = if grows { size.min(limit) } else { size.max(limit) };
    let per = match step.period.ms() {
        0 => "action".to_owned(),
        _ => step.period.to_string(),
    };
    let word = if allowed == size { "within" } else { "cut to" };
    let sign = if grows { '+' } else { '-' };
    let most = largest(step, present);
    Ruling::Size(allowed, format!("{word} one step of {sign}{most} per {per}").into())
}

/// How many members one step may add to, or take from, `start`: the larger of count and
/// share, the share rounded down, so that a step never exceeds it.
fn largest(step: Step, start: u32) -> u32 {
    let share = (f64::from(start) * step.share + 1e-9).floor().min(f64::from(u32::MAX));
    step.count.max(share as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Range, Span};

    fn settings(shrink: Step) -> GroupSettings {
        GroupSettings { shrink, ..GroupSettings::new(Range::new(0, 1000).unwrap()) }
    }

    const PER_ACTION: Step = Step { share: 0.10, count: 1, period: Span::ZERO };

    #[track_caller]
    fn check(present: u32, size: u32, moves: &[(u64, u32, u32)], shrink: Step, expected: u32) {
        let now = Tick::from_ms(600_000);
        let moves: Vec<Move> = moves
            .iter()
            .map(|(ago, from, to)| Move { at: Tick::from_ms(600_000 - ago), from: *from, to: *to })
            .collect();
        let candidate = Candidate::new(present, size);
        let ruling = rate_limit(candidate, moves.iter(), now, &settings(shrink));
        assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
    }

    /// The vectors of Kubernetes' HPA: max(100 %, 4) per 15 s.
    #[test]
    fn it_grows_by_the_default_step() {
        for (present, limit) in [(1, 5), (2, 6), (3, 7), (4, 8), (5, 10), (10, 20)] {
            check(present, 1000, &[], PER_ACTION, limit);
        }
    }

    #[test]
    fn changes_within_one_period_share_one_step() {
        check(18, 1000, &[(10_000, 10, 18)], PER_ACTION, 20);
        check(20, 1000, &[(10_000, 10, 20)], PER_ACTION, 20);
        check(20, 1000, &[(15_000, 10, 20)], PER_ACTION, 40);
        check(10, 1000, &[(10_000, 10, 20)], PER_ACTION, 20);
    }

    #[test]
    fn it_shrinks_by_share_or_count_whichever_is_more() {
        let per_minute = |share, count| Step { share, count, period: Span::from_secs(60) };
        check(80, 0, &[], per_minute(0.10, 4), 72);
        check(80, 0, &[], per_minute(0.0, 4), 76);
        check(72, 0, &[(30_000, 80, 72)], per_minute(0.10, 4), 72);
        check(80, 0, &[], PER_ACTION, 72);
        check(5, 0, &[], PER_ACTION, 4);
        check(15, 0, &[], PER_ACTION, 14);
    }

    #[test]
    fn growth_just_made_never_widens_the_step_down() {
        check(80, 0, &[(1000, 40, 80)], PER_ACTION, 72);
    }
}
