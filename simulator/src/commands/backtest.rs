//! `setpoint-sim backtest`.

use super::{
    Format, NO, end,
    past::{Assume, From, Limits, gaps, pair},
};
use crate::output;
use clap::Args;
use setpoint_sim::{
    backtest::{self, Asked},
    roomy::roomy,
    trouble::Trouble,
};
use std::{path::PathBuf, process::ExitCode};

/// The arguments of `backtest`.
#[derive(Debug, Args)]
pub(crate) struct Backtest {
    #[command(flatten)]
    from: From,
    /// Policy files: all of them together are what is tried.
    #[arg(long = "policy", required = true, value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// A parameter of the policy: goal=50%.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    param: Vec<(String, String)>,
    /// What an input reads whose name is no metric of a world: busy=cpu.
    #[arg(long, value_name = "INPUT=METRIC", value_parser = pair)]
    input: Vec<(String, String)>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    assume: Assume,
    /// The luck of boot times.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Backtest {
    /// Ends with 0 if there is an answer, with 1 if the history tells too little.
    pub(crate) fn run(self) -> ExitCode {
        end(self.backtest())
    }

    fn backtest(&self) -> Result<u8, Trouble> {
        let history = self.from.history()?;
        let asked = Asked {
            terms: self.limits.terms(),
            assumed: self.assume.assumed("backtest", None)?,
            policies: self.policies.clone(),
            params: self.param.iter().cloned().collect(),
            inputs: self.input.iter().cloned().collect(),
            seed: self.seed,
        };
        output::complain(&gaps(&history));
        let backtest = roomy(|| backtest::backtest(&history, &asked))?;
        output::answer(&match self.output {
            Format::Text => backtest.text(),
            Format::Json => backtest.json(),
        });
        Ok(if backtest.is_conclusive() { 0 } else { NO })
    }
}
