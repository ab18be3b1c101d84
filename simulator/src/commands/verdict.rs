//! `setpoint-sim verdict`.

use super::{Format, NO, end};
use crate::output;
use clap::Args;
use setpoint_sim::{
    trouble::Trouble,
    verdict::{self, Asked, Limit},
};
use std::{path::PathBuf, process::ExitCode};

/// The arguments of `verdict`.
#[derive(Debug, Args)]
pub(crate) struct Verdict {
    /// Results of what stands: a summary of k6, or what `run --output json` prints; once for
    /// each run.
    #[arg(long, required = true, value_name = "FILE")]
    baseline: Vec<PathBuf>,
    /// Results of what is to take its place.
    #[arg(long, required = true, value_name = "FILE")]
    candidate: Vec<PathBuf>,
    /// How much worse a measure may be: p99=+50ms, p99=+10%, failed=+0.1%, rps=-5%,
    /// failed=x1.5, p99=800ms.
    #[arg(long, required = true, value_name = "LIMIT")]
    max: Vec<Limit>,
    /// The policy that is meant, where results are of several.
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// How sure a regression must be, in percent: at 95, chance alone makes one of twenty
    /// limits fail that are just kept.
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0)]
    confidence: f64,
    /// Fail also what may be beyond its limit by chance: it must be proved to be within.
    #[arg(long)]
    strict: bool,
    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Verdict {
    /// Ends with 0 if every limit is kept, with 1 if not.
    pub(crate) fn run(self) -> ExitCode {
        end(self.judge())
    }

    fn judge(self) -> Result<u8, Trouble> {
        if !(50.0..100.0).contains(&self.confidence) {
            let what = format!("--confidence {}: write 50 to less than 100", self.confidence);
            return Err(Trouble::command_line(what));
        }
        let verdict = verdict::verdict(&Asked {
            baseline: self.baseline,
            candidate: self.candidate,
            limits: self.max,
            policy: self.policy,
            confidence: self.confidence / 100.0,
            strict: self.strict,
        })?;
        output::answer(&match self.output {
            Format::Text => verdict.text(),
            Format::Json => verdict.json(),
        });
        Ok(if verdict.passes() { 0 } else { NO })
    }
}
