//! The command line: what may be asked, and with which code it ends.

use crate::output::{self, Progress};
use clap::{Args, Parser, Subcommand, ValueEnum, error::ErrorKind};
use setpoint_sim::{check, demo, files::NotFound};
use std::{error::Error as _, path::PathBuf, process::ExitCode};

/// Exit codes, as in sysexits.h where it has one.
mod code {
    pub(super) const NO: u8 = 1;
    pub(super) const USAGE: u8 = 64;
    pub(super) const BAD_FILE: u8 = 78;
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
    Check(Check),
}

#[derive(Debug, Args)]
struct Check {
    /// Policy files, and folders with files named *.rhai.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to say what was found.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    output: CheckFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CheckFormat {
    /// For people.
    Text,
    /// A list of objects: file, line, column, id, severity, message, help.
    Json,
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
            Self::Check(check) => check.run().unwrap_or_else(|error| not_found(&error)),
        }
    }
}

fn not_found(error: &NotFound) -> ExitCode {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    output::complain(&format!("error: {error}{cause}\n"));
    ExitCode::from(code::USAGE)
}

impl Check {
    fn run(self) -> Result<ExitCode, NotFound> {
        let report = check::check(&self.paths)?;
        match self.output {
            CheckFormat::Text => {
                output::complain(&report.faults);
                output::answer(&report.summary);
            }
            CheckFormat::Json => output::answer(&report.json()),
        }
        if report.files == 0 {
            output::complain("error: no policies found: their names end in .rhai\n");
            return Ok(ExitCode::from(code::NO));
        }
        Ok(if report.good { ExitCode::SUCCESS } else { ExitCode::from(code::BAD_FILE) })
    }
}
