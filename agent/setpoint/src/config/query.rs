//! A query as it is written in the configuration.

use super::{
    cloudwatch,
    fault::{At, Code, ConfigFault, Faults},
    valid::{BoundQuery, SourceKind},
};
use setpoint_promql::Query;

/// What `text` asks a source of this kind; `None` if it cannot be asked.
pub(crate) fn parse_text(text: &str, source: &SourceKind) -> Option<BoundQuery> {
    match source {
        SourceKind::Scrape { .. } => Query::parse(text).ok().map(BoundQuery::PromQl),
        SourceKind::CloudWatch(_) => cloudwatch::parse_text(text).map(BoundQuery::CloudWatch),
    }
}

/// The query in the language of its source, or a fault that shows what its parser made of it.
pub(crate) fn parse(
    written: &At<String>,
    source: &SourceKind,
    faults: &Faults,
) -> Option<BoundQuery> {
    match source {
        SourceKind::Scrape { .. } => promql(written, faults).map(BoundQuery::PromQl),
        SourceKind::CloudWatch(_) => cloudwatch::parse(written, faults).map(BoundQuery::CloudWatch),
    }
}

fn promql(written: &At<String>, faults: &Faults) -> Option<Query> {
    match Query::parse(&written.value) {
        Ok(query) => Some(query),
        Err(error) => {
            // The parser quotes the query: what a variable holds is not to be shown.
            let expanded = written.place.written().contains("${");
            let why = if expanded { "once its variables are expanded" } else { &error.to_string() };
            let message = format!("this query cannot be answered: {why}");
            faults.push(ConfigFault::new(Code::BadQuery, &written.place, message));
            None
        }
    }
}
