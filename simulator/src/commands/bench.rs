//! `setpoint-sim bench SCENARIO`.

use super::{
    Format,
    run::{How, engine, faulty},
};
use crate::{
    output::{self, Progress},
    system_clock,
};
use clap::Args;
use setpoint_sim::world::EngineKind;
use std::{path::PathBuf, process::ExitCode};

/// The arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The scenario file.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Runs of each contender, of which the median is told.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    times: u16,
    /// Policy files to run in place of those that the scenario names: all of them together.
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// What lets requests be served, in place of what the scenario says.
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    engine: Option<EngineKind>,
    /// How to say what was measured.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Bench {
    /// Ends with 0 once everything is measured, with 78 if a file is not understood.
    pub(crate) fn run(self) -> ExitCode {
        let how = How::with(self.policies, self.engine);
        let scenario = match how.read(&self.scenario) {
            Ok(scenario) => scenario,
            Err(faults) => return faulty(&faults),
        };
        let (experiment, times) = (how.experiment(scenario), usize::from(self.times));
        let progress = Progress::later("measuring", times * experiment.contenders());
        let timings = experiment.timed(times, system_clock::running(), || progress.step());
        progress.finish();
        output::answer(&match self.output {
            Format::Text => experiment.timings(&timings),
            Format::Json => format!("{}\n", experiment.timings_json(&timings)),
        });
        ExitCode::SUCCESS
    }
}
