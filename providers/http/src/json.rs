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

/// What stands for each item of a list, or each entry of a map, in a pointer.
const EACH: &str = "*";

/// Where in the document a number is, and perhaps its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonQuery {
    /// Where the list or map of all members is, if there is a number of each.
    each: Option<Items>,
    /// From there, or from the top.
    value: String,
    at: Option<Stamp>,
}

/// A list or map with an item for each member or zone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Items {
    list: String,
    /// Where in an item its name is; `None` if it is the key of the map.
    name: Option<String>,
}

/// Where a stamp is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stamp {
    OfDocument(String),
    OfItem(String),
}

/// A text is no JSON pointer, or does not lead to each item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPointer {
    /// It is none.
    #[error("{0:?} is no JSON pointer: write it as /data/queue/length")]
    None(String),
    /// It has no place for each item, or several.
    #[error("{0:?} does not say once where each is: write it as /members/*/sessions")]
    NotEach(String),
}

impl JsonQuery {
    /// The number at the pointer `value`, true at the time that the pointer `at` names.
    ///
    /// Fails if one of them is no JSON pointer.
    pub fn new(value: &str, at: Option<&str>) -> Result<Self, NoPointer> {
        let at = at.map(pointer).transpose()?.map(Stamp::OfDocument);
        Ok(Self { each: None, value: pointer(value)?, at })
    }

    /// A number of each member or zone: `*` in the pointer `value` stands for each item of a
    /// list or entry of a map, and may do so in `at`. The pointer `name` leads from an item to
    /// its name; `*` means that the keys of the map are the names.
    ///
    /// Fails if one of them is no JSON pointer, or `value` has no `*`.
    pub fn of_each(value: &str, at: Option<&str>, name: &str) -> Result<Self, NoPointer> {
        let not_each = || NoPointer::NotEach(value.to_owned());
        let (list, value) = split(&pointer(value)?).ok_or_else(not_each)?;
        let name = if name == EACH { None } else { Some(pointer(name)?) };
        let at = match at {
            None => None,
            Some(at) => match split(&pointer(at)?) {
                None => Some(Stamp::OfDocument(at.to_owned())),
                Some((own, at)) if own == list => Some(Stamp::OfItem(at)),
                Some(_) => return Err(NoPointer::NotEach(at.to_owned())),
            },
        };
        Ok(Self { each: Some(Items { list, name }), value, at })
    }

    /// What `document` says, at `now` unless it says when.
    fn answer(&self, document: &Value, now: Timestamp) -> Reading {
        if let Some(items) = &self.each {
            return self.answer_each(items, document, now);
        }
        let number = match self.number(document) {
            Ok(Some(number)) => number,
            Ok(None) if document.pointer(&self.value).is_none() => return Reading::Empty,
            Ok(None) => return Reading::Absent(format!("{self} is null")),
            Err(why) => return Reading::Failed(why),
        };
        match self.at(document, document, now).map(|at| Sample::new(at, number)) {
            Ok(Some(sample)) => Reading::Sample(sample),
            Ok(None) => Reading::Absent(format!("{self} is {number}")),
            Err(why) => Reading::Failed(why),
        }
    }

    fn answer_each(&self, items: &Items, document: &Value, now: Timestamp) -> Reading {
        let Some(list) = document.pointer(&items.list) else { return Reading::Empty };
        let sample = |item: &Value| {
            let number = self.number(item)?.ok_or_else(|| format!("{self} is not there"))?;
            let at = self.at(document, item, now)?;
            Sample::new(at, number).ok_or_else(|| format!("{self} is {number}"))
        };
        match items.named(list) {
            Ok(items) => Reading::of_each(items.into_iter().map(|(name, it)| (name, sample(it)))),
            Err(why) => Reading::Failed(why),
        }
    }

    /// When what `item` says was true.
    fn at(&self, document: &Value, item: &Value, now: Timestamp) -> Result<Timestamp, String> {
        let (value, at) = match &self.at {
            None => return Ok(now),
            Some(Stamp::OfDocument(at)) => (document, at),
            Some(Stamp::OfItem(at)) => (item, at),
        };
        value
            .pointer(at)
            .and_then(stamp)
            .ok_or_else(|| format!("{at} is no time: RFC 3339, or Unix seconds or milliseconds"))
    }

    /// The number within `value`; `None` if there is nothing, or null.
    fn number(&self, value: &Value) -> Result<Option<f64>, String> {
        let number = match value.pointer(&self.value) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        number.map(Some).ok_or_else(|| format!("{self} is not a number"))
    }
}

impl Items {
    /// The items of `list` with their names.
    fn named<'a>(&self, list: &'a Value) -> Result<Vec<(String, &'a Value)>, String> {
        let items: Vec<(Option<&String>, &Value)> = match list {
            Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
            Value::Object(map) => map.iter().map(|(key, item)| (Some(key), item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(format!("{self} is neither a list nor a map"));
            }
        };
        let named = |(key, item): (Option<&String>, &'a Value)| {
            let name = match (&self.name, key) {
                (None, Some(key)) => Some(key.clone()),
                (None, None) => None,
                (Some(name), _) => text(item.pointer(name)),
            };
            Some((name?, item))
        };
        let named: Option<Vec<_>> = items.into_iter().map(named).collect();
        named.ok_or_else(|| match &self.name {
            None => format!("{self} is a list: its items have no keys to be named by"),
            Some(name) => format!("an item of {self} has no name at {name}"),
        })
    }
}

impl fmt::Display for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.list.is_empty() { "the document" } else { &self.list })
    }
}

/// A name: a text, or a whole number as one.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn pointer(text: &str) -> Result<String, NoPointer> {
    match text {
        "" => Ok(String::new()),
        text if text.starts_with('/') => Ok(text.to_owned()),
        text => Err(NoPointer::None(text.to_owned())),
    }
}

/// The pointer before the one `*` in `pointer`, and the one behind it.
fn split(pointer: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let at = parts.iter().position(|part| *part == EACH)?;
    let joined = |parts: &[&str]| parts.iter().map(|part| format!("/{part}")).collect::<String>();
    let (before, behind) = (&parts[..at], &parts[at + 1..]);
    (!behind.contains(&EACH)).then(|| (joined(before), joined(behind)))
}

/// `/data/queue/length`, `/members/*/sessions`; the whole document is `the document`.
impl fmt::Display for JsonQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.each {
            Some(Items { list, .. }) => write!(f, "{list}/{EACH}{}", self.value),
            None if self.value.is_empty() => f.write_str("the document"),
            None => f.write_str(&self.value),
        }
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
        told(document, &JsonQuery::new(value, at).unwrap(), expected);
    }

    #[track_caller]
    fn check_each(document: &str, value: &str, at: Option<&str>, name: &str, expected: &str) {
        told(document, &JsonQuery::of_each(value, at, name).unwrap(), expected);
    }

    #[track_caller]
    fn told(document: &str, query: &JsonQuery, expected: &str) {
        let document = serde_json::from_str(document).unwrap();
        let shown = |each: &BTreeMap<String, Sample>| {
            let one =
                |(name, it): (&String, &Sample)| format!("{name}={}@{}", it.value(), it.at.ms());
            each.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        let said = match query.answer(&document, Timestamp::from_ms(5000)) {
            Reading::Partly(each, why) => format!("{}, and {why}", shown(&each)),
            Reading::Sample(sample) => format!("{} at {}", sample.value(), sample.at.ms()),
            Reading::Empty => "empty".to_owned(),
            Reading::Absent(why) => format!("absent: {why}"),
            Reading::Each(each) => shown(&each),
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
    fn it_reads_a_number_of_each_by_its_name() {
        let list = r#"{"members":[{"id":"a","n":3,"t":4},{"id":7,"n":"5","t":2}],"t":1}"#;
        check_each(list, "/members/*/n", None, "/id", "7=5@5000 a=3@5000");
        check_each(list, "/members/*/n", Some("/t"), "/id", "7=5@1000 a=3@1000");
        check_each(list, "/members/*/n", Some("/members/*/t"), "/id", "7=5@2000 a=3@4000");
        let map = r#"{"a":1,"b":2}"#;
        check_each(map, "/*", None, "*", "a=1@5000 b=2@5000");
        check_each(r#"{"x":{"a":{"n":1}}}"#, "/x/*/n", None, "*", "a=1@5000");
        check_each("{}", "/members/*/n", None, "/id", "empty");
        check_each(r#"{"members":[]}"#, "/members/*/n", None, "/id", "empty");
    }

    #[test]
    fn the_numbers_of_some_are_never_those_of_all() {
        let list = r#"[{"id":"a","n":3},{"id":"b"},{"id":"c","n":null}]"#;
        let some = "a=3@5000, and b: /*/n is not there; and 1 more";
        check_each(list, "/*/n", None, "/id", some);
        let list = r#"[{"id":"a","n":3},{"n":4}]"#;
        check_each(list, "/*/n", None, "/id", "failed: an item of the document has no name at /id");
        let list = r#"[{"id":"a","n":3},{"id":"a","n":4}]"#;
        check_each(list, "/*/n", None, "/id", "failed: there are two values of a");
        let no_keys = "failed: /x is a list: its items have no keys to be named by";
        check_each(r#"{"x":[1]}"#, "/x/*", None, "*", no_keys);
        check_each(r#"{"x":1}"#, "/x/*", None, "*", "failed: /x is neither a list nor a map");
    }

    #[test]
    fn a_pointer_to_each_says_once_where_that_is() {
        let refused = |value: &str, at: Option<&str>, name: &str| {
            JsonQuery::of_each(value, at, name).unwrap_err().to_string()
        };
        let once = "does not say once where each is: write it as /members/*/sessions";
        assert_eq!(refused("/members", None, "/id"), format!("\"/members\" {once}"));
        assert_eq!(refused("/*/x/*", None, "/id"), format!("\"/*/x/*\" {once}"));
        assert_eq!(refused("/a/*", Some("/b/*/t"), "/id"), format!("\"/b/*/t\" {once}"));
        let none = "\"id\" is no JSON pointer: write it as /data/queue/length";
        assert_eq!(refused("/a/*", None, "id"), none);
    }

    #[test]
    fn only_a_pointer_is_taken_for_one() {
        let fault = JsonQuery::new("data.n", None).unwrap_err().to_string();
        assert_eq!(fault, "\"data.n\" is no JSON pointer: write it as /data/queue/length");
        assert!(JsonQuery::new("/n", Some("at")).is_err());
    }
}
