//! `setpoint-sim run SCENARIO`.

use super::{BAD_FILE, Format, NO, USAGE, complain};
use crate::output::{self, Progress};
use clap::Args;
use setpoint_sim::{
    experiment::{self, Experiment, Results, Verdict},
    journaled, report,
    roomy::roomy,
    scenario::{self, Scenario, Source},
    trouble::Trouble,
    world::EngineKind,
    written::FileFault,
};
use std::{
    fs::File,
    io::{IsTerminal as _, Write as _},
    num::NonZeroUsize,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

/// Which scenario is run, by whom, and how often.
#[derive(Debug, Args)]
pub(super) struct Runs {
    /// The scenario file.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    #[command(flatten)]
    how: How,
}

/// How scenarios are run.
#[derive(Debug, Args)]
pub(super) struct How {
    /// Policy files to run in place of those that the scenario names: all of them together.
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// How many seeds to run, or which: `100`, `7..7`, `1..135`.
    #[arg(long, value_name = "N", value_parser = seeds)]
    seeds: Option<RangeInclusive<u64>>,
    /// What lets requests be served, in place of what the scenario says.
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    engine: Option<EngineKind>,
    /// Runs made at once; as many as there are cores, unless this says otherwise.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// `setpoint-sim run`
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    runs: Runs,
    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
    /// Write a page with charts and every decision, in one file that needs nothing else.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Write the run of the first policy under the first seed into a new journal, for `explain`
    /// and `replay`.
    #[arg(long, value_name = "FILE.db")]
    journal: Option<PathBuf>,
}

/// `100` is 1 to 100; `7..9` is 7, 8 and 9.
fn seeds(written: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match written.split_once("..") {
        Some((first, last)) => number(first).zip(number(last)).map(|(first, last)| first..=last),
        None => number(written).map(|many| 1..=many),
    };
    range.filter(|range| !range.is_empty()).ok_or_else(|| {
        "write how many, such as 100, or the first and the last, such as 1..135".to_owned()
    })
}

pub(super) fn engine(written: &str) -> Result<EngineKind, String> {
    let found = EngineKind::NAMES.iter().find(|(name, _)| *name == written);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        let names: Vec<&str> = EngineKind::NAMES.iter().map(|(name, _)| *name).collect();
        format!("the engines are {}", names.join(" and "))
    })
}

impl How {
    /// The scenario's seeds, with these policies and this engine, if any, in place of its own.
    pub(super) const fn with(policies: Vec<PathBuf>, engine: Option<EngineKind>) -> Self {
        Self { policies, seeds: None, engine, jobs: None }
    }

    /// How many runs are made at once.
    pub(super) fn jobs(&self) -> usize {
        let jobs = self.jobs.or_else(|| thread::available_parallelism().ok());
        jobs.map_or(1, NonZeroUsize::get)
    }

    /// The scenario in this file, as it is to be run.
    pub(super) fn read(&self, path: &Path) -> Result<Scenario, Vec<FileFault>> {
        let files = self.policies.clone();
        let all = if files.is_empty() { Vec::new() } else { vec![files] };
        self.read_source(&Source { given: all, ..Source::of(path)? })
    }

    /// The same of a text.
    pub(super) fn read_source(&self, source: &Source) -> Result<Scenario, Vec<FileFault>> {
        let engine = self.engine.or(source.engine);
        roomy(|| scenario::read(&Source { engine, ..source.clone() }))
    }

    /// The runs of `scenario` that are wanted.
    pub(super) fn experiment(&self, scenario: Scenario) -> Experiment {
        Experiment::new(scenario, self.seeds.clone())
    }
}

/// Makes the runs, with a bar if they take long.
pub(super) fn results(experiment: &Experiment, jobs: usize) -> (Results, Verdict) {
    let progress = Progress::later("simulating", experiment.len());
    let results = experiment.run(jobs, || progress.step());
    progress.finish();
    let verdict = experiment::judge(&results);
    (results, verdict)
}

/// Complains about faults of files: in colour to people, a line each to programs.
pub(super) fn faulty(faults: &[FileFault]) -> ExitCode {
    let people = std::io::stderr().is_terminal();
    for fault in faults {
        output::complain(&if people { fault.render(true) + "\n" } else { format!("{fault}\n") });
    }
    ExitCode::from(BAD_FILE)
}

/// A file for a report.
struct Page<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Page<'a> {
    fn create(path: &'a Path) -> Result<Self, Trouble> {
        let file = File::create(path).map_err(|error| Self::unwritten(path, &error))?;
        Ok(Self { path, file })
    }

    fn write(mut self, text: &str) -> Result<(), Trouble> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| Self::unwritten(self.path, &error))
    }

    fn unwritten(path: &Path, error: &std::io::Error) -> Trouble {
        Trouble::command_line(format!("{} cannot be written: {error}", path.display()))
    }
}

impl Run {
    /// Ends with 0 if every gate held, 1 if one did not, 78 if a file is not understood.
    pub(crate) fn run(self) -> ExitCode {
        let Runs { scenario, how } = &self.runs;
        let scenario = match how.read(scenario) {
            Ok(scenario) => scenario,
            Err(faults) => return faulty(&faults),
        };
        if scenario.contestants.is_empty() && scenario.baselines.is_empty() {
            output::complain("error: nobody runs: name a [[policy]], `baselines`, or --policy\n");
            return ExitCode::from(USAGE);
        }
        match self.ran(how, scenario) {
            Ok((results, verdict)) => {
                output::answer(&match self.output {
                    Format::Text => experiment::table(&results, &verdict),
                    Format::Json => experiment::json(&results, &verdict),
                });
                if verdict.pass() { ExitCode::SUCCESS } else { ExitCode::from(NO) }
            }
            Err(trouble) => ExitCode::from(complain(&trouble)),
        }
    }

    /// Makes the runs and writes the files that are wanted of them.
    fn ran(&self, how: &How, scenario: Scenario) -> Result<(Results, Verdict), Trouble> {
        let experiment = how.experiment(scenario);
        // Nobody should have to wait for the runs to hear that a file cannot be written.
        let page = self.report.as_deref().map(Page::create).transpose()?;
        if let Some(path) = &self.journal {
            let seed = *experiment.seeds.start();
            let (name, passes) = roomy(|| journaled::journal(&experiment.scenario, seed, path))?;
            let file = path.display();
            output::complain(&format!("{file}: {passes} passes of {name} under seed {seed}\n"));
        }
        let experiment = if page.is_some() { experiment.recording() } else { experiment };
        let (results, verdict) = results(&experiment, how.jobs());
        if let Some(page) = page {
            page.write(&report::html(&results, &verdict))?;
        }
        Ok((results, verdict))
    }
}
