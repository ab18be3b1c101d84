//! One world plugged into every port of the control loop.
//!
//! The loop's own sleep is what moves the world: nothing waits, nothing runs at the
//! same time, and a run is the same each time it is made.

use crate::{
    chronicle::{Beside, Chronicle, Shared},
    world::{Metric, Part, Refusal, World},
};
use async_trait::async_trait;
use setpoint_control::{
    Act, Clock, ControlLoop, Evaluator, MetricSource, Nobody, Observe, Past, Ports, ProviderError,
};
use setpoint_core::{
    InputKey, Intent, Memory, Moment, Reading, Sample, Seen, Settings, Snapshot, Span, TargetName,
    Unit,
};
use setpoint_policies::Policies;
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

/// Which parts of the world the loop's names stand for.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// What each target is.
    pub targets: BTreeMap<TargetName, Part>,
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

/// What `policies` make of what is seen, for the loop.
pub fn evaluator(policies: Policies) -> Arc<dyn Evaluator> {
    Arc::new(move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
        policies.evaluate(settings, memory, snapshot)
    })
}

impl Simulation {
    /// Runs the agent in `world` for `length`: how the world stands afterwards, and what was decided.
    ///
    /// Needs the stack that `evaluator` needs.
    pub fn run(
        world: World,
        bindings: Bindings,
        settings: Settings,
        evaluator: Arc<dyn Evaluator>,
        length: Span,
    ) -> (World, Chronicle) {
        Self::run_beside(world, bindings, settings, evaluator, length, None)
    }

    /// The same, and `beside` is told what the journal is told.
    pub fn run_beside(
        world: World,
        bindings: Bindings,
        settings: Settings,
        evaluator: Arc<dyn Evaluator>,
        length: Span,
        beside: Option<Beside>,
    ) -> (World, Chronicle) {
        let simulation = Self { world: Arc::new(Mutex::new(world)), bindings: Arc::new(bindings) };
        let chronicle = Shared::beside(beside);
        let end = simulation.now() + length;
        let mut past = Past::default();
        while simulation.now() < end {
            past = simulation.live(&settings, &evaluator, &chronicle, past, end);
            simulation.wait_for_the_agent(end);
        }
        let world = simulation.world().clone();
        let chronicle = chronicle.open().clone();
        (world, chronicle)
    }

    /// One life of the agent: until `end`, or until it goes away. What it leaves behind.
    fn live(
        &self,
        settings: &Settings,
        evaluator: &Arc<dyn Evaluator>,
        chronicle: &Shared,
        past: Past,
        end: Span,
    ) -> Past {
        let stop = poll_fn(|_| match self.now() >= end || self.world().agent_is_away() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        let ports = self.ports(Arc::clone(evaluator), chronicle.clone());
        let mut agent = ControlLoop::new(settings.clone(), ports, past);
        futures::executor::block_on(agent.run(stop));
        let written = chronicle.open();
        Past {
            memory: agent.memory().clone(),
            pass: written.passes,
            outcomes: written.outcomes.clone(),
        }
    }

    fn wait_for_the_agent(&self, end: Span) {
        while self.world().agent_is_away() && self.now() < end {
            let soon = self.now() + Span::from_secs(1);
            self.world().advance_to(soon);
        }
    }

    fn now(&self) -> Span {
        self.world().now().monotonic
    }

    fn ports(&self, evaluator: Arc<dyn Evaluator>, chronicle: Shared) -> Ports {
        let hands: Arc<dyn Act> = Arc::new(self.clone());
        let targets = self.bindings.targets.keys();
        Ports {
            clock: Box::new(self.clone()),
            sources: vec![Box::new(self.clone())],
            eyes: vec![Box::new(self.clone())],
            hands: targets.map(|name| (name.clone(), Arc::clone(&hands))).collect(),
            evaluator: Box::new(
                move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
                    evaluator.evaluate(settings, memory, snapshot)
                },
            ),
            journal: Box::new(chronicle),
            commands: Box::new(Nobody),
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
        let see = |(name, part): (&TargetName, &Part)| (name.clone(), world.see(*part));
        self.bindings.targets.iter().map(see).collect()
    }
}

#[async_trait]
impl Act for Simulation {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let part = self.bindings.targets.get(&intent.target).copied().unwrap_or(Part::Group);
        let done = self.world().apply_to(part, &intent.action);
        done.map_err(|refusal: Refusal| ProviderError {
            provider: "world".into(),
            operation: format!("{} of {}", intent.action, intent.target),
            kind: refusal.kind,
            source: refusal.into(),
        })
    }
}
