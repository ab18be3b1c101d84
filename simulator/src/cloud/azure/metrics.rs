//! Azure Monitor: what the world of a set published, in the namespace of scale sets and in one of
//! its own.
//!
//! Intervals are of the caller's time. A value of a window that ends with an interval is of that
//! interval.

use super::{
    fault::Fault,
    route::Route,
    said::Said,
    subscription::{Subscription, stamp},
};
use crate::world::Metric;
use jiff::{SpanRelativeTo, Timestamp as Calendar};
use serde_json::{Map, Value, json};
use setpoint_core::{Span, Timestamp};
use std::collections::BTreeMap;

/// The namespace in which every number stands as the world tells it.
const OWN: &str = "Setpoint/World";
/// What is asked for where no stretch of time is said.
const HOUR: Span = Span::from_minutes(60);
/// The most values in one series of an answer.
const MOST_VALUES: i64 = 50_000;

/// A metric that can be asked for.
struct Series {
    namespace: &'static str,
    name: &'static str,
    unit: &'static str,
    of: Metric,
}

fn series() -> impl Iterator<Item = Series> {
    let cpu = ("Percentage CPU", "Percent", Metric::Cpu);
    let own = Metric::ALL.into_iter().map(|(name, of)| (OWN, (name, "Unspecified", of)));
    let all = std::iter::once((super::SETS, cpu)).chain(own);
    all.map(|(namespace, (name, unit, of))| Series { namespace, name, unit, of })
}

/// A number of the values in an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Aggregation {
    Average,
    Minimum,
    Maximum,
    Total,
    Count,
}

const AGGREGATIONS: [(&str, Aggregation); 5] = [
    ("average", Aggregation::Average),
    ("minimum", Aggregation::Minimum),
    ("maximum", Aggregation::Maximum),
    ("total", Aggregation::Total),
    ("count", Aggregation::Count),
];

impl Aggregation {
    fn of(self, values: &[f64]) -> f64 {
        let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
        match self {
            Self::Average => sum / count,
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Total => sum,
            Self::Count => count,
        }
    }
}

/// One question.
struct Question {
    series: Vec<Series>,
    namespace: &'static str,
    start: Timestamp,
    end: Timestamp,
    interval: Span,
    aggregations: Vec<(&'static str, Aggregation)>,
}

impl Question {
    fn read(all: &Subscription, route: &Route) -> Result<Self, Fault> {
        if route.asked("$filter").is_some() {
            return Err(Fault::bad("$filter: no dimension of these metrics is simulated here."));
        }
        let namespace = namespace(route)?;
        let own = || series().filter(|it| it.namespace == namespace);
        let names = route.asked("metricnames").map(str::to_owned);
        let names = names.or_else(|| own().next().map(|it| it.name.to_owned()));
        let names = names.unwrap_or_default();
        let find = |name: &str| {
            own().find(|it| it.name.eq_ignore_ascii_case(name.trim())).ok_or_else(|| {
                let valid: Vec<&str> = own().map(|it| it.name).collect();
                let valid = valid.join(",");
                let kind = "provider: Microsoft.Compute, resource Type: virtualMachineScaleSets";
                Fault::bad(format!(
                    "Failed to find metric configuration for {kind}, metric: {name}, Valid \
                     metrics: {valid}"
                ))
            })
        };
        let series = names.split(',').map(find).collect::<Result<_, _>>()?;
        let interval = interval(route.asked("interval").unwrap_or("PT1M"))?;
        let (start, end) = stretch(all, route)?;
        let length = end.since(start).ms() / interval.ms();
        if i64::try_from(length).unwrap_or(i64::MAX) > MOST_VALUES {
            return Err(Fault::bad(format!("{length} values are asked for: too many.")));
        }
        let aggregations = aggregations(route.asked("aggregation").unwrap_or("Average"))?;
        Ok(Self { series, namespace, start, end, interval, aggregations })
    }

    /// The beginning of the interval that a moment is in.
    fn floor(&self, at: Timestamp) -> Timestamp {
        let length = i64::try_from(self.interval.ms()).unwrap_or(i64::MAX);
        Timestamp::from_ms(at.ms().div_euclid(length) * length)
    }

    /// The values of a series, by the intervals in which they are; also those without any.
    fn answer(&self, points: impl Iterator<Item = (Timestamp, f64)>) -> Vec<Value> {
        let mut intervals: BTreeMap<Timestamp, Vec<f64>> = BTreeMap::new();
        let mut at = self.floor(self.start);
        while at < self.end {
            intervals.insert(at, Vec::new());
            at = at + self.interval;
        }
        for (at, value) in points {
            if let Some(values) = intervals.get_mut(&self.floor(at - Span::from_ms(1))) {
                values.push(value);
            }
        }
        intervals.into_iter().map(|(at, values)| self.told(at, &values)).collect()
    }

    fn told(&self, at: Timestamp, values: &[f64]) -> Value {
        let mut told = Map::from_iter([("timeStamp".to_owned(), json!(stamp(at)))]);
        if !values.is_empty() {
            let numbers = self.aggregations.iter();
            told.extend(numbers.map(|(name, it)| ((*name).to_owned(), json!(it.of(values)))));
        }
        Value::Object(told)
    }
}

/// The values that `route` asks for.
pub(super) fn values(all: &Subscription, route: &Route, name: &str) -> Result<Said, Fault> {
    let set = all.see(name)?;
    let question = Question::read(all, route)?;
    let id = route.id(super::SETS, &set.name);
    let live = set.live();
    let series = question.series.iter().map(|series| {
        let mut points = live
            .log
            .points(series.of)
            .map(|point| (all.pace.outside(point.at), point.value))
            .peekable();
        // What was never measured has no series at all.
        let timeseries = if points.peek().is_some() {
            json!([{ "metadatavalues": [], "data": question.answer(points) }])
        } else {
            json!([])
        };
        json!({
            "id": format!("{id}/providers/Microsoft.Insights/metrics/{}", series.name),
            "type": "Microsoft.Insights/metrics",
            "name": { "value": series.name, "localizedValue": series.name },
            "unit": series.unit, "timeseries": timeseries, "errorCode": "Success",
        })
    });
    let series: Vec<Value> = series.collect();
    let timespan = format!("{}/{}", stamp(question.start), stamp(question.end));
    Ok(Said::ok(json!({
        "cost": 0, "timespan": timespan, "interval": written(question.interval), "value": series,
        "namespace": question.namespace, "resourceregion": set.model["location"],
    })))
}

/// Which metrics there are.
pub(super) fn definitions(all: &Subscription, route: &Route, name: &str) -> Result<Said, Fault> {
    let id = route.id(super::SETS, &all.see(name)?.name);
    let namespace = namespace(route)?;
    let own = series().filter(|it| it.namespace == namespace).map(|series| {
        json!({
            "id": format!("{id}/providers/microsoft.insights/metricdefinitions/{}", series.name),
            "resourceId": id, "namespace": namespace, "unit": series.unit,
            "name": { "value": series.name, "localizedValue": series.name },
            "isDimensionRequired": false, "primaryAggregationType": "Average",
            "supportedAggregationTypes": ["Average", "Minimum", "Maximum", "Total", "Count"],
            "metricAvailabilities": [{ "timeGrain": "PT1M", "retention": "P1D" }],
        })
    });
    Ok(Said::ok(json!({ "value": own.collect::<Vec<Value>>() })))
}

fn namespace(route: &Route) -> Result<&'static str, Fault> {
    let asked = route.asked("metricnamespace").unwrap_or(super::SETS);
    let known = [super::SETS, OWN].into_iter().find(|it| it.eq_ignore_ascii_case(asked));
    known.ok_or_else(|| Fault::bad(format!("Metric namespace {asked} is not found.")))
}

fn aggregations(asked: &str) -> Result<Vec<(&'static str, Aggregation)>, Fault> {
    let find = |name: &str| {
        let found = AGGREGATIONS.iter().find(|(own, _)| own.eq_ignore_ascii_case(name.trim()));
        found.copied().ok_or_else(|| Fault::bad(format!("Aggregation {name} is not supported.")))
    };
    asked.split(',').map(find).collect()
}

/// `PT1M`: whole seconds.
fn interval(asked: &str) -> Result<Span, Fault> {
    let wrong = || Fault::bad(format!("Invalid time grain duration: {asked}"));
    let span: jiff::Span = asked.parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let seconds = u64::try_from(length.as_secs()).ok().filter(|it| *it > 0);
    seconds.filter(|_| length.subsec_nanos() == 0).map(Span::from_secs).ok_or_else(wrong)
}

/// As a length is written.
fn written(interval: Span) -> String {
    let seconds = interval.ms() / 1000;
    if seconds.is_multiple_of(60) {
        format!("PT{}M", seconds / 60)
    } else {
        format!("PT{seconds}S")
    }
}

/// From when until when: `2026-11-29T08:00:00Z/2026-11-29T09:00:00Z`, else the last hour.
fn stretch(all: &Subscription, route: &Route) -> Result<(Timestamp, Timestamp), Fault> {
    let Some(asked) = route.asked("timespan") else {
        let present = all.pace.present();
        return Ok((present - HOUR, present));
    };
    let wrong =
        || Fault::bad(format!("Invalid value for query string parameter timespan: {asked}"));
    // Without a zone it is UTC.
    let moment = |text: &str| {
        let at: Option<Calendar> = text.parse().or_else(|_| format!("{text}Z").parse()).ok();
        at.map(|at| Timestamp::from_ms(at.as_millisecond()))
    };
    let (start, end) = asked.split_once('/').ok_or_else(wrong)?;
    let both = moment(start).zip(moment(end)).filter(|(start, end)| start < end);
    both.ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_length_that_can_be_divided_by() {
        for (asked, seconds) in [
            ("PT1M", Some(60)),
            ("PT1H", Some(3600)),
            ("P1D", Some(86_400)),
            ("PT5S", Some(5)),
            ("PT0S", None),
            ("PT0.5S", None),
            ("-PT1M", None),
            ("P1M", None),
            ("minute", None),
        ] {
            let read = interval(asked).ok().map(|it| it.ms() / 1000);
            assert_eq!(read, seconds, "{asked}");
        }
    }
}
