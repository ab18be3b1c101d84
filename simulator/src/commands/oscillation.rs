//! `setpoint-sim oscillation SCENARIO` and `setpoint-sim chaos SCENARIO`

use super::{
    NO,
    run::{How, faulty},
};
use crate::output::{self, Progress};
use clap::Args;
use setpoint_sim::{chaos, oscillation};
use std::{path::PathBuf, process::ExitCode};

/// The arguments of `oscillation`.
#[derive(Debug, Args)]
pub(crate) struct Oscillation {
    /// The scenario file, for its world and its contenders.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Loads that are tried.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    steps: u32,
    #[command(flatten)]
    how: How,
}

impl Oscillation {
    /// Ends with 0 if every policy comes to rest under every load, with 1 if not.
    pub(crate) fn run(self) -> ExitCode {
        let scenario = match self.how.read(&self.scenario) {
            Ok(scenario) => scenario,
            Err(faults) => return faulty(&faults),
        };
        let progress = Progress::later("holding loads", self.steps as usize);
        let rests = oscillation::map(&scenario, self.steps, self.how.jobs(), || progress.step());
        progress.finish();
        output::answer(&oscillation::text(&rests));
        let found = oscillation::faulty(&scenario, &rests).is_some();
        if found { ExitCode::from(NO) } else { ExitCode::SUCCESS }
    }
}

/// The arguments of `chaos`.
#[derive(Debug, Args)]
pub(crate) struct Chaos {
    /// The scenario file, for its world and its policies.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Sets of faults that are tried.
    #[arg(long, value_name = "N", default_value_t = 100)]
    tries: u64,
    #[command(flatten)]
    how: How,
}

impl Chaos {
    /// Ends with 0 if nothing did harm, with 1 and the smallest reason if something did.
    pub(crate) fn run(self) -> ExitCode {
        let scenario = match self.how.read(&self.scenario) {
            Ok(scenario) => scenario,
            Err(faults) => return faulty(&faults),
        };
        let many = usize::try_from(self.tries).unwrap_or(usize::MAX);
        let progress = Progress::later("breaking numbers", many);
        let harms = chaos::search(&scenario, self.tries, self.how.jobs(), || progress.step());
        progress.finish();
        output::answer(&chaos::text(self.tries, &harms));
        if harms.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NO) }
    }
}
