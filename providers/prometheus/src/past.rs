//! The past of a server: the very queries of a pass, asked for each time of a stretch.
//!
//! Beside the value each step tells the stamps of the samples behind it, as in a pass, so
//! that a value is as old as they are, not as the step.

use crate::{
    answer::seconds,
    rows::{self, RangeAnswer},
    server::PrometheusSource,
};
use setpoint_core::{InputKey, Reading, Sample, Span, Stretch, Timestamp};
use setpoint_http::FetchError;
use setpoint_promql::ServerQuery;
use std::collections::BTreeMap;

/// The most steps that a server answers in one request.
/// Source: "exceeded maximum resolution of 11,000 points per timeseries" in Prometheus' web API.
const MOST_STEPS: u64 = 11_000;

/// As much longer than wanted a step may be: a sample speaks for three periods, so that a
/// window is still covered.
const LONGEST_STEP: u64 = 3;

/// `stretch` up to `now`, cut to what one request may ask for: coarser at first, then shorter.
pub(crate) fn within_limits(stretch: Stretch, now: Timestamp) -> Stretch {
    let wanted = stretch.step.max(Span::from_secs(1));
    let length = now.since(stretch.since);
    let times = (length.ms() / wanted.ms()).div_ceil(MOST_STEPS).clamp(1, LONGEST_STEP);
    let step = wanted.times(times);
    let steps = (length.ms() / step.ms()).min(MOST_STEPS - 1);
    Stretch { since: now - step.times(steps), step }
}

/// What the answer says of the picked series: each sample once, oldest first.
pub(crate) fn samples(query: &ServerQuery, answer: &mut RangeAnswer) -> Vec<Sample> {
    let mut samples: BTreeMap<Timestamp, Sample> = BTreeMap::new();
    for rows in answer.values_mut() {
        if let Reading::Sample(sample) = query.answer(rows) {
            samples.insert(sample.at, sample);
        }
    }
    samples.into_values().collect()
}

/// The distinct requests for `wanted`, each for the longest and finest stretch that anybody
/// wants of it.
pub(crate) fn requests<'q>(
    queries: impl Iterator<Item = &'q (InputKey, ServerQuery)>,
    wanted: &BTreeMap<InputKey, Stretch>,
) -> BTreeMap<&'q str, Stretch> {
    let mut requests: BTreeMap<&str, Stretch> = BTreeMap::new();
    for (key, query) in queries {
        let Some(stretch) = wanted.get(key) else { continue };
        let asked = requests.entry(query.request()).or_insert(*stretch);
        asked.since = asked.since.min(stretch.since);
        asked.step = asked.step.min(stretch.step);
    }
    requests
}

impl PrometheusSource {
    /// One request for every step of a stretch.
    pub(crate) async fn ask_range(
        &self,
        request: &str,
        stretch: Stretch,
        now: Timestamp,
    ) -> Result<RangeAnswer, String> {
        let Stretch { since, step } = within_limits(stretch, now);
        let timeout = format!("{}ms", self.client().timeout().ms());
        let (start, end, step) = (seconds(since), seconds(now), format!("{}ms", step.ms()));
        let form = [
            ("query", request),
            ("start", &start),
            ("end", &end),
            ("step", &step),
            ("timeout", &timeout),
        ];
        let answer = self.client().post(self.range_url(), &form).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match (answer.status.is_success(), rows::read_range(&answer.body)) {
            (true, Some(said)) | (false, Some(said @ Err(_))) => said,
            (true, None) => Err("this is no answer of Prometheus' HTTP API".to_owned()),
            (false, _) => Err(FetchError::Status { status: answer.status }.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(minutes: u64, step: u64, expected: (u64, u64)) {
        let now = Timestamp::from_ms(1_000_000_000_000);
        let since = now - Span::from_minutes(minutes);
        let cut = within_limits(Stretch { since, step: Span::from_secs(step) }, now);
        assert_eq!((now.since(cut.since).ms() / 1000, cut.step.ms() / 1000), expected);
    }

    #[test]
    fn no_request_is_larger_than_a_server_answers() {
        check(10, 15, (600, 15));
        check(0, 15, (0, 15));
        check(24 * 60, 15, (86_400, 15));
        // Two days: every second sample will do.
        check(48 * 60, 15, (172_800, 30));
        // Three weeks do not fit at all: what fits is filled.
        check(21 * 24 * 60, 15, (10_999 * 45, 45));
    }
}
