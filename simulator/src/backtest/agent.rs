//! The life with a policy, kept by the agent's own loop.

use super::life::{Life, born};
use crate::{
    history::History,
    scenario::{Contestant, Scenario},
    score::Demand,
    simulation::{Simulation, evaluator},
};
use std::sync::Arc;

/// Lets a policy keep the scenario's world.
pub(super) fn life(
    scenario: &Scenario,
    contestant: &Contestant,
    history: &History,
    demand: Arc<Demand>,
    seed: u64,
) -> Life {
    let world = born(scenario.world.clone(), scenario, demand, seed);
    let evaluator = evaluator(contestant.policies.clone());
    let (bindings, settings) = (contestant.bindings.clone(), contestant.settings.clone());
    let (world, _) = Simulation::run(world, bindings, settings, evaluator, scenario.length);
    Life::of(&contestant.name, &world, world.member_hours(), history, scenario)
}
