//! `setpoint-sim import`.

use super::{
    end,
    past::{Past, gaps},
    write,
};
use crate::output;
use clap::Args;
use setpoint_sim::{history, trouble::Trouble};
use std::{path::PathBuf, process::ExitCode};

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    past: Past,
    /// Where to write it [default: the standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Import {
    /// Ends with 0 once the file is written.
    pub(crate) fn run(self) -> ExitCode {
        end(self.import().map(|()| 0))
    }

    fn import(&self) -> Result<(), Trouble> {
        let history = self.past.fetch()?;
        let table = history::write(&history);
        output::complain(&gaps(&history));
        match &self.out {
            Some(path) => {
                write(path, &table)?;
                let (path, steps, step) = (path.display(), history.len(), history.step());
                output::answer(&format!("{path}: {steps} steps of {step}\n"));
            }
            None => output::answer(&String::from_utf8_lossy(&table)),
        }
        Ok(())
    }
}
