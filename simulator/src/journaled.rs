//! A simulated run in an agent's own journal, to be asked about later.

use crate::{experiment, scenario::Scenario, trouble::Trouble};
use setpoint_control::{Journal, JournalError, Pass};
use setpoint_core::{ActResult, Intent, Memory, Program};
use setpoint_journal::SqliteJournal;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// A journal whose failures are kept and not told to the agent: a full disk of ours is no fault
/// of the made-up world.
struct Kept {
    journal: SqliteJournal,
    failed: Option<JournalError>,
}

impl Kept {
    fn keep(&mut self, written: Result<(), JournalError>) {
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }
}

impl Journal for Kept {
    fn record(&mut self, pass: &Pass, memory: &Memory) -> Result<(), JournalError> {
        if self.failed.is_none() {
            let written = self.journal.record(pass, memory);
            self.keep(written);
        }
        Ok(())
    }

    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError> {
        if self.failed.is_none() {
            let written = self.journal.outcome(intent, result);
            self.keep(written);
        }
        Ok(())
    }
}

/// Writes the run of the first policy of `scenario` under `seed` into a new journal: its name, and
/// how many passes it made.
///
/// Fails if there is no policy, if there is such a file already, or if it cannot be written.
/// Needs the stack that policies need.
pub fn journal(scenario: &Scenario, seed: u64, path: &Path) -> Result<(String, u64), Trouble> {
    let file = path.display();
    let Some(contestant) = scenario.contestants.first() else {
        let what = "only policies write a journal, and the scenario has none";
        return Err(Trouble::command_line(what).help("name one with `--policy`"));
    };
    if path.exists() {
        let what = format!("{file} is there already");
        return Err(Trouble::command_line(what).help("a run is written into a new journal"));
    }
    let program = Program::new(contestant.settings.clone(), contestant.bound.clone());
    let cannot = |error: setpoint_journal::OpenError| Trouble::command_line(error.to_string());
    let (journal, _) = SqliteJournal::open(path, &program).map_err(cannot)?;
    let journal = journal.hasty().map_err(cannot)?;
    let kept = Arc::new(Mutex::new(Kept { journal, failed: None }));
    let chronicle = experiment::told(scenario, contestant, seed, kept.clone());
    let failed = kept.lock().unwrap_or_else(PoisonError::into_inner).failed.take();
    match failed {
        Some(error) => Err(Trouble::command_line(format!("{file}: {error}"))),
        None => Ok((contestant.name.clone(), chronicle.passes)),
    }
}
