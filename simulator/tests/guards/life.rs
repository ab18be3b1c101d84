//! A region that lives by one policy: targets become what is asked for, at once.

use setpoint_control::{Thought, think};
use setpoint_core::{
    ActResult, Action, Brakes, Calendars, Command, Database, DatabaseSettings, Decision, Empty,
    Evaluation, FailureKind, Flag, Group, GroupSettings, InputKey, Job, Memory, Moment, Outcome,
    PolicyName, Range, Reading, Replica, ReplicaState, Rollout, Sample, Seen, Setting, Settings,
    Snapshot, Span, TargetName, TargetSettings, Timestamp, Volume,
};
use setpoint_policies::{Policies, Policy, Script};
use std::{collections::BTreeMap, sync::Arc};

/// The time from one pass to the next.
pub(crate) const EVERY: Span = Span::from_secs(15);

/// Bounds whose every brake but those in `brakes` is off: sizes change as soon as they may.
pub(crate) fn group(range: (u32, u32), brakes: Brakes) -> GroupSettings {
    GroupSettings {
        stabilise_down: Span::ZERO,
        cooldown_down: Span::ZERO,
        settle: Span::ZERO,
        brakes,
        ..GroupSettings::new(Range::new(range.0, range.1).expect("a range with sizes in it"))
    }
}

/// The same for a database with up to five replicas.
pub(crate) fn database(brakes: Brakes) -> DatabaseSettings {
    DatabaseSettings {
        cooldown_down: Span::ZERO,
        settle: Span::ZERO,
        brakes,
        ..DatabaseSettings::new(Range::new(0, 5).expect("a range with sizes in it"))
    }
}

/// A region under one policy.
pub(crate) struct Life {
    pub(crate) targets: BTreeMap<TargetName, Seen>,
    settings: Settings,
    policies: Policies,
    readings: BTreeMap<&'static str, Said>,
    commands: Vec<Command>,
    memory: Memory,
    outcomes: Vec<Outcome>,
    pass: u64,
    started: bool,
    refuses: Option<&'static str>,
}

/// What the source says of an input at every pass.
#[derive(Clone, Copy)]
enum Said {
    Value(f64),
    Absent(&'static str),
    Nothing,
}

impl Said {
    fn reading(self, at: Timestamp) -> Reading {
        match self {
            Self::Value(value) => Reading::Sample(Sample::new(at, value).expect("it is finite")),
            Self::Absent(why) => Reading::Absent(why.to_owned()),
            Self::Nothing => Reading::Empty,
        }
    }
}

/// A target's name.
pub(crate) fn name(text: &str) -> TargetName {
    TargetName::new(text)
}

fn policy_name() -> PolicyName {
    PolicyName::new("p")
}

impl Life {
    /// The life of the policy's targets, each with its bounds and as many members as given.
    pub(crate) fn new(policy: &str, targets: Vec<(&str, TargetSettings, u32)>) -> Self {
        let script = Script::parse("p.rhai", policy)
            .unwrap_or_else(|faults| panic!("the policy is at fault: {faults:?}"));
        let header = script.header().clone();
        let inputs = header
            .inputs
            .iter()
            .map(|(input, header)| (InputKey::of(&policy_name(), input), header.settings(EVERY)));
        let mut settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: inputs.collect(),
            targets: BTreeMap::new(),
            shadows: BTreeMap::new(),
            calendars: Calendars::default(),
        };
        let mut seen = BTreeMap::new();
        for (target, bounds, size) in targets {
            let bounds = match header.targets.get(target) {
                Some(own) => own.narrow(&policy_name(), bounds).expect("the ranges overlap"),
                None => bounds,
            };
            seen.insert(name(target), stand(&bounds, size));
            settings.targets.insert(name(target), bounds);
        }
        let bound = header.targets.keys().map(|own| (own.clone(), name(own))).collect();
        let policy = Policy::bind(Arc::new(script), policy_name(), &bound, BTreeMap::new());
        Self {
            targets: seen,
            settings,
            policies: Policies::new(vec![policy.expect("all of it is bound")]),
            readings: BTreeMap::new(),
            commands: Vec::new(),
            memory: Memory::default(),
            outcomes: Vec::new(),
            pass: 0,
            started: true,
            refuses: None,
        }
    }

    /// A fleet of `size` under `policy`.
    pub(crate) fn fleet(policy: &str, bounds: GroupSettings, size: u32) -> Self {
        Self::new(policy, vec![("fleet", TargetSettings::Group(bounds), size)])
    }

    /// The same with other bounds of one target.
    pub(crate) fn with_bounds(mut self, target: &str, bounds: TargetSettings) -> Self {
        self.settings.targets.insert(name(target), bounds);
        self
    }

    /// From now on `input` reads `value`.
    pub(crate) fn reads(&mut self, input: &'static str, value: f64) {
        self.readings.insert(input, Said::Value(value));
    }

    /// From now on `input` has no value, for this reason.
    pub(crate) fn lacks(&mut self, input: &'static str, why: &'static str) {
        self.readings.insert(input, Said::Absent(why));
    }

    /// From now on the query of `input` succeeds and matches nothing, which means `empty`.
    pub(crate) fn matches_nothing(&mut self, input: &'static str, empty: Empty) {
        self.readings.insert(input, Said::Nothing);
        for (key, settings) in &mut self.settings.inputs {
            if key.input() == input {
                settings.empty = empty;
            }
        }
    }

    /// The process is ended and started again on what it remembers.
    pub(crate) const fn starts_again(&mut self) {
        self.started = true;
    }

    /// From now on the cloud answers every action with this, and does nothing.
    pub(crate) fn refuses(&mut self, why: Option<&'static str>) {
        self.refuses = why;
    }

    /// A person says something; it is heard at the next pass.
    pub(crate) fn says(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// The fleet as its provider shows it, to be changed behind the agent's back.
    pub(crate) fn group(&mut self) -> &mut Group {
        match self.targets.get_mut("fleet") {
            Some(Seen::Group(group)) => group,
            other => panic!("the fleet is no group: {other:?}"),
        }
    }

    /// How large a target is.
    pub(crate) fn size(&self, target: &str) -> u32 {
        let seen = &self.targets[target];
        seen.size().unwrap_or_else(|| panic!("{target} cannot be seen: {seen:?}")).0
    }

    /// Lives for so long; the last decision on the first target.
    pub(crate) fn lives(&mut self, length: Span) -> Decision {
        let mut last = None;
        for _ in 0..(length.ms() / EVERY.ms()).max(1) {
            last = self.passes().plan.decisions.into_iter().next();
        }
        last.expect("there is a target")
    }

    /// Lives for so long; the smallest size that the fleet had.
    pub(crate) fn smallest(&mut self, length: Span) -> u32 {
        let passes = length.ms() / EVERY.ms();
        let sizes = (0..passes).map(|_| {
            self.lives(EVERY);
            self.size("fleet")
        });
        sizes.min().expect("there is a pass")
    }

    /// One pass, carried out.
    fn passes(&mut self) -> Thought {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(1_800_000_000_000) + Span::from_ms(ms);
        let reading = |(input, said): (&&str, &Said)| {
            (InputKey::of(&policy_name(), input), said.reading(wall))
        };
        let snapshot = Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: std::mem::take(&mut self.started),
            readings: self.readings.iter().map(reading).collect(),
            targets: self.targets.clone(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: std::mem::take(&mut self.commands),
            ..Snapshot::default()
        };
        let policies = &self.policies;
        let evaluator =
            |settings: &Settings, memory: &Memory, snapshot: &Snapshot| -> Vec<Evaluation> {
                policies.evaluate(settings, memory, snapshot)
            };
        let thought = think(&self.settings, &mut self.memory, &snapshot, &evaluator);
        assert!(thought.objections.is_empty(), "{:?}", thought.objections);
        for intent in thought.plan.intents() {
            let result = match (self.refuses, self.targets.get_mut(&intent.target)) {
                (Some(why), _) => refusal(why),
                (None, seen) => {
                    seen.into_iter().for_each(|seen| become_of(seen, &intent.action));
                    ActResult::Accepted
                }
            };
            self.outcomes.push(Outcome { intent: intent.id.clone(), result });
        }
        thought
    }
}

fn refusal(why: &str) -> ActResult {
    ActResult::Failed { kind: FailureKind::Refused, message: why.to_owned() }
}

fn stand(bounds: &TargetSettings, size: u32) -> Seen {
    match bounds {
        TargetSettings::Group(_) => {
            Seen::Group(Group { desired: size, ready: size, ..Group::default() })
        }
        TargetSettings::Database(_) => {
            let mut seen = Seen::Database(Database { source: "db".into(), ..Database::default() });
            for slot in 1..=size {
                become_of(&mut seen, &Action::AddReplica { name: format!("db-sp-{slot}") });
            }
            seen
        }
        TargetSettings::Job(_) => Seen::Job(Job::default()),
        TargetSettings::Volume(_) => Seen::Volume(Volume { size, ..Volume::default() }),
        TargetSettings::Setting(_) => Seen::Setting(Setting { value: size, busy: None }),
        TargetSettings::Rollout(_) => Seen::Rollout(Rollout { share: size, ..Rollout::default() }),
        TargetSettings::Traffic(_) => panic!("traffic is tried in the core's own tests"),
        TargetSettings::Flag(_) => Seen::Flag(Flag { share: size, ..Flag::default() }),
    }
}

/// The target as the action wants it.
fn become_of(seen: &mut Seen, action: &Action) {
    match (seen, action) {
        (Seen::Group(group), Action::Resize { to, .. }) => {
            (group.desired, group.ready) = (*to, *to);
        }
        (Seen::Database(database), Action::AddReplica { name }) => {
            let (name, state) = (name.clone(), ReplicaState::Available);
            let replica = Replica { name, ours: true, state, promotable: false, lag: None };
            database.replicas.push(replica);
        }
        (Seen::Database(database), Action::RemoveReplica { name }) => {
            database.replicas.retain(|replica| replica.name != *name);
        }
        (Seen::Setting(setting), Action::Set { to, .. }) => setting.value = *to,
        (Seen::Flag(flag), Action::Set { to, .. }) => *flag = flag.shown_to(*to),
        (Seen::Rollout(rollout), Action::Set { to, .. }) => rollout.share = *to,
        (seen, action) => panic!("{action} on {seen:?}"),
    }
}
