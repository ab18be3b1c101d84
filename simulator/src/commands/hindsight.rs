//! `setpoint-sim explain` and `setpoint-sim replay`: what is on record, looked at again.

use super::{Format, NO, end};
use crate::output;
use clap::Args;
use setpoint_core::TargetName;
use setpoint_sim::{
    hindsight::{self, Candidate, Recalled, When},
    roomy::roomy,
    trouble::Trouble,
};
use std::{path::PathBuf, process::ExitCode};

/// `setpoint-sim explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The journal: of an agent, or of `run --journal`.
    #[arg(value_name = "FILE.db")]
    journal: PathBuf,
    /// When, in UTC: 09:12, 09:12:30 or 2026-12-19T09:12:30Z [default: the last pass].
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
    /// Which target; of one alone it need not be said.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// `setpoint-sim replay`
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The journal: of an agent, or of `run --journal`.
    #[arg(value_name = "FILE.db")]
    journal: PathBuf,
    /// A policy in place of the recorded one of its name, or of the only one.
    #[arg(long, value_name = "FILE.rhai")]
    policy: Option<PathBuf>,
    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Explain {
    /// Ends with 0 if there is something to tell, 1 if nothing was decided so early, 64 if there
    /// is no such journal or target, 78 if the journal is not understood.
    pub(crate) fn run(self) -> ExitCode {
        end(roomy(|| self.explain()))
    }

    fn explain(&self) -> Result<u8, Trouble> {
        let reader = hindsight::open(&self.journal)?;
        let Some(pass) = hindsight::recall(&reader, self.at)? else {
            output::complain("error: no pass was made so early\n");
            return Ok(NO);
        };
        let target = self.target(&pass)?;
        let tried = hindsight::what_if(&pass, &target);
        let text = match self.output {
            Format::Text => hindsight::explained(&pass, &target, &tried),
            Format::Json => hindsight::explained_json(&pass, &target, &tried),
        };
        output::answer(&text.unwrap_or_default());
        Ok(0)
    }

    /// The target that is meant.
    fn target(&self, pass: &Recalled) -> Result<TargetName, Trouble> {
        let decisions = &pass.thought.plan.decisions;
        let known: Vec<&str> = decisions.iter().map(|it| it.target.as_str()).collect();
        match (&self.target, known.as_slice()) {
            (Some(wanted), known) if known.contains(&wanted.as_str()) => {
                Ok(TargetName::new(wanted))
            }
            (Some(wanted), known) => {
                let what = format!("nothing was decided about `{wanted}`");
                Err(Trouble::command_line(what).help(format!("there was {}", known.join(", "))))
            }
            (None, [only]) => Ok(TargetName::new(*only)),
            (None, known) => {
                let what = "say which target with `--target`".to_owned();
                Err(Trouble::command_line(what).help(format!("there was {}", known.join(", "))))
            }
        }
    }
}

impl Replay {
    /// Ends with 0 if every pass came out as it is recorded, whatever another policy would have
    /// made of them, and 1 if one did not.
    pub(crate) fn run(self) -> ExitCode {
        end(roomy(|| self.replay()))
    }

    fn replay(&self) -> Result<u8, Trouble> {
        let reader = hindsight::open(&self.journal)?;
        let candidate = self.policy.as_deref().map(Candidate::read).transpose()?;
        let replay = hindsight::replay(&reader, candidate.as_ref())?;
        output::answer(&match self.output {
            Format::Json => replay.json(),
            Format::Text if candidate.is_some() => {
                hindsight::replayed(&replay) + replay.to_string().as_str()
            }
            Format::Text => hindsight::replayed(&replay),
        });
        Ok(if replay.diverged.is_some() { NO } else { 0 })
    }
}
