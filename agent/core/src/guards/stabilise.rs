//! A size must have been asked for long enough before it is acted on.
//!
//! Shrinking takes the largest size asked for within the window, growth the smallest.
//! Source: `stabilizeRecommendationWithBehaviors` of Kubernetes' HPA. The window is
//! seeded with the present size when a target is first seen. A pass without evidence
//! adds nothing to it, so that a lost reading costs nothing; once a whole window has
//! passed without any, it starts anew.

use super::{Candidate, Ruling};
use crate::{Asked, GroupSettings, Span, Tick};

/// Damps `candidate` by what was `asked` before; `now` is the time of this pass, and one
/// is made `every` so often.
///
/// A window that does not reach back to the pass before would see nothing for ever, and
/// nothing would ever shrink: it counts as two passes long.
pub(crate) fn stabilise<'a>(
    candidate: Candidate,
    asked: impl Iterator<Item = &'a Asked>,
    (now, every): (Tick, Span),
    settings: &GroupSettings,
) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    let shrinks = candidate.shrinks();
    let window = if shrinks { settings.stabilise_down } else { settings.stabilise_up };
    if size == present || window.ms() == 0 {
        return Ruling::pass(candidate, "no window");
    }
    let window = window.max(every.times(2));
    let recent = asked.filter(|asked| now.since(asked.at) < window).map(|asked| asked.size);
    let mut sizes = recent.peekable();
    if sizes.peek().is_none() {
        return Ruling::Size(present, format!("nothing is known of the last {window}").into());
    }
    let damped = if shrinks {
        sizes.fold(size, u32::max).min(present)
    } else {
        sizes.fold(size, u32::min).max(present)
    };
    let word = if shrinks { "most" } else { "least" };
    let note = match damped == size {
        true => format!("{size} is the {word} asked for in {window}"),
        false => format!("{damped} was asked for within {window}"),
    };
    Ruling::Size(damped, note.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Range;

    #[track_caller]
    fn check(size: u32, asked: &[(u64, u32)], now: u64, expected: u32) {
        let mut settings = GroupSettings::new(Range::new(0, 200).unwrap());
        settings.stabilise_up = Span::from_secs(60);
        let tick = |seconds: u64| Tick::from_ms(seconds * 1000);
        let asked: Vec<Asked> =
            asked.iter().map(|(at, size)| Asked { at: tick(*at), size: *size }).collect();
        let times = (tick(now), Span::from_secs(15));
        let ruling = stabilise(Candidate::new(40, size), asked.iter(), times, &settings);
        assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
    }

    #[test]
    fn it_shrinks_to_the_largest_size_asked_for_in_the_window() {
        check(20, &[(0, 40), (100, 30), (200, 25)], 250, 40);
        check(20, &[(0, 40), (100, 30), (200, 25)], 300, 30);
        check(20, &[(0, 40), (100, 30), (210, 20)], 500, 20);
    }

    #[test]
    fn nothing_shrinks_on_a_window_that_was_never_seen() {
        check(20, &[(0, 20)], 300, 40);
        check(20, &[], 300, 40);
    }

    #[test]
    fn a_window_shorter_than_a_pass_does_not_hold_for_ever() {
        let mut settings = GroupSettings::new(Range::new(0, 200).unwrap());
        settings.stabilise_down = Span::from_secs(30);
        let asked = [Asked { at: Tick::from_ms(60_000), size: 25 }];
        let times = (Tick::from_ms(121_000), Span::from_secs(60));
        let ruling = stabilise(Candidate::new(40, 20), asked.iter(), times, &settings);
        assert!(matches!(ruling, Ruling::Size(25, _)), "{ruling:?}");
    }

    #[test]
    fn a_wish_to_grow_in_the_window_stops_shrinking_but_is_not_granted() {
        check(20, &[(200, 90)], 250, 40);
    }

    #[test]
    fn it_grows_to_the_smallest_size_asked_for_in_the_window() {
        check(80, &[(0, 40), (200, 60)], 250, 60);
        check(80, &[(240, 20)], 250, 40);
    }
}
