//! What CloudWatch's results mean: pure.

use aws_sdk_cloudwatch::types::{MetricDataResult, StatusCode};
use setpoint_core::{Reading, Sample, Timestamp};

/// One period of time, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    /// Its first moment.
    pub(crate) start: Timestamp,
    /// The first moment after it.
    pub(crate) end: Timestamp,
}

/// What the results under `id` say of `period`, when all pages are there.
///
/// A value stands for its whole period, so it is as old as the period's end.
pub(crate) fn read(results: &[MetricDataResult], id: &str, period: Period) -> Reading {
    let own: Vec<&MetricDataResult> =
        results.iter().filter(|result| result.id() == Some(id)).collect();
    let Some(last) = own.last() else {
        return Reading::Failed("CloudWatch left the query out of its answer".to_owned());
    };
    let words = said(last);
    match last.status_code() {
        Some(StatusCode::Complete) => {}
        Some(StatusCode::PartialData) => {
            return Reading::Absent(format!("CloudWatch gave only a part of the data{words}"));
        }
        other => {
            let code = other.map_or("no status", StatusCode::as_str);
            return Reading::Failed(format!("CloudWatch answered {code}{words}"));
        }
    }
    if own.iter().any(|result| result.label() != last.label()) {
        let message = "the expression gives more than one series: wrap it in AVG, SUM, MIN or MAX";
        return Reading::Absent(message.to_owned());
    }
    let points: Vec<f64> = own.iter().flat_map(|result| within(result, period)).collect();
    match &points[..] {
        [] => {
            Reading::Absent(format!("no data point for {} to {}{words}", period.start, period.end))
        }
        [value] => match Sample::new(period.end, *value) {
            Some(sample) => Reading::Sample(sample),
            None => Reading::Absent(format!("{value} is not a finite number")),
        },
        many => Reading::Absent(format!("{} data points for one period", many.len())),
    }
}

/// The values of `period`: CloudWatch stamps a value with the start of what it stands for.
fn within(result: &MetricDataResult, period: Period) -> impl Iterator<Item = f64> {
    let range = period.start.ms()..period.end.ms();
    let points = result.timestamps().iter().zip(result.values());
    points.filter_map(move |(at, value)| {
        at.to_millis().is_ok_and(|at| range.contains(&at)).then_some(*value)
    })
}

fn said(result: &MetricDataResult) -> String {
    let words: Vec<&str> = result.messages().iter().filter_map(|it| it.value()).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::primitives::DateTime;

    const PERIOD: Period =
        Period { start: Timestamp::from_ms(60_000), end: Timestamp::from_ms(120_000) };

    fn result(status: StatusCode, points: &[(i64, f64)]) -> MetricDataResult {
        MetricDataResult::builder()
            .id("q0")
            .label("cpu")
            .status_code(status)
            .set_timestamps(Some(points.iter().map(|(s, _)| DateTime::from_secs(*s)).collect()))
            .set_values(Some(points.iter().map(|(_, value)| *value).collect()))
            .build()
    }

    #[track_caller]
    fn check(results: &[MetricDataResult], expected: &str) {
        let said = match read(results, "q0", PERIOD) {
            Reading::Sample(sample) => format!("{} at {}", sample.value(), sample.at.ms()),
            Reading::Each(each) | Reading::Partly(each, _) => format!("{each:?}"),
            Reading::Empty => "empty".to_owned(),
            Reading::Absent(why) => format!("absent: {why}"),
            Reading::Failed(why) => format!("failed: {why}"),
        };
        assert!(said.starts_with(expected), "{said}");
    }

    #[test]
    fn a_value_is_as_old_as_the_end_of_its_period() {
        check(&[result(StatusCode::Complete, &[(60, 74.5)])], "74.5 at 120000");
    }

    #[test]
    fn a_missing_point_is_never_a_number() {
        check(
            &[result(StatusCode::Complete, &[])],
            "absent: no data point for 1970-01-01T00:01:00Z",
        );
        check(&[result(StatusCode::Complete, &[(0, 74.5), (120, 74.5)])], "absent: no data point");
        check(&[result(StatusCode::Complete, &[(60, f64::NAN)])], "absent: NaN");
        check(&[], "failed: CloudWatch left the query out");
    }

    #[test]
    fn partial_data_is_no_data() {
        check(
            &[result(StatusCode::PartialData, &[(60, 74.5)])],
            "absent: CloudWatch gave only a part",
        );
        // The status of the last page counts: earlier ones are partial by nature.
        let pages =
            [result(StatusCode::PartialData, &[]), result(StatusCode::Complete, &[(60, 74.5)])];
        check(&pages, "74.5 at 120000");
        check(
            &[result(StatusCode::InternalError, &[(60, 74.5)])],
            "failed: CloudWatch answered Int",
        );
        check(
            &[result(StatusCode::Forbidden, &[(60, 74.5)])],
            "failed: CloudWatch answered Forbid",
        );
        check(&[result("New".into(), &[(60, 74.5)])], "failed: CloudWatch answered New");
    }

    #[test]
    fn several_series_are_no_answer() {
        let mut other = result(StatusCode::Complete, &[(60, 10.0)]);
        other.label = Some("another".to_owned());
        let one = result(StatusCode::Complete, &[(60, 90.0)]);
        check(&[one.clone(), other], "absent: the expression gives more than one series");
        check(&[one.clone(), one], "absent: 2 data points for one period");
    }
}
