//! A document in JSON as a source of readings: a pointer to each number, and one to its stamp.

use crate::{
    client::{HttpClient, shown},
    failure::SetUpError,
    settings::HttpSettings,
};
use async_trait::async_trait;
use serde_json::Value;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Sample, Timestamp};
use std::{collections::BTreeMap, fmt};
use url::Url;

/// Stamps at or beyond this are in milliseconds: as seconds they would be past the year 5000.
const FIRST_MS: f64 = 1e11;

/// Where in the document a number is, and perhaps its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonQuery {
    value: String,
    at: Option<String>,
}

/// A text is no JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no JSON pointer: write it as /data/queue/length")]
pub struct NoPointer(String);

impl JsonQuery {
    /// The number at the pointer `value`, true at the time that the pointer `at` names.
    ///
    /// Fails if one of them is no JSON pointer.
    pub fn new(value: &str, at: Option<&str>) -> Result<Self, NoPointer> {
        let pointer = |text: &str| match text {
            "" => Ok(String::new()),
            text if text.starts_with('/') => Ok(text.to_owned()),
            text => Err(NoPointer(text.to_owned())),
        };
        Ok(Self { value: pointer(value)?, at: at.map(pointer).transpose()? })
    }

    /// What `document` says, at `now` unless it says when.
    fn answer(&self, document: &Value, now: Timestamp) -> Reading {
        let number = match document.pointer(&self.value) {
            None => return Reading::Empty,
            Some(Value::Null) => return Reading::Absent(format!("{self} is null")),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        let Some(number) = number else {
            return Reading::Failed(format!("{self} is not a number"));
        };
        let at = match &self.at {
            None => now,
            Some(at) => match document.pointer(at).and_then(stamp) {
                Some(at) => at,
                None => {
                    return Reading::Failed(format!(
                        "{at} is no time: RFC 3339, or Unix seconds or milliseconds"
                    ));
                }
            },
        };
        match Sample::new(at, number) {
            Some(sample) => Reading::Sample(sample),
            None => Reading::Absent(format!("{self} is {number}")),
        }
    }
}

/// `/data/queue/length`; the whole document is `the document`.
impl fmt::Display for JsonQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.value.is_empty() { "the document" } else { &self.value })
    }
}

fn stamp(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        let at: jiff::Timestamp = text.parse().ok()?;
        return Some(Timestamp::from_ms(at.as_millisecond()));
    }
    let number = value.as_f64()?;
    let ms = if number.abs() < FIRST_MS { number * 1000.0 } else { number };
    Some(Timestamp::from_ms(ms.round() as i64))
}

/// A document, read once a pass for all the inputs bound to it.
pub struct JsonSource {
    url: Url,
    client: HttpClient,
    queries: BTreeMap<InputKey, JsonQuery>,
}

impl JsonSource {
    /// The document at `url`, and what is asked of it.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(
        url: Url,
        settings: HttpSettings,
        queries: BTreeMap<InputKey, JsonQuery>,
    ) -> Result<Self, SetUpError> {
        Ok(Self { url, client: HttpClient::new(settings)?, queries })
    }

    async fn document(&self) -> Result<Value, String> {
        let url = shown(&self.url);
        let body = self.client.page(&self.url).await.map_err(|error| format!("{url}: {error}"))?;
        serde_json::from_slice(&body).map_err(|error| format!("{url}: this is no JSON: {error}"))
    }
}

#[async_trait]
impl MetricSource for JsonSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let document = self.document().await;
        let answer = |query: &JsonQuery| match &document {
            Ok(document) => query.answer(document, now.wall),
            Err(why) => Reading::Failed(why.clone()),
        };
        self.queries.iter().map(|(key, query)| (key.clone(), answer(query))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, value: &str, at: Option<&str>, expected: &str) {
        let document = serde_json::from_str(document).unwrap();
        let query = JsonQuery::new(value, at).unwrap();
        let said = match query.answer(&document, Timestamp::from_ms(5000)) {
            Reading::Sample(sample) => format!("{} at {}", sample.value(), sample.at.ms()),
            Reading::Empty => "empty".to_owned(),
            Reading::Absent(why) => format!("absent: {why}"),
            Reading::Each(each) => format!("{each:?}"),
            Reading::Failed(why) => format!("failed: {why}"),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn it_reads_numbers_and_their_stamps() {
        check(r#"{"data":{"queue":[3,4]}}"#, "/data/queue/1", None, "4 at 5000");
        check("7.5", "", None, "7.5 at 5000");
        check(r#"{"a/b":"12"}"#, "/a~1b", None, "12 at 5000");
        let stamped =
            r#"{"n":1,"s":1700000000.5,"ms":1700000000500,"text":"2023-11-14T22:13:20Z"}"#;
        check(stamped, "/n", Some("/s"), "1 at 1700000000500");
        check(stamped, "/n", Some("/ms"), "1 at 1700000000500");
        check(stamped, "/n", Some("/text"), "1 at 1700000000000");
    }

    #[test]
    fn what_is_no_number_never_becomes_one() {
        check("{}", "/n", None, "empty");
        check(r#"{"n":null}"#, "/n", None, "absent: /n is null");
        check(r#"{"n":"NaN"}"#, "/n", None, "absent: /n is NaN");
        check(r#"{"n":"many"}"#, "/n", None, "failed: /n is not a number");
        check(r#"{"n":true}"#, "/n", None, "failed: /n is not a number");
        let no_time = "failed: /at is no time: RFC 3339, or Unix seconds or milliseconds";
        check(r#"{"n":1,"at":"noon"}"#, "/n", Some("/at"), no_time);
        check(r#"{"n":1}"#, "/n", Some("/at"), no_time);
    }

    #[test]
    fn only_a_pointer_is_taken_for_one() {
        let fault = JsonQuery::new("data.n", None).unwrap_err().to_string();
        assert_eq!(fault, "\"data.n\" is no JSON pointer: write it as /data/queue/length");
        assert!(JsonQuery::new("/n", Some("at")).is_err());
    }
}
