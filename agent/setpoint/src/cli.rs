//! The command line.

use crate::{exit::Exit, output, output::Format};
use clap::{Args, Parser, Subcommand, error::ErrorKind};
use setpoint_core::Timestamp;
use std::path::PathBuf;

/// Holds services at their set points.
#[derive(Debug, Parser)]
#[command(name = "setpoint", version, about, propagate_version = true)]
pub(crate) struct CommandLine {
    /// What every command takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration [default: ./setpoint.toml, else /etc/setpoint/setpoint.toml]
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How to write the answer
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) output: Format,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look after the region until told to stop
    Run,
    /// Write a first configuration, with its policies and their tests, to start from
    Init(Init),
    /// Check the configuration and its policies, offline
    Check,
    /// Look around online: permissions, other writers, what the queries cost; nothing is written
    Doctor,
    /// Show what the agent would do now; nothing is written
    Plan(Plan),
    /// Print the least permissions that this very configuration needs, for AWS's IAM
    Permissions,
    /// Tell what was decided about a target, and why
    Explain(Explain),
    /// Tell how the agent and its targets stood at the last pass
    Status,
}

/// What `init` takes.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to write to
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Write what does here what scales groups there today
    #[arg(long, value_enum, value_name = "CLOUD")]
    pub(crate) from: Option<From>,
    /// The region to read, such as eu-west-1
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The profile of AWS's own credentials to read with
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// Another address than AWS's own: an emulator's
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<url::Url>,
}

/// A cloud to read from.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum From {
    /// Amazon Web Services.
    Aws,
}

/// What `plan` takes.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Write the answer for programs; the same as `--output json`
    #[arg(long)]
    pub(crate) json: bool,
    /// End with 2 if something would change
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// What `explain` takes.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The target, as the configuration names it
    pub(crate) target: String,
    /// The last pass at or before this time, such as 2026-11-23T14:02:15Z [default: the last pass]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
}

/// Reads a wall-clock time with its zone.
fn time(text: &str) -> Result<Timestamp, String> {
    let read: Result<jiff::Timestamp, _> = text.parse();
    read.map(|time| Timestamp::from_ms(time.as_millisecond()))
        .map_err(|_| "write it as 2026-11-23T14:02:15Z or 2026-11-23T15:02:15+01:00".to_owned())
}

/// Reads the command line, or says how to end: after help, or because it makes no sense.
pub(crate) fn parse() -> Result<CommandLine, Exit> {
    CommandLine::try_parse().map_err(|error| {
        let text = error.render().ansi().to_string();
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            output::answer(&text);
            return Exit::Fine;
        }
        output::complain(&text);
        Exit::Usage
    })
}
