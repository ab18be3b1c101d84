//! Commands with files and servers of the user's own: their arguments, and how they end.

mod accuracy;
mod backtest;
mod bench;
#[cfg(feature = "cloud")]
mod cloud;
mod compare;
mod export;
mod fit;
mod hindsight;
mod import;
mod oscillation;
mod past;
mod run;
mod sweep;
mod verdict;

pub(crate) use accuracy::Accuracy;
pub(crate) use backtest::Backtest;
pub(crate) use bench::Bench;
#[cfg(feature = "cloud")]
pub(crate) use cloud::Cloud;
pub(crate) use compare::Compare;
pub(crate) use export::Export;
pub(crate) use fit::Fit;
pub(crate) use hindsight::{Explain, Replay};
pub(crate) use import::Import;
pub(crate) use oscillation::{Chaos, Oscillation};
pub(crate) use run::Run;
pub(crate) use sweep::Sweep;
pub(crate) use verdict::Verdict;

use crate::output;
use clap::ValueEnum;
use setpoint_sim::trouble::{Trouble, Whose};
use std::{fs, path::Path, process::ExitCode};

/// The answer is no.
const NO: u8 = 1;
/// The command line cannot be meant.
const USAGE: u8 = 64;
/// A server cannot be reached.
const UNREACHABLE: u8 = 69;
/// A file is not understood.
const BAD_FILE: u8 = 78;

/// How to say what came of it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// How a command ends: as it says, or with what is wrong.
fn end(result: Result<u8, Trouble>) -> ExitCode {
    ExitCode::from(result.unwrap_or_else(|trouble| complain(&trouble)))
}

/// Says what is wrong; the code is that of sysexits.h.
fn complain(trouble: &Trouble) -> u8 {
    output::complain(&format!("error: {trouble}\n"));
    match trouble.whose {
        Whose::CommandLine => USAGE,
        Whose::Server => UNREACHABLE,
        Whose::File => BAD_FILE,
    }
}

/// Writes a file that somebody asked for.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let cannot =
        |error| Trouble::command_line(format!("{} cannot be written: {error}", path.display()));
    fs::write(path, bytes).map_err(cannot)
}
