//! Nothing shrinks while members warm up or an action is in flight.
//!
//! Growth waits for neither: a larger size is asked for at once. Only what would
//! repeat the very same request waits for its answer to show.

use super::{Candidate, Ruling};
use crate::{OpenIntent, Span, Tick};

/// What is on its way to a target.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    /// The action sent and not yet shown.
    pub(crate) open: Option<&'a OpenIntent>,
    /// Why the provider would have the target left alone.
    pub(crate) busy: Option<&'a str>,
    /// Members asked for and not ready.
    pub(crate) unready: u32,
    /// When members were last seen on their way to ready.
    pub(crate) warmed: Option<Tick>,
    /// How long a ready member takes to carry its load.
    pub(crate) ready_after: Span,
}

/// How long an accepted size may take to show before it is asked for again.
const SHOWS_WITHIN: Span = Span::from_secs(60);

/// Whether asking for the candidate's size would only repeat what was just accepted.
fn repeats(open: &OpenIntent, candidate: Candidate, now: Tick) -> bool {
    let asked = open.size().is_some_and(|asked| candidate.at_most_to(asked) == candidate.size);
    asked && open.accepted && now.since(open.since) < SHOWS_WITHIN
}

/// Holds shrinking while anything is on its way.
pub(crate) fn warm_up(candidate: Candidate, flight: &InFlight<'_>, now: Tick) -> Ruling {
    if candidate.grows() {
        return match flight.open {
            Some(open) if repeats(open, candidate, now) => {
                let ago = now.since(open.since);
                let note = format!("in flight: {} asked for {ago} ago", open.intent.action);
                Ruling::Hold(note.into())
            }
            _ => Ruling::Size(
                candidate.size,
                format!("{} does not wait", candidate.returning()).into(),
            ),
        };
    }
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "no change");
    }
    if let Some(busy) = flight.busy {
        return Ruling::Hold(format!("busy: {busy}").into());
    }
    if let Some(open) = flight.open {
        let ago = now.since(open.since);
        return Ruling::Hold(
            format!("in flight: {} asked for {ago} ago", open.intent.action).into(),
        );
    }
    if flight.unready > 0 {
        return Ruling::Hold(format!("{} members are not ready", flight.unready).into());
    }
    let warm_for = flight.warmed.map(|warmed| now.since(warmed));
    match warm_for {
        Some(span) if span < flight.ready_after => {
            Ruling::Hold(format!("warm for {span} of {}", flight.ready_after).into())
        }
        _ => Ruling::pass(candidate, "all warm, nothing in flight"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Intent, IntentId, TargetName};

    fn resize(from: u32, to: u32, accepted: bool) -> OpenIntent {
        let action = Action::Resize { from, to };
        let (id, target) = (IntentId::new("here/fleet/1/1"), TargetName::new("fleet"));
        OpenIntent {
            intent: Intent { id, target, action },
            since: Tick::default(),
            accepted,
            change: None,
        }
    }

    #[track_caller]
    fn check(size: u32, flight: &InFlight<'_>, now: u64, holds: bool) {
        let ruling = warm_up(Candidate::new(10, size), flight, Tick::from_ms(now * 1000));
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{ruling:?}");
    }

    fn nothing<'a>() -> InFlight<'a> {
        let ready_after = Span::from_secs(90);
        InFlight { open: None, busy: None, unready: 0, warmed: None, ready_after }
    }

    #[test]
    fn it_holds_shrinking_while_anything_is_on_its_way() {
        let open = resize(5, 10, true);
        check(9, &nothing(), 100, false);
        check(9, &InFlight { open: Some(&open), ..nothing() }, 100, true);
        check(9, &InFlight { busy: Some("instance refresh"), ..nothing() }, 100, true);
        check(9, &InFlight { unready: 1, ..nothing() }, 100, true);
        let warmed = Some(Tick::from_ms(20_000));
        check(9, &InFlight { warmed, ..nothing() }, 100, true);
        check(9, &InFlight { warmed, ..nothing() }, 110, false);
    }

    #[test]
    fn growth_waits_only_for_its_own_echo() {
        let (asked, unsure) = (resize(10, 15, true), resize(10, 15, false));
        check(15, &InFlight { open: Some(&asked), ..nothing() }, 15, true);
        check(16, &InFlight { open: Some(&asked), ..nothing() }, 15, false);
        check(15, &InFlight { open: Some(&asked), ..nothing() }, 60, false);
        check(15, &InFlight { open: Some(&unsure), ..nothing() }, 15, false);
        check(15, &InFlight { busy: Some("refresh"), unready: 9, ..nothing() }, 15, false);
    }
}
