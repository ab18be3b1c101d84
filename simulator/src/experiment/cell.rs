//! One run: one contender under one luck.

use crate::{
    baseline::{Baseline, Outlook},
    chronicle::{Beside, Chronicle},
    marks::Marks,
    scenario::{Contestant, Scenario},
    score::{Demand, Score},
    simulation::{Simulation, evaluator},
    world::{Occurrence, Record, Tally, World},
};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// The share of the requests that the latest revision has at the end, in percent; none without a
    /// rollout.
    pub rolled_out: Option<u32>,
    /// What was decided, by a policy.
    pub chronicle: Option<Chronicle>,
    /// How it went from beginning to end, if that was asked for.
    pub recording: Option<Box<Recording>>,
}

/// How a run went from beginning to end.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Load, members, latency, cost.
    pub record: Record,
    /// Every decision that a person may ask about, of a policy.
    pub marks: Option<Marks>,
    /// What went wrong in the world.
    pub occurred: Vec<Occurrence>,
}

pub(super) fn run(
    scenario: &Scenario,
    contender: &Contender,
    place: usize,
    seed: u64,
    outlook: &Outlook,
    demand: Arc<Demand>,
    record: bool,
) -> Cell {
    let model = match contender {
        Contender::Policy(_) => scenario.world.clone(),
        Contender::Baseline(baseline) => baseline.world(scenario, outlook),
    };
    let mut world = World::new(model, seed);
    world.keep_score(demand);
    if record {
        world = world.recording(Record::of_length(scenario.length));
    }
    let (world, chronicle, marks) = match contender {
        Contender::Policy(at) => {
            let marks = record.then(|| Arc::new(Mutex::new(Marks::default())));
            let beside = marks.clone().map(|marks| marks as Beside);
            let contestant = &scenario.contestants[*at];
            let (world, chronicle) = agent(contestant, world, scenario, beside);
            (world, Some(chronicle), marks.map(|marks| ended(&marks)))
        }
        Contender::Baseline(baseline) => {
            baseline.keep(&mut world, outlook, scenario.length);
            (world, None, None)
        }
    };
    let recording = |record| Box::new(Recording { record, marks, occurred: world.occurred() });
    Cell {
        contender: *contender,
        place,
        seed,
        score: world.score().unwrap_or_default(),
        cost: world.dollars(),
        tally: world.tally().clone(),
        rolled_out: world.rollout().map(|rollout| rollout.share),
        chronicle,
        recording: world.record().cloned().map(recording),
    }
}

/// What `contestant` does in `scenario` under the luck of `seed`, where `beside` is told of every pass.
///
/// Needs the stack that policies need.
pub fn told(scenario: &Scenario, contestant: &Contestant, seed: u64, beside: Beside) -> Chronicle {
    agent(contestant, World::new(scenario.world.clone(), seed), scenario, Some(beside)).1
}

/// What there is at the end of a run.
fn ended(marks: &Mutex<Marks>) -> Marks {
    let mut marks = std::mem::take(&mut *marks.lock().unwrap_or_else(PoisonError::into_inner));
    marks.end();
    marks
}

/// Lets the real loop keep the world with these policies.
fn agent(
    contestant: &Contestant,
    world: World,
    scenario: &Scenario,
    beside: Option<Beside>,
) -> (World, Chronicle) {
    let evaluator = evaluator(contestant.policies.clone());
    let (bindings, settings) = (contestant.bindings.clone(), contestant.settings.clone());
    Simulation::run_beside(world, bindings, settings, evaluator, scenario.length, beside)
}
