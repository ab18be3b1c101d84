//! A question for a server that speaks PromQL, and what its answer comes to.
//!
//! One request asks for the value and, beside it, for the stamps of the samples behind
//! it: both are of one moment, and cannot disagree. One request may answer several
//! inputs, each of which picks its own series by labels.
//!
//! ```text
//! text + pick ──► ServerQuery ──► request() ··· Rows ──► answer() ──► Reading
//! ```

use crate::{
    answer::unnamed,
    query::{QueryFault, no_label},
    rows::{PART, Row, Rows},
    stamps::{Stamp, may_have_label, stamps},
};
use promql_parser::parser::{self, value::ValueType};
use setpoint_core::{Reading, Sample, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What that label says of the value itself; of the stamps it says their number.
const VALUE: &str = "value";

/// A question for a server.
#[derive(Clone, Debug)]
pub struct ServerQuery {
    asked: Arc<Asked>,
    pick: BTreeMap<String, String>,
}

/// What is the same whichever series is picked: shared by all that pick from one answer.
#[derive(Debug)]
struct Asked {
    text: String,
    request: String,
    /// The label that names the member or zone of each value, where there is one of each.
    per: Option<String>,
    stamps: Vec<Stamp>,
}

/// The least stamp of each member or zone, in seconds; under no name where they are not told
/// apart.
type Stamps<'a> = BTreeMap<&'a str, f64>;

impl ServerQuery {
    /// Reads a query, of whose answer the one series with the labels of `pick` is wanted.
    ///
    /// Fails if it is no PromQL, gives no number, or its age cannot be told.
    pub fn parse(text: &str, pick: BTreeMap<String, String>) -> Result<Self, QueryFault> {
        Self::read(text, pick, None)
    }

    /// The same, of whose answer all series with the labels of `pick` are wanted: one of each
    /// member or zone, which the label `per` names.
    pub fn parse_each(
        text: &str,
        pick: BTreeMap<String, String>,
        per: &str,
    ) -> Result<Self, QueryFault> {
        Self::read(text, pick, Some(per.to_owned()))
    }

    fn read(
        text: &str,
        pick: BTreeMap<String, String>,
        per: Option<String>,
    ) -> Result<Self, QueryFault> {
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
        let is_scalar = parsed.value_type() == ValueType::Scalar;
        if let Some(per) = per.as_ref().filter(|per| is_scalar || !may_have_label(&parsed, per)) {
            return Err(no_label(per));
        }
        let stamps = stamps(&parsed, pick.keys().chain(&per).cloned().collect())?;
        let mut request = part(&asked, VALUE);
        for (number, stamp) in stamps.iter().enumerate() {
            request.push_str("\nor ");
            request.push_str(&part(&stamp.ask, &number.to_string()));
        }
        Ok(Self { asked: Arc::new(Asked { text: text.to_owned(), request, per, stamps }), pick })
    }

    /// The same question, with the series of other values of the same labels wanted: nothing
    /// is read again. `None` if `pick` names other labels.
    #[must_use]
    pub fn picking(&self, pick: BTreeMap<String, String>) -> Option<Self> {
        let same = self.pick.keys().eq(pick.keys());
        same.then(|| Self { asked: Arc::clone(&self.asked), pick })
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.asked.text
    }

    /// What the server is to be asked. Equal requests need to be asked only once.
    pub fn request(&self) -> &str {
        &self.asked.request
    }

    /// What the server's answer says of the picked series.
    ///
    /// None is empty; several are a failure that names the labels in which they differ,
    /// unless there is one of each member or zone; no number is absent, and so is a number
    /// that rests on no living series.
    pub fn answer(&self, rows: &mut Rows) -> Reading {
        let wanted: Vec<(&str, &str)> = self.wanted(|_| true).collect();
        let picked = rows.with(VALUE, &wanted);
        let behind = self.asked.stamps.iter().enumerate().map(|(number, stamp)| {
            let wanted: Vec<(&str, &str)> = self.wanted(|name| stamp.by.contains(name)).collect();
            rows.with(&number.to_string(), &wanted)
        });
        let behind: Vec<Vec<usize>> = behind.collect();
        let rows = &*rows;
        let picked: Vec<&Row> = picked.into_iter().map(|row| rows.row(row)).collect();
        let stamps = self.stamps_of(rows, &behind);
        if let Some(per) = &self.asked.per {
            return self.each(per, &picked, &stamps);
        }
        match picked.as_slice() {
            [] => Reading::Empty,
            [row] => self.sample(row, &stamps).map_or_else(Reading::Absent, Reading::Sample),
            many => Reading::Failed(self.several(many)),
        }
    }

    /// The picked labels whose names are `told`, with their values.
    fn wanted(&self, told: impl Fn(&String) -> bool) -> impl Iterator<Item = (&str, &str)> {
        let pick = self.pick.iter().filter(move |(name, _)| told(name));
        pick.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn each(&self, per: &str, rows: &[&Row], stamps: &[Stamps<'_>]) -> Reading {
        if let Some(row) = rows.iter().find(|row| row.labels.get(per).is_empty()) {
            return Reading::Failed(unnamed(self.text(), &row.labels.without(PART), per));
        }
        let one = |row: &&Row| (row.labels.get(per).to_owned(), self.sample(row, stamps));
        Reading::of_each(rows.iter().map(one))
    }

    fn sample(&self, row: &Row, stamps: &[Stamps<'_>]) -> Result<Sample, String> {
        let (text, value) = (self.text(), row.value);
        if !value.is_finite() {
            return Err(format!("'{text}' is {value}"));
        }
        let of = self.asked.per.as_ref().map_or("", |per| row.labels.get(per));
        self.oldest(of, stamps).and_then(|at| Sample::new(at, value)).ok_or_else(|| {
            format!(
                "'{text}' is {value}, which rests on no sample: the series behind it have ended"
            )
        })
    }

    /// For each of the stamps what the answer says of it, by member or zone.
    fn stamps_of<'a>(&self, rows: &'a Rows, behind: &[Vec<usize>]) -> Vec<Stamps<'a>> {
        let of = |(stamp, found): (&Stamp, &Vec<usize>)| {
            let per = self.asked.per.as_ref().filter(|per| stamp.by.contains(per));
            let mut least = Stamps::new();
            for row in found.iter().map(|row| rows.row(*row)) {
                let of = per.map_or("", |per| row.labels.get(per));
                let known = least.entry(of).or_insert(row.value);
                *known = known.min(row.value);
            }
            least
        };
        self.asked.stamps.iter().zip(behind).map(of).collect()
    }

    /// The oldest of the stamps behind the value of `of`; `None` if one that is required is
    /// missing, or all are.
    fn oldest(&self, of: &str, stamps: &[Stamps<'_>]) -> Option<Timestamp> {
        let mut oldest: Option<Timestamp> = None;
        for (stamp, least) in self.asked.stamps.iter().zip(stamps) {
            let is_told_apart = self.asked.per.as_ref().is_some_and(|per| stamp.by.contains(per));
            match least.get(if is_told_apart { of } else { "" }) {
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
        let (text, count, shown) = (self.text(), rows.len(), shown.join(", "));
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
