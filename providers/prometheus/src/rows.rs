//! Answers as the rows that inputs pick from: of one moment, or of each of many.

use crate::answer::{Envelope, Series, number, open, read_series};
use serde::Deserialize;
use setpoint_promql::{Labels, Row, Rows};
use std::collections::BTreeMap;

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
struct Instant<'body> {
    metric: BTreeMap<String, String>,
    // A number in quotes: there is nothing in it that would have to be unescaped.
    #[serde(borrow)]
    value: Option<(f64, &'body str)>,
}

/// What a server said, or why that is no answer. `None` if it is not of this API at all.
pub(crate) fn read(body: &[u8]) -> Option<Result<QueryAnswer, String>> {
    Some(answer(serde_json::from_slice(body).ok()?))
}

fn answer(envelope: Envelope<Instant<'_>>) -> Result<QueryAnswer, String> {
    let (data, partial, notes) = open(envelope, "vector")?;
    let rows = data.into_iter().map(row).collect::<Result<Vec<Row>, String>>()?;
    Ok(QueryAnswer { rows, partial, notes })
}

fn row(series: Instant<'_>) -> Result<Row, String> {
    let Some((_, value)) = series.value else {
        return Err("a native histogram, which is no number: say histogram_quantile".to_owned());
    };
    Ok(Row { labels: series.metric.into_iter().collect(), value: number(value)? })
}

/// A server's answer to one query at many times: the series at each of them, in milliseconds
/// since 1970.
pub(crate) type RangeAnswer = BTreeMap<i64, Rows>;

/// What a server said of a stretch of time, or why that is no answer.
pub(crate) fn read_range(body: &[u8]) -> Option<Result<RangeAnswer, String>> {
    Some(read_series(body)?.map(by_time))
}

fn by_time(series: Vec<Series>) -> RangeAnswer {
    let mut times: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for (labels, values) in series {
        let labels: Labels = labels.into_iter().collect();
        for (at, value) in values {
            let row = Row { labels: labels.clone(), value };
            times.entry(at).or_default().push(row);
        }
    }
    times.into_iter().map(|(at, rows)| (at, Rows::new(rows))).collect()
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
