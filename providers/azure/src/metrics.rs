//! Azure Monitor as a source of readings.

use crate::{
    arm::Arm,
    fault::{Asked, CallError},
    metric_query::MetricQuery,
};
use async_trait::async_trait;
use futures::future::join_all;
use jiff::Timestamp as Calendar;
use serde::Deserialize;
use serde_json::{Map, Value};
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Sample, Span, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};

/// What permissions call the look at metrics.
pub(crate) const READ_METRICS: &str = "Microsoft.Insights/metrics/read";

const VERSION: &str = "2023-10-01";

/// What the operator settled about one source of Azure Monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorSettings {
    /// How much time one value stands for; whole seconds.
    pub period: Span,
    /// How long after its end a period is still being filled.
    pub delay: Span,
    /// How long one reading of everything may take.
    pub timeout: Span,
}

/// Azure Monitor, asked once a period for all the inputs bound to it.
pub struct MonitorSource {
    arm: Arm,
    subscription: String,
    settings: MonitorSettings,
    queries: BTreeMap<InputKey, MetricQuery>,
    kept: Mutex<Option<Kept>>,
}

/// What was said about the last period that was asked for.
struct Kept {
    end: Timestamp,
    readings: BTreeMap<MetricQuery, Reading>,
}

/// One period of time, whole: its first moment, and the first after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    start: Timestamp,
    end: Timestamp,
}

impl MonitorSource {
    pub(crate) fn new(
        (arm, subscription): (Arm, String),
        settings: MonitorSettings,
        queries: BTreeMap<InputKey, MetricQuery>,
    ) -> Self {
        Self { arm, subscription, settings, queries, kept: Mutex::new(None) }
    }

    /// The latest period that should be filled by `now`.
    fn period(&self, now: Timestamp) -> Period {
        let length = i64::try_from(self.settings.period.ms()).unwrap_or(i64::MAX).max(1);
        let filled = (now - self.settings.delay).ms();
        let end = Timestamp::from_ms(filled - filled.rem_euclid(length));
        Period { start: end - self.settings.period, end }
    }

    async fn ask(&self, query: &MetricQuery, period: Period) -> Reading {
        let limit = Duration::from_millis(self.settings.timeout.ms());
        match timeout(limit, self.answer(query, period)).await {
            Ok(Ok(answer)) => read(&answer, query.aggregation, period),
            Ok(Err(error)) => Reading::Failed(error.to_string()),
            Err(_elapsed) => Reading::Failed(format!("no answer within {}", self.settings.timeout)),
        }
    }

    async fn answer(&self, query: &MetricQuery, period: Period) -> Result<Answer, CallError> {
        let scope = query.path(&self.subscription);
        let path = format!("{scope}/providers/Microsoft.Insights/metrics");
        let words = format!("get the metric {}", query.metric);
        let timespan = format!("{}/{}", stamp(period.start), stamp(period.end));
        let interval = interval(self.settings.period);
        let mut asked = vec![
            ("api-version", VERSION),
            ("metricnames", &query.metric),
            ("aggregation", query.aggregation),
            ("timespan", &timespan),
            ("interval", &interval),
        ];
        asked.extend(query.namespace.as_deref().map(|it| ("metricnamespace", it)));
        self.arm.get(&Asked { words, action: READ_METRICS, scope }, &path, &asked).await
    }
}

#[async_trait]
impl MetricSource for MonitorSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let period = self.period(now.wall);
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_none_or(|kept| kept.end < period.end) {
            // Asked once, however many inputs want it.
            let distinct: BTreeSet<&MetricQuery> = self.queries.values().collect();
            let asked = distinct.into_iter().map(async |query| {
                let reading = self.ask(query, period).await;
                (query.clone(), reading)
            });
            let readings = join_all(asked).await.into_iter().collect();
            *kept = Some(Kept { end: period.end, readings });
        }
        let Some(kept) = &*kept else { return BTreeMap::new() };
        let reading = |query| kept.readings.get(query).cloned();
        self.queries.iter().filter_map(|(key, it)| Some((key.clone(), reading(it)?))).collect()
    }
}

/// What Azure Monitor says of one metric.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    value: Vec<Metric>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    error_code: Option<String>,
    error_message: Option<String>,
    #[serde(default)]
    timeseries: Vec<Series>,
}

#[derive(Debug, Deserialize)]
struct Series {
    #[serde(default)]
    data: Vec<Point>,
}

#[derive(Debug, Deserialize)]
struct Point {
    /// The beginning of what it stands for.
    #[serde(rename = "timeStamp")]
    at: String,
    /// The numbers that were asked for, as far as there are any.
    #[serde(flatten)]
    numbers: Map<String, Value>,
}

/// What an answer says of `period`: its value is as old as the end of that.
fn read(answer: &Answer, aggregation: &str, period: Period) -> Reading {
    let [metric] = answer.value.as_slice() else {
        return Reading::Failed(format!("{} metrics in the answer", answer.value.len()));
    };
    match metric.error_code.as_deref() {
        None | Some("Success") => {}
        Some(code) => {
            let words = metric.error_message.as_deref().unwrap_or_default();
            return Reading::Failed(format!("Azure Monitor answered {code} {words}"));
        }
    }
    if metric.timeseries.len() > 1 {
        return Reading::Absent(format!("{} series of one metric", metric.timeseries.len()));
    }
    let range = period.start.ms()..period.end.ms();
    let within = |point: &&Point| {
        point.at.parse().is_ok_and(|at: Calendar| range.contains(&at.as_millisecond()))
    };
    let points = metric.timeseries.iter().flat_map(|series| &series.data).filter(within);
    let values: Vec<f64> =
        points.filter_map(|point| point.numbers.get(aggregation)?.as_f64()).collect();
    match values[..] {
        [] => Reading::Absent(format!("no value for {} to {}", period.start, period.end)),
        [value] => Sample::new(period.end, value).map_or_else(
            || Reading::Absent(format!("{value} is not a finite number")),
            Reading::Sample,
        ),
        _ => Reading::Absent(format!("{} values for one period", values.len())),
    }
}

fn stamp(at: Timestamp) -> String {
    Calendar::from_millisecond(at.ms()).unwrap_or_default().to_string()
}

/// A length of time as Azure writes it: "PT5M".
fn interval(length: Span) -> String {
    let seconds = length.ms() / 1000;
    match seconds {
        86_400 => "P1D".to_owned(),
        _ if seconds > 0 && seconds.is_multiple_of(3600) => format!("PT{}H", seconds / 3600),
        _ if seconds > 0 && seconds.is_multiple_of(60) => format!("PT{}M", seconds / 60),
        _ => format!("PT{seconds}S"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{WEB, azure, refusal};
    use serde_json::json;

    const MINUTE: Span = Span::from_secs(60);

    fn settings(timeout: Span) -> MonitorSettings {
        MonitorSettings { period: MINUTE, delay: MINUTE, timeout }
    }

    fn at(seconds: u64) -> Moment {
        let wall = Timestamp::from_ms(i64::try_from(seconds * 1000).unwrap());
        Moment { wall, monotonic: Span::from_secs(seconds) }
    }

    #[track_caller]
    fn check(value: Value, expected: &str) {
        let answer: Answer = serde_json::from_value(value).unwrap();
        let period = Period { start: Timestamp::from_ms(60_000), end: Timestamp::from_ms(120_000) };
        let said = match read(&answer, "average", period) {
            Reading::Sample(sample) => format!("{} at {}", sample.value(), sample.at.ms()),
            Reading::Absent(why) => format!("absent: {why}"),
            Reading::Failed(why) => format!("failed: {why}"),
            Reading::Empty => "empty".to_owned(),
            Reading::Each(each) | Reading::Partly(each, _) => format!("{each:?}"),
        };
        assert!(said.starts_with(expected), "{said}");
    }

    fn told(data: Value) -> Value {
        json!({ "value": [{ "errorCode": "Success", "timeseries": [{ "data": data }] }] })
    }

    #[test]
    fn what_is_not_there_is_never_a_number() {
        let point = |minute: u32, average: Value| json!({ "timeStamp": format!("1970-01-01T00:0{minute}:00Z"), "average": average });
        check(told(json!([point(1, json!(61.5))])), "61.5 at 120000");
        check(told(json!([point(0, json!(1)), point(1, json!(61.5))])), "61.5 at 120000");
        // A value that is not there yet.
        check(told(json!([{ "timeStamp": "1970-01-01T00:01:00Z" }])), "absent: no value");
        check(told(json!([point(1, json!(null))])), "absent: no value");
        check(told(json!([point(0, json!(61.5)), point(2, json!(1))])), "absent: no value");
        check(told(json!([point(1, json!(1)), point(1, json!(2))])), "absent: 2 values");
        check(told(json!([{ "timeStamp": "soon", "average": 1 }])), "absent: no value");
        check(json!({ "value": [{ "timeseries": [] }] }), "absent: no value");
        check(json!({ "value": [{ "timeseries": [{}, {}] }] }), "absent: 2 series");
        check(json!({ "value": [] }), "failed: 0 metrics");
        let no = json!({ "value": [{ "errorCode": "InternalError", "timeseries": [] }] });
        check(no, "failed: Azure Monitor answered InternalError");
    }

    #[tokio::test]
    async fn a_period_is_asked_for_once_when_it_is_over() {
        let (azure, heard) = azure(|_, _| {
            let point = json!({ "timeStamp": "1970-01-01T00:02:00Z", "total": 7 });
            (200, told(json!([point])))
        })
        .await;
        let query = MetricQuery::parse("\"My Game\" sessions total games/web").unwrap();
        let key = |name: &str| InputKey::new(name);
        let queries = [(key("a"), query.clone()), (key("b"), query)].into();
        let source = azure.metrics(settings(Span::from_secs(5)), queries);
        for seconds in [240, 299] {
            let read = source.read(at(seconds)).await;
            let sample = Sample::new(Timestamp::from_ms(180_000), 7.0).unwrap();
            assert_eq!(read[&key("a")], Reading::Sample(sample));
            assert_eq!(read[&key("b")], Reading::Sample(sample));
        }
        let asked: Vec<String> =
            heard.lock().unwrap().iter().filter(|it| it.contains("metrics?")).cloned().collect();
        let expected = format!(
            "GET {WEB}/providers/Microsoft.Insights/metrics?api-version=2023-10-01\
             &metricnames=sessions&aggregation=total\
             &timespan=1970-01-01T00%3A02%3A00Z%2F1970-01-01T00%3A03%3A00Z&interval=PT1M\
             &metricnamespace=My+Game authorization=Bearer fake"
        );
        assert_eq!(asked, [expected]);
    }

    #[tokio::test]
    async fn a_no_is_a_failure_with_what_would_allow_it() {
        let (azure, _) = azure(|_, _| refusal(403, "AuthorizationFailed", "no")).await;
        let query = MetricQuery::parse("cpu average games/web").unwrap();
        let key = InputKey::new("cpu");
        let queries = [(key.clone(), query)].into();
        let read = azure.metrics(settings(Span::from_secs(5)), queries).read(at(240)).await;
        let Reading::Failed(why) = &read[&key] else { panic!("{read:?}") };
        assert!(why.contains("a role with Microsoft.Insights/metrics/read on"), "{why}");
    }

    #[test]
    fn a_length_is_written_as_azure_has_it() {
        let written = [1, 60, 300, 3600, 86_400].map(|it| interval(Span::from_secs(it)));
        assert_eq!(written, ["PT1S", "PT1M", "PT5M", "PT1H", "P1D"]);
    }
}
