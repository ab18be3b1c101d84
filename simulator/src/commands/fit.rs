//! `setpoint-sim fit`.

use super::{
    Format, NO, end,
    past::{Assume, From, Limits, gaps},
    write,
};
use crate::output;
use clap::Args;
use setpoint_sim::{
    fit::{self, Fit as Fitted},
    history::History,
    trouble::Trouble,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The arguments of `fit`.
#[derive(Debug, Args)]
pub(crate) struct Fit {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    limits: Limits,
    /// Write a scenario with what was found, and its load as CSV beside it.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    #[command(flatten)]
    assume: Assume,
    /// How to say what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Fit {
    /// Ends with 0 if the history tells, with 1 if it tells too little.
    pub(crate) fn run(self) -> ExitCode {
        end(self.fit())
    }

    fn fit(&self) -> Result<u8, Trouble> {
        let history = self.from.history()?;
        let fit = fit::fit(&history, self.limits.terms());
        output::complain(&gaps(&history));
        output::answer(&match self.output {
            Format::Text => fit.text(),
            Format::Json => fit.json(),
        });
        if let Some(path) = self.write.as_ref().filter(|_| fit.is_conclusive()) {
            self.write(path, &history, &fit)?;
        }
        Ok(if fit.is_conclusive() { 0 } else { NO })
    }

    fn write(&self, path: &Path, history: &History, fit: &Fitted) -> Result<(), Trouble> {
        let load = path.with_extension("csv");
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let assumed = self.assume.assumed(&stem.unwrap_or_default(), name(&load))?;
        let Some((text, notes)) = fit::scenario(history, fit, &assumed) else { return Ok(()) };
        write(&load, fit::trace_file(history).as_bytes())?;
        write(path, text.as_bytes())?;
        for note in notes {
            output::complain(&format!("assumed: {note}\n"));
        }
        output::complain(&format!("written: {} and {}\n", path.display(), load.display()));
        Ok(())
    }
}
