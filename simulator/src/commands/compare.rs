//! `setpoint-sim compare A B …`

use super::{
    Format, NO, USAGE,
    run::{How, faulty, results},
};
use crate::output;
use clap::Args;
use setpoint_sim::{
    baseline::Baseline,
    experiment::{self, Paired},
    scenario::{Against, Gate, Measure, Scenario, Source},
    written::FileFault,
};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The arguments of `compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// What is compared with the first: policy files (several as `a.rhai,b.rhai`), policies that
    /// the scenario names, or baselines.
    #[arg(required = true, num_args = 2.., value_name = "POLICY")]
    contenders: Vec<String>,
    /// The scenario in which they are compared.
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// How much worse than the first the others may be: `failed_pct=+0.01`, `cost=+5%`.
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    max: Vec<(Measure, Allowed)>,
    #[command(flatten)]
    how: How,
    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// How much worse something may be.
#[derive(Clone, Copy, Debug)]
enum Allowed {
    Times(f64),
    Over(f64),
}

fn limit(written: &str) -> Result<(Measure, Allowed), String> {
    let (name, allowed) =
        written.split_once("=+").ok_or("write `failed_pct=+0.01` or `cost=+5%`")?;
    let known = Measure::ALL.iter().find(|(known, _)| *known == name);
    let Some((_, measure)) = known else {
        let names: Vec<&str> = Measure::ALL.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no measure `{name}`; there are {}", names.join(", ")));
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let allowed = match allowed.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| Allowed::Times(1.0 + percent / 100.0)),
        None => number(allowed).map(Allowed::Over),
    };
    allowed.map(|allowed| (*measure, allowed)).ok_or_else(|| format!("`{written}` has no number"))
}

/// What is told of each pair.
const TOLD: [Measure; 9] = [
    Measure::Failed,
    Measure::Slow,
    Measure::ThetaU,
    Measure::Degraded,
    Measure::Cost,
    Measure::Adaptations,
    Measure::DirectionChanges,
    Measure::MaxInstances,
    Measure::WorstViolation,
];

impl Compare {
    /// Ends with 0 if every limit is kept, 1 if not, 78 if a file is not understood.
    pub(crate) fn run(self) -> ExitCode {
        let scenario = match self.scenario() {
            Ok(Some(scenario)) => scenario,
            Ok(None) => return ExitCode::from(USAGE),
            Err(faults) => return faulty(&faults),
        };
        let experiment = self.how.experiment(scenario);
        let (results, verdict) = results(&experiment, self.how.jobs());
        output::answer(&match self.output {
            Format::Text => {
                let mut text = experiment::table(&results, &verdict);
                text.push_str(&differences(&results));
                text
            }
            Format::Json => experiment::json(&results, &verdict),
        });
        if verdict.pass() { ExitCode::SUCCESS } else { ExitCode::from(NO) }
    }

    /// The scenario with those who are compared, in their order, and the limits for its gates;
    /// nothing, with a complaint, if somebody is not known.
    fn scenario(&self) -> Result<Option<Scenario>, Vec<FileFault>> {
        let plain = Source::of(&self.scenario)?;
        let (mut files, mut named, mut baselines) = (Vec::new(), Vec::new(), Vec::new());
        for contender in &self.contenders {
            let paths: Vec<PathBuf> = contender.split(',').map(PathBuf::from).collect();
            let baseline = Baseline::ALL.into_iter().find(|known| known.name() == contender);
            if let Some(baseline) = baseline {
                baselines.push(baseline);
            } else if paths.iter().all(|path| is_policy(path)) {
                files.push(paths);
            } else {
                named.push(contender);
            }
        }
        let mut scenario = self.how.read_source(&plain)?;
        scenario.contestants.retain(|one| named.contains(&&one.name));
        if let Some(unknown) =
            named.iter().find(|name| scenario.contestants.iter().all(|one| one.name != ***name))
        {
            output::complain(&format!(
                "error: `{unknown}` is no policy file, no policy of the scenario, and no baseline\n"
            ));
            return Ok(None);
        }
        if !files.is_empty() {
            let given = self.how.read_source(&Source { given: files, ..plain })?;
            scenario.hash = given.hash;
            scenario.contestants.extend(given.contestants);
        }
        scenario.baselines = baselines;
        scenario.gates = self.gates(&scenario);
        Ok(Some(scenario))
    }

    /// Every limit, for all but the first.
    fn gates(&self, scenario: &Scenario) -> Vec<Gate> {
        let policies = scenario.contestants.iter().map(|one| one.name.clone());
        let all: Vec<String> =
            policies.chain(scenario.baselines.iter().map(|one| one.name().to_owned())).collect();
        let Some((first, others)) = all.split_first() else { return Vec::new() };
        let gate = |policy: &String, (measure, allowed): &(Measure, Allowed)| {
            let against = match *allowed {
                Allowed::Times(times) => Against::Times(times, first.clone()),
                Allowed::Over(over) => Against::Over(over, first.clone()),
            };
            Gate { policy: Some(policy.clone()), measure: *measure, against, share: 1.0 }
        };
        others.iter().flat_map(|policy| self.max.iter().map(move |max| gate(policy, max))).collect()
    }
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rhai") || path.is_file()
}

/// What the others have more or less than the first, with 95 % confidence.
fn differences(results: &experiment::Results) -> String {
    let names = results.shown();
    let Some((first, others)) = names.split_first() else { return String::new() };
    let mut text = String::new();
    for other in others {
        write!(text, "\n{other} against {first}, seed by seed:\n").expect("a string takes text");
        let all = TOLD.iter().filter_map(|measure| Paired::new(results, first, other, *measure));
        for Paired { measure, means, difference } in all {
            let within = difference
                .within
                .map_or_else(|| "one seed".to_owned(), |within| format!("± {within:.4}"));
            let sure = if difference.is_sure() { "" } else { "  (may be chance)" };
            let sure = if difference.mean == 0.0 { "  (the same)" } else { sure };
            writeln!(
                text,
                "  {:20}{:>12.4}{:>12.4}{:>+12.4} {within}{sure}",
                measure.to_string(),
                means.0,
                means.1,
                difference.mean
            )
            .expect("a string takes text");
        }
    }
    text
}
