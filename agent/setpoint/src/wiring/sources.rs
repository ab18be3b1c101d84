//! Sources, plugged in: each with all that it is asked, and each behind a breaker of its own.

use super::CannotWire;
use crate::{
    config::{Config, Question, SourceKind, Web},
    system_clock::SystemClock,
};
use setpoint_control::{Breaker, MetricSource};
use setpoint_core::InputKey;
use setpoint_http::{Auth, HttpSettings, JsonSource, ProbeSource, SetUpError, Sign};
use setpoint_prometheus::{AlertSource, PrometheusSource, ScrapeSource};
use std::{collections::BTreeMap, sync::Arc};

/// Who signs the requests of a source, by its name.
pub(super) type Signers = BTreeMap<String, Arc<dyn Sign>>;

/// Every source that is asked something, but those of a provider: they are plugged in with it.
pub(super) fn sources(
    config: &Config,
    signers: &Signers,
) -> Result<Vec<Box<dyn MetricSource>>, CannotWire> {
    let mut sources: Vec<Box<dyn MetricSource>> = Vec::new();
    for (name, source) in &config.sources {
        let asked = config.inputs.iter().filter(|(_, input)| input.source == *name);
        let asked: BTreeMap<&InputKey, &Question> =
            asked.map(|(key, input)| (key, &input.question)).collect();
        if !asked.is_empty() {
            let plugged = plug_in(&source.kind, signers.get(name), &asked);
            let plugged = plugged.map_err(|error| CannotWire::Source(name.clone(), error))?;
            let Some(plugged) = plugged else { continue };
            sources.push(Box::new(Breaker::new(name, plugged, config.every)));
        }
    }
    Ok(sources)
}

fn plug_in(
    kind: &SourceKind,
    signer: Option<&Arc<dyn Sign>>,
    asked: &BTreeMap<&InputKey, &Question>,
) -> Result<Option<Box<dyn MetricSource>>, SetUpError> {
    let http = |http: &HttpSettings| {
        let mut http = http.clone();
        if let Some(signer) = signer {
            http.auth = Some(Auth::Signed(Arc::clone(signer)));
        }
        http
    };
    Ok(Some(match kind {
        SourceKind::CloudWatch(_) | SourceKind::AzureMonitor(_) | SourceKind::Kubernetes(_) => {
            return Ok(None);
        }
        SourceKind::Scrape(Web { url, http: settings, .. }) => {
            let of = |question: &Question| {
                let Question::Page(query) = question else { return None };
                Some(query.clone())
            };
            Box::new(ScrapeSource::new(url.clone(), http(settings), only(asked, of))?)
        }
        SourceKind::Prometheus(Web { url, http: settings, .. }) => {
            let of = |question: &Question| {
                let Question::Server(query) = question else { return None };
                Some(query.clone())
            };
            Box::new(PrometheusSource::new(url.clone(), http(settings), only(asked, of))?)
        }
        SourceKind::Alertmanager { web: Web { url, http: settings, .. }, watchdog } => {
            let of = |question: &Question| {
                let Question::Alerts(query) = question else { return None };
                Some(query.clone())
            };
            let asked = only(asked, of);
            Box::new(AlertSource::new(url.clone(), http(settings), watchdog.clone(), asked)?)
        }
        SourceKind::HttpJson(Web { url, http: settings, .. }) => {
            let of = |question: &Question| {
                let Question::Json(query) = question else { return None };
                Some(query.clone())
            };
            Box::new(JsonSource::new(url.clone(), http(settings), only(asked, of))?)
        }
        SourceKind::Probe { web: Web { url, http: settings, .. }, expected } => {
            let of = |question: &Question| {
                let Question::Check(check) = question else { return None };
                Some(*check)
            };
            let clock = Arc::new(SystemClock::start());
            let (url, expected, http) = (url.clone(), expected.clone(), http(settings));
            Box::new(ProbeSource::new(url, expected, http, clock, only(asked, of))?)
        }
    }))
}

/// The questions of one kind. Reading the configuration made sure that there are no others.
fn only<Q>(
    asked: &BTreeMap<&InputKey, &Question>,
    of: impl Fn(&Question) -> Option<Q>,
) -> BTreeMap<InputKey, Q> {
    asked.iter().filter_map(|(key, question)| Some(((*key).clone(), of(question)?))).collect()
}
