//! A metrics page as a source of readings.

use async_trait::async_trait;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading};
use setpoint_http::{HttpClient, HttpSettings, SetUpError, shown};
use setpoint_promql::{Page, Query, Recent};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use url::Url;

/// The largest page that is read.
pub const MAX_PAGE: usize = 8 * 1024 * 1024;

/// A metrics page, read once a pass for all the inputs bound to it.
pub struct ScrapeSource {
    url: Url,
    queries: BTreeMap<InputKey, Query>,
    client: HttpClient,
    recent: Mutex<Recent>,
}

impl ScrapeSource {
    /// The page at `url`, and what is asked of it.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(
        url: Url,
        settings: HttpSettings,
        queries: BTreeMap<InputKey, Query>,
    ) -> Result<Self, SetUpError> {
        let recent = Mutex::new(Recent::of(queries.values()));
        Ok(Self { url, queries, client: HttpClient::new(settings)?, recent })
    }

    async fn page(&self) -> Result<Page, String> {
        let url = shown(&self.url);
        let body = self.client.page(&self.url).await.map_err(|error| format!("{url}: {error}"))?;
        Page::parse(&body).map_err(|error| format!("{url}: {error}"))
    }
}

#[async_trait]
impl MetricSource for ScrapeSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let page = self.page().await;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = |query: &Query, recent: &Recent| match &page {
            Ok(_) => query.answer(recent, now.wall),
            Err(why) => Reading::Failed(why.clone()),
        };
        if let Ok(page) = &page {
            recent.absorb(page, now.wall);
        }
        self.queries.iter().map(|(key, query)| (key.clone(), answer(query, &recent))).collect()
    }
}
