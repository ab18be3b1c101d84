//! Alertmanager as a source: how many alerts fire of those that an input means.
//!
//! The rule it keeps: nobody knows that an alert does not fire, unless the one fires that always
//! does. Alertmanager forgets what it is not told again, so a Prometheus that is gone looks like
//! calm. A watchdog is a rule whose condition is always true; while it is missing, so is every
//! reading.

use async_trait::async_trait;
use serde::Deserialize;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Sample};
use setpoint_http::{HttpClient, HttpSettings, SetUpError, shown};
use setpoint_promql::AlertQuery;
use std::collections::BTreeMap;
use url::Url;

/// The longest list of alerts that is read, in bytes.
pub const MAX_ALERTS: usize = 8 * 1024 * 1024;

/// Alertmanager, asked once a pass for all the inputs bound to it.
#[derive(Debug)]
pub struct AlertSource {
    url: Url,
    watchdog: AlertQuery,
    queries: BTreeMap<InputKey, AlertQuery>,
    client: HttpClient,
}

/// An alert that fires, as Alertmanager lists it.
#[derive(Debug, Deserialize)]
struct Alert {
    labels: BTreeMap<String, String>,
}

impl Alert {
    fn is_meant_by(&self, query: &AlertQuery) -> bool {
        query.matches(|label| self.labels.get(label).map_or("", String::as_str))
    }
}

impl AlertSource {
    /// The Alertmanager at `url`, in which `watchdog` fires as long as it is fed, and what is
    /// asked of it.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(
        mut url: Url,
        settings: HttpSettings,
        watchdog: AlertQuery,
        queries: BTreeMap<InputKey, AlertQuery>,
    ) -> Result<Self, SetUpError> {
        let path = format!("{}/api/v2/alerts", url.path().trim_end_matches('/'));
        url.set_path(&path);
        // What people silenced, and what another alert explains, fires for nobody.
        url.set_query(Some("active=true&silenced=false&inhibited=false&unprocessed=false"));
        Ok(Self { url, watchdog, queries, client: HttpClient::new(settings)? })
    }

    async fn alerts(&self) -> Result<Vec<Alert>, String> {
        let url = shown(&self.url);
        let body = self.client.page(&self.url).await.map_err(|error| format!("{url}: {error}"))?;
        let alerts: Vec<Alert> = serde_json::from_slice(&body)
            .map_err(|error| format!("{url}: this is no list of alerts: {error}"))?;
        if alerts.iter().any(|alert| alert.is_meant_by(&self.watchdog)) {
            return Ok(alerts);
        }
        Err(format!("{url}: the watchdog does not fire, so nobody knows what else would"))
    }
}

#[async_trait]
impl MetricSource for AlertSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let alerts = self.alerts().await;
        let answer = |query: &AlertQuery| match &alerts {
            Err(why) => Reading::Failed(why.clone()),
            Ok(alerts) => {
                let firing = alerts.iter().filter(|alert| alert.is_meant_by(query)).count();
                let sample = Sample::new(now.wall, firing as f64);
                sample.map_or_else(|| Reading::Failed("too many".to_owned()), Reading::Sample)
            }
        };
        self.queries.iter().map(|(key, query)| (key.clone(), answer(query))).collect()
    }
}
