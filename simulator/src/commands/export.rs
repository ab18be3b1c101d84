//! `setpoint-sim export`.

use super::{end, write};
use crate::output;
use clap::{Args, Subcommand};
use setpoint_core::Span;
use setpoint_sim::{
    export::{self, Target},
    roomy::roomy,
    scenario::{self, Source},
    trouble::Trouble,
    written::FileFault,
};
use std::{path::PathBuf, process::ExitCode};

/// The arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    /// Write a scenario's load as a script for k6.
    K6(K6),
}

#[derive(Debug, Args)]
struct K6 {
    /// The scenario file.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Where the service is.
    #[arg(long, default_value = "http://127.0.0.1:8080/")]
    url: String,
    /// The share of the load to send.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
    /// How many times faster the load goes by.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    speed: f64,
    /// Where to write it [default: the standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    /// Ends with 0 once the script is written.
    pub(crate) fn run(self) -> ExitCode {
        let To::K6(k6) = self.to;
        end(k6.export().map(|()| 0))
    }
}

impl K6 {
    fn export(&self) -> Result<(), Trouble> {
        if !(self.scale > 0.0
            && self.scale.is_finite()
            && self.speed > 0.0
            && self.speed.is_finite())
        {
            return Err(Trouble::command_line("--scale and --speed are numbers above zero"));
        }
        let told = |faults: Vec<FileFault>| {
            let lines: Vec<String> = faults.iter().map(|fault| fault.render(true)).collect();
            Trouble::file(lines.join("\n"))
        };
        let scenario = roomy(|| scenario::read(&Source::of(&self.scenario)?)).map_err(told)?;
        let (start, stages) = export::stages(&scenario.world.load, scenario.length);
        let service = scenario.world.service;
        // 99 of 100 requests may wait for as long as is not slow, and then be served.
        let served = Span::from_ms((service.mean.ms() as f64 * 100.0_f64.ln()).round() as u64);
        let target = Target {
            name: scenario.name.clone(),
            url: self.url.clone(),
            objective: service.slow + served,
            mean: service.mean,
            patience: service.patience,
            scale: self.scale,
            speed: self.speed,
        };
        let script = export::k6(&target, start, &stages);
        match &self.out {
            Some(path) => write(path, script.as_bytes()),
            None => {
                output::answer(&script);
                Ok(())
            }
        }
    }
}
