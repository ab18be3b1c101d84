//! All tests of some paths: read once, run on every core.

use super::{
    case::Case,
    coverage::Coverage,
    load::{Loaded, load},
    report::{FileReport, Report, TestReport},
    run::{Ran, run},
};
use crate::{
    files::{NotFound, find},
    roomy::{on_each, roomy},
};
use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What the name of a test file ends in.
const ENDING: &str = ".test.toml";

/// All tests of some paths.
pub struct Suite {
    files: Vec<Loaded>,
    /// Which tests are chosen, by file and place in it.
    chosen: Vec<(usize, usize)>,
    /// Whether only some were asked for.
    filtered: bool,
}

impl Suite {
    /// Reads every test file that `paths` name or hold, and chooses the tests whose name or
    /// file contains `filter`.
    ///
    /// Fails only if a path cannot be looked at: what is wrong with a file is in the report.
    pub fn load(paths: &[PathBuf], filter: Option<&str>) -> Result<Self, NotFound> {
        let files: Vec<Loaded> = {
            let paths = find(paths, ENDING)?;
            roomy(|| paths.iter().map(|path| load(path)).collect())
        };
        let mut chosen = Vec::new();
        for (at, file) in files.iter().enumerate() {
            for (place, case) in file.cases.iter().enumerate() {
                let is_meant = |part: &str| case.name.contains(part) || file.path.contains(part);
                if filter.is_none_or(is_meant) {
                    chosen.push((at, place));
                }
            }
        }
        Ok(Self { files, chosen, filtered: filter.is_some() })
    }

    /// How many tests are chosen.
    pub fn len(&self) -> usize {
        self.chosen.len()
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Runs the chosen tests, `jobs` at once, and calls `done` after each.
    ///
    /// The report depends on the files alone: not on `jobs`, not on the machine.
    pub fn run(&self, jobs: usize, done: impl Fn() + Sync) -> Report {
        let next = AtomicUsize::new(0);
        let ran: Mutex<Vec<Option<Ran>>> = Mutex::new(vec![None; self.chosen.len()]);
        on_each(jobs.clamp(1, self.chosen.len().max(1)), || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((file, place)) = self.chosen.get(at) else { return };
                let result = run(&self.files[*file].cases[*place]);
                ran.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
                done();
            }
        });
        let ran = ran.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.report(ran.into_iter().flatten().collect())
    }

    fn report(&self, ran: Vec<Ran>) -> Report {
        let mut coverage = Coverage::default();
        let mut files: Vec<FileReport> = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            // Whoever asks for one test does not ask about the rules of other policies.
            if !self.filtered || self.chosen.iter().any(|(file, _)| *file == at) {
                file.policies.iter().for_each(|policy| coverage.knows(policy));
            }
            let (path, faults) = (file.path.clone(), file.faults.clone());
            files.push(FileReport { path, faults, tests: Vec::new() });
        }
        for ((file, place), ran) in self.chosen.iter().zip(ran) {
            let loaded = &self.files[*file];
            loaded.policies.iter().for_each(|policy| coverage.fired(policy, &ran.fired));
            let case: &Case = &loaded.cases[*place];
            files[*file].tests.push(TestReport {
                name: case.name.clone(),
                line: case.place.line_and_column().0,
                passes: ran.passes,
                findings: ran.findings,
            });
        }
        Report { files, coverage }
    }
}
