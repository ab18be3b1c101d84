//! One world plugged into every port of the control loop.
//!
//! The loop's own sleep is what moves the world: nothing waits, nothing runs at the
//! same time, and a run is the same each time it is made.

use crate::{
    chronicle::{Chronicle, Shared},
    world::{Metric, Refusal, World},
};
use async_trait::async_trait;
use setpoint_control::{
    Act, Clock, Commands, ControlLoop, Evaluator, MetricSource, Observe, Past, Ports, ProviderError,
};
use setpoint_core::{
    Command, InputKey, Intent, Moment, Reading, Sample, Seen, Settings, Span, TargetName, Unit,
};
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

/// Which parts of the world the loop's names stand for.
#[derive(Clone, Debug)]
pub struct Bindings {
    /// The group.
    pub group: TargetName,
    /// The database.
    pub database: TargetName,
    /// What each input reads, and the unit in which its policy wants it. The unit is of
    /// the metric's own dimension.
    pub inputs: BTreeMap<InputKey, (Metric, Unit)>,
}

/// A world, shared between the ports that look at it and change it.
#[derive(Clone)]
pub struct Simulation {
    world: Arc<Mutex<World>>,
    bindings: Arc<Bindings>,
}

impl Simulation {
    /// Runs the agent in `world` for `length`: how the world stands afterwards, and what was decided.
    ///
    /// Needs the stack that `evaluator` needs.
    pub fn run(
        world: World,
        bindings: Bindings,
        settings: Settings,
        evaluator: Box<dyn Evaluator>,
        length: Span,
    ) -> (World, Chronicle) {
        let simulation = Self { world: Arc::new(Mutex::new(world)), bindings: Arc::new(bindings) };
        let chronicle = Shared::default();
        let ports = simulation.ports(evaluator, chronicle.clone());
        let end = simulation.world().now().monotonic + length;
        let stop = poll_fn(|_| match simulation.world().now().monotonic >= end {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        let mut agent = ControlLoop::new(settings, ports, Past::default());
        futures::executor::block_on(agent.run(stop));
        drop(agent);
        let world = simulation.world().clone();
        let chronicle = chronicle.open().clone();
        (world, chronicle)
    }

    fn ports(&self, evaluator: Box<dyn Evaluator>, chronicle: Shared) -> Ports {
        let hands: Arc<dyn Act> = Arc::new(self.clone());
        let targets = [&self.bindings.group, &self.bindings.database];
        Ports {
            clock: Box::new(self.clone()),
            sources: vec![Box::new(self.clone())],
            eyes: vec![Box::new(self.clone())],
            hands: targets.map(|name| (name.clone(), Arc::clone(&hands))).into(),
            evaluator,
            journal: Box::new(chronicle),
            commands: Box::new(Silence),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for Simulation {
    fn now(&self) -> Moment {
        self.world().now()
    }

    async fn sleep_until(&self, deadline: Span) {
        self.world().advance_to(deadline);
    }
}

#[async_trait]
impl MetricSource for Simulation {
    async fn read(&self, _now: Moment) -> BTreeMap<InputKey, Reading> {
        let world = self.world();
        let read = |(key, (metric, unit)): (&InputKey, &(Metric, Unit))| {
            (key.clone(), in_unit(world.read(*metric), metric.unit(), *unit))
        };
        self.bindings.inputs.iter().map(read).collect()
    }
}

/// A reading whose number came in one unit, in another of the same dimension.
fn in_unit(reading: Reading, from: Unit, to: Unit) -> Reading {
    if from == to {
        return reading;
    }
    let change = |sample: Sample| {
        Sample::new(sample.at, from.to_base(sample.value()) / to.scale())
            .ok_or_else(|| Reading::Absent("the value is NaN".into()))
    };
    let change_all = |each: BTreeMap<String, Sample>| {
        let each = each.into_iter().map(|(name, sample)| Ok((name, change(sample)?)));
        each.collect::<Result<BTreeMap<_, _>, Reading>>()
    };
    match reading {
        Reading::Sample(sample) => change(sample).map_or_else(|none| none, Reading::Sample),
        Reading::Each(each) => change_all(each).map_or_else(|none| none, Reading::Each),
        Reading::Partly(each, why) => {
            change_all(each).map_or_else(|none| none, |each| Reading::Partly(each, why))
        }
        Reading::Empty | Reading::Absent(_) | Reading::Failed(_) => reading,
    }
}

#[async_trait]
impl Observe for Simulation {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let world = self.world();
        BTreeMap::from([
            (self.bindings.group.clone(), Seen::Group(world.group())),
            (self.bindings.database.clone(), Seen::Database(world.database())),
        ])
    }
}

#[async_trait]
impl Act for Simulation {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        self.world().apply(&intent.action).map_err(|refusal: Refusal| ProviderError {
            provider: "world".into(),
            operation: format!("{} of {}", intent.action, intent.target),
            kind: refusal.kind,
            source: refusal.into(),
        })
    }
}

/// Nobody tells the agent anything.
struct Silence;

impl Commands for Silence {
    fn take(&self) -> Vec<Command> {
        Vec::new()
    }
}
