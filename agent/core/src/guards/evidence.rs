//! Nothing shrinks on evidence that is not there.
//!
//! A target shrinks only if, in this pass, no rule that names it was skipped or
//! failed, every input of the policies that name it was read, and no wish rests on
//! what `.or(…)` put in place of a reading. Growth goes on.

use super::{Candidate, Ruling};

/// Keeps the present size, or what the range demands, if anything is `missing`.
pub(crate) fn evidence(candidate: Candidate, missing: &[String], in_range: u32) -> Ruling {
    let Some(first) = missing.first() else {
        return Ruling::pass(candidate, "all there");
    };
    let more = match missing.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more)"),
    };
    if candidate.shrinks() {
        let size = candidate.at_most_to(in_range);
        return Ruling::Size(size, format!("no {}, {first}{more}", candidate.leaving()).into());
    }
    let what = candidate.returning();
    Ruling::Size(candidate.size, format!("{what} needs no more, {first}{more}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(size: u32, missing: &[&str], in_range: u32, expected: u32) {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let ruling = evidence(Candidate::new(40, size), &missing, in_range);
        assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
    }

    #[test]
    fn it_never_shrinks_when_something_is_missing() {
        check(20, &["cpu is missing"], 40, 40);
        check(20, &[], 40, 20);
    }

    #[test]
    fn it_never_keeps_growth_waiting() {
        check(60, &["cpu is missing"], 40, 60);
    }

    #[test]
    fn the_range_needs_no_evidence() {
        check(20, &["cpu is missing"], 30, 30);
    }
}
