//! Answers: from a query and the recent past to one reading.
//!
//! NaN and infinities travel as floats within a query, as PromQL has it, and become
//! [`Reading::Absent`] at its end. They never leave as numbers.

use crate::{
    page::Labels,
    query::{Aggregate, Arithmetic, Grouping, Node, Query, RangeFunction},
    recent::{Recent, Series},
};
use setpoint_core::{Reading, Sample, Span, Timestamp};
use std::collections::BTreeMap;

/// A value of one series, and the oldest stamp it rests on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    pub(crate) at: Timestamp,
}

/// What a part of a query comes to.
pub(crate) enum Value {
    Scalar(f64),
    Vector(Vec<Point>),
}

impl Query {
    /// The one value that `recent` has for this query at `now`, or the one of each.
    ///
    /// Several series where one is expected are a failure that names the labels; none
    /// is empty; NaN and infinities are absent. The stamp is the oldest of the samples
    /// used, so that a page that stands still grows old.
    pub fn answer(&self, recent: &Recent, now: Timestamp) -> Reading {
        let points = match evaluate(&self.root, recent, now) {
            Value::Scalar(value) => vec![Point { labels: Labels::default(), value, at: now }],
            Value::Vector(points) => points,
        };
        if let Some(per) = &self.per {
            return self.each(per, points);
        }
        match points.as_slice() {
            [] => Reading::Empty,
            [Point { value, at, .. }] => match Sample::new(*at, *value) {
                Some(sample) => Reading::Sample(sample),
                None => Reading::Absent(format!("'{}' is {value}", self.text)),
            },
            many => Reading::Failed(several(&self.text, many)),
        }
    }

    fn each(&self, per: &str, points: Vec<Point>) -> Reading {
        if let Some(point) = points.iter().find(|point| point.labels.get(per).is_empty()) {
            return Reading::Failed(unnamed(&self.text, &point.labels, per));
        }
        Reading::of_each(points.into_iter().map(|Point { labels, value, at }| {
            let sample =
                Sample::new(at, value).ok_or_else(|| format!("'{}' is {value}", self.text));
            (labels.get(per).to_owned(), sample)
        }))
    }
}

/// A value that belongs to nobody.
pub(crate) fn unnamed(query: &str, labels: &Labels, per: &str) -> String {
    format!("'{query}' has a value without the label `{per}`: {labels}")
}

fn several(query: &str, points: &[Point]) -> String {
    let shown: Vec<String> = points.iter().take(3).map(|p| p.labels.to_string()).collect();
    let more = if points.len() > 3 { ", …" } else { "" };
    let (count, shown) = (points.len(), shown.join(", "));
    format!(
        "'{query}' matches {count} series where one is expected: {shown}{more}; \
             select one by its labels, or say sum, avg, min or max"
    )
}

pub(crate) fn evaluate(node: &Node, recent: &Recent, now: Timestamp) -> Value {
    match node {
        Node::Number(value) => Value::Scalar(*value),
        Node::Negative(of) => evaluate(of, recent, now).map(|value| -value),
        Node::Select(selector) => {
            let on_page = recent.select(selector).filter(|(_, series)| series.on_page);
            Value::Vector(on_page.filter_map(|(labels, series)| latest(labels, series)).collect())
        }
        Node::Over(function, selector, range) => {
            let points = recent.select(selector).filter_map(|(labels, series)| {
                let (value, at) = over(*function, series, *range, now)?;
                Some(Point { labels: labels.clone(), value, at })
            });
            Value::Vector(points.collect())
        }
        Node::Aggregate(op, grouping, of) => match evaluate(of, recent, now) {
            Value::Vector(points) => Value::Vector(aggregate(*op, grouping, points)),
            scalar @ Value::Scalar(_) => scalar,
        },
        Node::Binary(op, left, right) => {
            binary(*op, evaluate(left, recent, now), evaluate(right, recent, now))
        }
        Node::Quantile(share, of) => {
            let (share, of) = (evaluate(share, recent, now), evaluate(of, recent, now));
            match (share, of) {
                (Value::Scalar(share), Value::Vector(buckets)) => {
                    Value::Vector(histogram_quantile(share, buckets))
                }
                _ => Value::Vector(Vec::new()),
            }
        }
        Node::Server(of) => of.evaluate(recent, now),
    }
}

impl Value {
    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Scalar(value) => Self::Scalar(change(value)),
            Self::Vector(points) => Self::Vector(
                points.into_iter().map(|p| Point { value: change(p.value), ..p }).collect(),
            ),
        }
    }
}

pub(crate) fn latest(labels: &Labels, series: &Series) -> Option<Point> {
    let (at, value) = *series.samples.back()?;
    Some(Point { labels: labels.clone(), value, at })
}

/// A function of the samples within `range` before `now`, and the latest stamp among them.
///
/// A rate is the increase from the first of them to the last over the time between
/// the two; nothing is extrapolated, and fewer than two samples give no answer. A value
/// below the one before it is a counter that started again from zero.
pub(crate) fn over(
    function: RangeFunction,
    series: &Series,
    range: Span,
    now: Timestamp,
) -> Option<(f64, Timestamp)> {
    let horizon = now - range;
    let inside: Vec<(Timestamp, f64)> =
        series.samples.iter().copied().filter(|(at, _)| *at > horizon).collect();
    let ((first, _), (last, value)) = (*inside.first()?, *inside.last()?);
    let values = || inside.iter().map(|(_, value)| *value);
    let count = inside.len() as f64;
    let answer = match function {
        RangeFunction::Rate => increase(&inside)? / last.since(first).secs(),
        RangeFunction::Increase => increase(&inside)? / last.since(first).secs() * range.secs(),
        RangeFunction::Avg => values().sum::<f64>() / count,
        RangeFunction::Min => values().fold(f64::INFINITY, f64::min),
        RangeFunction::Max => values().fold(f64::NEG_INFINITY, f64::max),
        RangeFunction::Sum => values().sum(),
        RangeFunction::Count => count,
        RangeFunction::Last => value,
    };
    Some((answer, last))
}

fn increase(samples: &[(Timestamp, f64)]) -> Option<f64> {
    let step = |pair: &[(Timestamp, f64)]| {
        let (before, after) = (pair[0].1, pair[1].1);
        if after < before { after } else { after - before }
    };
    (samples.len() > 1).then(|| samples.windows(2).map(step).sum())
}

fn aggregate(op: Aggregate, grouping: &Grouping, points: Vec<Point>) -> Vec<Point> {
    let mut groups: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
    for point in points {
        groups.entry(kept(grouping, &point.labels)).or_default().push(point);
    }
    groups
        .into_iter()
        .filter_map(|(labels, points)| {
            let at = points.iter().map(|point| point.at).min()?;
            let values = || points.iter().map(|point| point.value);
            let value = match op {
                Aggregate::Sum => values().sum(),
                Aggregate::Avg => values().sum::<f64>() / points.len() as f64,
                Aggregate::Min => values().fold(f64::NAN, f64::min),
                Aggregate::Max => values().fold(f64::NAN, f64::max),
                Aggregate::Count => points.len() as f64,
            };
            Some(Point { labels, value, at })
        })
        .collect()
}

fn kept(grouping: &Grouping, labels: &Labels) -> Labels {
    let kept = labels.0.iter().filter(|(name, _)| grouping.keeps(name));
    Labels(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn binary(op: Arithmetic, left: Value, right: Value) -> Value {
    let apply = |a: f64, b: f64| match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
    };
    match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(apply(a, b)),
        (Value::Scalar(a), vector @ Value::Vector(_)) => vector.map(|b| apply(a, b)),
        (vector @ Value::Vector(_), Value::Scalar(b)) => vector.map(|a| apply(a, b)),
        (Value::Vector(left), Value::Vector(right)) => {
            let mut right: BTreeMap<Labels, Point> =
                right.into_iter().map(|point| (point.labels.clone(), point)).collect();
            let pairs = left.into_iter().filter_map(|a| {
                let b = right.remove(&a.labels)?;
                let (value, at) = (apply(a.value, b.value), a.at.min(b.at));
                Some(Point { value, at, ..a })
            });
            Value::Vector(pairs.collect())
        }
    }
}

/// The value below which the share `q` of the observations lies, by linear interpolation
/// within its bucket. Source: `histogram_quantile` in Prometheus' documentation: without a
/// `+Inf` bucket or without observations it is NaN; in the `+Inf` bucket it is the bound
/// below; the first bucket starts at 0 if its bound is above.
fn histogram_quantile(q: f64, buckets: Vec<Point>) -> Vec<Point> {
    let mut groups: BTreeMap<Labels, (Timestamp, Vec<(f64, f64)>)> = BTreeMap::new();
    for mut point in buckets {
        let bound = point.labels.0.remove("le").and_then(|le| match le.as_str() {
            "+Inf" => Some(f64::INFINITY),
            le => le.parse().ok(),
        });
        let Some(bound) = bound else { continue };
        let group = groups.entry(point.labels).or_insert((point.at, Vec::new()));
        group.0 = group.0.min(point.at);
        group.1.push((bound, point.value));
    }
    groups
        .into_iter()
        .map(|(labels, (at, mut buckets))| {
            buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            Point { labels, value: quantile(q, &buckets).unwrap_or(f64::NAN), at }
        })
        .collect()
}

fn quantile(q: f64, buckets: &[(f64, f64)]) -> Option<f64> {
    let (top, total) = *buckets.last()?;
    if top.is_finite() || total <= 0.0 || !(0.0..=1.0).contains(&q) {
        return None;
    }
    let rank = q * total;
    let index = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (bound, count) = buckets[index];
    let below = index.checked_sub(1).map(|below| buckets[below]);
    if bound.is_infinite() {
        return below.map(|(bound, _)| bound);
    }
    let (start, before) = below.unwrap_or((if bound > 0.0 { 0.0 } else { bound }, 0.0));
    let share = if count > before { (rank - before) / (count - before) } else { 0.0 };
    Some(start + (bound - start) * share)
}
