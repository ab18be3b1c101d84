//! Prometheus' HTTP API over what was published: queries, ranges, names.

use super::super::http::{Reply, whole};
use bytes::Bytes;
use hyper::{Request, StatusCode};
use serde_json::{Map, Value, json};
use setpoint_core::{Span, Timestamp};
use setpoint_promql::{Labels, Past, Query};
use std::collections::{BTreeMap, BTreeSet};

/// The most steps of one range, as Prometheus has it.
const MOST_STEPS: u64 = 11_000;

/// What the address and the body of a request say.
type Said = BTreeMap<String, String>;

/// The answer to a request under `/api/v1/`.
pub(super) fn answer(request: &Request<Bytes>, past: &Past, now: Timestamp) -> Reply {
    let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let form = url::form_urlencoded::parse(request.body());
    let said: Said = query.chain(form).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    let path = request.uri().path().strip_prefix("/api/v1/").unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let data = match parts.as_slice() {
        ["query"] => instant(&said, past, now),
        ["query_range"] => range(&said, past, now),
        ["labels"] => Ok(json!(labels(past).keys().collect::<Vec<_>>())),
        ["label", name, "values"] => {
            Ok(json!(labels(past).get(*name).cloned().unwrap_or_default()))
        }
        ["series"] => Ok(past.series().map(|(name, own)| metric(own, Some(name))).collect()),
        ["status", "buildinfo"] => Ok(json!({ "version": "2.42.0" })),
        _ => {
            let why = format!("there is nothing at {}", request.uri().path());
            return told(
                StatusCode::NOT_FOUND,
                &json!({ "status": "error", "errorType": "not_found", "error": why }),
            );
        }
    };
    match data {
        Ok(data) => told(StatusCode::OK, &json!({ "status": "success", "data": data })),
        Err(why) => told(
            StatusCode::BAD_REQUEST,
            &json!({ "status": "error", "errorType": "bad_data", "error": why }),
        ),
    }
}

fn told(status: StatusCode, value: &Value) -> Reply {
    whole(status, "application/json", value.to_string())
}

fn query(said: &Said) -> Result<Query, String> {
    let text = said.get("query").ok_or("`query` must be given")?;
    Query::parse_of_past(text).map_err(|fault| format!("invalid parameter \"query\": {fault}"))
}

/// A time: seconds since 1970, or as RFC 3339 has it.
fn time(said: &Said, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(written) = said.get(name) else { return Ok(None) };
    let seconds = written.parse::<f64>().ok().filter(|it| it.is_finite());
    let seconds = seconds.map(|seconds| (seconds * 1000.0).round() as i64);
    let date = || written.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    let at = seconds.or_else(date);
    let wrong = || format!("invalid parameter \"{name}\": {written} is no time");
    at.map(Timestamp::from_ms).map(Some).ok_or_else(wrong)
}

/// A step: seconds, or a length such as `15s`.
fn step(said: &Said) -> Result<Span, String> {
    let written = said.get("step").ok_or("`step` must be given")?;
    let seconds = written.parse::<f64>().ok().map(|seconds| (seconds * 1000.0).round() as u64);
    let length = || {
        let length = written.parse::<jiff::SignedDuration>().ok()?.as_millis();
        u64::try_from(length).ok().filter(|length| *length > 0)
    };
    let step = seconds.filter(|step| *step > 0).or_else(length);
    step.map(Span::from_ms).ok_or_else(|| format!("invalid parameter \"step\": {written} is none"))
}

fn seconds(at: Timestamp) -> f64 {
    at.ms() as f64 / 1000.0
}

/// A number as Prometheus writes it.
fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}

fn metric(labels: &Labels, name: Option<&str>) -> Value {
    let own = labels.iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    let name = name.map(|name| ("__name__".to_owned(), Value::from(name)));
    Value::Object(own.chain(name).collect::<Map<_, _>>())
}

fn instant(said: &Said, past: &Past, now: Timestamp) -> Result<Value, String> {
    let (query, at) = (query(said)?, time(said, "time")?.unwrap_or(now));
    let rows = past.answer(&query, at);
    if let (true, [row]) = (query.is_number(), rows.as_slice()) {
        return Ok(json!({ "resultType": "scalar", "result": [seconds(at), number(row.value)] }));
    }
    let row = |row: &setpoint_promql::Row| json!({ "metric": metric(&row.labels, None), "value": [seconds(at), number(row.value)] });
    Ok(json!({ "resultType": "vector", "result": rows.iter().map(row).collect::<Vec<_>>() }))
}

fn range(said: &Said, past: &Past, now: Timestamp) -> Result<Value, String> {
    let (query, step) = (query(said)?, step(said)?);
    let start = time(said, "start")?.ok_or("`start` must be given")?;
    let end = time(said, "end")?.unwrap_or(now);
    if end.ms() < start.ms() {
        return Err("invalid parameter \"end\": it is before the start".to_owned());
    }
    if end.since(start).ms() / step.ms() > MOST_STEPS {
        return Err(format!("more than {MOST_STEPS} steps: take a longer one, or a shorter range"));
    }
    let mut series: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
    let mut at = start;
    while at <= end {
        for row in past.answer(&query, at) {
            series.entry(row.labels).or_default().push(json!([seconds(at), number(row.value)]));
        }
        at = at + step;
    }
    let one = |(labels, values): (Labels, Vec<Value>)| json!({ "metric": metric(&labels, None), "values": values });
    let all: Vec<Value> = series.into_iter().map(one).collect();
    Ok(json!({ "resultType": "matrix", "result": all }))
}

/// The values of every label.
fn labels(past: &Past) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, labels) in past.series() {
        all.entry("__name__".to_owned()).or_default().insert(name.to_owned());
        for (label, value) in labels.iter() {
            all.entry(label.to_owned()).or_default().insert(value.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    /// What is answered to `path`, of one series that counts seconds from 1,000 on.
    fn ask(path: &str) -> (u16, Value) {
        let mut past = Past::default();
        let samples = (1..=40).map(|n| (Timestamp::from_ms(1_000_000 + n * 15_000), n as f64));
        let labels = [("cloud".to_owned(), "aws".to_owned())].into_iter().collect();
        past.add("cpu", labels, samples.collect());
        let request = Request::builder().uri(path).body(Bytes::new()).unwrap();
        let reply = answer(&request, &past, Timestamp::from_ms(1_600_000));
        let status = reply.status().as_u16();
        let body = futures::executor::block_on(reply.into_body().collect()).unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn it_answers_in_the_shapes_of_prometheus() {
        let (_, said) = ask("/api/v1/query?query=cpu");
        let vector =
            json!([{ "metric": { "__name__": "cpu", "cloud": "aws" }, "value": [1600.0, "40"] }]);
        assert_eq!(
            said,
            json!({ "status": "success", "data": { "resultType": "vector", "result": vector } })
        );
        let (_, said) = ask("/api/v1/query?query=2*21&time=5");
        assert_eq!(said["data"], json!({ "resultType": "scalar", "result": [5.0, "42"] }));
        let (_, said) = ask("/api/v1/query_range?query=max(cpu)&start=1000&end=1060&step=30s");
        assert_eq!(
            said["data"]["result"],
            json!([{ "metric": {}, "values": [[1030.0, "2"], [1060.0, "4"]] }])
        );
        assert_eq!(ask("/api/v1/label/cloud/values").1["data"], json!(["aws"]));
        assert_eq!(ask("/api/v1/labels").1["data"], json!(["__name__", "cloud"]));
    }

    #[test]
    fn what_cannot_be_answered_is_refused_with_a_reason() {
        for (path, named) in [
            ("/api/v1/query", "query"),
            ("/api/v1/query?query=topk(1,cpu)", "topk"),
            ("/api/v1/query?query=cpu&time=noon", "noon"),
            ("/api/v1/query_range?query=cpu&start=0&end=1&step=0", "step"),
            ("/api/v1/query_range?query=cpu&start=0&end=100000&step=1", "11000"),
        ] {
            let (status, said) = ask(path);
            let why = said["error"].as_str().unwrap();
            assert!(status == 400 && why.contains(named), "{path}: {why}");
        }
        assert_eq!(ask("/api/v1/nothing").0, 404);
    }
}
