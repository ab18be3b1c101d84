//! What the brakes forbid, judged from their settings and memory alone.
//!
//! Written from the manual, not from the guards: where both are wrong in the same way, two
//! people read the same page wrongly.

use super::{
    setting::{Change, braked, condemned},
    traffic,
};
use crate::{
    Action, Approve, Intent, Memory, Move, RolloutSettings, Seen, Settings, Snapshot, TargetMemory,
    TargetSettings,
};

/// How many of the region's targets were not seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blind {
    unseen: usize,
    targets: usize,
}

impl Blind {
    pub(super) fn of(settings: &Settings, snapshot: &Snapshot) -> Self {
        let targets = settings.targets.len();
        let told = snapshot.targets.values().filter(|seen| !matches!(seen, Seen::Nothing(_)));
        Self { unseen: targets.saturating_sub(told.count()), targets }
    }

    /// Too much of the region is not seen for anything to shrink.
    fn against(self, shrinks: bool, bounds: &TargetSettings) -> Option<String> {
        let (Self { unseen, targets }, sick) = (self, bounds.brakes().sick);
        let many = unseen as f64 > sick.share * targets as f64 && unseen > sick.count as usize;
        (shrinks && many)
            .then(|| format!("shrinking while {unseen} targets of the region are not seen"))
    }
}

/// Everything that the brakes have against one action.
pub(super) fn against(
    intent: &Intent,
    (bounds, seen): (&TargetSettings, &Seen),
    memory: &Memory,
    blind: Blind,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if is_paused(intent, memory, seen) {
        wrong.push("an action while paused".to_owned());
    }
    if let Some(release) = memory.released.get(&intent.target) {
        let leaves = matches!(intent.action, Action::RemoveReplica { .. });
        if !(leaves && release.remove_replicas) {
            wrong.push("an action on a target that was handed back".to_owned());
        }
    }
    if let (
        Action::Set { from, to, leaves, .. },
        TargetSettings::Setting(settings)
        | TargetSettings::Flag(settings)
        | TargetSettings::Rollout(RolloutSettings { dial: settings, .. }),
    ) = (&intent.action, bounds)
    {
        let change = Change { from: *from, to: *to, leaves: *leaves };
        wrong.extend(blind.against(*leaves, bounds));
        wrong.extend(braked(change, (&intent.target, settings), memory));
        if let Seen::Rollout(rollout) = seen {
            wrong.extend(condemned(change, (&intent.target, rollout), memory));
        }
        return wrong;
    }
    if let Action::Route { from, to, leaves } = &intent.action {
        let change = traffic::Change { from, to, leaves: *leaves };
        wrong.extend(blind.against(*leaves, bounds));
        wrong.extend(traffic::braked(change, (&intent.target, bounds), memory));
        return wrong;
    }
    let replaces = matches!(intent.action, Action::Replace { .. });
    let Some((from, to)) = fewer(&intent.action, seen) else { return wrong };
    let brakes = bounds.brakes();
    let Some(past) = memory.targets.get(&intent.target) else {
        wrong.push("shrinking what was never seen before".to_owned());
        return wrong;
    };
    if brakes.shortage.ms() > 0 && is_short(seen) {
        wrong.push("shrinking while members cannot be had".to_owned());
    }
    wrong.extend(blind.against(true, bounds));
    let leave = memory.approvals.get(&intent.target);
    let leave = leave.is_some_and(|given| to >= given.to && given.until > memory.now);
    if brakes.approve == Approve::Shrink && !leave {
        wrong.push(format!("shrinking to {to} without approval"));
    }
    wrong.extend(overspent((from, to), past, bounds, memory));
    // It moves no size: whoever else moved it, and how often, is no matter.
    if replaces {
        return wrong;
    }
    let recent = |moved: &&Move| memory.now.since(moved.at) < brakes.foreign_respect;
    let most = bounds.range().max();
    let own_most = if let Seen::Group(group) = seen { group.own_range } else { None };
    let most = own_most.map_or(most, |own| own.max().min(most));
    if past.noticed.foreign.as_ref().filter(recent).is_some() && to < most {
        wrong.push("shrinking what somebody else has just moved".to_owned());
    }
    wrong.extend(too_many_turns(past, bounds, memory, false));
    wrong
}

/// From and to, if the action takes something away.
fn fewer(action: &Action, seen: &Seen) -> Option<(u32, u32)> {
    match (action, seen) {
        (Action::Resize { from, to } | Action::Drain { from, to, .. }, _) => {
            (to < from).then_some((*from, *to))
        }
        // For a while one fewer serves.
        (Action::Replace { from, .. }, _) => Some((*from, from.saturating_sub(1))),
        (Action::RemoveReplica { .. }, Seen::Database(database)) => {
            let present = database.present();
            Some((present, present.saturating_sub(1)))
        }
        (
            Action::RemoveReplica { .. }
            | Action::AddReplica { .. }
            | Action::Retire { .. }
            | Action::Return { .. }
            | Action::Set { .. }
            | Action::Start { .. }
            | Action::Grow { .. }
            | Action::Route { .. },
            _,
        ) => None,
    }
}

fn is_paused(intent: &Intent, memory: &Memory, seen: &Seen) -> bool {
    let tagged = match seen {
        Seen::Group(group) => group.paused.is_some(),
        Seen::Database(database) => database.paused.is_some(),
        Seen::Volume(volume) => volume.paused.is_some(),
        Seen::Rollout(rollout) => rollout.paused.is_some(),
        Seen::Traffic(traffic) => traffic.paused.is_some(),
        Seen::Setting(_) | Seen::Flag(_) | Seen::Job(_) | Seen::Nothing(_) => false,
    };
    tagged || memory.pause.is_some() || memory.pauses.contains_key(&intent.target)
}

fn is_short(seen: &Seen) -> bool {
    match seen {
        Seen::Group(group) => group.shortfall.is_some(),
        Seen::Database(_)
        | Seen::Setting(_)
        | Seen::Flag(_)
        | Seen::Rollout(_)
        | Seen::Job(_)
        | Seen::Volume(_)
        | Seen::Traffic(_)
        | Seen::Nothing(_) => false,
    }
}

/// More than the share of the largest size has gone, this action included.
fn overspent(
    (from, to): (u32, u32),
    past: &TargetMemory,
    bounds: &TargetSettings,
    memory: &Memory,
) -> Option<String> {
    let budget = bounds.brakes().budget;
    let mut gone = u64::from(from - to);
    let mut largest = from;
    for moved in past.moves.iter().chain(&past.replaced) {
        if memory.now.since(moved.at) < budget.within {
            gone += u64::from(moved.from.saturating_sub(moved.to));
            largest = largest.max(moved.from);
        }
    }
    let over = gone > 1 && gone as f64 > f64::from(largest) * budget.share + 1e-6;
    over.then(|| format!("{gone} of {largest} gone in {}, more than the budget", budget.within))
}

/// One more change of direction than is allowed, when the next goes up or does not.
pub(super) fn too_many_turns(
    past: &TargetMemory,
    bounds: &TargetSettings,
    memory: &Memory,
    up: bool,
) -> Option<String> {
    let flap = bounds.brakes().flap;
    let recent = |moved: &&Move| memory.now.since(moved.at) < flap.within;
    let mut ways: Vec<bool> = past.moves.iter().filter(recent).map(|it| it.to > it.from).collect();
    ways.push(up);
    let turns = ways.windows(2).filter(|pair| pair[0] != pair[1]).count();
    (turns > flap.turns as usize)
        .then(|| format!("the direction would change {turns} times in {}", flap.within))
}
