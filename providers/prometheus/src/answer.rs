//! An answer of the HTTP API, read strictly: what is not understood is a failure.
//!
//! Source: "HTTP API" in Prometheus' documentation; Thanos, Mimir and VictoriaMetrics answer alike.

use serde::Deserialize;
use setpoint_promql::{Labels, Row, Rows};
use std::collections::BTreeMap;

/// The longest text of a server that is repeated.
const LONGEST: usize = 300;

/// How Prometheus marks what it has to say about a query, as against about its data.
const ABOUT_QUERY: [&str; 2] = ["PromQL warning:", "PromQL info:"];

/// A server's answer to one query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QueryAnswer {
    /// The series.
    pub(crate) rows: Vec<Row>,
    /// Why not all of the data was there, if so.
    pub(crate) partial: Option<String>,
    /// What the server has to say about the query.
    pub(crate) notes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Envelope<T> {
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
struct Instant<'body> {
    metric: BTreeMap<String, String>,
    // A number in quotes: there is nothing in it that would have to be unescaped.
    #[serde(borrow)]
    value: Option<(f64, &'body str)>,
}

#[derive(Deserialize)]
struct Stretch {
    metric: BTreeMap<String, String>,
    /// Native histograms have none.
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// A server's answer to one query at many times: the series at each of them, in milliseconds
/// since 1970.
pub(crate) type RangeAnswer = BTreeMap<i64, Rows>;

/// What a server said of a stretch of time, or why that is no answer. An answer in part is
/// none: what lacks in it cannot be told from what was not there.
pub(crate) fn read_range(body: &[u8]) -> Option<Result<RangeAnswer, String>> {
    Some(range(serde_json::from_slice(body).ok()?))
}

/// One series over a stretch of time: its labels, and its values with their times in
/// milliseconds since 1970.
pub(crate) type Series = (Labels, Vec<(i64, f64)>);

/// The same, series by series.
pub(crate) fn read_series(body: &[u8]) -> Option<Result<Vec<Series>, String>> {
    Some(all_series(serde_json::from_slice(body).ok()?))
}

fn all_series(envelope: Envelope<Stretch>) -> Result<Vec<Series>, String> {
    let Opened { data, partial, .. } = open(envelope, "matrix")?;
    if let Some(why) = partial {
        return Err(format!("answered in part: {why}"));
    }
    let one = |Stretch { metric, values }| {
        let value =
            |(at, value): (f64, String)| Ok(((at * 1000.0).round() as i64, number(&value)?));
        let values = values.into_iter().map(value).collect::<Result<_, String>>()?;
        Ok((metric.into_iter().collect(), values))
    };
    data.into_iter().map(one).collect()
}

fn range(envelope: Envelope<Stretch>) -> Result<RangeAnswer, String> {
    let mut times: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for (labels, values) in all_series(envelope)? {
        for (at, value) in values {
            let row = Row { labels: labels.clone(), value };
            times.entry(at).or_default().push(row);
        }
    }
    Ok(times.into_iter().map(|(at, rows)| (at, Rows::new(rows))).collect())
}

/// What a server said, or why that is no answer. `None` if it is not of this API at all.
pub(crate) fn read(body: &[u8]) -> Option<Result<QueryAnswer, String>> {
    Some(answer(serde_json::from_slice(body).ok()?))
}

fn answer(envelope: Envelope<Instant<'_>>) -> Result<QueryAnswer, String> {
    let Opened { data, partial, notes } = open(envelope, "vector")?;
    let rows = data.into_iter().map(row).collect::<Result<Vec<Row>, String>>()?;
    Ok(QueryAnswer { rows, partial, notes })
}

/// What is in an answer of the type that was asked for.
struct Opened<T> {
    data: Vec<T>,
    partial: Option<String>,
    notes: Vec<String>,
}

fn open<T>(envelope: Envelope<T>, wanted: &str) -> Result<Opened<T>, String> {
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
    Ok(Opened { data: data.result, partial, notes })
}

fn row(series: Instant<'_>) -> Result<Row, String> {
    let Some((_, value)) = series.value else {
        return Err("a native histogram, which is no number: say histogram_quantile".to_owned());
    };
    Ok(Row { labels: series.metric.into_iter().collect(), value: number(value)? })
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{:?} is no number", short(text)))
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect::<String>().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let said = match read(body.as_bytes()) {
            None => "no answer of this API".to_owned(),
            Some(Err(why)) => why,
            Some(Ok(QueryAnswer { rows, partial, notes })) => {
                let rows: Vec<String> =
                    rows.iter().map(|row| format!("{} {}", row.labels, row.value)).collect();
                format!("{rows:?} {partial:?} {notes:?}")
            }
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn it_reads_vectors_with_every_kind_of_number() {
        check(
            r#"{"status":"success","data":{"resultType":"vector","result":[
               {"metric":{"a":"b"},"value":[1.5,"2.5e3"]},{"metric":{},"value":[1,"NaN"]},
               {"metric":{},"value":[1,"+Inf"]}]}}"#,
            r#"["{a=\"b\"} 2500", "{} NaN", "{} inf"] None []"#,
        );
    }

    #[test]
    fn a_warning_about_the_data_makes_it_partial_and_one_about_the_query_does_not() {
        let body = |key: &str, said: &str| {
            format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[]}},"{key}":["{said}"]}}"#
            )
        };
        check(&body("warnings", "store 2 is gone"), r#"[] Some("store 2 is gone") []"#);
        check(&body("warnings", "PromQL warning: x"), r#"[] None ["PromQL warning: x"]"#);
        check(&body("infos", "PromQL info: x"), r#"[] None ["PromQL info: x"]"#);
    }

    #[test]
    fn nothing_but_an_answer_is_taken_for_one() {
        check(
            r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
            "refused (bad_data): parse error",
        );
        check(
            r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
            "a matrix where a vector was asked for",
        );
        check(
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}"#,
            "a native histogram, which is no number: say histogram_quantile",
        );
        check(r#"{"status":"success"}"#, "a success without data");
        check(
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#,
            "\"x\" is no number",
        );
        check("<html>", "no answer of this API");
        check(r#"{"status":"succ"#, "no answer of this API");
    }
}
