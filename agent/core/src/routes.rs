//! Which routes of a traffic were ours, so that those of others are told from them.
//!
//! The sizes that tell it of all other kinds are one number; a route is a whole set of shares.
//! It changes where all memory does, like all that is in `noticed.rs`.

use crate::{Action, Move, Shares, Span, Tick, Traffic, traffic::turn};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What is remembered of the routes of one traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Routes {
    /// How users were sent at the last look.
    pub stood: Option<Shares>,
    /// What we sent: what it explains, nobody else did.
    pub sent: VecDeque<SentRoute>,
}

/// A route that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRoute {
    /// When it was decided.
    pub at: Tick,
    /// The shares before.
    pub from: Shares,
    /// The shares asked for.
    pub to: Shares,
}

impl Routes {
    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in how users are sent; gives back what somebody else changed, as the share of the
    /// first destination that differs. `within` tells how long a route of ours may take to show,
    /// and for how long the provider may still show what was before it.
    pub(crate) fn look(
        &mut self,
        traffic: &Traffic,
        now: Tick,
        (within, old): (Span, Span),
    ) -> Option<Move> {
        self.sent.retain(|sent| now.since(sent.at) <= within);
        let stands = traffic.shares();
        let stood = self.stood.replace(stands.clone())?;
        let is_ours = self
            .sent
            .iter()
            .any(|sent| sent.to == stands || (sent.from == stands && now.since(sent.at) <= old));
        let (from, to) = turn(&stood, &stands)?;
        (!is_ours && traffic.busy.is_none()).then_some(Move { at: now, from, to })
    }

    /// Keeps a route that is to be sent.
    pub(crate) fn remember(&mut self, action: &Action, at: Tick) {
        if let Action::Route { from, to, .. } = action {
            self.sent.push_back(SentRoute { at, from: from.clone(), to: to.clone() });
        }
    }

    /// Takes the last one back: it was never sent, or not taken on.
    pub(crate) fn was_not_sent(&mut self, action: &Action) {
        if let Action::Route { .. } = action {
            self.sent.pop_back();
        }
    }
}
