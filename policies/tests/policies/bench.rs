//! One policy, evaluated pass by pass over targets and readings that a test makes up.

use setpoint_core::{
    Calendar, Calendars, Database, DatabaseSettings, Destination, Evaluation, Flag, Group,
    GroupSettings, InputKey, InputSettings, Job, JobSettings, Memory, Moment, Period, PolicyName,
    Range, Reading, Replica, ReplicaState, Rollout, RolloutSettings, RuleVerdict, Sample, Seen,
    Setting, SettingSettings, Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp,
    Traffic, TrafficSettings, Volume, VolumeSettings,
};
use setpoint_policies::{Kind, Policies, Policy, Script, render};
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const EVERY: Span = Span::from_secs(15);

/// What is read of each member or zone: of none, nothing.
pub(crate) type EachRead<'a> = &'a [(&'a str, Option<f64>)];

/// The same, kept until it is read.
type EachToRead = Vec<(String, Option<f64>)>;

/// A policy evaluated pass by pass.
pub(crate) struct Bench {
    policies: Policies,
    pub(crate) settings: Settings,
    pub(crate) memory: Memory,
    pass: u64,
    /// What the inputs read that have a value of each.
    each: Vec<(String, EachToRead)>,
}

impl Bench {
    /// The policy in `source`, which must be without errors.
    pub(crate) fn new(source: &str) -> Self {
        let script = Script::parse("x.rhai", source)
            .unwrap_or_else(|faults| panic!("{}", render(&faults, source, false)));
        Self::of(script)
    }

    /// The policy in `script`.
    pub(crate) fn of(script: Script) -> Self {
        let name = PolicyName::new("x");
        let header = script.header().clone();
        let targets = header.targets.keys().map(|own| (own.clone(), TargetName::new(own)));
        let targets: BTreeMap<String, TargetName> = targets.collect();
        let policy = Policy::bind(Arc::new(script), name.clone(), &targets, BTreeMap::new());
        let inputs = header.inputs.iter();
        let inputs: BTreeMap<_, InputSettings> = inputs
            .map(|(own, header)| (InputKey::of(&name, own), header.settings(EVERY)))
            .collect();
        let range = Range::new(10, 200).expect("10 is below 200");
        let settings = |kind: Kind| match kind {
            Kind::Group => TargetSettings::Group(GroupSettings::new(range)),
            Kind::Database => TargetSettings::Database(DatabaseSettings::new(range)),
            Kind::Setting => TargetSettings::Setting(SettingSettings::new(range)),
            Kind::Flag => TargetSettings::Flag(SettingSettings::of_flag()),
            Kind::Rollout => TargetSettings::Rollout(RolloutSettings::new()),
            Kind::Job => TargetSettings::Job(JobSettings::new()),
            Kind::Volume => TargetSettings::Volume(VolumeSettings::new(range)),
            Kind::Traffic => TargetSettings::Traffic(TrafficSettings::new(["aws", "azure"])),
        };
        let targets = header.targets.iter();
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs,
            targets: targets
                .map(|(own, target)| (TargetName::new(own), settings(target.kind)))
                .collect(),
            shadows: BTreeMap::new(),
            calendars: calendars(),
        };
        let policies = Policies::new(vec![policy.expect("every target is bound")]);
        Self { policies, settings, memory: Memory::default(), pass: 0, each: Vec::new() }
    }

    /// One pass: what each input reads (none: nothing), and members desired and ready.
    pub(crate) fn pass(
        &mut self,
        readings: &[(&str, Option<f64>)],
        fleet: (u32, u32),
    ) -> Evaluation {
        let snapshot = self.look(readings, fleet);
        let evaluation = self.evaluate(&snapshot);
        let plan = setpoint_core::Plan::default();
        self.memory.remember(&self.settings, &plan, std::slice::from_ref(&evaluation));
        evaluation
    }

    /// One pass with forty members, where some inputs have a value of each: of none, nothing.
    pub(crate) fn pass_of_each(
        &mut self,
        readings: &[(&str, Option<f64>)],
        each: &[(&str, EachRead<'_>)],
    ) -> Evaluation {
        self.each = each.iter().map(|(input, parts)| ((*input).to_owned(), owned(parts))).collect();
        self.pass(readings, (40, 40))
    }

    /// What is seen in the next pass, taken in.
    pub(crate) fn look(&mut self, readings: &[(&str, Option<f64>)], fleet: (u32, u32)) -> Snapshot {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).expect("a test is shorter"));
        let reading = |value: &Option<f64>| match value.map(|value| Sample::new(wall, value)) {
            Some(Some(sample)) => Reading::Sample(sample),
            _ => Reading::Failed("the page is gone".to_owned()),
        };
        let own = |(name, value): &(&str, Option<f64>)| {
            (InputKey::of(&PolicyName::new("x"), name), reading(value))
        };
        let each = std::mem::take(&mut self.each).into_iter().map(|(input, parts)| {
            let none = || "nothing was read".to_owned();
            let sample = |value| Sample::new(wall, value).ok_or_else(none);
            let part = |(name, value): (String, Option<f64>)| {
                (name, value.ok_or_else(none).and_then(sample))
            };
            let key = InputKey::of(&PolicyName::new("x"), &input);
            (key, Reading::of_each(parts.into_iter().map(part)))
        });
        let targets = self.settings.targets.iter();
        let snapshot = Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            readings: readings.iter().map(own).chain(each).collect(),
            targets: targets.map(|(name, kind)| (name.clone(), seen(kind, fleet))).collect(),
            ..Snapshot::default()
        };
        self.memory.absorb(&self.settings, &snapshot);
        snapshot
    }

    /// What the policy makes of a snapshot that was taken in.
    pub(crate) fn evaluate(&self, snapshot: &Snapshot) -> Evaluation {
        self.policies.evaluate(&self.settings, &self.memory, snapshot).remove(0)
    }
}

/// A sale from 00:01 to 00:02 of the day on which every test starts.
fn calendars() -> Calendars {
    let at = |minute: i64| Timestamp::from_ms(minute * 60_000);
    let sale = Calendar { periods: vec![Period::Once { from: at(1), to: at(2) }] };
    Calendars::from_iter([("sale".to_owned(), sale)])
}

fn seen(settings: &TargetSettings, (desired, ready): (u32, u32)) -> Seen {
    match settings {
        TargetSettings::Group(_) => Seen::Group(Group { desired, ready, ..Group::default() }),
        TargetSettings::Database(_) => Seen::Database(Database {
            source: "db".to_owned(),
            replicas: vec![Replica {
                name: "db-1".to_owned(),
                ours: true,
                state: ReplicaState::Available,
                promotable: false,
                lag: Some(Span::from_secs(1)),
            }],
            max_connections: Some(1000),
            busy: None,
            paused: None,
        }),
        TargetSettings::Job(_) => Seen::Job(Job::default()),
        TargetSettings::Volume(_) => {
            Seen::Volume(Volume { size: desired, used: Some(1 << 30), ..Volume::default() })
        }
        TargetSettings::Rollout(_) => {
            let (share, revision) = (desired.min(100), Some("v2".to_owned()));
            Seen::Rollout(Rollout { share, revision, ..Rollout::default() })
        }
        TargetSettings::Traffic(_) => {
            let aws = Destination { share: 100, healthy: Some(true) };
            let azure = Destination { share: 0, healthy: Some(false) };
            let both = [("aws".to_owned(), aws), ("azure".to_owned(), azure)];
            Seen::Traffic(Traffic { destinations: both.into(), ..Traffic::default() })
        }
        TargetSettings::Flag(_) => Seen::Flag(Flag { share: desired.min(100), ..Flag::default() }),
        TargetSettings::Setting(_) => Seen::Setting(Setting { value: desired, busy: None }),
    }
}

fn owned(parts: EachRead<'_>) -> EachToRead {
    parts.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

/// What became of every rule, in a few words.
pub(crate) fn said(evaluation: &Evaluation) -> Vec<String> {
    let rules = evaluation.rules.iter();
    rules
        .map(|rule| match &rule.verdict {
            RuleVerdict::Fired => "fired".to_owned(),
            RuleVerdict::Quiet => "quiet".to_owned(),
            RuleVerdict::Pending { held, needs } => format!("pending {held} of {needs}"),
            RuleVerdict::Skipped { missing } => format!("skipped: {missing}"),
            RuleVerdict::Failed { message } => format!("failed: {message}"),
        })
        .collect()
}
