//! A query of CloudWatch, with its faults shown at the very word.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    suggest,
};
pub(crate) use setpoint_aws::MetricQuery;
use setpoint_aws::QueryError;

/// The query, or a fault that shows what is wrong where.
pub(crate) fn parse(written: &At<String>, faults: &Faults) -> Option<MetricQuery> {
    match MetricQuery::parse(&written.value) {
        Ok(query) => Some(query),
        Err(error) => {
            faults.push(fault(written, &error));
            None
        }
    }
}

fn fault(written: &At<String>, error: &QueryError) -> ConfigFault {
    let Some(place) = place(written, error) else {
        // The text in the file is another than the one that was read: what a variable
        // holds is not to be shown.
        let message = "this query cannot be answered once its variables are expanded";
        return ConfigFault::new(Code::BadQuery, &written.place, message);
    };
    let message = format!("this query cannot be answered: {error}");
    let word = written.value[error.at.clone()].trim();
    let help = match error.known {
        [] => None,
        known => suggest::advice(word, known.iter().copied().chain(["p99"])),
    };
    ConfigFault::new(Code::BadQuery, &place, message).maybe_help(help)
}

/// Where in the file the words are that the fault is about; `None` if the text in the
/// file is not, letter for letter, the one that was read.
fn place(written: &At<String>, error: &QueryError) -> Option<Place> {
    let span = written.place.span.clone()?;
    let offset = written.place.written().find(&written.value)?;
    let word = &written.value[error.at.clone()];
    let start = span.start + offset + error.at.start + (word.len() - word.trim_start().len());
    let span = start..start + word.trim().len();
    let empty = span.is_empty();
    let own = Place { file: written.place.file.clone(), span: Some(span) };
    Some(if empty { written.place.clone() } else { own })
}
