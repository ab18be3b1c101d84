//! How a life went, in the measures by which two of them are compared.

use super::record::objective;
use crate::{
    history::{Column, History},
    scenario::Scenario,
    score::{Demand, Score},
    world::{Record, Row, World, WorldModel},
};
use setpoint_core::Span;
use std::sync::Arc;

/// How a life went.
#[derive(Clone, Debug)]
pub struct Life {
    /// Whose it was.
    pub name: String,
    /// The measures of every run.
    pub score: Score,
    /// Hours of members, those on their way included.
    pub member_hours: f64,
    /// Every minute.
    pub minutes: Vec<Look>,
}

/// A minute of a life.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Whether the objective was missed.
    pub over: bool,
    /// Requests per second that arrived.
    pub rps: f64,
    /// Members that served, at most.
    pub ready: u32,
}

impl Life {
    /// The life of a world that kept its score. Minutes of which the history does not tell load and
    /// members are nobody's fault, and never over the objective.
    pub(super) fn of(
        name: &str,
        world: &World,
        member_hours: f64,
        history: &History,
        scenario: &Scenario,
    ) -> Self {
        let most = objective(scenario);
        let look = |(minute, told): (usize, &Row)| Look {
            over: is_known(history, minute) && is_over(told, most),
            rps: told.offered_rps(),
            ready: told.ready,
        };
        let minutes = world.record().map_or(&[][..], Record::rows);
        Self {
            name: name.to_owned(),
            score: world.score().unwrap_or_default(),
            member_hours,
            minutes: minutes.iter().enumerate().map(look).collect(),
        }
    }

    /// Minutes in which the objective was missed.
    pub fn over(&self) -> usize {
        self.minutes.iter().filter(|minute| minute.over).count()
    }
}

/// A world of `model` that keeps its score, and every minute of a life as long as the scenario's.
pub(super) fn born(
    model: WorldModel,
    scenario: &Scenario,
    demand: Arc<Demand>,
    seed: u64,
) -> World {
    let each = Span::from_minutes(1);
    let most = usize::try_from(scenario.length.ms() / each.ms()).unwrap_or(usize::MAX);
    let record = Record::new(each, most.saturating_add(2));
    let mut world = World::new(model, seed).recording(record);
    world.keep_score(demand);
    world
}

/// The objective: 99 of 100 requests have an answer, and in time.
fn is_over(minute: &Row, p99: Span) -> bool {
    minute.failed_share() > 0.01 || minute.p99.is_some_and(|seconds| seconds > p99.secs())
}

/// Whether the history tells what was asked of how many in a minute.
fn is_known(history: &History, minute: usize) -> bool {
    let step = (minute as f64 * 60.0 / history.step().secs()) as usize;
    // A rate looks back: the load of a step stands with the one after it.
    history.get(Column::Load, step + 1).is_some() && history.get(Column::Ready, step).is_some()
}
