//! How far the model is off what was recorded.

use crate::{
    fit::Fit,
    history::{Column, History},
    scenario::Scenario,
};
use setpoint_core::Span;

/// How far the model is off what was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// The points of CPU by which it is off in half of the steps.
    pub cpu_off: Option<f64>,
    /// The minutes in which the objective was missed by the record itself, where latency or
    /// failures tell.
    pub over: Option<f64>,
}

impl Record {
    /// What somebody should know if the model is far off.
    pub(super) fn note(self) -> Option<String> {
        self.cpu_off.filter(|off| *off > 5.0).map(|off| {
            format!(
                "the model's CPU is off by {off:.0} points in half of the steps: do not trust it"
            )
        })
    }
}

/// The p99 that the objective allows: 99 of 100 requests may wait for as long as is not slow, and
/// then take as long as 99 of 100 do.
pub(super) fn objective(scenario: &Scenario) -> Span {
    let service = scenario.world.service;
    let served = service.mean.secs() * 100.0_f64.ln();
    service.slow + Span::from_ms((served * 1000.0).round() as u64)
}

/// Compares a history with what the model makes of its load and its members.
pub(super) fn record(history: &History, fit: &Fit, scenario: &Scenario) -> Record {
    let steps = || 0..history.len();
    let get = |column, step| history.get(column, step);
    let off = |step| {
        let ready = get(Column::Ready, step).filter(|ready| *ready > 0.0)?;
        let model = 100.0 * get(Column::Load, step)? / (ready * fit.capacity?.rps);
        Some((get(Column::Cpu, step)? - model.min(100.0)).abs())
    };
    let mut all: Vec<f64> = steps().filter_map(off).collect();
    all.sort_unstable_by(f64::total_cmp);
    let most = objective(scenario).ms() as f64;
    let over = |step: &usize| {
        get(Column::P99, *step).is_some_and(|p99| p99 > most)
            || get(Column::Failed, *step).is_some_and(|failed| failed > 1.0)
    };
    let tells = history.columns().any(|it| matches!(it, Column::P99 | Column::Failed));
    let minutes = steps().filter(over).count() as f64 * history.step().secs() / 60.0;
    Record { cpu_off: all.get(all.len() / 2).copied(), over: tells.then_some(minutes) }
}
