//! A question for a server that speaks PromQL, and what its answer comes to.
//!
//! One request asks for the value and, beside it, for the stamps of the samples behind
//! it: both are of one moment, and cannot disagree. One request may answer several
//! inputs, each of which picks its own series by labels.
//!
//! ```text
//! text + pick ──► ServerQuery ──► request() ··· rows ──► answer() ──► Reading
//! ```

use crate::{
    page::Labels,
    query::QueryFault,
    stamps::{Stamp, may_have_label, stamps},
};
use promql_parser::parser::{self, value::ValueType};
use setpoint_core::{Reading, Sample, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The label by which the parts of an answer are told apart.
const PART: &str = "setpoint_part";

/// What that label says of the value itself; of the stamps it says their number.
const VALUE: &str = "value";

/// A question for a server.
#[derive(Clone, Debug)]
pub struct ServerQuery {
    text: String,
    request: String,
    pick: BTreeMap<String, String>,
    stamps: Vec<Stamp>,
}

/// One series of a server's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its labels.
    pub labels: Labels,
    /// Its value, which may be no number.
    pub value: f64,
}

impl ServerQuery {
    /// Reads a query, of whose answer the one series with the labels of `pick` is wanted.
    ///
    /// Fails if it is no PromQL, gives no number, or its age cannot be told.
    pub fn parse(text: &str, pick: BTreeMap<String, String>) -> Result<Self, QueryFault> {
        let parsed = parser::parse(text).map_err(QueryFault::new)?;
        let asked = match parsed.value_type() {
            ValueType::Vector => format!("\n{text}\n"),
            ValueType::Scalar => format!("vector(\n{text}\n)"),
            ValueType::Matrix => {
                return Err(QueryFault::new(
                    "a range of samples is no number: say rate, or avg_over_time",
                ));
            }
            ValueType::String => return Err(QueryFault::new("a text is no number")),
        };
        if let Some(label) = pick.keys().find(|label| !may_have_label(&parsed, label)) {
            let why = format!("its answer has no label `{label}` to pick by: group by ({label})");
            return Err(QueryFault::new(why));
        }
        let stamps = stamps(&parsed, pick.keys().cloned().collect())?;
        let mut request = part(&asked, VALUE);
        for (number, stamp) in stamps.iter().enumerate() {
            request.push_str("\nor ");
            request.push_str(&part(&stamp.ask, &number.to_string()));
        }
        Ok(Self { text: text.to_owned(), request, pick, stamps })
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the server is to be asked. Equal requests need to be asked only once.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// What the server's answer says of the picked series.
    ///
    /// None is empty; several are a failure that names the labels in which they differ;
    /// no number is absent, and so is a number that rests on no living series.
    pub fn answer(&self, rows: &[Row]) -> Reading {
        let picked: Vec<&Row> = rows
            .iter()
            .filter(|row| {
                row.is_part(VALUE) && self.pick.iter().all(|(name, value)| row.has(name, value))
            })
            .collect();
        let value = match picked.as_slice() {
            [] => return Reading::Empty,
            [row] => row.value,
            many => return Reading::Failed(self.several(many)),
        };
        let text = &self.text;
        if !value.is_finite() {
            return Reading::Absent(format!("'{text}' is {value}"));
        }
        match self.oldest(rows).map(|at| Sample::new(at, value)) {
            Some(Some(sample)) => Reading::Sample(sample),
            _ => Reading::Absent(format!(
                "'{text}' is {value}, which rests on no sample: the series behind it have ended"
            )),
        }
    }

    /// The oldest of the stamps; `None` if one that is required is missing, or all are.
    fn oldest(&self, rows: &[Row]) -> Option<Timestamp> {
        let mut oldest: Option<Timestamp> = None;
        for (number, stamp) in self.stamps.iter().enumerate() {
            let part = number.to_string();
            let is_ours = |row: &&Row| {
                let same =
                    |name: &String| self.pick.get(name).is_some_and(|value| row.has(name, value));
                row.is_part(&part) && stamp.by.iter().all(same)
            };
            match rows.iter().filter(is_ours).map(|row| row.value).reduce(f64::min) {
                Some(seconds) if seconds.is_finite() => {
                    let at = Timestamp::from_ms((seconds * 1000.0).round() as i64);
                    oldest = Some(oldest.map_or(at, |oldest| oldest.min(at)));
                }
                _ if stamp.is_required => return None,
                _ => {}
            }
        }
        oldest
    }

    fn several(&self, rows: &[&Row]) -> String {
        let shown: Vec<String> =
            rows.iter().take(3).map(|row| row.labels.without(PART).to_string()).collect();
        let more = if rows.len() > 3 { ", …" } else { "" };
        let (text, count, shown) = (&self.text, rows.len(), shown.join(", "));
        let differing = differing(rows).join(", ");
        format!(
            "'{text}' matches {count} series where one is expected: {shown}{more}; they differ in \
             {differing}; pick one by its labels, or say sum, avg, min or max"
        )
    }
}

/// The query `asked` as one part of a larger one.
fn part(asked: &str, name: &str) -> String {
    format!("label_replace({asked}, \"{PART}\", \"{name}\", \"\", \"\")")
}

/// The names of the labels that not all rows have alike.
fn differing(rows: &[&Row]) -> Vec<String> {
    let names: BTreeSet<&String> = rows.iter().flat_map(|row| row.labels.0.keys()).collect();
    let value = |row: &&Row, name: &String| row.labels.0.get(name).cloned().unwrap_or_default();
    let differs = |name: &&String| {
        rows.first()
            .is_some_and(|first| rows.iter().any(|row| value(row, name) != value(first, name)))
    };
    names.into_iter().filter(differs).cloned().collect()
}

impl Row {
    fn is_part(&self, name: &str) -> bool {
        self.has(PART, name)
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.labels.0.get(name).map_or("", String::as_str) == value
    }
}
