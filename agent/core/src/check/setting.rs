//! What may not be done to a setting, a flag or a rollout, judged from its bounds and memory alone.
//!
//! Written from the manual, not from the guards, like `brakes.rs` beside it.

use crate::{Approve, Flag, Memory, Rollout, Setting, SettingSettings, Side, TargetName};

/// A change of a setting, as the plan has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) from: u32,
    pub(super) to: u32,
    /// Whether the plan says that it leads away from what is safe.
    pub(super) leaves: bool,
}

impl Change {
    /// Whether it does lead away from what is safe.
    fn is_away(self, safe: Option<Side>) -> bool {
        match safe {
            Some(Side::High) => self.from > self.to,
            Some(Side::Low) => self.from < self.to,
            None => true,
        }
    }

    /// How far the value is outside `min..=max` before and after.
    fn outside(self, (min, max): (u32, u32)) -> (u32, u32) {
        let off = |value: u32| min.saturating_sub(value).max(value.saturating_sub(max));
        (off(self.from), off(self.to))
    }
}

/// A setting, a flag or a rollout as it was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stands {
    value: u32,
    busy: bool,
    /// What steps are shares of.
    whole: u32,
}

impl Stands {
    pub(super) const fn of(setting: &Setting) -> Self {
        let (value, busy) = (setting.value, setting.busy.is_some());
        Self { value, busy, whole: value }
    }

    pub(super) const fn of_flag(flag: &Flag) -> Self {
        Self { value: flag.share, busy: flag.busy.is_some(), whole: 100 }
    }

    pub(super) const fn of_rollout(rollout: &Rollout) -> Self {
        Self { value: rollout.share, busy: rollout.busy.is_some(), whole: 100 }
    }
}

/// What is wrong with a change, whatever is remembered.
pub(super) fn against(
    change: Change,
    bounds: &SettingSettings,
    stands: &Stands,
    blind: bool,
) -> Vec<String> {
    let Change { from, to, leaves } = change;
    let mut wrong = Vec::new();
    let mut object = |bad: bool, why: String| {
        if bad {
            wrong.push(why);
        }
    };
    let (min, max) = (bounds.range.min(), bounds.range.max());
    let (before, after) = change.outside((min, max));
    object(from != stands.value, format!("decided for {from}, but it is set to {}", stands.value));
    object(from == to, "a change to what is".to_owned());
    object(after > 0 && after >= before, format!("{to} is outside {min}..{max}"));
    object(leaves != change.is_away(bounds.safe), "a change that is not what it says".to_owned());
    let owed = before > 0 && (after > 0 || to == min || to == max);
    object(
        change.is_away(bounds.safe) && blind && !owed,
        "leaving what is safe without evidence".to_owned(),
    );
    object(
        change.is_away(bounds.safe) && stands.busy,
        "leaving what is safe while it is busy".to_owned(),
    );
    let share = if to > from { bounds.step_up } else { bounds.step_down };
    let most = share.map(|share| ((f64::from(stands.whole) * share + 1e-6) as u32).max(1));
    object(
        most.is_some_and(|most| from.abs_diff(to) > most),
        format!("a step of {}, more than is allowed", from.abs_diff(to)),
    );
    wrong
}

/// What the brakes have against a change that leads away from what is safe.
pub(super) fn braked(
    change: Change,
    (target, bounds): (&TargetName, &SettingSettings),
    memory: &Memory,
) -> Vec<String> {
    let (mut wrong, brakes) = (Vec::new(), &bounds.brakes);
    if !change.is_away(bounds.safe) {
        return wrong;
    }
    let Some(past) = memory.targets.get(target) else {
        return vec!["leaving what is safe, never seen before".to_owned()];
    };
    let Change { from, to, .. } = change;
    let leave = memory.approvals.get(target).filter(|given| given.until > memory.now);
    let between = |given: u32| from.min(given) <= to && to <= from.max(given);
    if brakes.approve == Approve::Shrink && !leave.is_some_and(|given| between(given.to)) {
        wrong.push(format!("a change to {to} without approval"));
    }
    let (before, _) = change.outside((bounds.range.min(), bounds.range.max()));
    let moved = past.noticed.foreign.as_ref();
    let moved = moved.filter(|it| memory.now.since(it.at) < brakes.foreign_respect);
    if moved.is_some() && before == 0 {
        wrong.push("leaving what somebody else has just set".to_owned());
    }
    let ways = past.moves.iter().filter(|it| memory.now.since(it.at) < brakes.flap.within);
    let ways: Vec<bool> = ways.map(|it| it.to > it.from).chain([to > from]).collect();
    let turns = ways.windows(2).filter(|pair| pair[0] != pair[1]).count();
    if turns > brakes.flap.turns as usize {
        wrong.push(format!("the direction would change {turns} times in {}", brakes.flap.within));
    }
    wrong
}

/// What is wrong with a change of a rollout in particular.
pub(super) fn rolled(
    change: Change,
    (rollout, revision): (&Rollout, Option<&String>),
) -> Vec<String> {
    let mut wrong = Vec::new();
    if change.to > 100 {
        wrong.push(format!("{} % of the traffic", change.to));
    }
    if change.to < change.from && change.to != 0 {
        wrong.push(format!("a rollback to {} %", change.to));
    }
    if rollout.revision.as_ref() != revision {
        wrong.push("decided about another candidate than was seen".to_owned());
    }
    wrong
}

/// Says so if a candidate is raised that was rolled back, or may be one of those.
pub(super) fn condemned(
    change: Change,
    (target, rollout): (&TargetName, &Rollout),
    memory: &Memory,
) -> Option<String> {
    let past = memory.targets.get(target)?;
    let known = rollout.revision.as_ref();
    let mut condemned = past.noticed.candidates.condemned.iter();
    let it = condemned
        .find(|it| it.revision.is_none() || known.is_none() || it.revision.as_ref() == known)?;
    (change.to > change.from).then(|| format!("raising what was rolled back by {}", it.by))
}
