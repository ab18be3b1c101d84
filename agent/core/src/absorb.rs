//! The start of a pass: memory takes in what was seen.
//!
//! Time moves on, commands and outcomes count, samples go into their windows, and
//! what the targets show confirms what was asked of them.

use crate::{
    ActResult, Action, Approval, Command, Drains, Empty, FailureKind, InputSettings, MemberState,
    Memory, Noticed, Pause, Reading, Release, ReplicaState, Sample, Seen, Settings, Snapshot, Span,
    TargetMemory, TargetName, TargetSettings, Tick, Timestamp, Walk, Window, defaults, drains,
    starts::began,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// A stamp further ahead of our clock than this is no evidence of anything.
const CLOCK_SKEW: Span = Span::from_secs(10);
/// The age at which a pause in passes resets hold timers, unless two passes are longer.
const LONGEST_GAP: Span = Span::from_secs(90);

impl Memory {
    /// Takes in what was seen. The first of the two places where memory changes.
    pub fn absorb(&mut self, settings: &Settings, snapshot: &Snapshot) {
        self.advance(settings, snapshot);
        for command in &snapshot.commands {
            self.obey(command);
        }
        let now = self.now;
        self.pause.take_if(|pause| pause.is_over(now));
        self.pauses.retain(|_, pause| !pause.is_over(now));
        self.approvals.retain(|_, approval| approval.until > now);
        self.hear_outcomes(snapshot);
        self.recall(settings, snapshot);
        let mut readings = Walk::through(&snapshot.readings);
        for (key, input) in &settings.inputs {
            let missing = self.read(key, input, readings.get(key), snapshot.at.wall);
            match missing {
                Ok(()) => drop(self.missing.remove(key)),
                Err(why) => drop(self.missing.insert(key.clone(), why)),
            }
        }
        let keep = settings.longest_window();
        let mut sights = Walk::through(&snapshot.targets);
        for (target, bounds) in &settings.targets {
            if let Some(seen) = sights.get(target) {
                self.look(keep, snapshot.at.wall, target, bounds, seen);
            }
        }
        self.forgive(snapshot);
        self.judge_effects(settings);
        self.imagine(settings, snapshot);
    }

    /// By the monotonic clock between passes of one process, by the wall clock across
    /// a restart, never backwards. A long gap resets holds, never cooldowns.
    fn advance(&mut self, settings: &Settings, snapshot: &Snapshot) {
        let at = snapshot.at;
        self.elapsed = match self.last {
            None => Span::ZERO,
            Some(last) if snapshot.started => at.wall.since(last.wall),
            Some(last) => at.monotonic.minus(last.monotonic),
        };
        self.now = self.now + self.elapsed;
        self.last = Some(at);
        if snapshot.started {
            self.epoch += 1;
        }
        if self.elapsed > settings.every.times(2).max(LONGEST_GAP) {
            self.holds.clear();
        }
    }

    fn obey(&mut self, command: &Command) {
        match command {
            Command::Pause { target, reason, lasts } => {
                let until = lasts.map(|span| self.now + span);
                let pause = Pause { reason: reason.clone(), until };
                match target {
                    Some(target) => drop(self.pauses.insert(target.clone(), pause)),
                    None => self.pause = Some(pause),
                }
            }
            Command::Resume { target: None } => self.pause = None,
            Command::Resume { target: Some(name) } => {
                self.pauses.remove(name);
                if let Some(target) = self.targets.get_mut(name) {
                    target.noticed.effects.clear();
                    target.noticed.candidates.condemned.clear();
                }
            }
            Command::Approve { target, to, by } => {
                let until = self.now + defaults::APPROVAL_LASTS;
                let approval = Approval { to: *to, until, by: by.clone() };
                self.approvals.insert(target.clone(), approval);
            }
            Command::Release { target, by, reason, remove_replicas } => {
                let (by, reason) = (by.clone(), reason.clone());
                let (since, remove_replicas) = (self.now, *remove_replicas);
                self.release(target, Release { by, reason, since, remove_replicas });
            }
            Command::Adopt { target, .. } => self.adopt(target),
        }
    }

    /// Whatever others did to a target while it was released, and up to the pass that adopts
    /// it, was theirs to do.
    fn forgive(&mut self, snapshot: &Snapshot) {
        let adopted = |command: &Command| match command {
            Command::Adopt { target, .. } => Some(target.clone()),
            Command::Pause { .. }
            | Command::Resume { .. }
            | Command::Approve { .. }
            | Command::Release { .. } => None,
        };
        let adopted = snapshot.commands.iter().filter_map(adopted);
        for name in self.released.keys().cloned().chain(adopted).collect::<Vec<_>>() {
            if let Some(target) = self.targets.get_mut(&name) {
                target.noticed.foreign = None;
            }
        }
    }

    /// Judges growth that should have had an effect by now.
    fn judge_effects(&mut self, settings: &Settings) {
        for (name, bounds) in &settings.targets {
            for effect in &bounds.brakes().effects {
                let value = self.fresh(&effect.input);
                let Some(target) = self.targets.get_mut(name) else { continue };
                target.noticed.judge(effect, value, self.now);
            }
        }
    }

    fn hear_outcomes(&mut self, snapshot: &Snapshot) {
        let now = self.now;
        let said: BTreeMap<_, _> =
            snapshot.outcomes.iter().map(|outcome| (&outcome.intent, &outcome.result)).collect();
        if said.is_empty() {
            return;
        }
        for target in self.targets.values_mut() {
            if let Some(failure) = target.drains.hear(&said) {
                target.failure = Some(failure);
            }
            let open = target.open.as_ref().and_then(|open| said.get(&open.intent.id));
            if let Some(result) = open {
                target.hear(result, now);
            }
        }
    }

    /// Puts an input's reading into its window, or says why there is none.
    fn read(
        &mut self,
        key: &crate::InputKey,
        input: &InputSettings,
        reading: Option<&Reading>,
        now: Timestamp,
    ) -> Result<(), String> {
        if let Some(per) = input.per {
            let parts = self.parts.entry(key.clone()).or_default();
            return Arc::make_mut(parts).read((input, per), reading, now);
        }
        let keep = input.keep();
        let window = self
            .windows
            .entry(key.clone())
            .or_insert_with(|| Arc::new(Window::new(keep, input.period)));
        let sample = match reading {
            Some(Reading::Sample(sample)) => {
                Sample::new(sample.at, input.unit.to_base(sample.value()))
            }
            Some(Reading::Each(each) | Reading::Partly(each, _)) => {
                return Err(one_wanted(each.len()));
            }
            Some(Reading::Empty) if input.empty == Empty::Zero => Sample::new(now, 0.0),
            Some(Reading::Empty) => return Err("the query matched nothing".to_owned()),
            Some(Reading::Absent(why) | Reading::Failed(why)) => return Err(why.clone()),
            None => return Err("its source said nothing".to_owned()),
        }
        .ok_or("not a number")?;
        is_not_ahead(sample, now)?;
        let window = Arc::make_mut(window);
        // The policy may be another than the one that the window was made for.
        window.fit(keep, input.period);
        window.push(sample);
        is_fresh(sample, input.max_age, now)
    }

    fn look(
        &mut self,
        keep: Span,
        wall: Timestamp,
        name: &TargetName,
        bounds: &TargetSettings,
        seen: &Seen,
    ) {
        let now = self.now;
        let Some((size, _)) = seen.size() else { return };
        let first = || TargetMemory::new(now, size);
        let target = self.targets.entry(name.clone()).or_insert_with(first);
        target.look((now, wall), keep, bounds, seen);
    }
}

impl TargetMemory {
    /// What is remembered of a target of this size that is seen for the first time.
    pub(crate) fn new(now: Tick, size: u32) -> Self {
        Self {
            first_seen: now,
            ready: Arc::default(),
            asked: VecDeque::from([crate::Asked { at: now, size }]),
            moves: VecDeque::new(),
            replaced: Vec::new(),
            open: None,
            settled: None,
            warmed: None,
            failure: None,
            noticed: Noticed::default(),
            drains: Drains::default(),
        }
    }

    /// Takes in how the target stands.
    pub(crate) fn look(
        &mut self,
        (now, wall): (Tick, Timestamp),
        keep: Span,
        bounds: &TargetSettings,
        seen: &Seen,
    ) {
        let Some((size, ready)) = seen.size() else { return };
        let within = bounds.confirm_within();
        let stood = (self.ready.latest(), size);
        self.noticed.look(seen, stood, now, (bounds.brakes(), within));
        Arc::make_mut(&mut self.ready).note(wall, ready, size, keep);
        if let Seen::Rollout(rollout) = seen
            && self.noticed.candidates.look(rollout, now)
        {
            // Whatever was proven is proven of another candidate: the stage begins anew.
            self.settled = Some(now);
        }
        if ready < size {
            self.warmed = Some(now);
        }
        if let (Seen::Group(group), TargetSettings::Group(bounds)) = (seen, bounds)
            && let Some(sessions) = &bounds.sessions
        {
            self.drains.look(&group.members, (wall, now), (within, sessions.spare));
        }
        self.settle(seen, now, within);
    }
}

impl TargetMemory {
    /// Closes the open intent if the target shows it, or if it had time enough to.
    fn settle(&mut self, seen: &Seen, now: Tick, within: Span) {
        let Some(open) = &self.open else { return };
        // A start that was taken on is done: what comes of the run is the job's affair.
        let begun = open.accepted && matches!(open.intent.action, Action::Start { .. });
        let shown = begun || shows(seen, &open.intent.action);
        if !shown && now.since(open.since) <= within {
            return;
        }
        let grew = shown && !open.intent.action.shrinks();
        match grew {
            // The answer was lost, the action was not: it counts like any other.
            true if !open.accepted => self.count(),
            true => {}
            false => self.count_unanswered(),
        }
        match grew {
            true => self.noticed.is_confirmed(now),
            false => self.noticed.is_lost(),
        }
        self.open = None;
        self.settled = Some(now);
    }

    /// What its provider said to the open intent.
    pub(crate) fn hear(&mut self, result: &ActResult, now: Tick) {
        self.noticed.starts.hear(result);
        match result {
            ActResult::Accepted => {
                self.failure = None;
                let Some(open) = &mut self.open else { return };
                open.accepted = true;
                self.count();
            }
            // It may have arrived: the intent stays open until the target shows it, or time is up.
            ActResult::Unknown => {}
            ActResult::Withheld => {
                self.was_not_sent();
            }
            ActResult::Failed { kind, message } => {
                let grew = self.open.as_ref().is_some_and(|open| open.intent.action.adds());
                self.was_not_sent();
                if grew && *kind == FailureKind::Refused {
                    self.noticed.is_short(now, message);
                }
                self.failure = Some(crate::describe_failure(*kind, message));
            }
        }
    }
}

impl TargetMemory {
    /// The action under way was not sent, or not taken on.
    fn was_not_sent(&mut self) {
        let Some(open) = self.open.take() else { return self.noticed.is_lost() };
        self.drains.was_not_sent(&open.intent.action);
        self.noticed.routes.was_not_sent(&open.intent.action);
        match open.change {
            Some(_) => self.noticed.was_not_sent(),
            None => self.noticed.is_lost(),
        }
    }
}

fn one_wanted(parts: usize) -> String {
    format!("{parts} values where one number is expected; the input does not say `per`")
}

/// A stamp ahead of our clock is no evidence of anything.
pub(crate) fn is_not_ahead(sample: Sample, now: Timestamp) -> Result<(), String> {
    if sample.at > now + CLOCK_SKEW {
        return Err(format!("stamped {} in the future", sample.at.since(now)));
    }
    Ok(())
}

pub(crate) fn is_fresh(sample: Sample, max_age: Span, now: Timestamp) -> Result<(), String> {
    match now.since(sample.at) {
        age if age > max_age => Err(format!("stale: {age} old, limit {max_age}")),
        _ => Ok(()),
    }
}

/// Whether the target shows what the action asked for.
fn shows(seen: &Seen, action: &Action) -> bool {
    match (seen, action) {
        (Seen::Group(group), Action::Resize { from, to }) => {
            group.desired == *to && if to > from { group.ready >= *to } else { group.ready <= *to }
        }
        (Seen::Group(group), Action::Drain { to, members, .. }) => {
            let serves = |name: &String| {
                let state = drains::state(&group.members, name);
                matches!(state, Some(MemberState::Serving | MemberState::Sick))
            };
            group.desired == *to && !members.iter().any(serves)
        }
        (Seen::Group(group), Action::Replace { from, member, .. }) => {
            let there = drains::state(&group.members, member);
            let serves = matches!(there, Some(MemberState::Serving | MemberState::Sick));
            // Others that are unhealthy are not waited for: each is to be replaced in its turn.
            let settled = group.ready.saturating_add(group.unhealthy);
            group.desired == *from && settled >= *from && !serves
        }
        (Seen::Group(group), Action::Return { to, .. }) => {
            group.desired == *to && group.ready >= *to
        }
        (Seen::Database(database), Action::AddReplica { name }) => database
            .replicas
            .iter()
            .any(|replica| replica.name == *name && replica.state == ReplicaState::Available),
        (Seen::Database(database), Action::RemoveReplica { name }) => {
            database.replicas.iter().all(|replica| replica.name != *name)
        }
        (Seen::Setting(setting), Action::Set { to, .. }) => setting.value == *to,
        (Seen::Flag(flag), Action::Set { to, .. }) => flag.share == *to,
        (Seen::Rollout(rollout), Action::Set { to, .. }) => rollout.share == *to,
        (Seen::Job(job), Action::Start { after, anew, .. }) => began(job, after.as_ref(), *anew),
        (Seen::Volume(volume), Action::Grow { to, .. }) => volume.size >= *to,
        (Seen::Traffic(traffic), Action::Route { to, .. }) => traffic.shares() == *to,
        (
            Seen::Group(_)
            | Seen::Database(_)
            | Seen::Setting(_)
            | Seen::Flag(_)
            | Seen::Rollout(_)
            | Seen::Job(_)
            | Seen::Volume(_)
            | Seen::Traffic(_)
            | Seen::Nothing(_),
            _,
        ) => false,
    }
}
