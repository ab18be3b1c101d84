//! Those who run the day: what each is, and how it ended.

use super::holiday::{self, DAY};
use crate::{
    baseline::{Baseline, Outlook},
    chronicle::Chronicle,
    simulation::{Bindings, Simulation, evaluator},
    world::{Metric, Part, Record, Row, World, WorldModel},
};
use setpoint_core::{
    Calendars, DatabaseSettings, GroupSettings, InputKey, PolicyName, Range, Settings, Span,
    TargetName, TargetSettings, Unit,
};
use setpoint_policies::{Policies, Policy, Script};
use std::{collections::BTreeMap, sync::Arc};

/// The minutes of the day.
const MINUTES: usize = 24 * 60;

/// A way to run the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// CPU at its goal, and a replica whenever connections pass theirs: the obvious set-up.
    Naive,
    /// The shipped policies, with the event's replicas there before it.
    Shipped,
    /// AWS-style target tracking and an alarm for replicas.
    TargetTracking,
    /// As many members as the peak needs, all day.
    Static,
}

/// A policy file with the name that it has in the record.
type File = (&'static str, &'static str, &'static str);

const TARGET_CPU: File =
    ("fleet", "target-cpu.rhai", include_str!("../../../policies/library/target-cpu.rhai"));
const SERVE_REQUESTS: File =
    ("fleet", "serve-requests.rhai", include_str!("../../../policies/library/serve-requests.rhai"));
const REPLICAS: File = (
    "replicas",
    "rds-read-replicas.rhai",
    include_str!("../../../policies/library/rds-read-replicas.rhai"),
);
const FLOOR: File = ("event", "event-floor.rhai", include_str!("../../demo/event-floor.rhai"));

/// The agent's rhythm.
const EVERY: Span = Span::from_secs(15);

impl Contender {
    /// Everyone, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Naive, Self::Shipped, Self::TargetTracking, Self::Static];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive: CPU 60 %, the 80 % rule alone",
            Self::Shipped => "shipped policies",
            Self::TargetTracking => "AWS-style target tracking",
            Self::Static => "static, sized for the peak",
        }
    }

    /// The policies it runs, if it runs any.
    const fn policies(self) -> &'static [File] {
        match self {
            Self::Naive => &[TARGET_CPU, REPLICAS],
            Self::Shipped => &[SERVE_REQUESTS, REPLICAS, FLOOR],
            Self::TargetTracking | Self::Static => &[],
        }
    }

    /// The files of its policies, for people.
    pub fn files(self) -> impl Iterator<Item = &'static str> {
        self.policies().iter().map(|(_, file, _)| *file)
    }

    /// Runs the day with the luck of `seed`. Needs 2 MiB of stack.
    pub fn run(self, seed: u64) -> Day {
        let (world, chronicle) = match self {
            Self::Static => {
                let mut world = world(holiday::static_peak(), seed);
                world.advance_to(DAY);
                (world, None)
            }
            Self::TargetTracking => {
                let mut world = world(holiday::scenario(holiday::ONE_MINUTE), seed);
                Baseline::AwsTarget60.keep(&mut world, &Outlook::default(), DAY);
                (world, None)
            }
            Self::Naive | Self::Shipped => {
                let world = world(holiday::scenario(holiday::SCRAPED), seed);
                let (world, chronicle) = agent(self.policies(), world);
                (world, Some(chronicle))
            }
        };
        Day { contender: self, world, chronicle }
    }
}

/// A world that keeps a record of each minute of the day.
fn world(model: WorldModel, seed: u64) -> World {
    World::new(model, seed).recording(Record::new(Span::from_minutes(1), MINUTES))
}

/// Lets the real loop keep the world with these policies.
fn agent(files: &[File], world: World) -> (World, Chronicle) {
    let (group, database) = (TargetName::new("game-servers"), TargetName::new("orders"));
    let names =
        BTreeMap::from([("fleet".to_owned(), group.clone()), ("db".to_owned(), database.clone())]);
    let mut settings = Settings {
        region: "demo".to_owned(),
        every: EVERY,
        inputs: BTreeMap::new(),
        targets: BTreeMap::from([
            (group.clone(), TargetSettings::Group(GroupSettings::new(range(10, 200)))),
            (database.clone(), TargetSettings::Database(DatabaseSettings::new(range(0, 5)))),
        ]),
        shadows: BTreeMap::new(),
        calendars: Calendars::default(),
    };
    let mut inputs = BTreeMap::new();
    let mut policies = Vec::new();
    for (name, file, source) in files {
        let policy = bind(PolicyName::new(name), file, source, &names);
        for (own, key) in policy.inputs() {
            let header = &policy.script().header().inputs[own];
            settings.inputs.insert(key.clone(), header.settings(holiday::SCRAPED.period));
            inputs.insert(key.clone(), input(key, header.unit));
        }
        for (own, header) in &policy.script().header().targets {
            if let Some(bounds) = settings.targets.get_mut(&names[own]) {
                *bounds = header
                    .narrow(policy.name(), bounds.clone())
                    .expect("the demo's ranges overlap");
            }
        }
        policies.push(policy);
    }
    let evaluator = evaluator(Policies::new(policies));
    let targets = BTreeMap::from([(group, Part::Group), (database, Part::Database)]);
    Simulation::run(world, Bindings { targets, inputs }, settings, evaluator, DAY)
}

fn range(min: u32, max: u32) -> Range {
    Range::new(min, max).expect("the demo's ranges are not empty")
}

/// The world's metric of an input's name, in the unit that the policy wants.
fn input(key: &InputKey, unit: Unit) -> (Metric, Unit) {
    let metric = Metric::named(key.input()).expect("the demo's inputs are the world's metrics");
    (metric, unit)
}

/// Binds a shipped policy to those of `names` that it declares.
fn bind(
    name: PolicyName,
    file: &str,
    source: &str,
    names: &BTreeMap<String, TargetName>,
) -> Policy {
    let script = Script::parse(file, source).expect("the shipped policies are checked by a test");
    let declared = script.header().targets.keys();
    let targets = declared.map(|own| (own.clone(), names[own].clone())).collect();
    Policy::bind(Arc::new(script), name, &targets, BTreeMap::new())
        .expect("all of a policy's targets are named")
}

/// How a day ended.
#[derive(Clone, Debug)]
pub struct Day {
    /// Whose.
    pub contender: Contender,
    /// The world at midnight, with all that happened in it.
    pub world: World,
    /// What was decided, by those who decide in the control loop.
    pub chronicle: Option<Chronicle>,
}

impl Day {
    /// What happened in each minute.
    pub fn minutes(&self) -> &[Row] {
        self.world.record().map_or(&[], Record::rows)
    }

    /// Dollars paid.
    pub fn dollars(&self) -> f64 {
        self.world.dollars()
    }
}
