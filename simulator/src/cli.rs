//! The command line: what may be asked, and with which code it ends.

use crate::output::{self, Progress};
use clap::{Parser, Subcommand, error::ErrorKind};
use setpoint_sim::{check, demo};
use std::{path::PathBuf, process::ExitCode};

/// Exit codes, as in sysexits.h where it has one.
mod code {
    pub(super) const USAGE: u8 = 64;
    pub(super) const BAD_POLICY: u8 = 78;
}

/// Proves policies in a made-up world, before they touch anything.
#[derive(Debug, Parser)]
#[command(name = "setpoint-sim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a simulated holiday event and show who holds and who does not.
    ///
    /// Nothing to install, nothing to configure. What it prints depends on the seed alone.
    Demo {
        /// The luck of the day: boot times, lead times, noise.
        #[arg(long, default_value_t = 2)]
        seed: u64,
    },
    /// Check policies without running them.
    Check {
        /// Policy files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Does what the command line asks.
pub(crate) fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cli.command.run(),
        Err(error) => refuse(&error),
    }
}

/// Help and version are answers; everything else is a usage error.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.render().ansi().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::answer(&text);
        ExitCode::SUCCESS
    } else {
        output::complain(&text);
        ExitCode::from(code::USAGE)
    }
}

impl Command {
    fn run(self) -> ExitCode {
        match self {
            Self::Demo { seed } => {
                let progress = Progress::new("simulating a day of each", demo::DAYS);
                let text = demo::demo(seed, || progress.step());
                progress.finish();
                output::answer(&text);
                ExitCode::SUCCESS
            }
            Self::Check { files } => {
                let report = check::check(&files);
                output::complain(&report.faults);
                output::answer(&report.summary);
                if report.good { ExitCode::SUCCESS } else { ExitCode::from(code::BAD_POLICY) }
            }
        }
    }
}
