//! A size that somebody else set is not shrunk for a while.
//!
//! Whoever moved the target knows something that the policies do not: that size is the new
//! base, and the record says from what to what and since when. The range holds all the
//! same, and growth that is asked for is not kept waiting: who wants a target to stay small
//! pauses it. See docs/decisions/0005.

use super::{Candidate, Ruling};
use crate::{Move, Span, Tick};

/// Keeps the present size, or what the range demands, for `respect` after `moved`.
pub(crate) fn foreign(
    candidate: Candidate,
    moved: Option<Move>,
    in_range: u32,
    (now, respect): (Tick, Span),
) -> Ruling {
    let Some((moved, ago)) = moved.map(|moved| (moved, now.since(moved.at))) else {
        return Ruling::pass(candidate, "nobody else moved it");
    };
    if ago >= respect {
        return Ruling::pass(candidate, "respected long enough");
    }
    let (from, to, left) = (moved.from, moved.to, respect.minus(ago));
    let what = format!("somebody else moved it from {from} to {to}, seen {ago} ago");
    if candidate.shrinks() {
        let size = candidate.at_most_to(in_range);
        return Ruling::Size(size, format!("{what}: respected for {left} more").into());
    }
    Ruling::Size(candidate.size, format!("{what}; {} does not wait", candidate.returning()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(size: u32, ago: u64, in_range: u32, expected: u32) {
        let now = Tick::from_ms(3_600_000);
        let at = Tick::from_ms(3_600_000 - ago * 60_000);
        let moved = Some(Move { at, from: 20, to: 40 });
        let candidate = Candidate::new(40, size);
        let ruling = foreign(candidate, moved, in_range, (now, Span::from_minutes(30)));
        assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
    }

    #[test]
    fn it_leaves_a_size_alone_that_somebody_else_set() {
        check(20, 0, 40, 40);
        check(20, 29, 40, 40);
        check(20, 30, 40, 20);
    }

    #[test]
    fn the_range_holds_all_the_same() {
        check(20, 0, 30, 30);
    }

    #[test]
    fn it_never_keeps_growth_waiting() {
        check(60, 0, 40, 60);
    }
}
