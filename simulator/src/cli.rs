//! The command line: what may be asked, and with which code it ends.

use crate::{
    commands,
    output::{self, Progress},
};
use clap::{Args, Parser, Subcommand, ValueEnum, error::ErrorKind};
use setpoint_sim::{
    check, demo,
    files::NotFound,
    testing::{self, Suite},
};
use std::{error::Error as _, num::NonZeroUsize, path::PathBuf, process::ExitCode, thread};

/// Exit codes, as in sysexits.h where it has one.
mod code {
    pub(super) const NO: u8 = 1;
    pub(super) const USAGE: u8 = 64;
    pub(super) const BAD_FILE: u8 = 78;
}

/// Proves policies in a made-up world, before they touch anything.
#[derive(Debug, Parser)]
#[command(name = "setpoint-sim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a simulated holiday event and show who holds and who does not.
    ///
    /// Nothing to install, nothing to configure. What it prints depends on the seed alone.
    Demo {
        /// The luck of the day: boot times, lead times, noise.
        #[arg(long, default_value_t = 2)]
        seed: u64,
    },
    /// Run a scenario: its policies and those they are measured by, under every seed.
    ///
    /// Ends with 0 if every gate held, 1 if one did not or a rule failed, 78 if a file is not
    /// understood.
    Run(commands::Run),
    /// Compare policies with the first of them, seed by seed, in one scenario.
    ///
    /// Ends with 0 if every limit is kept, 1 if not.
    Compare(commands::Compare),
    /// Run a scenario with other values of its keys, under many seeds, and go on where it ended.
    Sweep(commands::Sweep),
    /// Tell under which steady loads policies never come to rest.
    Oscillation(commands::Oscillation),
    /// Break numbers on their way to a policy at random, and find the smallest set that does harm.
    Chaos(commands::Chaos),
    /// Print the JSON schema of scenario files, for editors.
    Schema,
    /// Measure how far the model is from formulas, and from following every request.
    ///
    /// Prints the tables of docs/simulator-accuracy.md. Ends with 1 if a row is not within its tolerance.
    Accuracy(commands::Accuracy),
    /// Explain one decision of a journal, and what would have changed it.
    ///
    /// Ends with 0 if there is something to tell, 1 if no pass was made so early.
    Explain(commands::Explain),
    /// Make every pass of a journal again: to the same decisions, and to those of another policy.
    ///
    /// Ends with 0 if every pass came out as it is recorded, 1 if one did not.
    Replay(commands::Replay),
    /// Check policies without running them.
    Check(Check),
    /// Run the tests of policies.
    ///
    /// Ends with 0 if all passed, 1 if one failed or too few rules fired, 78 if a file is not
    /// understood.
    Test(Test),
    /// Try a policy on one's own history: what would have been better, what worse.
    ///
    /// Ends with 0 if there is an answer, 1 if the history tells too little.
    Backtest(commands::Backtest),
    /// Measure how long a simulated day takes here, with each contender of a scenario.
    Bench(commands::Bench),
    /// Serve a scenario's world by the wire protocols of real clouds, on loopback.
    ///
    /// Prints one JSON object with the address of each, and serves until it is told to end.
    #[cfg(feature = "cloud")]
    Cloud(commands::Cloud),
    /// Write a scenario for another tool.
    Export(commands::Export),
    /// Tell what a service can do out of what it did: capacity, boot time, metric delay.
    ///
    /// Ends with 0 if the history tells, 1 if it tells too little.
    Fit(commands::Fit),
    /// Write a stretch of a server's past as a CSV file: a fixture, or a scenario's load.
    Import(commands::Import),
    /// Say whether a load test's candidate is worse than its baseline, beyond limits and beyond chance.
    ///
    /// Ends with 0 if every limit is kept, 1 if not, 78 if a file is not understood.
    Verdict(commands::Verdict),
}

#[derive(Debug, Args)]
struct Check {
    /// Policy files, and folders with files named *.rhai.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to say what was found.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    output: CheckFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CheckFormat {
    /// For people.
    Text,
    /// A list of objects: file, line, column, id, severity, message, help.
    Json,
}

#[derive(Debug, Args)]
struct Test {
    /// Test files, and folders with files named *.test.toml.
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run only tests whose name, or whose file's name, contains this.
    #[arg(long, value_name = "TEXT")]
    run: Option<String>,
    /// Fail if less than this share of the rules fired.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    output: TestFormat,
    /// Tests run at once; as many as there are cores, unless this says otherwise.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// JUnit's XML, for CI servers.
    Junit,
}

/// Does what the command line asks.
pub(crate) fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cli.command.run(),
        Err(error) => refuse(&error),
    }
}

/// Help and version are answers; everything else is a usage error.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.render().ansi().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::answer(&text);
        ExitCode::SUCCESS
    } else {
        output::complain(&text);
        ExitCode::from(code::USAGE)
    }
}

impl Command {
    fn run(self) -> ExitCode {
        match self {
            Self::Demo { seed } => {
                let progress = Progress::new("simulating a day of each", demo::DAYS);
                let text = demo::demo(seed, || progress.step());
                progress.finish();
                output::answer(&text);
                ExitCode::SUCCESS
            }
            Self::Run(run) => run.run(),
            Self::Explain(explain) => explain.run(),
            Self::Replay(replay) => replay.run(),
            Self::Compare(compare) => compare.run(),
            Self::Sweep(sweep) => sweep.run(),
            Self::Oscillation(oscillation) => oscillation.run(),
            Self::Chaos(chaos) => chaos.run(),
            Self::Schema => {
                output::answer(setpoint_sim::scenario::schema());
                ExitCode::SUCCESS
            }
            Self::Accuracy(accuracy) => accuracy.run(),
            Self::Check(check) => check.run().unwrap_or_else(|error| not_found(&error)),
            Self::Test(test) => test.run().unwrap_or_else(|error| not_found(&error)),
            Self::Backtest(backtest) => backtest.run(),
            Self::Bench(bench) => bench.run(),
            #[cfg(feature = "cloud")]
            Self::Cloud(cloud) => cloud.run(),
            Self::Export(export) => export.run(),
            Self::Fit(fit) => fit.run(),
            Self::Import(import) => import.run(),
            Self::Verdict(verdict) => verdict.run(),
        }
    }
}

fn not_found(error: &NotFound) -> ExitCode {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    output::complain(&format!("error: {error}{cause}\n"));
    ExitCode::from(code::USAGE)
}

impl Check {
    fn run(self) -> Result<ExitCode, NotFound> {
        let report = check::check(&self.paths)?;
        match self.output {
            CheckFormat::Text => {
                output::complain(&report.faults);
                output::answer(&report.summary);
            }
            CheckFormat::Json => output::answer(&report.json()),
        }
        if report.files == 0 {
            output::complain("error: no policies found: their names end in .rhai\n");
            return Ok(ExitCode::from(code::NO));
        }
        Ok(if report.good { ExitCode::SUCCESS } else { ExitCode::from(code::BAD_FILE) })
    }
}

impl Test {
    fn run(self) -> Result<ExitCode, NotFound> {
        let suite = Suite::load(&self.paths, self.run.as_deref())?;
        let jobs = self.jobs.or_else(|| thread::available_parallelism().ok());
        let progress = Progress::later("running tests", suite.len());
        let report = suite.run(jobs.map_or(1, NonZeroUsize::get), || progress.step());
        progress.finish();
        output::answer(&match self.output {
            TestFormat::Text => testing::text(&report),
            TestFormat::Json => testing::json(&report),
            TestFormat::Junit => testing::junit(&report),
        });
        Ok(ExitCode::from(self.judge(&report)))
    }

    /// The exit code, with a word of complaint where the report alone would not explain it.
    fn judge(&self, report: &testing::Report) -> u8 {
        if report.faults().next().is_some() {
            return code::BAD_FILE;
        }
        let (passed, failed) = report.count();
        if passed + failed == 0 {
            output::complain(match &self.run {
                Some(_) => "error: no test is named like that\n",
                None => "error: no tests found: the names of test files end in .test.toml\n",
            });
            return code::NO;
        }
        let percent = report.coverage.percent();
        let least = f64::from(self.min_coverage.unwrap_or(0));
        if percent < least {
            let text = format!("error: {percent:.0} % of the rules fired, {least} % must\n");
            output::complain(&text);
            return code::NO;
        }
        if failed > 0 { code::NO } else { 0 }
    }
}
