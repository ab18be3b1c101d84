//! Long stretches of the past of a server, for those who study them.
//!
//! A query is asked as it is written: what it says of each step, gaps included. A stretch is
//! asked for in as many requests as it takes.

use crate::answer::{self, MAX_ANSWER, Series, seconds};
use setpoint_core::{Span, Timestamp};
use setpoint_http::{Auth, FetchError, HttpClient, HttpSettings, SetUpError, shown};
use std::collections::BTreeMap;
use url::Url;

/// The most steps in one request: below the 11,000 that a server answers.
const MOST_STEPS: u64 = 10_000;

/// How long one request may take.
const TIMEOUT: Span = Span::from_secs(60);

/// Asks a server for stretches of its past.
#[derive(Debug)]
pub struct RangeClient {
    url: Url,
    client: HttpClient,
}

/// Why there is no past.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The server is not there, or is none that speaks PromQL.
    #[error("{0}")]
    Unreachable(String),
    /// The server says that it cannot answer this.
    #[error("{0}")]
    Refused(String),
    /// The query gives several series where one is expected: the labels of two of them.
    #[error("the query gives several series where one is expected: {0} and {1}")]
    Several(String, String),
}

impl RangeClient {
    /// The server at `url`, which may have a path before `/api/v1`.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(
        mut url: Url,
        headers: Vec<(String, String)>,
        auth: Option<Auth>,
    ) -> Result<Self, SetUpError> {
        let path = format!("{}/api/v1/query_range", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let settings = HttpSettings { headers, auth, ..HttpSettings::new(TIMEOUT, MAX_ANSWER) };
        Ok(Self { url, client: HttpClient::new(settings)? })
    }

    /// What one query says at `since` and every `step` after it up to `until`: the times at
    /// which it says a number. A stretch shorter than a step is one time.
    ///
    /// Fails if a request does, and if there are several series.
    pub async fn values(
        &self,
        query: &str,
        (since, until): (Timestamp, Timestamp),
        step: Span,
    ) -> Result<Vec<(Timestamp, f64)>, RangeError> {
        let mut values = Vec::new();
        let mut known: Option<BTreeMap<String, String>> = None;
        for (from, to) in chunks(since, until, step) {
            let series = self.ask(query, (from, to), step).await?;
            for (labels, found) in series {
                match &known {
                    Some(known) if *known != labels => {
                        return Err(RangeError::Several(written(known), written(&labels)));
                    }
                    _ => known = Some(labels),
                }
                let finite = found.into_iter().filter(|(_, value)| value.is_finite());
                values.extend(finite.map(|(at, value)| (Timestamp::from_ms(at), value)));
            }
        }
        Ok(values)
    }

    async fn ask(
        &self,
        query: &str,
        (from, to): (Timestamp, Timestamp),
        step: Span,
    ) -> Result<Vec<Series>, RangeError> {
        let (start, end, step) = (seconds(from), seconds(to), format!("{}ms", step.ms()));
        let form = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
        let asked = self.client.within(self.client.post(&self.url, &form)).await;
        let about = |why: String| format!("{}: {why}", shown(&self.url));
        let unreachable = |why: String| RangeError::Unreachable(about(why));
        let answer = asked.map_err(|error| unreachable(with_causes(&error)))?;
        match (answer.status.is_success(), answer::read_series(&answer.body)) {
            (true, Some(Ok(series))) => Ok(series),
            (true | false, Some(Err(why))) => Err(RangeError::Refused(about(why))),
            (true, None) => {
                Err(unreachable("this is no answer of Prometheus' HTTP API".to_owned()))
            }
            (false, _) => {
                Err(unreachable(FetchError::Status { status: answer.status }.to_string()))
            }
        }
    }
}

/// `{code="200",method="GET"}`.
fn written(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(","))
}

/// An error with its causes: that a connection failed says little without why.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    format!("{error}{causes}")
}

/// The stretches of time that are asked for one by one; none shares a step with another.
fn chunks(
    since: Timestamp,
    until: Timestamp,
    step: Span,
) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let step = step.max(Span::from_ms(1));
    let steps = until.since(since).ms() / step.ms() + 1;
    (0..steps.div_ceil(MOST_STEPS)).map(move |chunk| {
        let first = chunk * MOST_STEPS;
        let last = (first + MOST_STEPS).min(steps) - 1;
        (since + step.times(first), since + step.times(last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(length: u64, step: u64, expected: &[(i64, i64)]) {
        let (since, step) = (Timestamp::from_ms(0), Span::from_secs(step));
        let chunks = chunks(since, since + Span::from_secs(length), step);
        let chunks: Vec<_> = chunks.map(|(a, b)| (a.ms() / 1000, b.ms() / 1000)).collect();
        assert_eq!(chunks, expected);
    }

    #[test]
    fn every_step_is_asked_for_once_and_never_more_than_a_server_answers() {
        check(0, 60, &[(0, 0)]);
        check(59, 60, &[(0, 0)]);
        check(600, 60, &[(0, 600)]);
        check(9_999 * 60, 60, &[(0, 599_940)]);
        check(10_000 * 60, 60, &[(0, 599_940), (600_000, 600_000)]);
        check(25_000, 1, &[(0, 9_999), (10_000, 19_999), (20_000, 25_000)]);
    }
}
