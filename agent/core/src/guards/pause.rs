//! Nobody asked the agent to stand still: not the region, not this target, not by a tag.
//!
//! A pause holds growth too: it is a person's word, not a brake.

use super::{Candidate, Ruling};
use crate::Pause;

/// Holds everything while the region or the target is paused, or `tag` says so.
pub(crate) fn pause(
    candidate: Candidate,
    region: Option<&Pause>,
    target: Option<&Pause>,
    tag: Option<&str>,
) -> Ruling {
    match (region, target, tag) {
        (Some(pause), ..) => Ruling::Hold(format!("paused: {}", pause.reason).into()),
        (_, Some(pause), _) => {
            Ruling::Hold(format!("this target is paused: {}", pause.reason).into())
        }
        (.., Some(tag)) => Ruling::Hold(format!("paused by its tag: {tag}").into()),
        _ => Ruling::pass(candidate, "not paused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_pauses_it_holds_shrinking_and_growth() {
        let paused = Pause { reason: "move".to_owned(), until: None };
        for size in [5, 15] {
            let candidate = Candidate::new(10, size);
            for (region, target, tag, holds) in [
                (Some(&paused), None, None, true),
                (None, Some(&paused), None, true),
                (None, None, Some("owner away"), true),
                (None, None, None, false),
            ] {
                let ruling = pause(candidate, region, target, tag);
                assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
            }
        }
    }
}
