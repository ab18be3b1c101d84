//! Nothing shrinks soon after the last change, nor soon after a first start.
//!
//! The cooldown starts when the last action is confirmed, not when it is sent.

use super::{Candidate, Ruling};
use crate::{Span, TargetMemory, Tick};

/// Holds shrinking for `cooldown` after the last confirmation and for `settle` after
/// the target was first seen.
pub(crate) fn cooldown(
    candidate: Candidate,
    memory: &TargetMemory,
    now: Tick,
    cooldown: Span,
    settle: Span,
) -> Ruling {
    if candidate.grows() {
        return Ruling::Size(candidate.size, format!("{} has none", candidate.returning()).into());
    }
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "no change");
    }
    let known = now.since(memory.first_seen);
    if known < settle {
        let left = settle.minus(known);
        return Ruling::Hold(format!("first seen {known} ago, {left} to go").into());
    }
    since_settled(candidate, memory, now, cooldown)
}

/// Holds growth for `cooldown` after the last confirmation: of what takes long to come, or
/// cannot be taken back.
pub(crate) fn cooldown_up(
    candidate: Candidate,
    memory: &TargetMemory,
    now: Tick,
    cooldown: Span,
) -> Ruling {
    if candidate.grows() {
        return since_settled(candidate, memory, now, cooldown);
    }
    Ruling::pass(candidate, "no change")
}

fn since_settled(candidate: Candidate, memory: &TargetMemory, now: Tick, cooldown: Span) -> Ruling {
    match memory.settled.map(|at| now.since(at)) {
        Some(passed) if passed < cooldown => {
            let left = cooldown.minus(passed);
            Ruling::Hold(format!("changed {passed} ago, {left} of {cooldown} to go").into())
        }
        _ => Ruling::pass(candidate, "over"),
    }
}
