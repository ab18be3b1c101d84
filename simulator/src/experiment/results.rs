//! What came of all runs, by contender.

use super::cell::{Cell, Contender};
use crate::{
    baseline::Baseline,
    scenario::{Measure, Scenario},
};
use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

/// What came of all runs of a scenario.
#[derive(Clone, Debug)]
pub struct Results {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The luck of the runs.
    pub seeds: RangeInclusive<u64>,
    /// A row for each run, contender by contender, each in the order of seeds.
    pub rows: Vec<Row>,
}

/// One run, with what it cost beside others of the same luck.
#[derive(Clone, Debug)]
pub struct Row {
    /// The run.
    pub cell: Cell,
    /// Who ran.
    pub policy: String,
    /// What the oracle and the static peak cost under this luck.
    oracle: Option<f64>,
    static_peak: Option<f64>,
}

impl Results {
    pub(super) fn new(
        scenario: Arc<Scenario>,
        seeds: RangeInclusive<u64>,
        cells: Vec<Cell>,
    ) -> Self {
        let of = |wanted: Baseline| -> BTreeMap<u64, f64> {
            let is = |cell: &&Cell| cell.contender == Contender::Baseline(wanted);
            cells.iter().filter(is).map(|cell| (cell.seed, cell.cost)).collect()
        };
        let (oracle, peak) = (of(Baseline::Oracle), of(Baseline::StaticPeak));
        let row = |cell: Cell| Row {
            policy: cell.contender.name(&scenario).to_owned(),
            oracle: oracle.get(&cell.seed).copied(),
            static_peak: peak.get(&cell.seed).copied(),
            cell,
        };
        let rows = cells.into_iter().map(row).collect();
        Self { scenario, seeds, rows }
    }

    /// Everyone who is shown, in the order of tables: those the scenario names.
    pub fn shown(&self) -> Vec<&str> {
        let policies = self.scenario.contestants.iter().map(|one| one.name.as_str());
        policies.chain(self.scenario.baselines.iter().map(|one| one.name())).collect()
    }

    /// The rows of one contender, in the order of seeds.
    pub fn of(&self, policy: &str) -> impl Iterator<Item = &Row> + Clone {
        self.rows.iter().filter(move |row| row.policy == policy)
    }

    /// The mean of a measure over one contender's runs; none without any.
    pub fn mean(&self, policy: &str, measure: Measure) -> Option<f64> {
        let values: Vec<f64> = self.of(policy).filter_map(|row| row.value(measure)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

impl Row {
    /// A measure of this run; none where it means nothing.
    pub fn value(&self, measure: Measure) -> Option<f64> {
        let (cell, score) = (&self.cell, &self.cell.score);
        let times = |other: Option<f64>| other.filter(|cost| *cost > 0.0).map(|it| cell.cost / it);
        Some(match measure {
            Measure::Failed => score.failed_pct,
            Measure::Slow => score.slow_pct,
            Measure::ThetaU => score.elasticity.theta_u(),
            Measure::ThetaO => score.elasticity.theta_o(),
            Measure::TauU => score.elasticity.tau_u(),
            Measure::TauO => score.elasticity.tau_o(),
            Measure::Instability => score.elasticity.instability(),
            Measure::Degraded => score.degraded_pct,
            Measure::Cost => cell.cost,
            Measure::CostVsOracle => times(self.oracle)?,
            Measure::CostVsStaticPeak => times(self.static_peak)?,
            Measure::Adaptations => f64::from(score.adaptations),
            Measure::DirectionChanges => f64::from(score.direction_changes),
            Measure::MaxInstances => f64::from(score.max_instances),
            Measure::WorstViolation => f64::from(score.worst_violation_s),
            Measure::Recovery => score.recovery_s()?,
            Measure::Needless => f64::from(score.needless),
            Measure::Refused => cell.tally.refused,
            Measure::RolledOut => f64::from(cell.rolled_out?),
        })
    }
}
