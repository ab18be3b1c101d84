//! What the charts of a report are drawn of.

use super::{explained::decisions, strings::Strings, tables::recorded};
use crate::{
    experiment::{Recording, Results},
    world::{Row, Service, Waiting},
};
use serde_json::{Map, Value, json};

/// The data of the page, as JSON that may stand in a script element.
pub(super) fn json(results: &Results, shown: &[bool]) -> String {
    let scenario = &results.scenario;
    let service = scenario.world.service;
    let mut strings = Strings::default();
    let policies = results.shown().into_iter().zip(shown).map(|(name, shown)| {
        let recording = results.of(name).find_map(|row| row.cell.recording.as_deref());
        policy(results, name, *shown, recording, &mut strings)
    });
    let policies: Vec<Value> = policies.collect();
    let first = recorded(results);
    let rows = first.map(|it| it.record.rows()).unwrap_or_default();
    let occurred = first.map(|it| it.occurred.as_slice()).unwrap_or_default();
    let occurred = occurred
        .iter()
        .map(|one| json!([one.from.ms() / 1000, one.until.ms() / 1000, one.kind.to_string()]));
    let data = json!({
        "starts": scenario.world.starts.ms() / 1000,
        "length": scenario.length.ms() / 1000,
        "each": first.map_or(1, |it| it.record.each().ms() / 1000),
        "points": rows.len(),
        "objective_ms": rounded(1000.0 * (service.slow.secs() + own_p99(service))),
        "objective": format!("{} of waiting: the objective", service.slow),
        "occurred": occurred.collect::<Vec<_>>(),
        "load": numbers(rows, |row| Some(row.offered_rps())),
        "peak": numbers(rows, |row| Some(row.peak)),
        "demand": numbers(rows, |row| Some(f64::from(row.demand))),
        "policies": policies,
        "strings": strings.list(),
    });
    // An element that holds a script ends at the first "</".
    data.to_string().replace('<', "\\u003c")
}

fn policy(
    results: &Results,
    name: &str,
    shown: bool,
    recording: Option<&Recording>,
    strings: &mut Strings,
) -> Value {
    let world = &results.scenario.world;
    let rows = recording.map(|it| it.record.rows()).unwrap_or_default();
    let mut value = Map::new();
    let mut put = |key: &str, numbers: Value| drop(value.insert(key.to_owned(), numbers));
    put("name", json!(name));
    put("shown", json!(shown));
    put("ready", numbers(rows, |row| Some(f64::from(row.fewest))));
    put("desired", numbers(rows, |row| Some(f64::from(row.desired))));
    put("p99", numbers(rows, |row| row.p99.map(|seconds| 1000.0 * seconds)));
    put("failed", numbers(rows, |row| Some(row.failed_pct())));
    put("missed", numbers(rows, |row| Some(row.missed_pct())));
    put("cost", numbers(rows, |row| Some(row.cost)));
    if world.database.is_some() {
        put("replicas", numbers(rows, |row| Some(f64::from(row.replicas))));
        put("fullest", numbers(rows, |row| Some(100.0 * row.fullest)));
    }
    if world.degradation.is_some() {
        put("features", numbers(rows, |row| Some(f64::from(row.features))));
    }
    if world.rollout.is_some() {
        put("rollout", numbers(rows, |row| Some(f64::from(row.rollout))));
    }
    if world.standby.is_some() {
        put("here", numbers(rows, |row| Some(f64::from(row.here))));
    }
    if let Some(marks) = recording.and_then(|it| it.marks.as_ref()) {
        let (actions, held, more) = decisions(marks, strings);
        put("actions", actions);
        put("held", held);
        put("more", more);
    }
    Value::Object(value)
}

fn numbers(rows: &[Row], of: impl Fn(&Row) -> Option<f64>) -> Value {
    rows.iter().map(|row| of(row).map_or(Value::Null, rounded)).collect()
}

/// To four digits: more cannot be seen.
fn rounded(number: f64) -> Value {
    if number == 0.0 || !number.is_finite() {
        return json!(0);
    }
    let decimals = (3.0 - number.abs().log10().floor()).clamp(0.0, 9.0) as i32;
    let scale = 10.0_f64.powi(decimals);
    let rounded = (number * scale).round() / scale;
    if rounded.fract() == 0.0 { json!(rounded as i64) } else { json!(rounded) }
}

/// The seconds within which 99 % of answers come where nobody waits.
fn own_p99(service: Service) -> f64 {
    let idle = Waiting::steady(service, 1_000, 1e-3);
    let (mut low, mut high) = (0.0, 1_000.0 * service.mean.secs());
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if idle.answered_after(middle) <= 0.01 { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let told = [0.0, 1.0, 1234.56, 123_456.7, 0.000_123_456, f64::NAN].map(rounded);
        assert_eq!(json!(told).to_string(), "[0,1,1235,123457,0.0001235,0]");
    }

    #[test]
    fn where_nobody_waits_the_slowest_hundredth_takes_the_time_of_service() {
        let p99 = own_p99(Service::USUAL);
        assert!((p99 - Service::USUAL.mean.secs() * 100.0_f64.ln()).abs() < 1e-6, "{p99}");
    }
}
