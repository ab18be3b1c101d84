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

/// Holds shrinking while anything is on its way.
pub(crate) fn warm_up(candidate: Candidate, flight: &InFlight<'_>, now: Tick) -> Ruling {
    if candidate.grows() {
        return match flight.open {
            Some(open) if open.covers(candidate.size) => {
                let ago = now.since(open.since);
                let note = format!("in flight: {} asked for {ago} ago", open.intent.action);
                Ruling::Hold(note.into())
            }
            _ => Ruling::pass(candidate, "growth does not wait"),
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
