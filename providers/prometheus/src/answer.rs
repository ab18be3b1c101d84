//! An answer of the HTTP API, read strictly: what is not understood is a failure.
//!
//! Source: "HTTP API" in Prometheus' documentation; Thanos, Mimir and VictoriaMetrics answer alike.

use serde::Deserialize;
use setpoint_core::Timestamp;
use std::collections::BTreeMap;

/// The largest answer that is read.
pub const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// The longest text of a server that is repeated.
const LONGEST: usize = 300;

/// How Prometheus marks what it has to say about a query, as against about its data.
const ABOUT_QUERY: [&str; 2] = ["PromQL warning:", "PromQL info:"];

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Envelope<T> {
    status: String,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    data: Option<Data<T>>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Data<T> {
    #[serde(rename = "resultType")]
    result_type: String,
    result: Vec<T>,
}

#[derive(Deserialize)]
struct Stretch {
    metric: BTreeMap<String, String>,
    /// Native histograms have none.
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// One series over a stretch of time: its labels, and its values with their times in
/// milliseconds since 1970.
pub(crate) type Series = (BTreeMap<String, String>, Vec<(i64, f64)>);

/// What a server said of a stretch of time, series by series, or why that is no answer. An answer
/// in part is none: what lacks in it cannot be told from what was not there.
pub(crate) fn read_series(body: &[u8]) -> Option<Result<Vec<Series>, String>> {
    Some(all_series(serde_json::from_slice(body).ok()?))
}

fn all_series(envelope: Envelope<Stretch>) -> Result<Vec<Series>, String> {
    let (data, partial, _) = open(envelope, "matrix")?;
    if let Some(why) = partial {
        return Err(format!("answered in part: {why}"));
    }
    let one = |Stretch { metric, values }| {
        let value =
            |(at, value): (f64, String)| Ok(((at * 1000.0).round() as i64, number(&value)?));
        let values = values.into_iter().map(value).collect::<Result<_, String>>()?;
        Ok((metric, values))
    };
    data.into_iter().map(one).collect()
}

/// What is in an answer of the type that was asked for; why not all of the data was there, if so;
/// what the server has to say about the query.
pub(crate) type Opened<T> = (Vec<T>, Option<String>, Vec<String>);

pub(crate) fn open<T>(envelope: Envelope<T>, wanted: &str) -> Result<Opened<T>, String> {
    let Envelope { status, error_type, error, data, warnings, infos } = envelope;
    if status != "success" {
        let kind = error_type.unwrap_or(status);
        return Err(format!("refused ({kind}): {}", short(&error.unwrap_or_default())));
    }
    let data = data.ok_or("a success without data")?;
    if data.result_type != wanted {
        return Err(format!("a {} where a {wanted} was asked for", data.result_type));
    }
    let (notes, partial): (Vec<String>, Vec<String>) = warnings
        .into_iter()
        .chain(infos)
        .flatten()
        .partition(|said| ABOUT_QUERY.iter().any(|mark| said.starts_with(mark)));
    let partial = (!partial.is_empty()).then(|| short(&partial.join("; ")));
    Ok((data.result, partial, notes))
}

pub(crate) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{:?} is no number", short(text)))
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect::<String>().replace('\n', " ")
}

/// A time as the API takes it.
pub(crate) fn seconds(time: Timestamp) -> String {
    format!("{}.{:03}", time.ms().div_euclid(1000), time.ms().rem_euclid(1000))
}
