//! What may not be done to a traffic, judged from its bounds, its health and memory alone.
//!
//! Written from the manual, not from the guards, like `brakes.rs` beside it.

use super::brakes::too_many_turns;
use crate::{Approve, Memory, Move, Shares, TargetName, TargetSettings, Traffic, TrafficSettings};

/// A change of where users are sent, as the plan has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) from: &'a Shares,
    pub(super) to: &'a Shares,
    pub(super) leaves: bool,
}

impl Change<'_> {
    fn share(&self, name: &str) -> (u32, u32) {
        let of = |shares: &Shares| shares.get(name).copied().unwrap_or(0);
        (of(self.from), of(self.to))
    }

    /// Percent of users that go elsewhere.
    fn moved(&self) -> u32 {
        let change = |name: &String| {
            let (from, to) = self.share(name);
            from.abs_diff(to)
        };
        self.to.keys().map(change).sum::<u32>() / 2
    }
}

/// What is wrong with a change, whatever is remembered.
pub(super) fn against(
    change: Change<'_>,
    bounds: &TrafficSettings,
    traffic: &Traffic,
    blind: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut object = |bad: bool, why: &str| {
        if bad {
            wrong.push(why.to_owned());
        }
    };
    let sum: u64 = change.to.values().map(|share| u64::from(*share)).sum();
    object(sum != 100, "shares that do not add up to 100 %");
    object(*change.from != traffic.shares(), "decided for other shares than there are");
    object(change.from == change.to, "a change to what is");
    let configured = change.to.keys().all(|name| bounds.destinations.contains(name));
    object(!configured, "a destination that is not configured");
    object(!change.from.keys().eq(change.to.keys()), "another set of destinations than there is");
    let mut harmless = true;
    for (name, destination) in &traffic.destinations {
        let (from, to) = change.share(name);
        let gains_while_down = to > from && destination.healthy == Some(false);
        object(gains_while_down, "users for a destination that is unhealthy");
        harmless &= match to.cmp(&from) {
            std::cmp::Ordering::Less => destination.healthy == Some(false),
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => destination.healthy == Some(true),
        };
    }
    object(!harmless && !change.leaves, "a change that is not what it says");
    object(change.leaves && blind, "a move without evidence");
    object(change.leaves && traffic.busy.is_some(), "a move while an earlier one spreads");
    let most = bounds.step_down.map(|share| ((share * 100.0 + 1e-6) as u32).max(1));
    let far = most.is_some_and(|most| change.leaves && change.moved() > most);
    object(far, "a longer step than is allowed");
    wrong
}

/// What the brakes have against a change that leads away from a destination that answers.
pub(super) fn braked(
    change: Change<'_>,
    (target, bounds): (&TargetName, &TargetSettings),
    memory: &Memory,
) -> Vec<String> {
    if !change.leaves {
        return Vec::new();
    }
    let Some(past) = memory.targets.get(target) else {
        return vec!["a move of what was never seen before".to_owned()];
    };
    let (mut wrong, brakes) = (Vec::new(), bounds.brakes());
    let leave = memory.approvals.get(target).filter(|given| given.until > memory.now);
    let approved = leave.is_some_and(|given| change.moved() <= given.to);
    if brakes.approve == Approve::Shrink && !approved {
        wrong.push(format!("a move of {} % without approval", change.moved()));
    }
    let recent = |moved: &&Move| memory.now.since(moved.at) < brakes.foreign_respect;
    if past.noticed.foreign.as_ref().filter(recent).is_some() {
        wrong.push("a move of what somebody else has just moved".to_owned());
    }
    let names = change.from.keys();
    let first = names.map(|name| change.share(name)).find(|(from, to)| from != to);
    let up = first.is_some_and(|(from, to)| to > from);
    wrong.extend(too_many_turns(past, bounds, memory, up));
    wrong
}
