//! The decision: a pure function from what was seen and said to what to do.

use crate::{
    Action, Asked, Decision, Evaluation, Held, InputKey, IntentId, Memory, Move, OpenIntent, Plan,
    Release, Seen, Settings, Snapshot, Span, TargetMemory, TargetName, TargetSettings, Tick,
    Verdict, Walk,
    ballot::{self, Ballot},
    database::decide_database,
    group::{decide_group, held, intent_id},
    job::decide_job,
    noticed::Clocks,
    region::Region,
    routing::decide_traffic,
    setting::{Dial, decide_setting},
    shadow::decide_shadows,
    volume::decide_volume,
};

/// Decides what to do about every target there is.
///
/// `memory` has [absorbed](Memory::absorb) `snapshot`, and `evaluations` are what the
/// policies said of both. Every target of the settings ends up in the plan, as an
/// action or as [`Held`] with a reason: silence is never an answer. What people are told of
/// it is known once the plan was checked: see [`notices`](crate::notices()).
pub fn decide(
    settings: &Settings,
    memory: &Memory,
    snapshot: &Snapshot,
    evaluations: &[Evaluation],
) -> Plan {
    let acting = evaluations.iter().filter(|said| !settings.shadows.contains_key(&said.policy));
    let mut ballots = ballot::count(settings, acting, memory).into_iter().peekable();
    let region = Region::of(settings, memory, snapshot);
    let (mut sights, mut pasts) =
        (Walk::through(&snapshot.targets), Walk::through(&memory.targets));
    let decisions: Vec<Decision> = settings
        .targets
        .iter()
        .map(|(target, bounds)| {
            // Both are in the order of names; what was said of no target of ours is passed over.
            while ballots.next_if(|(name, _)| *name < target).is_some() {}
            let ballot = ballots.next_if(|(name, _)| *name == target);
            let ballot = ballot.map(|(_, ballot)| ballot).unwrap_or_default();
            let known = (sights.get(target), pasts.get(target));
            decide_one((settings, target, bounds), known, (memory, &region), snapshot, &ballot)
        })
        .collect();
    let shadows = decide_shadows(settings, memory, (snapshot, &region), evaluations, &decisions);
    Plan { decisions, shadows, notices: Vec::new() }
}

fn decide_one(
    (whole, target, bounds): (&Settings, &TargetName, &TargetSettings),
    (seen, past): (Option<&Seen>, Option<&TargetMemory>),
    (memory, region): (&Memory, &Region<'_>),
    snapshot: &Snapshot,
    ballot: &Ballot<'_>,
) -> Decision {
    let not_observed = |why: &str| held(target, String::new(), Held::NotObserved(why.to_owned()));
    let Some(seen) = seen else {
        return not_observed("its provider said nothing of it");
    };
    let id = || intent_id(&whole.region, target, snapshot, memory);
    let Some(past) = past else {
        return not_observed(if let Seen::Nothing(why) = seen { why } else { "not yet" });
    };
    let release = memory.released.get(target);
    if let Some(release) = release.filter(|release| release.is_done(seen)) {
        return match (seen, describe(seen, past, memory.now)) {
            (Seen::Nothing(why), _) => not_observed(why),
            (_, stands) => held(target, stands, Held::Released(release.to_string())),
        };
    }
    let ballot_of = |ballot| (ballot, release);
    let world = (memory, past, region);
    if release.is_some() {
        return decide_kind(
            target,
            (bounds, seen, whole),
            world,
            ballot_of(&ballot.silenced()),
            id,
        );
    }
    decide_kind(target, (bounds, seen, whole), world, ballot_of(ballot), id)
}

/// Decides about a target by what it is.
pub(crate) fn decide_kind(
    target: &TargetName,
    (bounds, seen, whole): (&TargetSettings, &Seen, &Settings),
    memory: (&Memory, &TargetMemory, &Region<'_>),
    (ballot, release): (&Ballot<'_>, Option<&Release>),
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let not_observed = |why: &str| held(target, String::new(), Held::NotObserved(why.to_owned()));
    match (bounds, seen) {
        (TargetSettings::Group(settings), Seen::Group(group)) => {
            decide_group(target, (settings, group, whole), memory, ballot, id)
        }
        (TargetSettings::Database(settings), Seen::Database(database)) => {
            decide_database(target, (settings, database), memory, (ballot, release), id)
        }
        (TargetSettings::Setting(settings), Seen::Setting(setting)) => {
            decide_setting(target, (settings, &Dial::of(setting)), memory, ballot, id)
        }
        (TargetSettings::Flag(settings), Seen::Flag(flag)) => {
            decide_setting(target, (settings, &Dial::of_flag(flag)), memory, ballot, id)
        }
        (TargetSettings::Rollout(settings), Seen::Rollout(rollout)) => {
            let dial = Dial::of_rollout(rollout, &settings.stages);
            decide_setting(target, (&settings.dial, &dial), memory, ballot, id)
        }
        (TargetSettings::Job(settings), Seen::Job(job)) => {
            decide_job(target, (settings, job), memory, ballot, id)
        }
        (TargetSettings::Volume(settings), Seen::Volume(volume)) => {
            decide_volume(target, (settings, volume), memory, ballot, id)
        }
        (TargetSettings::Traffic(settings), Seen::Traffic(traffic)) => {
            decide_traffic(target, (settings, traffic), memory, ballot, id)
        }
        (_, Seen::Nothing(why)) => not_observed(why),
        (_, Seen::Group(_)) => not_observed("it is a group"),
        (_, Seen::Database(_)) => not_observed("it is a database"),
        (_, Seen::Setting(_)) => not_observed("it is a setting"),
        (_, Seen::Flag(_)) => not_observed("it is a flag"),
        (_, Seen::Rollout(_)) => not_observed("it is a rollout"),
        (_, Seen::Job(_)) => not_observed("it is a job"),
        (_, Seen::Volume(_)) => not_observed("it is a volume"),
        (_, Seen::Traffic(_)) => not_observed("it is a traffic"),
    }
}

/// How a target stands, in words.
fn describe(seen: &Seen, past: &TargetMemory, now: Tick) -> String {
    match seen {
        Seen::Group(group) => crate::group::describe(group, past, None),
        Seen::Database(database) => crate::database::describe(database, past),
        Seen::Setting(setting) => Dial::of(setting).describe(past),
        Seen::Flag(flag) => Dial::of_flag(flag).describe(past),
        Seen::Rollout(rollout) => crate::rollout::describe(rollout, past),
        Seen::Job(job) => crate::job::describe(job, past, now),
        Seen::Volume(volume) => crate::volume::describe(volume, past),
        Seen::Traffic(traffic) => crate::routing::describe(traffic, past),
        Seen::Nothing(why) => why.clone(),
    }
}

impl Memory {
    /// Keeps what this pass decided. The second of the two places where memory changes.
    ///
    /// `plan` is the one that was [checked](crate::check()): a refused action leaves no trace.
    pub fn remember(&mut self, settings: &Settings, plan: &Plan, evaluations: &[Evaluation]) {
        for evaluation in evaluations {
            for (key, hold) in evaluation.rules.iter().filter_map(|rule| rule.hold.as_ref()) {
                match hold {
                    Some(hold) => drop(self.holds.insert(key.clone(), *hold)),
                    None => drop(self.holds.remove(key)),
                }
            }
            if !evaluation.failed() && !evaluation.state.is_empty() {
                self.state.insert(evaluation.policy.clone(), evaluation.state.clone());
            }
        }
        let now = self.now;
        let wall = self.last.map(|moment| moment.wall).unwrap_or_default();
        let mut configured = Walk::through(&settings.targets);
        for decision in &plan.decisions {
            let bounds = configured.get(&decision.target);
            let before_growth = self.before_growth(decision, bounds);
            let Some(target) = self.targets.get_mut(&decision.target) else { continue };
            target.remember(decision, now, remembered(settings, bounds));
            target.remember_starts(decision, bounds, evaluations, now);
            target.noticed.remember(decision, Clocks { now, wall });
            target.noticed.before_growth(before_growth.into_iter());
        }
        self.imagined(settings, plan, evaluations, Clocks { now, wall });
        self.remember_notices(&plan.notices);
    }

    /// What the inputs read that a growth, if this is one, should bring down.
    fn before_growth(
        &self,
        decision: &Decision,
        bounds: Option<&TargetSettings>,
    ) -> Vec<(InputKey, f64)> {
        let effects = bounds.map_or(&[][..], |bounds| &bounds.brakes().effects);
        let grows = matches!(&decision.verdict, Verdict::Act(it) if !it.action.shrinks());
        let read = |input: &InputKey| Some((input.clone(), self.fresh(input)?));
        effects.iter().filter(|_| grows).filter_map(|effect| read(&effect.input)).collect()
    }
}

/// How far back a target's sizes count, and its moves.
pub(crate) fn remembered(settings: &Settings, bounds: Option<&TargetSettings>) -> (Span, Span) {
    let keep = bounds.map_or(Span::ZERO, sizes_count).max(settings.every.times(2));
    (keep, bounds.map_or(Span::ZERO, |bounds| bounds.brakes().remembered()).max(keep))
}

fn sizes_count(bounds: &TargetSettings) -> Span {
    match bounds {
        TargetSettings::Group(group) => group
            .stabilise_down
            .max(group.stabilise_up)
            .max(group.growth.period)
            .max(group.shrink.period),
        TargetSettings::Database(_)
        | TargetSettings::Setting(_)
        | TargetSettings::Flag(_)
        | TargetSettings::Rollout(_)
        | TargetSettings::Job(_)
        | TargetSettings::Volume(_)
        | TargetSettings::Traffic(_) => Span::ZERO,
    }
}

impl TargetMemory {
    /// Keeps what was decided; sizes asked for and moves as far back as they count.
    pub(crate) fn remember(&mut self, decision: &Decision, now: Tick, (keep, moves): (Span, Span)) {
        while self.asked.front().is_some_and(|asked| now.since(asked.at) >= keep) {
            self.asked.pop_front();
        }
        while self.moves.front().is_some_and(|done| now.since(done.at) >= moves) {
            self.moves.pop_front();
        }
        self.replaced.retain(|done| now.since(done.at) < moves);
        if let Some(size) = decision.asked {
            // A window that saw nothing for its whole length starts anew, as at a first start.
            let seed = self.ready.latest().filter(|_| self.asked.is_empty());
            let size = seed.map_or(size, |members| members.desired.max(size));
            self.note_asked(Asked { at: now, size });
        }
        let Verdict::Act(intent) = &decision.verdict else { return };
        self.drains.remember(intent, now);
        // A retirement changes no size, and nothing waits for it to show.
        if !matches!(intent.action, Action::Retire { .. }) {
            let change = self.change(&intent.action, now);
            self.noticed.sent.extend(change);
            self.noticed.routes.remember(&intent.action, now);
            self.count_unanswered();
            let intent = intent.clone();
            self.open = Some(OpenIntent { intent, since: now, accepted: false, change });
        }
    }

    /// Keeps for which rules a job was started.
    pub(crate) fn remember_starts(
        &mut self,
        decision: &Decision,
        bounds: Option<&TargetSettings>,
        evaluations: &[Evaluation],
        now: Tick,
    ) {
        let Some(TargetSettings::Job(_)) = bounds else { return };
        let action = match &decision.verdict {
            Verdict::Act(intent) => Some(&intent.action),
            Verdict::Held(_) => None,
        };
        let decided = (action, decision.wants.as_slice());
        self.noticed.starts.remember(&decision.target, evaluations, decided, now);
    }

    /// The change of size that an action makes.
    fn change(&self, action: &Action, at: Tick) -> Option<Move> {
        let present = self.ready.latest()?.desired;
        let (from, to) = match action {
            Action::Resize { from, to }
            | Action::Drain { from, to, .. }
            | Action::Return { from, to, .. }
            | Action::Set { from, to, .. }
            | Action::Grow { from, to } => (*from, *to),
            Action::Route { from, to, .. } => crate::traffic::turn(from, to)?,
            Action::Retire { .. } | Action::Replace { .. } | Action::Start { .. } => return None,
            Action::AddReplica { .. } => (present, present.saturating_add(1)),
            Action::RemoveReplica { .. } => (present, present.saturating_sub(1)),
        };
        Some(Move { at, from, to })
    }

    /// A shrinking whose answer was lost counts as made: no budget is spent twice.
    pub(crate) fn count_unanswered(&mut self) {
        let unanswered = |open: &OpenIntent| !open.accepted && open.intent.action.shrinks();
        if self.open.as_ref().is_some_and(unanswered) {
            self.count();
        }
    }

    /// The action under way counts as made.
    pub(crate) fn count(&mut self) {
        let Some(open) = &self.open else { return };
        self.moves.extend(open.change);
        if let Action::Replace { from, .. } = open.intent.action {
            let (at, to) = (open.since, from.saturating_sub(1));
            self.replaced.push(Move { at, from, to });
        }
    }

    /// All that took members away, for budgets: what shrank, and what was replaced.
    pub(crate) fn gone(&self) -> impl Iterator<Item = &Move> {
        self.moves.iter().chain(&self.replaced)
    }

    /// Keeps only what can still be the largest or the smallest of a window: of equal
    /// sizes in a row the first and the last say all.
    fn note_asked(&mut self, asked: Asked) {
        let n = self.asked.len();
        let same = |at: usize| self.asked.get(at).is_some_and(|old| old.size == asked.size);
        if n >= 2 && same(n - 1) && same(n - 2) {
            self.asked.pop_back();
        }
        self.asked.push_back(asked);
    }
}
