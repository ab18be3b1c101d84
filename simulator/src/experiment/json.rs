//! Results for programs. The keys are fixed, so that others can build on them.

use super::{
    results::{Results, Row},
    verdict::Verdict,
};
use crate::scenario::Measure;
use serde_json::{Value, json};

/// The version of this format.
const SCHEMA: u32 = 1;

/// The measures of a run, in the order of their keys.
const MEASURES: [Measure; 15] = [
    Measure::Failed,
    Measure::Slow,
    Measure::ThetaU,
    Measure::ThetaO,
    Measure::TauU,
    Measure::TauO,
    Measure::Instability,
    Measure::Degraded,
    Measure::Cost,
    Measure::CostVsOracle,
    Measure::CostVsStaticPeak,
    Measure::Adaptations,
    Measure::DirectionChanges,
    Measure::MaxInstances,
    Measure::WorstViolation,
];

/// Counts, which are written without decimals.
fn number(measure: Measure, value: f64) -> Value {
    match measure {
        Measure::Adaptations
        | Measure::DirectionChanges
        | Measure::MaxInstances
        | Measure::WorstViolation => json!(value as u64),
        Measure::Failed
        | Measure::Slow
        | Measure::ThetaU
        | Measure::ThetaO
        | Measure::TauU
        | Measure::TauO
        | Measure::Instability
        | Measure::Degraded
        | Measure::Cost
        | Measure::CostVsOracle
        | Measure::CostVsStaticPeak
        | Measure::Recovery
        | Measure::Needless
        | Measure::Refused
        | Measure::RolledOut => json!(value),
    }
}

/// The results and their verdict, as one object of one line each run.
pub fn json(results: &Results, verdict: &Verdict) -> String {
    let shown = results.shown();
    let rows = results.rows.iter().filter(|row| shown.contains(&row.policy.as_str()));
    let rows: Vec<String> = rows.map(|row| format!("    {}", self::row(row))).collect();
    let scenario = json!({
        "name": results.scenario.name,
        "hash": results.scenario.hash,
        "seeds": [results.seeds.start(), results.seeds.end()],
    });
    format!(
        "{{\n  \"schema\": {SCHEMA},\n  \"scenario\": {scenario},\n  \"results\": [\n{}\n  ],\n  \
         \"verdict\": {}\n}}\n",
        rows.join(",\n"),
        self::verdict(verdict),
    )
}

/// An object with its keys in their order, which a map would not keep.
pub(super) fn row(row: &Row) -> String {
    let mut fields =
        vec![format!("\"policy\":{}", json!(row.policy)), format!("\"seed\":{}", row.cell.seed)];
    for measure in MEASURES {
        let value = row.value(measure).map_or(Value::Null, |value| number(measure, value));
        fields.push(format!("\"{measure}\":{value}"));
    }
    format!("{{{}}}", fields.join(","))
}

fn verdict(verdict: &Verdict) -> Value {
    let gates = verdict.gates.iter().map(|judged| {
        json!({
            "policy": judged.policy,
            "gate": judged.gate.to_string(),
            "metric": judged.gate.measure.to_string(),
            "pass": judged.pass,
            "mean": judged.mean,
            "worst": judged.worst,
            "violated": judged.violated,
            "seeds": judged.seeds,
            "proves": judged.to_string(),
        })
    });
    let broken = verdict.broken.iter().map(|(policy, why)| json!({"policy": policy, "why": why}));
    json!({
        "pass": verdict.pass(),
        "gates": gates.collect::<Vec<_>>(),
        "broken": broken.collect::<Vec<_>>(),
    })
}
