//! A question to CloudWatch as people write it.
//!
//! ```text
//! AWS/EC2 CPUUtilization Average AutoScalingGroupName=web
//! "My Game" frame_time p99.5 Service="match maker"
//! expression: SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)
//! expression: r / PERIOD(r); r = AWS/ApplicationELB RequestCount Sum LoadBalancer=app/web/1
//! ```
//!
//! What can be told to be wrong without asking AWS is told here, with its place.

use std::{collections::BTreeMap, ops::Range};

/// Words before an expression.
const EXPRESSION: &str = "expression:";

/// The statistics that are plain words.
const STATISTICS: &[&str] = &["Average", "Sum", "Minimum", "Maximum", "SampleCount", "IQM"];

/// Statistics made of letters and a percentage: "p99.9".
const PERCENTILES: &[&str] = &["p", "tm", "wm", "tc", "ts"];

/// Statistics over a range: "PR(100:2000)".
const RANGES: &[&str] = &["PR", "TM", "WM", "TC", "TS"];

/// The most dimensions of one metric. Source: `MetricStat` in the API reference.
const DIMENSIONS: usize = 30;

/// One question to CloudWatch, which is answered with one number a period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricQuery(pub(crate) Shape);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// One statistic of one metric.
    Metric(Metric),
    /// Metric math, a search or SQL, on metrics that go by names of their own.
    Expression {
        /// In CloudWatch's own language.
        text: String,
        /// What its names stand for.
        metrics: BTreeMap<String, Metric>,
    },
}

/// One statistic of one metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Metric {
    /// "AWS/EC2".
    pub(crate) namespace: String,
    /// "CPUUtilization".
    pub(crate) name: String,
    /// "Average", "p99".
    pub(crate) statistic: String,
    /// By name.
    pub(crate) dimensions: BTreeMap<String, String>,
}

/// A question that makes no sense, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The bytes of the text that it is about.
    pub at: Range<usize>,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What the words there could be, where that is known.
    pub known: &'static [&'static str],
}

impl QueryError {
    fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), known: &[] }
    }
}

impl MetricQuery {
    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let start = text.len() - text.trim_start().len();
        match text[start..].strip_prefix(EXPRESSION) {
            Some(_) => expression(text, start + EXPRESSION.len()).map(Self),
            None => metric(text, 0..text.len()).map(|metric| Self(Shape::Metric(metric))),
        }
    }

    /// How many metrics one answer counts as on AWS's bill, at least: a search or SQL may
    /// find many more.
    pub fn metrics(&self) -> usize {
        match &self.0 {
            Shape::Metric(_) => 1,
            Shape::Expression { metrics, .. } => metrics.len().max(1),
        }
    }

    /// Whether it looks for metrics by itself, so that their number is not known.
    pub fn searches(&self) -> bool {
        match &self.0 {
            Shape::Metric(_) => false,
            Shape::Expression { text, .. } => self.is_sql() || text.contains("SEARCH("),
        }
    }

    /// Whether it is SQL, of which one call takes one.
    pub(crate) fn is_sql(&self) -> bool {
        let starts =
            |text: &str| text.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("select "));
        matches!(&self.0, Shape::Expression { text, .. } if starts(text))
    }
}

fn expression(text: &str, from: usize) -> Result<Shape, QueryError> {
    let mut parts = split(text, from..text.len(), |c| c == ';').into_iter();
    let body = parts.next().unwrap_or(from..from);
    let written = text[body.clone()].trim();
    if written.is_empty() {
        return Err(QueryError::new(body, "there is no expression"));
    }
    let mut metrics = BTreeMap::new();
    for part in parts.filter(|part| !text[part.clone()].trim().is_empty()) {
        let (name, rest) = named(text, part.clone())?;
        if metrics.insert(name.clone(), metric(text, rest)?).is_some() {
            return Err(QueryError::new(part, format!("`{name}` is given twice")));
        }
        if !identifiers(written).any(|at| written[at] == name) {
            return Err(QueryError::new(part, format!("the expression does not use `{name}`")));
        }
    }
    Ok(Shape::Expression { text: written.to_owned(), metrics })
}

/// "name = metric", in its parts.
fn named(text: &str, part: Range<usize>) -> Result<(String, Range<usize>), QueryError> {
    let form = "write a name, `=`, and a metric: r = AWS/ApplicationELB RequestCount Sum";
    let Some(equals) = text[part.clone()].find('=').map(|at| part.start + at) else {
        return Err(QueryError::new(part, form));
    };
    let name = text[part.start..equals].trim();
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !good {
        let message = format!("`{name}` is no name: a small letter, then letters, digits and `_`");
        return Err(QueryError::new(part.start..equals, message));
    }
    Ok((name.to_owned(), equals + 1..part.end))
}

fn metric(text: &str, whole: Range<usize>) -> Result<Metric, QueryError> {
    let words: Vec<Range<usize>> = split(text, whole.clone(), char::is_whitespace)
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let [namespace, name, statistic, rest @ ..] = &words[..] else {
        let message = "a metric is NAMESPACE METRIC STATISTIC DIMENSION=VALUE …, such as \
                       AWS/EC2 CPUUtilization Average AutoScalingGroupName=web";
        return Err(QueryError::new(whole, message));
    };
    for (word, what) in [(namespace, "namespace"), (name, "metric"), (statistic, "statistic")] {
        let written = &text[word.clone()];
        if !written.starts_with('"') && written.contains('=') {
            let message = format!("`{written}` stands where the {what} is expected");
            return Err(QueryError::new(word.clone(), message));
        }
    }
    if rest.len() > DIMENSIONS {
        let message = format!("a metric has at most {DIMENSIONS} dimensions");
        return Err(QueryError::new(whole, message));
    }
    let mut dimensions = BTreeMap::new();
    for word in rest {
        let (key, value) = dimension(&text[word.clone()], word)?;
        if dimensions.insert(key.clone(), value).is_some() {
            return Err(QueryError::new(word.clone(), format!("dimension `{key}` is given twice")));
        }
    }
    Ok(Metric {
        namespace: plain(&text[namespace.clone()]),
        name: plain(&text[name.clone()]),
        statistic: self::statistic(&text[statistic.clone()], statistic)?,
        dimensions,
    })
}

fn dimension(written: &str, at: &Range<usize>) -> Result<(String, String), QueryError> {
    match written.split_once('=').map(|(key, value)| (plain(key), plain(value))) {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key, value)),
        _ => {
            let message = format!("`{written}` is no dimension: write NAME=VALUE");
            Err(QueryError::new(at.clone(), message))
        }
    }
}

fn statistic(written: &str, at: &Range<usize>) -> Result<String, QueryError> {
    let share = |text: &str| text.parse::<f64>().is_ok_and(|it| (0.0..=100.0).contains(&it));
    let percentile = |letters: &str| written.strip_prefix(letters).is_some_and(share);
    let range = |letters: &str| {
        let inside = written.strip_prefix(letters).and_then(|it| it.strip_prefix('('));
        inside.and_then(|it| it.strip_suffix(')')).is_some_and(|it| it.contains(':'))
    };
    let good = STATISTICS.contains(&written)
        || PERCENTILES.iter().any(|it| percentile(it))
        || RANGES.iter().any(|it| range(it));
    if good {
        return Ok(written.to_owned());
    }
    let message = format!("`{written}` is no statistic");
    Err(QueryError { known: STATISTICS, ..QueryError::new(at.clone(), message) })
}

/// `text` without its quotes.
fn plain(text: &str) -> String {
    text.replace('"', "")
}

/// The parts of `text` within `whole` between characters that `separates` accepts, quoted
/// ones excepted.
fn split(text: &str, whole: Range<usize>, separates: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut quote) = (Vec::new(), whole.start, None);
    for (at, c) in text[whole.clone()].char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if separates(c) => {
                parts.push(start..whole.start + at);
                start = whole.start + at + c.len_utf8();
            }
            None => {}
        }
    }
    parts.push(start..whole.end);
    parts
}

/// Where the words of an expression stand that are not in quotes.
pub(crate) fn identifiers(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut found, mut start, mut quote) = (Vec::new(), None, None);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let within = quote.is_none() && is_word(c);
        match (start, within) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found.push(from..at);
                start = None;
            }
            (None, false) | (Some(_), true) => {}
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(_) | None => {}
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Shape {
        MetricQuery::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).0
    }

    /// `text` is refused at `at`, for a reason that contains `why`.
    #[track_caller]
    fn refused(text: &str, at: &str, why: &str) {
        let error = MetricQuery::parse(text).expect_err(text);
        assert_eq!(&text[error.at.clone()], at, "{text}: {error}");
        assert!(error.message.contains(why), "{text}: {error}");
    }

    #[test]
    fn a_metric_is_read_as_it_is_written() {
        let shape = parsed("AWS/EC2 CPUUtilization Average AutoScalingGroupName=web");
        let Shape::Metric(metric) = shape else { panic!() };
        assert_eq!((&*metric.namespace, &*metric.name), ("AWS/EC2", "CPUUtilization"));
        assert_eq!(metric.statistic, "Average");
        assert_eq!(metric.dimensions["AutoScalingGroupName"], "web");
        let Shape::Metric(metric) = parsed(r#" "My Game" wait p99.5 Service="match maker" "#)
        else {
            panic!()
        };
        assert_eq!((&*metric.namespace, &*metric.statistic), ("My Game", "p99.5"));
        assert_eq!(metric.dimensions["Service"], "match maker");
    }

    #[test]
    fn the_statistics_of_cloudwatch_are_known_and_no_others() {
        for good in ["Sum", "p0", "p99", "p99.99", "tm95", "IQM", "PR(100:2000)", "TM(2%:98%)"] {
            parsed(&format!("N m {good}"));
        }
        for bad in ["average", "p101", "p", "p-1", "99", "PR(1)", "Mean"] {
            refused(&format!("N m {bad} A=b"), bad, "is no statistic");
        }
        let error = MetricQuery::parse("N m Averge").unwrap_err();
        assert!(error.known.contains(&"Average"));
    }

    #[test]
    fn what_makes_no_metric_is_refused_at_its_place() {
        refused("AWS/EC2 CPUUtilization", "AWS/EC2 CPUUtilization", "NAMESPACE METRIC STATISTIC");
        refused("", "", "NAMESPACE METRIC STATISTIC");
        refused("A=b m Sum", "A=b", "where the namespace");
        refused("N m A=b", "A=b", "where the statistic");
        refused("N m Sum web", "web", "NAME=VALUE");
        refused("N m Sum A=", "A=", "NAME=VALUE");
        refused("N m Sum A=b A=c", "A=c", "twice");
    }

    #[test]
    fn an_expression_keeps_its_words_and_names_its_metrics() {
        let text = "expression: r / PERIOD(r); r = AWS/ApplicationELB RequestCount Sum L=app/web/1";
        let Shape::Expression { text, metrics } = parsed(text) else { panic!() };
        assert_eq!(text, "r / PERIOD(r)");
        assert_eq!(metrics["r"].dimensions["L"], "app/web/1");
        let sql = MetricQuery::parse("expression: SELECT AVG(x) FROM SCHEMA(\"A;B\", C)").unwrap();
        assert!(sql.is_sql() && sql.searches());
        assert_eq!(sql.metrics(), 1);
    }

    #[test]
    fn an_expression_that_cannot_be_asked_is_refused_at_its_place() {
        refused("expression: ", " ", "no expression");
        refused("expression: a; B = N m Sum", " B ", "is no name");
        refused("expression: a; N m Sum", " N m Sum", "write a name");
        refused("expression: a; a = N m Som", "Som", "is no statistic");
        refused("expression: a; ab = N m Sum", " ab = N m Sum", "does not use `ab`");
        refused("expression: 'ab' + a; ab = N m Sum", " ab = N m Sum", "does not use `ab`");
    }
}
