//! What a load test found, whatever tool wrote it down.

use super::{interval::Count, k6, limit::Unit, ours};
use crate::{trouble::Trouble, written::suggest};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A measure of one side, with all that is known of its noise.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) unit: Unit,
    pub(super) evidence: Evidence,
}

/// What a measure rests on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Evidence {
    /// A number that a tool summed up.
    Number(f64),
    /// How often something happened.
    Count(Count),
    /// A number of each of several runs.
    Runs(Vec<f64>),
    /// A number of each seed.
    Seeds(BTreeMap<u64, f64>),
}

/// The results in one file.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) path: String,
    pub(super) tool: Tool,
    pub(super) measures: BTreeMap<String, Measured>,
    /// Other names of measures.
    pub(super) also: BTreeMap<String, String>,
    /// What could have been there, and how it comes to be.
    pub(super) advice: fn(&str) -> Option<String>,
}

/// What wrote a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    K6,
    /// This program, of a scenario of this name.
    Ours(String),
}

/// All runs of one side; at least one.
#[derive(Clone, Debug)]
pub(super) struct Side {
    runs: Vec<Run>,
}

impl Side {
    /// Reads every file of one side.
    pub(super) fn read(paths: &[PathBuf], policy: Option<&str>) -> Result<Self, Trouble> {
        let runs = paths.iter().map(|path| run(path, policy)).collect::<Result<Vec<_>, _>>()?;
        let side = Self { runs };
        let ours = |run: &&Run| matches!(run.tool, Tool::Ours(_));
        match side.runs.iter().find(ours) {
            Some(run) if side.runs.len() > 1 => Err(Trouble::command_line(format!(
                "{}: a result of several seeds stands alone, not beside other files",
                run.path
            ))),
            _ => Ok(side),
        }
    }

    /// The measure of this name.
    pub(super) fn measured(&self, name: &str) -> Result<Measured, Trouble> {
        let mut all = Vec::new();
        for run in &self.runs {
            all.push(run.measured(name)?);
        }
        match <[&Measured; 1]>::try_from(all) {
            Ok([only]) => Ok(only.clone()),
            Err(several) => {
                let unit = several.first().map_or(Unit::Plain, |first| first.unit);
                let values = several.iter().map(|measured| measured.evidence.mean()).collect();
                Ok(Measured { unit, evidence: Evidence::Runs(values) })
            }
        }
    }

    /// What somebody should know who compares these sides, or why nobody should.
    pub(super) fn against(&self, candidate: &Self) -> Result<Vec<String>, Trouble> {
        let (Some(old), Some(new)) = (self.runs.first(), candidate.runs.first()) else {
            return Err(Trouble::command_line("there is nothing to compare"));
        };
        match (&old.tool, &new.tool) {
            (Tool::K6, Tool::K6) => Ok(self.other_load(candidate).into_iter().collect()),
            (Tool::Ours(name), Tool::Ours(other)) if name == other => Ok(Vec::new()),
            (Tool::Ours(name), Tool::Ours(other)) => {
                let what =
                    format!("{} is of scenario `{name}`, {} of `{other}`", old.path, new.path);
                Err(Trouble::file(what).help("compare results of one scenario"))
            }
            (Tool::K6, Tool::Ours(_)) | (Tool::Ours(_), Tool::K6) => {
                let what = format!("{} and {} are of different tools", old.path, new.path);
                Err(Trouble::file(what).help("compare k6 with k6, or `run` with `run`"))
            }
        }
    }

    /// Latencies under one load tell little about those under another.
    fn other_load(&self, candidate: &Self) -> Option<String> {
        let rate = |side: &Self| side.measured("rps").ok().map(|rps| rps.evidence.mean());
        let (old, new) = (rate(self)?, rate(candidate)?);
        let change = (new - old) / old;
        (change.abs() > 0.1).then(|| {
            let more = if change > 0.0 { "more" } else { "fewer" };
            format!(
                "the candidate served {:.0} % {more} requests a second than the baseline: \
                 times under different loads are hardly comparable",
                100.0 * change.abs()
            )
        })
    }
}

impl Evidence {
    /// The number itself, or the mean of several.
    pub(super) fn mean(&self) -> f64 {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        match self {
            Self::Number(value) => *value,
            Self::Count(count) => 100.0 * count.share(),
            Self::Runs(values) => mean(values),
            Self::Seeds(values) => mean(&values.values().copied().collect::<Vec<_>>()),
        }
    }
}

impl Run {
    fn measured(&self, name: &str) -> Result<&Measured, Trouble> {
        let own = self.also.get(name).map_or(name, String::as_str);
        self.measures.get(own).ok_or_else(|| {
            let what = format!("{} has no measure `{name}`", self.path);
            let known = self.also.keys().chain(self.measures.keys());
            let advice =
                (self.advice)(own).or_else(|| suggest::advice(name, known.map(|it| &**it)));
            Trouble { help: advice, ..Trouble::file(what) }
        })
    }
}

/// Reads one file and tells by its shape who wrote it.
fn run(path: &Path, policy: Option<&str>) -> Result<Run, Trouble> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Trouble::file(format!("{name} cannot be read: {error}")))?;
    let document: Value =
        serde_json::from_str(&text).map_err(|error| syntax(&name, &text, &error))?;
    let fields = document.as_object();
    let has = |key| fields.is_some_and(|fields: &Map<String, Value>| fields.contains_key(key));
    match fields {
        Some(fields) if has("schema") && has("results") => ours::read(name, fields, policy),
        Some(fields) if has("metrics") => k6::read(name, fields),
        _ => Err(Trouble::file(format!("{name} is no result of a load test that is known here"))
            .help(
                "give what k6 writes with --summary-export or handleSummary, or what \
                 `setpoint-sim run --output json` prints",
            )),
    }
}

fn syntax(name: &str, text: &str, error: &serde_json::Error) -> Trouble {
    if text.starts_with("{\"type\":\"Metric\"") || text.starts_with("{\"metric\":") {
        return Trouble::file(format!("{name} is k6's stream of single samples"))
            .help("give what k6 writes with --summary-export or handleSummary");
    }
    Trouble::file(format!("{name}:{}:{}: this is no JSON: {error}", error.line(), error.column()))
}
