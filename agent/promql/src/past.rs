//! A server in small: the whole past of some series, asked for any time in it.
//!
//! It answers what pages answer, and what [`ServerQuery`](crate::ServerQuery) asks beside that
//! so as to tell how old the samples are: `or`, `timestamp`, `label_replace`, `vector` and subqueries. What a
//! query needs of the past is cut out as it stood at the time that is asked about, and answered
//! as a page is.

use crate::{
    answer::{Point, Value, evaluate, latest, over},
    page::Labels,
    query::{
        Asked, Node, Query, RANGE_FUNCTIONS, RangeFunction, Selector, node, selector, span,
        unsupported,
    },
    recent::{Recent, Series},
    rows::Row,
};
use promql_parser::parser::{Expr, token::T_LOR};
use regex::Regex;
use setpoint_core::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How far back the last sample of a series may be. Source: `--query.lookback-delta` in
/// Prometheus' documentation.
const LOOKBACK: Span = Span::from_minutes(5);

/// The past of some series.
#[derive(Clone, Debug, Default)]
pub struct Past {
    series: BTreeMap<(String, Labels), Vec<(Timestamp, f64)>>,
}

impl Past {
    /// Takes in a series: its name, its labels, and its samples, oldest first.
    pub fn add(&mut self, name: &str, labels: Labels, samples: Vec<(Timestamp, f64)>) {
        self.series.insert((name.to_owned(), labels), samples);
    }

    /// What `query` comes to at `now`: a row for each series. A plain number has no labels.
    pub fn answer(&self, query: &Query, now: Timestamp) -> Vec<Row> {
        let recent = self.cut(&query.root.selectors(), now);
        let points = match evaluate(&query.root, &recent, now) {
            Value::Scalar(value) => return vec![Row { labels: Labels::default(), value }],
            Value::Vector(points) => points,
        };
        let mut rows: Vec<Row> = points
            .into_iter()
            .map(|point| Row { labels: point.labels, value: point.value })
            .collect();
        if let Node::Select(selector) = &query.root {
            for row in &mut rows {
                row.labels.0.insert("__name__".to_owned(), selector.name.clone());
            }
        }
        rows
    }

    /// Every series: its name and its labels.
    pub fn series(&self) -> impl Iterator<Item = (&str, &Labels)> {
        self.series.keys().map(|(name, labels)| (name.as_str(), labels))
    }

    /// What is needed for `wanted` at `now`.
    fn cut(&self, wanted: &[(&Selector, Span)], now: Timestamp) -> Recent {
        let mut recent = Recent::default();
        for ((name, labels), samples) in &self.series {
            let ranges = wanted.iter().filter(|(it, _)| it.name == *name && it.selects(labels));
            let Some(range) = ranges.map(|(_, range)| *range).max() else { continue };
            let until = samples.partition_point(|(at, _)| *at <= now);
            let from = samples.partition_point(|(at, _)| *at <= now - range.max(LOOKBACK));
            let inside = samples.get(from..until).unwrap_or_default();
            insert(&mut recent, (name, labels), inside.iter().copied(), now);
        }
        recent
    }
}

fn insert(
    recent: &mut Recent,
    (name, labels): (&str, &Labels),
    samples: impl Iterator<Item = (Timestamp, f64)>,
    now: Timestamp,
) {
    let mut series = Series::default();
    series.samples.extend(samples);
    let last = series.samples.back().map(|(at, _)| *at);
    series.on_page = last.is_some_and(|last| now.since(last) < LOOKBACK);
    recent.series.insert((name.to_owned(), labels.clone()), series);
}

/// What only a server is asked.
#[derive(Clone, Debug)]
pub(crate) enum ServerNode {
    /// The stamps of the samples, in seconds.
    Stamp(Selector),
    /// The series of the first, and those of the second that the first has not.
    Or(Node, Node),
    /// A number as a series without labels.
    Vector(Node),
    /// A function over what a query comes to at every step of a range.
    Steps(RangeFunction, Node, Span, Span),
    /// Another label made from one.
    Replace { of: Node, made: String, value: String, source: String, pattern: Regex },
}

/// The part of a query that only a server is asked; whatever is anything else as it came.
pub(crate) fn server_node(expression: Expr) -> Result<Result<Node, Box<Expr>>, String> {
    let of = |part: &Expr| node(part.clone(), Asked::Past);
    let made = if let Expr::Binary(binary) = &expression {
        if binary.op.id() != T_LOR {
            return Ok(Err(Box::new(expression)));
        }
        if binary.modifier.as_ref().is_some_and(|modifier| modifier.matching.is_some()) {
            return unsupported("or with on or ignoring");
        }
        ServerNode::Or(of(&binary.lhs)?, of(&binary.rhs)?)
    } else if let Expr::Call(call) = &expression {
        let name = call.func.name;
        let range = RANGE_FUNCTIONS.iter().find(|(known, _)| *known == name);
        let all: Vec<&Expr> = call.args.args.iter().map(|it| &**it).collect();
        match (name, range, all.as_slice()) {
            ("timestamp", _, [Expr::VectorSelector(selected)]) => {
                ServerNode::Stamp(selector(selected.clone(), Asked::Past)?)
            }
            ("vector", _, [number]) => ServerNode::Vector(of(number)?),
            (_, Some((_, function)), [Expr::Subquery(subquery)]) => {
                if subquery.offset.is_some() || subquery.at.is_some() {
                    return unsupported("a subquery with offset or @");
                }
                let step = subquery.step.map_or(Span::from_minutes(1), span);
                ServerNode::Steps(*function, of(&subquery.expr)?, span(subquery.range), step)
            }
            ("label_replace", _, [inner, texts @ ..]) => replace(of(inner)?, texts)?,
            _ => return Ok(Err(Box::new(expression))),
        }
    } else {
        return Ok(Err(Box::new(expression)));
    };
    Ok(Ok(Node::Server(Box::new(made))))
}

fn replace(of: Node, texts: &[&Expr]) -> Result<ServerNode, String> {
    let text = |nth: usize| match texts.get(nth) {
        Some(Expr::StringLiteral(text)) => Ok(text.val.clone()),
        Some(_) | None => unsupported("label_replace with anything but four texts"),
    };
    let (made, value, source) = (text(0)?, text(1)?, text(2)?);
    let pattern = Regex::new(&format!("^(?s:{})$", text(3)?)).map_err(|error| error.to_string())?;
    Ok(ServerNode::Replace { of, made, value, source, pattern })
}

impl ServerNode {
    /// Every selector in it, with how far back it looks.
    pub(crate) fn selectors(&self) -> Vec<(&Selector, Span)> {
        match self {
            Self::Stamp(selector) => vec![(selector, Span::ZERO)],
            Self::Vector(of) | Self::Replace { of, .. } => of.selectors(),
            Self::Or(a, b) => a.selectors().into_iter().chain(b.selectors()).collect(),
            Self::Steps(_, of, range, _) => {
                let further = |(selector, own): (_, Span)| (selector, own.max(LOOKBACK) + *range);
                of.selectors().into_iter().map(further).collect()
            }
        }
    }

    pub(crate) fn evaluate(&self, recent: &Recent, now: Timestamp) -> Value {
        match self {
            Self::Stamp(selector) => {
                let on_page = recent.select(selector).filter(|(_, series)| series.on_page);
                let stamp = |point: Point| Point { value: point.at.ms() as f64 / 1000.0, ..point };
                let points = on_page.filter_map(|(labels, series)| latest(labels, series));
                Value::Vector(points.map(stamp).collect())
            }
            Self::Vector(of) => match evaluate(of, recent, now) {
                Value::Scalar(value) => {
                    Value::Vector(vec![Point { labels: Labels::default(), value, at: now }])
                }
                vector @ Value::Vector(_) => vector,
            },
            Self::Or(left, right) => {
                let mut all = points(left, recent, now);
                let known: BTreeSet<Labels> = all.iter().map(|it| it.labels.clone()).collect();
                let others = points(right, recent, now).into_iter();
                all.extend(others.filter(|point| !known.contains(&point.labels)));
                Value::Vector(all)
            }
            Self::Steps(function, of, range, step) => {
                Value::Vector(steps(*function, of, (*range, *step), (recent, now)))
            }
            Self::Replace { of, made, value, source, pattern } => {
                let mut all = points(of, recent, now);
                for point in &mut all {
                    let own = point.labels.get(source).to_owned();
                    let Some(found) = pattern.captures(&own) else { continue };
                    let mut text = String::new();
                    found.expand(value, &mut text);
                    point.labels.0.remove(made);
                    if !text.is_empty() {
                        point.labels.0.insert(made.clone(), text);
                    }
                }
                Value::Vector(all)
            }
        }
    }
}

fn points(of: &Node, recent: &Recent, now: Timestamp) -> Vec<Point> {
    match evaluate(of, recent, now) {
        Value::Vector(points) => points,
        Value::Scalar(_) => Vec::new(),
    }
}

/// What `of` came to at every step of the range before `now`, with the function over it. Steps
/// are at whole multiples of their length, as Prometheus has them.
fn steps(
    function: RangeFunction,
    of: &Node,
    (range, step): (Span, Span),
    (recent, now): (&Recent, Timestamp),
) -> Vec<Point> {
    let length = i64::try_from(step.ms().max(1)).unwrap_or(i64::MAX);
    let mut at = Timestamp::from_ms((now - range).ms().div_euclid(length) * length + length);
    let mut series: BTreeMap<Labels, Series> = BTreeMap::new();
    while at <= now {
        let then = as_of(recent, at);
        for point in points(of, &then, at) {
            series.entry(point.labels).or_default().samples.push_back((at, point.value));
        }
        at = at + Span::from_ms(length.unsigned_abs());
    }
    let answer = |(labels, series): (Labels, Series)| {
        let (value, at) = over(function, &series, range, now)?;
        Some(Point { labels, value, at })
    };
    series.into_iter().filter_map(answer).collect()
}

/// The past as it stood at `at`.
fn as_of(recent: &Recent, at: Timestamp) -> Recent {
    let mut then = Recent::default();
    for ((name, labels), series) in &recent.series {
        let before = series.samples.iter().copied().take_while(|(own, _)| *own <= at);
        insert(&mut then, (name, labels), before, at);
    }
    then
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rows, ServerQuery};
    use setpoint_core::Reading;

    /// A sample every 15 seconds for 20 minutes: the time in seconds, on two clouds.
    fn past() -> Past {
        let mut past = Past::default();
        for (cloud, factor) in [("aws", 1.0), ("azure", 2.0)] {
            let labels = [("cloud".to_owned(), cloud.to_owned())].into_iter().collect();
            let samples =
                (1..=80).map(|n| (Timestamp::from_ms(n * 15_000), n as f64 * 15.0 * factor));
            past.add("cpu", labels, samples.collect());
        }
        past
    }

    #[track_caller]
    fn check(text: &str, now: i64, expected: &[&str]) {
        let query = Query::parse_of_past(text).unwrap();
        let rows = past().answer(&query, Timestamp::from_ms(now * 1000));
        let rows: Vec<String> =
            rows.iter().map(|row| format!("{} {}", row.labels, row.value)).collect();
        assert_eq!(rows, expected, "{text} at {now}");
    }

    #[test]
    fn it_answers_for_any_time_in_the_past() {
        check("sum(cpu)", 20, &["{} 45"]);
        check("cpu{cloud=\"aws\"}", 1200, &["{__name__=\"cpu\",cloud=\"aws\"} 1200"]);
        check("cpu", 10, &[]);
        check("max(cpu)", 1499, &["{} 2400"]);
        check("max(cpu)", 1500, &[]);
        check("avg_over_time(cpu{cloud=\"aws\"}[1m])", 1200, &["{cloud=\"aws\"} 1177.5"]);
        check("1 + 2", 0, &["{} 3"]);
    }

    #[test]
    fn it_answers_what_only_servers_are_asked() {
        check("min(timestamp({__name__=\"cpu\"}))", 1210, &["{} 1200"]);
        check(
            "label_replace(cpu{cloud=\"aws\"}, \"x\", \"$1-a\", \"cloud\", \"(a)ws\")",
            1200,
            &["{cloud=\"aws\",x=\"a-a\"} 1200"],
        );
        check("sum(nothing) or vector(7)", 1200, &["{} 7"]);
        check("max_over_time(cpu{cloud=\"aws\"}[10m:1m])", 900, &["{cloud=\"aws\"} 900"]);
        check("min_over_time(cpu{cloud=\"aws\"}[10m:1m])", 900, &["{cloud=\"aws\"} 360"]);
        for text in ["topk(1, cpu)", "cpu offset 1m", "cpu > 3", "a or on(b) c"] {
            let fault = Query::parse_of_past(text).unwrap_err().to_string();
            assert!(fault.ends_with("is not supported here"), "{fault}");
        }
    }

    #[test]
    fn a_page_still_answers_no_more_than_a_page_can() {
        for text in ["a or b", "timestamp(a)", "vector(0)", "max_over_time(a[5m:1m])"] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_agents_own_questions_are_answered_with_the_age_of_the_samples() {
        for (text, value, at) in [
            ("cpu{cloud=\"aws\"}", 1200.0, 1200),
            ("avg_over_time(cpu{cloud=\"aws\"}[10m])", 907.5, 1200),
            ("sum(cpu) / 2", 1800.0, 1200),
        ] {
            let query = ServerQuery::parse(text, BTreeMap::new()).unwrap();
            let asked = Query::parse_of_past(query.request()).unwrap();
            let rows = past().answer(&asked, Timestamp::from_ms(1_210_000));
            let reading = query.answer(&mut Rows::new(rows));
            let Reading::Sample(sample) = reading else { panic!("{text}: {reading:?}") };
            assert_eq!((sample.value(), sample.at.ms() / 1000), (value, at), "{text}");
        }
    }
}
