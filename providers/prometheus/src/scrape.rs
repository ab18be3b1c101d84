//! A metrics page as a source of readings.

use crate::fetch::{FetchError, client, fetch};
use async_trait::async_trait;
use reqwest::Client;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Span};
use setpoint_promql::{Page, Query, Recent};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// A metrics page, read once a pass for all the inputs bound to it.
pub struct ScrapeSource {
    url: String,
    timeout: Span,
    queries: BTreeMap<InputKey, Query>,
    client: Client,
    recent: Mutex<Recent>,
}

impl ScrapeSource {
    /// The page at `url`, to be read within `timeout`, and what is asked of it.
    ///
    /// Fails only if TLS cannot be set up.
    pub fn new(
        url: impl Into<String>,
        timeout: Span,
        queries: BTreeMap<InputKey, Query>,
    ) -> Result<Self, FetchError> {
        let recent = Mutex::new(Recent::of(queries.values()));
        Ok(Self { url: url.into(), timeout, queries, client: client()?, recent })
    }

    async fn page(&self) -> Result<Page, String> {
        let body = fetch(&self.client, &self.url, self.timeout).await;
        let body = body.map_err(|error| format!("{}: {error}", self.url))?;
        Page::parse(&body).map_err(|error| format!("{}: {error}", self.url))
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
