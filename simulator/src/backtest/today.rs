//! The life with the members that were really there.

use super::{
    last_known,
    life::{Life, born},
};
use crate::{
    chance::Spread,
    history::{Column, History},
    scenario::Scenario,
    score::Demand,
    world::{ApiModel, WorldModel},
};
use setpoint_core::{Action, Range, Span};
use std::sync::Arc;

/// More members than any group has.
const MOST: u32 = 1_000_000;

/// Lets as many members serve in each step as did, whoever asked for them.
pub(super) fn life(scenario: &Scenario, history: &History, demand: Arc<Demand>, seed: u64) -> Life {
    let members = |step| last_known(history, Column::Ready, step).map(|ready| ready.round() as u32);
    let mut world = born(given(scenario), scenario, demand, seed);
    for step in 0..history.len().saturating_sub(1) {
        world.advance_to(history.step().times(step as u64));
        let desired = world.group().desired;
        if let Some(to) = members(step).filter(|to| *to != desired) {
            // Nothing is in the way of it: the API takes every call.
            drop(world.apply(&Action::Resize { from: desired, to }));
        }
    }
    world.advance_to(scenario.length);
    Life::of("today", &world, member_hours(history), history, scenario)
}

/// The scenario's world, in which members come and go as they are told.
fn given(scenario: &Scenario) -> WorldModel {
    let mut model = scenario.world.clone();
    model.fleet.range = Range::new(0, MOST).unwrap_or(model.fleet.range);
    model.fleet.boot = Spread { median: Span::ZERO, sigma: 0.0 };
    model.fleet.drain = Span::ZERO;
    model.fleet.launch_fails = 0.0;
    model.api = ApiModel { burst: MOST, per_second: 1e6, unavailable: 0.0, latency: Span::ZERO };
    model
}

/// Hours of members that were paid for: those that were asked for, or that served where there
/// were more of them.
fn member_hours(history: &History) -> f64 {
    let hours = history.step().secs() / 3600.0;
    let paid = |step| {
        let known = |column| last_known(history, column, step).unwrap_or(0.0);
        known(Column::Desired).max(known(Column::Ready))
    };
    (0..history.len().saturating_sub(1)).map(|step| paid(step) * hours).sum()
}
