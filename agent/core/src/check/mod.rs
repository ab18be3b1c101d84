//! An independent judge of every plan.
//!
//! It shares no code with [`decide`](crate::decide()): it looks only at what was seen,
//! what is remembered, what the operator settled and what the plan would do, and asks
//! whether that can be safe. A plan that fails here is a fault of ours; the action is dropped and a person
//! is told.

mod brakes;
mod members;
mod others;
mod setting;
mod traffic;

use crate::{
    Action, Database, DatabaseSettings, Decision, Evaluation, Group, GroupSettings, Held, Intent,
    Memory, Plan, ReplicaState, RuleVerdict, Seen, Settings, Snapshot, TargetName, TargetSettings,
    Verdict,
};
use brakes::Blind;
use members::Members;
use others::Start;
use setting::{Change, Stands};
use std::collections::BTreeSet;

/// Why one action is unsafe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Whose action.
    pub target: TargetName,
    /// Why, for a person.
    pub why: String,
}

/// Everything that is wrong with `plan`; nothing, if it is safe to carry out.
///
/// `memory` is what the plan was decided on: it has absorbed `snapshot`.
pub fn check(
    settings: &Settings,
    memory: &Memory,
    snapshot: &Snapshot,
    evaluations: &[Evaluation],
    plan: &Plan,
) -> Vec<Objection> {
    // Policies that are being tried have no say in what is sent.
    let tried = |said: &&Evaluation| settings.shadows.contains_key(&said.policy);
    let acting = evaluations.iter().filter(|said| !tried(said));
    let (blind, unseen) = (blind_targets(acting), Blind::of(settings, snapshot));
    let mut acted_on = BTreeSet::new();
    let mut objections = Vec::new();
    for intent in plan.intents() {
        let target = &intent.target;
        let mut object = |why: String| objections.push(Objection { target: target.clone(), why });
        if !acted_on.insert(target) {
            object("two actions on one target in one pass".to_owned());
        }
        match (settings.targets.get(target), snapshot.targets.get(target)) {
            (Some(bounds), Some(seen)) => {
                let blind = blind.contains(target);
                let mut wrong = unsafe_action(intent, bounds, seen, blind);
                if let (TargetSettings::Group(bounds), Seen::Group(group)) = (bounds, seen) {
                    let input = bounds.sessions.as_ref();
                    let input = input.and_then(|it| settings.inputs.get(&it.input));
                    let past = memory.targets.get(target);
                    let members = Members { bounds, group, input, memory, past };
                    wrong.extend(members.against(&intent.action));
                }
                wrong.extend(brakes::against(intent, (bounds, seen), memory, unseen));
                let start = Start::of(&intent.action);
                wrong.extend(start.and_then(|it| others::unasked(it, target, memory, evaluations)));
                wrong.into_iter().for_each(object);
            }
            _ => object("an action on a target that is not configured or was not seen".to_owned()),
        }
    }
    objections
}

/// Targets named by a rule that could not be told, or by a policy that went wrong.
fn blind_targets<'a>(
    evaluations: impl Iterator<Item = &'a Evaluation>,
) -> BTreeSet<&'a TargetName> {
    let mut blind = BTreeSet::new();
    for evaluation in evaluations {
        let whole = evaluation.failed();
        for rule in &evaluation.rules {
            let untold = match rule.verdict {
                RuleVerdict::Skipped { .. } | RuleVerdict::Failed { .. } => true,
                RuleVerdict::Fired | RuleVerdict::Quiet | RuleVerdict::Pending { .. } => false,
            };
            if whole || untold {
                blind.extend(rule.names.iter());
            }
        }
    }
    blind
}

fn unsafe_action(
    intent: &Intent,
    bounds: &TargetSettings,
    seen: &Seen,
    blind: bool,
) -> Vec<String> {
    match (&intent.action, bounds, seen) {
        (action, TargetSettings::Group(bounds), Seen::Group(group)) => {
            on_group(action, bounds, group, blind)
        }
        (Action::AddReplica { name }, TargetSettings::Database(bounds), Seen::Database(db)) => {
            added(name, bounds, db)
        }
        (Action::RemoveReplica { name }, TargetSettings::Database(bounds), Seen::Database(db)) => {
            removed(name, bounds, db, blind)
        }
        (
            Action::Set { from, to, leaves, .. },
            TargetSettings::Setting(bounds),
            Seen::Setting(setting),
        ) => {
            let change = Change { from: *from, to: *to, leaves: *leaves };
            setting::against(change, bounds, &Stands::of(setting), blind)
        }
        (Action::Set { from, to, leaves, .. }, TargetSettings::Flag(bounds), Seen::Flag(flag)) => {
            let change = Change { from: *from, to: *to, leaves: *leaves };
            setting::against(change, bounds, &Stands::of_flag(flag), blind)
        }
        (
            Action::Set { from, to, leaves, revision },
            TargetSettings::Rollout(bounds),
            Seen::Rollout(rollout),
        ) => {
            let change = Change { from: *from, to: *to, leaves: *leaves };
            let stands = Stands::of_rollout(rollout);
            let mut wrong = setting::against(change, &bounds.dial, &stands, blind);
            wrong.extend(setting::rolled(change, (rollout, revision.as_ref())));
            wrong
        }
        (Action::Start { .. }, TargetSettings::Job(_), Seen::Job(job)) => {
            Start::of(&intent.action).map_or_else(Vec::new, |it| others::start(it, job, blind))
        }
        (Action::Grow { from, to }, TargetSettings::Volume(bounds), Seen::Volume(volume)) => {
            others::growth((*from, *to), bounds, volume)
        }
        (
            Action::Route { from, to, leaves },
            TargetSettings::Traffic(bounds),
            Seen::Traffic(seen),
        ) => {
            let change = traffic::Change { from, to, leaves: *leaves };
            traffic::against(change, bounds, seen, blind)
        }
        _ => of_another_kind(),
    }
}

fn of_another_kind() -> Vec<String> {
    vec!["an action of another kind than its target".to_owned()]
}

fn on_group(action: &Action, bounds: &GroupSettings, group: &Group, blind: bool) -> Vec<String> {
    match action {
        Action::Resize { from, to }
        | Action::Drain { from, to, .. }
        | Action::Return { from, to, .. } => {
            let (min, max) = match group.own_range {
                Some(own) => (bounds.range.min().max(own.min()), bounds.range.max().min(own.max())),
                None => (bounds.range.min(), bounds.range.max()),
            };
            let step =
                bounds.shrink.count.max((f64::from(*from) * bounds.shrink.share + 1e-6) as u32);
            resize(*from, *to, (min, max), group.desired, blind, step)
        }
        // They change no size: what is against them is against those they name.
        Action::Retire { .. } => Vec::new(),
        Action::Replace { .. } => {
            let blind = blind.then(|| "replacing a member without evidence".to_owned());
            blind.into_iter().collect()
        }
        Action::AddReplica { .. }
        | Action::RemoveReplica { .. }
        | Action::Set { .. }
        | Action::Start { .. }
        | Action::Grow { .. }
        | Action::Route { .. } => of_another_kind(),
    }
}

fn added(name: &str, bounds: &DatabaseSettings, db: &Database) -> Vec<String> {
    let mut wrong = Vec::new();
    if db.replicas.iter().any(|replica| replica.name == *name) {
        wrong.push(format!("{name} exists"));
    }
    if db.present() >= bounds.range.max() {
        wrong.push(format!("{} replicas are the most allowed", bounds.range.max()));
    }
    wrong
}

fn removed(name: &str, bounds: &DatabaseSettings, db: &Database, blind: bool) -> Vec<String> {
    let removable = db.replicas.iter().any(|replica| {
        let serves = replica.state == ReplicaState::Available;
        replica.name == *name && replica.ours && !replica.promotable && serves
    });
    let mut wrong = Vec::new();
    if !removable {
        wrong.push(format!("{name} is not ours to remove"));
    }
    if db.present() <= bounds.range.min() {
        wrong.push(format!("{} replicas are the fewest allowed", bounds.range.min()));
    }
    if blind && db.present() <= bounds.range.max() {
        wrong.push("a removal without evidence".to_owned());
    }
    wrong
}

fn resize(
    from: u32,
    to: u32,
    (min, max): (u32, u32),
    desired: u32,
    blind: bool,
    step_down: u32,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut object = |bad: bool, why: String| {
        if bad {
            wrong.push(why);
        }
    };
    let towards = (to > from && to <= min) || (to < from && to >= max);
    object(from != desired, format!("decided for {from} members, but {desired} are desired"));
    object(from == to, "a change to what is".to_owned());
    object(!(min..=max).contains(&to) && !towards, format!("{to} is outside {min}..{max}"));
    object(to < from && to < min, format!("{to} is below {min}"));
    object(to > from && to > max, format!("{to} is above {max}"));
    object(to < from && blind && to < max, "shrinking without evidence".to_owned());
    object(from.saturating_sub(to) > step_down, format!("a step down of more than {step_down}"));
    wrong
}

impl Plan {
    /// The plan without the actions that were objected to; each is held, and says why.
    pub fn without(self, objections: &[Objection]) -> Self {
        let refuse = |decision: Decision| {
            let objection = objections.iter().find(|objection| objection.target == decision.target);
            match (objection, &decision.verdict) {
                (Some(objection), Verdict::Act(_)) => {
                    let verdict = Verdict::Held(Held::Refused(objection.why.clone()));
                    Decision { verdict, ..decision }
                }
                _ => decision,
            }
        };
        if objections.is_empty() {
            return self;
        }
        Self { decisions: self.decisions.into_iter().map(refuse).collect(), ..self }
    }
}
