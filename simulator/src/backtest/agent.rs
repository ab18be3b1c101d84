//! The life with a policy, kept by the agent's own loop.

use super::life::{Life, born};
use crate::{
    history::History,
    scenario::{Contestant, Scenario},
    score::Demand,
    simulation::Simulation,
};
use setpoint_control::Evaluator;
use setpoint_core::{Memory, Settings, Snapshot};
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
    let policies = contestant.policies.clone();
    let evaluator: Arc<dyn Evaluator> =
        Arc::new(move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
            policies.evaluate(settings, memory, snapshot)
        });
    let (bindings, settings) = (contestant.bindings.clone(), contestant.settings.clone());
    let (world, _) = Simulation::run(world, bindings, settings, evaluator, scenario.length);
    Life::of(&contestant.name, &world, world.member_hours(), history, scenario)
}
