//! One run: one contender under one luck.

use crate::{
    baseline::{Baseline, Outlook},
    chronicle::Chronicle,
    scenario::{Contestant, Scenario},
    score::{Demand, Score},
    simulation::Simulation,
    world::{Tally, World},
};
use setpoint_control::Evaluator;
use setpoint_core::{Memory, Settings, Snapshot};
use std::sync::Arc;

/// Someone who keeps a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// The scenario's contestant at this place.
    Policy(usize),
    /// One of those it is measured by.
    Baseline(Baseline),
}

impl Contender {
    /// Its name in `scenario`.
    pub fn name(self, scenario: &Scenario) -> &str {
        match self {
            Self::Policy(at) => scenario.contestants.get(at).map_or("", |one| one.name.as_str()),
            Self::Baseline(baseline) => baseline.name(),
        }
    }
}

/// What came of one run.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Who ran.
    pub contender: Contender,
    /// Its place among the contenders.
    pub place: usize,
    /// The luck.
    pub seed: u64,
    /// How it went.
    pub score: Score,
    /// Dollars paid.
    pub cost: f64,
    /// What happened.
    pub tally: Tally,
    /// What was decided, by a policy.
    pub chronicle: Option<Chronicle>,
}

pub(super) fn run(
    scenario: &Scenario,
    contender: &Contender,
    place: usize,
    seed: u64,
    outlook: &Outlook,
    demand: Arc<Demand>,
) -> Cell {
    let model = match contender {
        Contender::Policy(_) => scenario.world.clone(),
        Contender::Baseline(baseline) => baseline.world(scenario, outlook),
    };
    let mut world = World::new(model, seed);
    world.keep_score(demand);
    let (world, chronicle) = match contender {
        Contender::Policy(at) => {
            let (world, chronicle) = agent(&scenario.contestants[*at], world, scenario);
            (world, Some(chronicle))
        }
        Contender::Baseline(baseline) => {
            baseline.keep(&mut world, outlook, scenario.length);
            (world, None)
        }
    };
    Cell {
        contender: *contender,
        place,
        seed,
        score: world.score().unwrap_or_default(),
        cost: world.dollars(),
        tally: world.tally().clone(),
        chronicle,
    }
}

/// Lets the real loop keep the world with these policies.
fn agent(contestant: &Contestant, world: World, scenario: &Scenario) -> (World, Chronicle) {
    let policies = contestant.policies.clone();
    let evaluator: Arc<dyn Evaluator> =
        Arc::new(move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
            policies.evaluate(settings, memory, snapshot)
        });
    let (bindings, settings) = (contestant.bindings.clone(), contestant.settings.clone());
    Simulation::run(world, bindings, settings, evaluator, scenario.length)
}
