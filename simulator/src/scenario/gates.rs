//! `[[gate]]`: what must come of it.

use super::section::Section as _;
use crate::written::{
    fault::{At, Code, FileFault},
    suggest,
    table::Table,
};
use std::fmt;

/// What must hold of the runs of one contestant.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Whose runs; the first contestant's without.
    pub policy: Option<String>,
    /// What is measured.
    pub measure: Measure,
    /// What it is held against.
    pub against: Against,
    /// The share of seeds of which it must hold, 0 to 1. Means are held against a rival.
    pub share: f64,
}

/// What a measure is held against.
#[derive(Clone, Debug, PartialEq)]
pub enum Against {
    /// No more than this.
    Max(f64),
    /// No less than this.
    Min(f64),
    /// No more than so many times what another has, on average over equal seeds.
    Times(f64, String),
    /// No more than so much above what another has, on average over equal seeds.
    Over(f64, String),
}

macro_rules! measures {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What is measured of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Measure { $($(#[$doc])* $variant,)* }

        impl Measure {
            /// Every measure with its name, as in files and JSON.
            pub const ALL: &[(&'static str, Self)] = &[$(($name, Self::$variant),)*];
        }

        impl fmt::Display for Measure {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name,)* })
            }
        }
    };
}

measures! {
    /// Requests without a good answer, in percent.
    Failed = "failed_pct",
    /// Requests that waited too long, in percent.
    Slow = "slow_pct",
    /// Members lacking, in percent of demand.
    ThetaU = "theta_u_pct",
    /// Members too many, in percent of demand.
    ThetaO = "theta_o_pct",
    /// Time with too few members, in percent.
    TauU = "tau_u_pct",
    /// Time with too many members, in percent.
    TauO = "tau_o_pct",
    /// Time in which supply moved up against demand, in percent.
    Instability = "instability_pct",
    /// Requests served while features were off, in percent.
    Degraded = "degraded_pct",
    /// Dollars.
    Cost = "cost",
    /// Cost as a multiple of the oracle's.
    CostVsOracle = "cost_vs_oracle",
    /// Cost as a multiple of the static peak's.
    CostVsStaticPeak = "cost_vs_static_peak",
    /// Changes of the size asked for.
    Adaptations = "adaptations",
    /// Changes that went the other way than the one before.
    DirectionChanges = "direction_changes",
    /// The most members asked for.
    MaxInstances = "max_instances",
    /// Seconds of the longest violation of the objective.
    WorstViolation = "worst_violation_s",
    /// Seconds of a violation, on average.
    Recovery = "recovery_s",
    /// Scale-ins that were soon taken back.
    Needless = "needless_scale_ins",
    /// Attempts to connect that the database refused.
    Refused = "refused_connections",
    /// The share of the requests that the latest revision has at the end, in percent.
    RolledOut = "rolled_out_pct",
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measure = self.measure;
        match &self.against {
            Against::Max(max) => write!(f, "{measure} ≤ {max}")?,
            Against::Min(min) => write!(f, "{measure} ≥ {min}")?,
            Against::Times(times, rival) => {
                return write!(f, "{measure} ≤ {times} × that of {rival}");
            }
            Against::Over(over, rival) => {
                return write!(f, "{measure} ≤ that of {rival} {over:+}");
            }
        }
        if self.share < 1.0 {
            write!(f, " for {:.0} % of seeds", 100.0 * self.share)
        } else {
            Ok(())
        }
    }
}

/// A gate, with where its policy and its rival are named.
pub(super) struct Named {
    pub(super) gate: Gate,
    pub(super) names: Vec<At<String>>,
}

/// Reads a `[[gate]]`.
pub(super) fn gate(mut table: Table<'_>) -> Option<Named> {
    let policy = table.text("policy");
    let measure = measure(&mut table);
    let (max, min) = (table.number("max"), table.number("min"));
    let (times, rival) = (table.number("times"), table.text("of"));
    let share = table.share("share", 1.0);
    let against = match (max, min, times, &rival) {
        (Some(max), None, None, None) => Some(Against::Max(max.value)),
        (None, Some(min), None, None) => Some(Against::Min(min.value)),
        (None, None, Some(times), Some(rival)) => {
            Some(Against::Times(times.value, rival.value.clone()))
        }
        _ => {
            let message = "a gate has one of `max`, `min`, and `times` with `of`";
            let fault = FileFault::new(Code::BadValue, &table.place, message);
            table
                .reader
                .faults
                .push(fault.help("write `max = 0.05`, or `times = 1.6, of = \"oracle\"`"));
            None
        }
    };
    table.finish();
    let names = policy.iter().chain(&rival).cloned().collect();
    let policy = policy.map(|policy| policy.value);
    Some(Named { gate: Gate { policy, measure: measure?, against: against?, share }, names })
}

fn measure(table: &mut Table<'_>) -> Option<Measure> {
    let Some(written) = table.text("metric") else {
        if !table.has("metric") {
            table.missing("metric", "metric = \"failed_pct\", max = 0.05");
        }
        return None;
    };
    let found = Measure::ALL.iter().find(|(name, _)| *name == written.value);
    if found.is_none() {
        let message = format!("there is no measure {}", written.place.written());
        let fault = FileFault::new(Code::UnknownName, &written.place, message);
        let names = Measure::ALL.iter().map(|(name, _)| *name);
        table.reader.faults.push(fault.maybe_help(suggest::advice(&written.value, names)));
    }
    found.map(|(_, measure)| *measure)
}
