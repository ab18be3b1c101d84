//! Sources, plugged in: each with all that it is asked, and each behind a breaker of its own.

use super::CannotWire;
use crate::{
    config::{Config, Question, Source, SourceKind},
    system_clock::SystemClock,
};
use setpoint_control::{Breaker, MetricSource};
use setpoint_core::InputKey;
use setpoint_http::{JsonSource, ProbeSource, SetUpError};
use setpoint_prometheus::{PrometheusSource, ScrapeSource};
use std::{collections::BTreeMap, sync::Arc};

/// Every source that is asked something.
pub(super) fn sources(config: &Config) -> Result<Vec<Box<dyn MetricSource>>, CannotWire> {
    let mut sources: Vec<Box<dyn MetricSource>> = Vec::new();
    for (name, source) in &config.sources {
        let asked = config.inputs.iter().filter(|(_, input)| input.source == *name);
        let asked: BTreeMap<&InputKey, &Question> =
            asked.map(|(key, input)| (key, &input.question)).collect();
        if !asked.is_empty() {
            let plugged = plug_in(source, &asked);
            let plugged = plugged.map_err(|error| CannotWire::Source(name.clone(), error))?;
            sources.push(Box::new(Breaker::new(name, plugged, config.every)));
        }
    }
    Ok(sources)
}

fn plug_in(
    source: &Source,
    asked: &BTreeMap<&InputKey, &Question>,
) -> Result<Box<dyn MetricSource>, SetUpError> {
    let (url, http) = (source.url.clone(), source.http.clone());
    Ok(match &source.kind {
        SourceKind::Scrape => {
            let of = |question: &Question| match question {
                Question::Page(query) => Some(query.clone()),
                Question::Server(_) | Question::Json(_) | Question::Check(_) => None,
            };
            Box::new(ScrapeSource::new(url, http, only(asked, of))?)
        }
        SourceKind::Prometheus => {
            let of = |question: &Question| match question {
                Question::Server(query) => Some(query.clone()),
                Question::Page(_) | Question::Json(_) | Question::Check(_) => None,
            };
            Box::new(PrometheusSource::new(url, http, only(asked, of))?)
        }
        SourceKind::HttpJson => {
            let of = |question: &Question| match question {
                Question::Json(query) => Some(query.clone()),
                Question::Page(_) | Question::Server(_) | Question::Check(_) => None,
            };
            Box::new(JsonSource::new(url, http, only(asked, of))?)
        }
        SourceKind::Probe { expected } => {
            let of = |question: &Question| match question {
                Question::Check(check) => Some(*check),
                Question::Page(_) | Question::Server(_) | Question::Json(_) => None,
            };
            let clock = Arc::new(SystemClock::start());
            Box::new(ProbeSource::new(url, expected.clone(), http, clock, only(asked, of))?)
        }
    })
}

/// The questions of one kind. Reading the configuration made sure that there are no others.
fn only<Q>(
    asked: &BTreeMap<&InputKey, &Question>,
    of: impl Fn(&Question) -> Option<Q>,
) -> BTreeMap<InputKey, Q> {
    asked.iter().filter_map(|(key, question)| Some(((*key).clone(), of(question)?))).collect()
}
