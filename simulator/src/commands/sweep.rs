//! `setpoint-sim sweep SCENARIO`

use super::{
    BAD_FILE, USAGE,
    run::{How, faulty},
};
use crate::output::{self, Progress};
use clap::Args;
use setpoint_sim::{
    experiment::{self, Axis, Done, Experiment, Point, Results},
    scenario::Source,
};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

/// The arguments of `sweep`.
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// The scenario file.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// A key of the scenario and the values that it is to have: `group.boot.median=40s,120s`.
    /// Several make a grid.
    #[arg(long = "set", value_name = "KEY=VALUES")]
    axes: Vec<Axis>,
    /// Where every run is written, a line of JSON each. Begun again, a sweep goes on where the
    /// file ends.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    how: How,
}

impl Sweep {
    /// Ends with 0 when everything has run, 64 if a key or the file cannot be used, 78 if a
    /// scenario is not understood.
    pub(crate) fn run(self) -> ExitCode {
        let source = match Source::of(&self.scenario) {
            Ok(source) => source,
            Err(faults) => return faulty(&faults),
        };
        let mut experiments = Vec::new();
        for point in experiment::grid(&self.axes) {
            let text = match experiment::with(&source.text, &point) {
                Ok(text) => text,
                Err(why) => {
                    output::complain(&format!("error: {}: {why}\n", self.scenario.display()));
                    return ExitCode::from(BAD_FILE);
                }
            };
            match self.how.read_source(&Source { text, ..source.clone() }) {
                Ok(scenario) => experiments.push((point, self.how.experiment(scenario))),
                Err(faults) => return faulty(&faults),
            }
        }
        match self.sweep(&experiments) {
            Ok(done) => {
                output::answer(&done.table());
                ExitCode::SUCCESS
            }
            Err(error) => {
                let file = self.out.display();
                output::complain(&format!("error: {file} cannot be written or read: {error}\n"));
                ExitCode::from(USAGE)
            }
        }
    }

    fn sweep(&self, experiments: &[(Point, Experiment)]) -> io::Result<Done> {
        let mut done = Done::default();
        if self.out.exists() {
            for line in BufReader::new(File::open(&self.out)?).lines() {
                done.take(&line?);
            }
        }
        let seeds = |one: &Experiment| one.len() / one.contenders().max(1);
        let progress =
            Progress::later("sweeping", experiments.iter().map(|(_, one)| seeds(one)).sum());
        let file = OpenOptions::new().create(true).append(true).open(&self.out)?;
        let state = Mutex::new((file, done, None));
        for (point, experiment) in experiments {
            let hash = &experiment.scenario.hash;
            let skip = {
                let state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.1.seeds(hash, experiment.contenders())
            };
            skip.iter().for_each(|_| progress.step());
            experiment.each_seed(self.how.jobs(), &skip, |results| {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let (file, done, failed) = &mut *state;
                *failed = failed.take().or_else(|| write(file, done, hash, point, &results).err());
                progress.step();
            });
        }
        progress.finish();
        let (_, done, failed) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(done), Err)
    }
}

/// Writes all runs of a seed at once.
fn write(
    file: &mut File,
    done: &mut Done,
    hash: &str,
    point: &Point,
    results: &Results,
) -> io::Result<()> {
    let lines: Vec<String> =
        results.rows.iter().map(|row| experiment::line(hash, point, row)).collect();
    file.write_all(lines.concat().as_bytes())?;
    lines.iter().for_each(|line| done.take(line));
    Ok(())
}
