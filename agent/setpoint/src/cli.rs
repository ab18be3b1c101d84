//! The command line.

use crate::{exit::Exit, live::Ask, output, output::Format};
use clap::{Args, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use setpoint_core::{Span, Timestamp};
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
    /// Print the least permissions that this very configuration needs: for AWS's IAM, a role for Azure or Kubernetes
    Permissions,
    /// Tell what was decided about a target, and why
    Explain(Explain),
    /// Tell how the agent and its targets stand
    Status,
    /// Do nothing until resumed; without an agent at work, the next start is told
    Pause(Pause),
    /// Go on after a pause
    Resume(Resume),
    /// Let the agent do what waits for an approval
    Approve(Approve),
    /// Hand a target back: do nothing to it any more, until it is adopted
    Release(Release),
    /// Act on a released target again, as on one that is seen for the first time
    Adopt(Adopt),
    /// Read the configuration and the policies again; if they have faults, the present ones stay
    Reload,
    /// Look into the journal
    Journal {
        /// How
        #[command(subcommand)]
        what: JournalCommand,
    },
    /// Freeze what was read in the last hours as a test of a policy, for `setpoint-sim test`
    Record(Record),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
    /// Print what makes a shell complete the command line
    Completions {
        /// For this shell
        shell: Shell,
    },
    /// Print the manual page: `setpoint man | man -l -`
    Man {
        /// Of this command
        command: Option<String>,
    },
}

/// What `pause` takes.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// Why: the next one who looks wants to know
    pub(crate) reason: String,
    /// For how long, such as 30m; until resumed without
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(crate) lasts: Option<Span>,
    /// Only this target
    #[arg(long)]
    pub(crate) target: Option<String>,
}

impl Pause {
    /// What the agent is told.
    pub(crate) fn ask(&self) -> Ask {
        let Self { reason, lasts, target } = self;
        Ask::Pause { reason: reason.clone(), lasts: *lasts, target: target.clone() }
    }
}

/// What `resume` takes.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// Only this target
    #[arg(long)]
    pub(crate) target: Option<String>,
}

impl Resume {
    /// What the agent is told.
    pub(crate) fn ask(&self) -> Ask {
        Ask::Resume { target: self.target.clone() }
    }
}

/// What `approve` takes.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The target, as the configuration names it
    pub(crate) target: String,
    /// The smallest size it may have; valid for 30 minutes
    #[arg(long, value_name = "SIZE")]
    pub(crate) to: u32,
    /// Who approves
    #[arg(long, env = "USER", value_name = "NAME", default_value = "somebody")]
    pub(crate) by: String,
}

impl Approve {
    /// What the agent is told.
    pub(crate) fn ask(&self) -> Ask {
        Ask::Approve { target: self.target.clone(), to: self.to, by: self.by.clone() }
    }
}

/// What `release` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Release {
    /// The target, as the configuration names it
    pub(crate) target: String,
    /// Why: the next one who looks wants to know
    pub(crate) reason: String,
    /// Of a database: remove the replicas that setpoint made first, one after another
    #[arg(long)]
    pub(crate) remove_replicas: bool,
    /// Who hands it back
    #[arg(long, env = "USER", value_name = "NAME", default_value = "somebody")]
    pub(crate) by: String,
}

impl Release {
    /// What the agent is told.
    pub(crate) fn ask(&self) -> Ask {
        let Self { target, reason, remove_replicas, by } = self.clone();
        Ask::Release { target, reason, by, remove_replicas }
    }
}

/// What `adopt` takes.
#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The target, as the configuration names it
    pub(crate) target: String,
    /// Who takes it on again
    #[arg(long, env = "USER", value_name = "NAME", default_value = "somebody")]
    pub(crate) by: String,
}

impl Adopt {
    /// What the agent is told.
    pub(crate) fn ask(&self) -> Ask {
        Ask::Adopt { target: self.target.clone(), by: self.by.clone() }
    }
}

/// What `record` takes.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// From so long ago until now, such as 1h
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "1h")]
    pub(crate) last: Span,
    /// The file to write, such as night.test.toml; it must not be there yet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The policy to test; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
}

/// How to look into the journal.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List decisions, newest first
    Query(Query),
    /// Print everything as JSON, a line each
    Export,
    /// Make every pass again and compare; end with 1 if one comes out otherwise
    Verify,
    /// Sum up actions, held targets and failures
    Report(Between),
}

/// What `journal query` takes.
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// Only this target
    #[arg(long)]
    pub(crate) target: Option<String>,
    /// From when to when
    #[command(flatten)]
    pub(crate) between: Between,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: u32,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Between {
    /// From then on: a time such as 2026-11-23T14:02:15Z, or how long ago, such as 2h
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(crate) since: Option<When>,
    /// Up to then [default: now]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(crate) until: Option<When>,
}

/// A point in time, as people give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// By the calendar.
    At(Timestamp),
    /// So long ago.
    Ago(Span),
}

impl When {
    /// The time that is meant at `now`.
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(span) => now - span,
        }
    }
}

fn when(text: &str) -> Result<When, String> {
    let ago = |span: Span| Ok(When::Ago(span));
    text.parse().map_or_else(|_| time(text).map(When::At), ago)
}

fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|_| "write it as 90s, 30m, 1h30m or 2d".to_owned())
}

/// What `init` takes.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to write to
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Write what does here what scales things there today
    #[arg(long, value_enum, value_name = "CLOUD")]
    pub(crate) from: Option<From>,
    /// The region to look after, such as eu-west-1; of AWS also the one to read
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The profile of AWS's own credentials to read with
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// Another address than the cloud's own: an emulator's
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<url::Url>,
    /// The namespace to read
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// The kubeconfig to read with
    #[arg(long, value_name = "FILE", conflicts_with = "endpoint")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Which of its contexts
    #[arg(long, value_name = "NAME", conflicts_with = "endpoint")]
    pub(crate) context: Option<String>,
}

/// A cloud to read from.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum From {
    /// Amazon Web Services.
    Aws,
    /// The HorizontalPodAutoscalers of a cluster of Kubernetes.
    Hpa,
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
    /// What the policies would have done that are being tried, in full
    #[arg(long)]
    pub(crate) shadow: bool,
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
