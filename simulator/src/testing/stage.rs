//! The small world of one test, plugged into every port of the control loop.
//!
//! It has no randomness and no rhythm of its own: time stands still between passes, and
//! whoever runs the test moves it. Start reading at [`Stage`].

use super::{
    case::{Failing, Feed, Model, Thing, Trouble},
    expression::Value,
    flag::FlagWorld,
    group::GroupWorld,
    job::JobWorld,
    replicas::DatabaseWorld,
    rollout::RolloutWorld,
    series::Point,
    setting::SettingWorld,
    traffic::TrafficWorld,
    volume::VolumeWorld,
};
use async_trait::async_trait;
use setpoint_control::{Act, Clock, MetricSource, Observe, ProviderError};
use setpoint_core::{
    Action, FailureKind, InputKey, Intent, Moment, Reading, Sample, Seen, Span, TargetName,
    Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The world of one test, shared between the ports that look at it and change it.
#[derive(Clone)]
pub(super) struct Stage(Arc<Mutex<World>>);

/// The world of one test.
pub(super) struct World {
    start: Timestamp,
    every: Span,
    /// The number of the pass under way, counted from 0.
    pass: u64,
    model: Model,
    things: BTreeMap<TargetName, Life>,
    /// The numbers read in this pass, by the names that expressions know them by.
    read: BTreeMap<String, f64>,
    /// Which of the failures had anything to do with an action or a look.
    met: BTreeSet<usize>,
}

/// A target in the course of a run.
enum Life {
    Group(GroupWorld),
    Database(DatabaseWorld),
    Setting(SettingWorld),
    Flag(FlagWorld),
    Rollout(RolloutWorld),
    Job(JobWorld),
    Volume(VolumeWorld),
    Traffic(TrafficWorld),
}

/// Which of a target's two sizes its bare name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// In an input's formula: those who serve, for they share the load.
    Serving,
    /// Everywhere else: those who were asked for.
    Asked,
}

impl Stage {
    /// The world as it stands before the first pass.
    pub(super) fn new(model: &Model, start: Timestamp, every: Span) -> Self {
        let things = model.targets.iter().map(|(name, thing)| {
            let life = match thing {
                Thing::Group(group) => Life::Group(GroupWorld::new(group.clone())),
                Thing::Database(database) => Life::Database(DatabaseWorld::new(database.clone())),
                Thing::Setting(setting) => Life::Setting(SettingWorld::new(setting.clone())),
                Thing::Flag(flag) => Life::Flag(FlagWorld::new(flag.clone())),
                Thing::Rollout(rollout) => Life::Rollout(RolloutWorld::new(rollout.clone())),
                Thing::Job(job) => Life::Job(JobWorld::new(job.clone())),
                Thing::Volume(volume) => Life::Volume(VolumeWorld::new(volume.clone())),
                Thing::Traffic(traffic) => Life::Traffic(TrafficWorld::new(traffic.clone())),
            };
            (name.clone(), life)
        });
        let things = things.collect();
        let (read, met) = (BTreeMap::new(), BTreeSet::new());
        let model = model.clone();
        Self(Arc::new(Mutex::new(World { start, every, pass: 0, model, things, read, met })))
    }

    /// The world, to look at or to move.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Lets time pass until pass `index`.
    pub(super) fn turn_to(&mut self, index: u64) {
        self.pass = index;
    }

    /// The time since the first pass.
    pub(super) fn now(&self) -> Span {
        self.every.times(self.pass)
    }

    /// The number that a name stands for just now: a signal, an input, a target.
    pub(super) fn look(&self, name: &str, side: Side) -> Option<f64> {
        if let Some(series) = self.model.signals.get(name) {
            return number(series.at(self.pass));
        }
        let (target, property) = name.split_once('.').unwrap_or((name, ""));
        // A policy may be named like a target: then `fleet.cpu` is its input.
        let size = self.things.get(target).and_then(|it| it.size(property, side, self.now()));
        size.map(f64::from).or_else(|| self.read.get(name).copied())
    }

    /// The size of a target as a test speaks of it: what was asked for.
    pub(super) fn size(&self, target: &TargetName) -> Option<u32> {
        self.things.get(target)?.size("", Side::Asked, self.now())
    }

    /// Failures that had nothing to do with anything that was tried.
    pub(super) fn unmet(&self) -> impl Iterator<Item = &Failing> {
        let all = self.model.failures.iter().enumerate();
        all.filter(|(index, _)| !self.met.contains(index)).map(|(_, failing)| failing)
    }

    /// What the provider does instead, if it is in one of its failures.
    fn trouble(&mut self, target: &TargetName, looks: bool) -> Option<Trouble> {
        let now = self.now();
        let mut failures = self.model.failures.iter().enumerate();
        let (index, failing) = failures.find(|(_, failing)| {
            let now = failing.from <= now && now <= failing.until;
            now && failing.target == *target && (failing.error == Trouble::Unseen) == looks
        })?;
        self.met.insert(index);
        Some(failing.error)
    }

    fn read_all(&mut self, at: Timestamp) -> BTreeMap<InputKey, Reading> {
        let inputs = self.model.inputs.iter();
        let readings: BTreeMap<_, _> =
            inputs.map(|(key, feed)| (key.clone(), self.read_one(feed, at))).collect();
        self.read = named(&readings);
        readings
    }

    fn read_one(&self, feed: &Feed, at: Timestamp) -> Reading {
        match feed {
            Feed::Series(series) => reading(series.at(self.pass), at),
            Feed::Formula(formula) => match formula.value(|name| self.look(name, Side::Serving)) {
                Some(Value::Number(number)) => reading(Point::Number(number), at),
                Some(Value::Truth(_)) | None => Reading::Absent("no number came out".to_owned()),
            },
            Feed::Each(each) => {
                let part = |(name, feed): (&String, &Feed)| {
                    Some((name.clone(), part(self.read_one(feed, at))?))
                };
                Reading::of_each(each.iter().filter_map(part))
            }
        }
    }

    fn apply(&mut self, intent: &Intent) -> Result<(), (FailureKind, String)> {
        let refused = |kind| Err((kind, "the test says so".to_owned()));
        match self.trouble(&intent.target, false) {
            Some(Trouble::Throttled) => refused(FailureKind::Throttled { retry_after: None }),
            Some(Trouble::Unavailable) => refused(FailureKind::Unavailable),
            Some(Trouble::Stale) => refused(FailureKind::Stale),
            Some(Trouble::Refused) => refused(FailureKind::Refused),
            Some(Trouble::Lost) => {
                self.change(intent)?;
                refused(FailureKind::Unavailable)
            }
            Some(Trouble::Unseen) | None => self.change(intent),
        }
    }

    fn change(&mut self, intent: &Intent) -> Result<(), (FailureKind, String)> {
        let now = self.now();
        match (self.things.get_mut(&intent.target), &intent.action) {
            (Some(Life::Group(group)), Action::Resize { to, .. }) => group.resize(*to, now),
            (Some(Life::Group(group)), Action::Replace { member, .. }) => {
                group.replace(member, now);
            }
            (Some(Life::Database(database)), Action::AddReplica { name }) => {
                database.add(name, now);
            }
            (Some(Life::Database(database)), Action::RemoveReplica { name }) => {
                database.remove(name, now).map_err(|why| (FailureKind::Refused, why))?;
            }
            (Some(Life::Setting(setting)), Action::Set { to, .. }) => setting.set(*to, now),
            (Some(Life::Flag(flag)), Action::Set { to, .. }) => flag.set(*to, now),
            (Some(Life::Rollout(rollout)), Action::Set { to, .. }) => rollout.set(*to, now),
            (Some(Life::Job(job)), Action::Start { token, anew, .. }) => {
                job.start(token, *anew, now).map_err(|why| (FailureKind::Stale, why))?;
            }
            (Some(Life::Volume(volume)), Action::Grow { to, .. }) => {
                volume.grow(*to, now).map_err(|why| (FailureKind::Stale, why))?;
            }
            (Some(Life::Traffic(traffic)), Action::Route { to, .. }) => traffic.route(to, now),
            (_, action) => return Err((FailureKind::Refused, format!("cannot {action}"))),
        }
        Ok(())
    }
}

impl Life {
    fn seen(&self, now: Span, index: u64) -> Seen {
        match self {
            Self::Group(group) => Seen::Group(group.seen(now, index)),
            Self::Database(database) => Seen::Database(database.seen(now)),
            Self::Setting(setting) => Seen::Setting(setting.seen(now)),
            Self::Flag(flag) => Seen::Flag(flag.seen(now)),
            Self::Rollout(rollout) => Seen::Rollout(rollout.seen(now)),
            Self::Job(job) => Seen::Job(job.seen(now)),
            Self::Volume(volume) => Seen::Volume(volume.seen(now, index)),
            Self::Traffic(traffic) => Seen::Traffic(traffic.seen(now, index)),
        }
    }

    fn size(&self, property: &str, side: Side, now: Span) -> Option<u32> {
        if let Self::Traffic(traffic) = self {
            return traffic.share(property, side, now);
        }
        let side = match (self, property) {
            (_, "") => side,
            (Self::Group(_), "ready") | (Self::Database(_), "available") => Side::Serving,
            (Self::Group(_), "desired") | (Self::Database(_), "replicas") => Side::Asked,
            (Self::Flag(_) | Self::Rollout(_), "share")
            | (Self::Setting(_), "value")
            | (Self::Job(_), "runs")
            | (Self::Volume(_), "size") => Side::Serving,
            _ => return None,
        };
        Some(match (self, side) {
            (Self::Group(group), Side::Serving) => group.ready(now),
            (Self::Group(group), Side::Asked) => group.desired(),
            (Self::Database(database), Side::Serving) => database.seen(now).available(),
            (Self::Database(database), Side::Asked) => database.seen(now).present(),
            (Self::Setting(setting), Side::Serving) => setting.seen(now).value,
            (Self::Setting(setting), Side::Asked) => setting.asked(),
            (Self::Flag(flag), Side::Serving) => flag.seen(now).share,
            (Self::Flag(flag), Side::Asked) => flag.asked(),
            (Self::Rollout(rollout), Side::Serving) => rollout.seen(now).share,
            (Self::Rollout(rollout), Side::Asked) => rollout.asked(),
            (Self::Job(job), _) => job.runs(),
            (Self::Volume(volume), _) => volume.size(),
            (Self::Traffic(_), _) => return None,
        })
    }
}

/// The numbers among `readings`: by input where all policies read the same, else by
/// policy and input.
fn named(readings: &BTreeMap<InputKey, Reading>) -> BTreeMap<String, f64> {
    let mut names = BTreeMap::new();
    for (key, reading) in readings {
        let Reading::Sample(sample) = reading else { continue };
        names.insert(key.input().to_owned(), sample.value());
        names.insert(scoped(key.policy(), key.input()), sample.value());
    }
    names
}

/// How an expression writes the input of one policy: `target_cpu.cpu`.
pub(super) fn scoped(policy: &str, input: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("{}.{input}", policy.chars().map(word).collect::<String>())
}

fn number(point: Point) -> Option<f64> {
    match point {
        Point::Number(number) => Some(number),
        Point::Missing | Point::Stale => None,
    }
}

fn reading(point: Point, at: Timestamp) -> Reading {
    match point {
        Point::Number(number) => Sample::new(at, number)
            .map_or_else(|| Reading::Absent("not a number".to_owned()), Reading::Sample),
        Point::Missing => Reading::Absent("nothing was read".to_owned()),
        Point::Stale => Reading::Empty,
    }
}

/// What is read of one of several; nothing if it is not named.
fn part(reading: Reading) -> Option<Result<Sample, String>> {
    match reading {
        Reading::Sample(sample) => Some(Ok(sample)),
        Reading::Absent(why) | Reading::Failed(why) => Some(Err(why)),
        Reading::Empty => None,
        Reading::Each(_) | Reading::Partly(..) => Some(Err("one of one has no parts".to_owned())),
    }
}

#[async_trait]
impl Clock for Stage {
    fn now(&self) -> Moment {
        let world = self.world();
        Moment { wall: world.start + world.now(), monotonic: world.now() }
    }

    async fn sleep_until(&self, deadline: Span) {
        let mut world = self.world();
        world.pass = deadline.ms().div_ceil(world.every.ms().max(1));
    }
}

#[async_trait]
impl MetricSource for Stage {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        self.world().read_all(now.wall)
    }
}

#[async_trait]
impl Observe for Stage {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let mut world = self.world();
        let (now, index) = (world.now(), world.pass);
        let names: Vec<TargetName> = world.things.keys().cloned().collect();
        let hidden: BTreeSet<TargetName> =
            names.into_iter().filter(|name| world.trouble(name, true).is_some()).collect();
        let seen = |(name, life): (&TargetName, &Life)| {
            let seen = match hidden.contains(name) {
                true => Seen::Nothing("the test says so".to_owned()),
                false => life.seen(now, index),
            };
            (name.clone(), seen)
        };
        world.things.iter().map(seen).collect()
    }
}

#[async_trait]
impl Act for Stage {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        self.world().apply(intent).map_err(|(kind, message)| ProviderError {
            provider: "test".to_owned(),
            operation: format!("{} of {}", intent.action, intent.target),
            kind,
            source: message.into(),
        })
    }
}
