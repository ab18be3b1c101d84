//! `setpoint-sim accuracy`.

use super::NO;
use crate::output::{self, Progress};
use clap::Args;
use setpoint_sim::accuracy::{self, Extent};
use std::{num::NonZeroUsize, process::ExitCode, thread};

/// How much is measured.
#[derive(Debug, Args)]
pub(crate) struct Accuracy {
    /// Simulate some seconds of work instead of some 800 million requests.
    #[arg(long)]
    short: bool,
    /// Rows measured at once; as many as there are cores, unless this says otherwise.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Accuracy {
    pub(crate) fn run(&self) -> ExitCode {
        let extent = if self.short { Extent::Short } else { Extent::Full };
        let jobs = self.jobs.or_else(|| thread::available_parallelism().ok());
        let progress = Progress::later("measuring rows", accuracy::rows());
        let jobs = jobs.map_or(1, NonZeroUsize::get);
        let report = accuracy::measure(extent, jobs, || progress.step());
        progress.finish();
        output::answer(&report.markdown());
        if report.good() { ExitCode::SUCCESS } else { ExitCode::from(NO) }
    }
}
