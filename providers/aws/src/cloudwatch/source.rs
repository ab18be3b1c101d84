//! CloudWatch as a source of readings.

use super::{
    MetricQuery,
    answer::{Period, read},
    ask::{Batch, batches},
};
use crate::api::Api;
use async_trait::async_trait;
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{MetricDataResult, ScanBy},
};
use futures::future::join_all;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Span, Timestamp};
use std::{collections::BTreeMap, time::Duration};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

/// The CloudWatch API.
pub(crate) type CloudWatch = Api<aws_sdk_cloudwatch::Client>;

/// What the operator settled about one CloudWatch source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudWatchSettings {
    /// How much time one value stands for; whole seconds.
    pub period: Span,
    /// How long after its end a period is still being filled.
    pub delay: Span,
    /// How long one reading of everything may take.
    pub timeout: Span,
    /// Another place to call than the provider's: a private link, an emulator.
    pub endpoint: Option<Url>,
}

/// CloudWatch, asked once a period for all the inputs bound to it.
#[derive(Debug)]
pub struct CloudWatchSource {
    api: CloudWatch,
    settings: CloudWatchSettings,
    queries: BTreeMap<InputKey, MetricQuery>,
    batches: Vec<Batch>,
    kept: Mutex<Option<Kept>>,
}

/// What was said about the last period that was asked for.
#[derive(Debug)]
struct Kept {
    end: Timestamp,
    readings: BTreeMap<MetricQuery, Reading>,
}

impl CloudWatchSource {
    pub(crate) fn new(
        api: CloudWatch,
        settings: CloudWatchSettings,
        queries: BTreeMap<InputKey, MetricQuery>,
    ) -> Self {
        let seconds = i32::try_from(settings.period.ms() / 1000).unwrap_or(i32::MAX);
        // Asked once, however many inputs want it: AWS counts every question.
        let distinct: std::collections::BTreeSet<&MetricQuery> = queries.values().collect();
        let batches = batches(distinct, seconds);
        Self { api, settings, queries, batches, kept: Mutex::new(None) }
    }

    /// The latest period that should be filled by `now`.
    fn period(&self, now: Timestamp) -> Period {
        let length = i64::try_from(self.settings.period.ms()).unwrap_or(i64::MAX).max(1);
        let filled = (now - self.settings.delay).ms();
        let end = Timestamp::from_ms(filled - filled.rem_euclid(length));
        Period { start: end - self.settings.period, end }
    }

    async fn ask(&self, period: Period) -> BTreeMap<MetricQuery, Reading> {
        let all = join_all(self.batches.iter().map(|batch| self.ask_batch(batch, period))).await;
        all.into_iter().flatten().collect()
    }

    /// What one call, with all its pages, says. If a page fails, all of it has failed.
    async fn ask_batch(&self, batch: &Batch, period: Period) -> Vec<(MetricQuery, Reading)> {
        let limit = Duration::from_millis(self.settings.timeout.ms());
        let results = match timeout(limit, self.results(batch, period)).await {
            Ok(results) => results,
            Err(_elapsed) => Err(format!("no answer within {}", self.settings.timeout)),
        };
        let reading = |id: &str| match &results {
            Ok(results) => read(results, id, period),
            Err(why) => Reading::Failed(why.clone()),
        };
        batch.ids.iter().map(|(id, query)| (query.clone(), reading(id))).collect()
    }

    async fn results(
        &self,
        batch: &Batch,
        period: Period,
    ) -> Result<Vec<MetricDataResult>, String> {
        let (mut results, mut token) = (Vec::new(), None);
        loop {
            let request = self
                .api
                .client()
                .get_metric_data()
                .set_metric_data_queries(Some(batch.asked.clone()))
                .start_time(DateTime::from_millis(period.start.ms()))
                .end_time(DateTime::from_millis(period.end.ms()))
                .scan_by(ScanBy::TimestampDescending)
                .set_next_token(token)
                .send();
            let page = self.api.call("GetMetricData", request).await;
            let page = page.map_err(|error| error.to_string())?;
            results.extend(page.metric_data_results.unwrap_or_default());
            match page.next_token {
                Some(next) if !next.is_empty() => token = Some(next),
                _ => return Ok(results),
            }
        }
    }
}

#[async_trait]
impl MetricSource for CloudWatchSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let period = self.period(now.wall);
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_none_or(|kept| kept.end < period.end) {
            *kept = Some(Kept { end: period.end, readings: self.ask(period).await });
        }
        let Some(kept) = &*kept else { return BTreeMap::new() };
        let reading = |query| kept.readings.get(query).cloned();
        self.queries.iter().filter_map(|(key, it)| Some((key.clone(), reading(it)?))).collect()
    }
}
