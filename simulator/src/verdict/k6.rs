//! The summaries of k6: what `--summary-export` writes, and what `handleSummary` is given.
//!
//! Both have `metrics`, one by its name. In the latter a metric tells its type and has its
//! numbers under `values`; in the former they stand alone. A `rate` counts: of its `passes`
//! and `fails` the former are those that were true, so the passes of `http_req_failed` failed.
//! Source: "Custom summary" and "Metrics" in k6's documentation.

use super::{
    interval::Count,
    limit::Unit,
    run::{Evidence, Measured, Run, Tool},
};
use crate::trouble::Trouble;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What most people mean by a short name.
const SHORT: [(&str, &str); 3] = [
    ("failed", "http_req_failed.rate"),
    ("rps", "http_reqs.rate"),
    ("requests", "http_reqs.count"),
];

/// The metric whose statistics need no name before them: `p99`.
const USUAL: &str = "http_req_duration";

/// Reads the fields of a summary.
pub(super) fn read(path: String, fields: &Map<String, Value>) -> Result<Run, Trouble> {
    let metrics = fields.get("metrics").and_then(Value::as_object);
    let metrics = metrics.ok_or_else(|| Trouble::file(format!("{path}: `metrics` is no table")))?;
    let mut measures = BTreeMap::new();
    for (name, metric) in metrics {
        let wrong =
            || Trouble::file(format!("{path}: metrics.{name} is no metric of k6's summaries"));
        let metric = metric.as_object().ok_or_else(wrong)?;
        let values = match metric.get("values") {
            Some(values) => values.as_object().ok_or_else(wrong)?,
            None => metric,
        };
        let is_time = match metric.get("contains").and_then(Value::as_str) {
            Some(contains) => contains == "time",
            None => is_timed(name),
        };
        add(&mut measures, name, values, is_time);
    }
    if measures.is_empty() {
        return Err(Trouble::file(format!("{path}: there is no number in `metrics`")));
    }
    let usual = measures.keys().filter_map(|name| {
        Some((name.strip_prefix(USUAL)?.strip_prefix('.')?.to_owned(), name.clone()))
    });
    let short = SHORT.iter().map(|(short, name)| ((*short).to_owned(), (*name).to_owned()));
    let also = usual.chain(short.filter(|(_, name)| measures.contains_key(name))).collect();
    Ok(Run { path, tool: Tool::K6, measures, also, advice })
}

/// Whether a metric is a time, where a summary does not say so: by the names of k6's own.
fn is_timed(name: &str) -> bool {
    let own = name.split('{').next().unwrap_or(name);
    own.ends_with("_duration")
        || ["http_req_", "ws_connecting", "ws_ping", "grpc_req_"]
            .iter()
            .any(|it| own.starts_with(it))
}

fn add(
    measures: &mut BTreeMap<String, Measured>,
    name: &str,
    values: &Map<String, Value>,
    is_time: bool,
) {
    let number = |key: &str| values.get(key).and_then(Value::as_f64);
    if let (Some(hits), Some(others)) = (number("passes"), number("fails")) {
        let count = Count { hits, of: hits + others };
        if count.of > 0.0 {
            let measured = Measured { unit: Unit::Percent, evidence: Evidence::Count(count) };
            measures.insert(format!("{name}.rate"), measured);
        }
        return;
    }
    for (key, value) in values {
        let Some(value) = value.as_f64() else { continue };
        let unit = match key.as_str() {
            "count" => Unit::Plain,
            "rate" => Unit::PerSecond,
            _ if is_time => Unit::Ms,
            _ => Unit::Plain,
        };
        let measured = Measured { unit, evidence: Evidence::Number(value) };
        measures.insert(format!("{name}.{}", key.replace(['(', ')'], "")), measured);
    }
}

/// How a percentile that is not there comes to be.
fn advice(name: &str) -> Option<String> {
    let percentile = name.rsplit('.').next().unwrap_or(name).strip_prefix('p')?;
    percentile.parse::<f64>().ok()?;
    Some(format!(
        "k6 writes it where it is asked to: \
         export const options = {{ summaryTrendStats: ['avg', 'med', 'p(95)', 'p({percentile})'] }}"
    ))
}
