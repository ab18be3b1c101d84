//! `inputs` of a `[[policy]]`: the metric that an input reads, where it has another name.
//!
//! `inputs = { load = "rps", errors = { metric = "canary_errors", empty = "zero" } }`

use super::service::word;
use crate::{
    world::Metric,
    written::{
        fault::{At, Code, FileFault},
        suggest,
        table::{Reader, Table, Value},
    },
};
use setpoint_core::Empty;
use toml::de::DeValue;

/// An input, and what it reads.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) metric: Metric,
    /// What a metric means of which there is nothing: of a revision without requests.
    pub(super) empty: Empty,
}

/// Reads `inputs`.
pub(super) fn inputs(table: &mut Table<'_>) -> Vec<Input> {
    let reader = table.reader;
    let entries = table.named("inputs").into_iter();
    entries.filter_map(|(name, value)| input(reader, name.value, value)).collect()
}

fn input<'a>(reader: Reader<'a>, name: String, value: Value<'a>) -> Option<Input> {
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        let metric = metric(reader, &reader.text(value, &name)?)?;
        return Some(Input { name, metric, empty: Empty::Hold });
    }
    let mut table = Table::inner(reader, value, &name)?;
    if !table.has("metric") {
        table.missing("metric", "metric = \"canary_errors\"");
    }
    let written = table.text("metric");
    let known = [("hold", Empty::Hold), ("zero", Empty::Zero)];
    let empty = word(&mut table, "empty", &known, Empty::Hold);
    table.finish();
    Some(Input { name, metric: metric(reader, &written?)?, empty })
}

fn metric(reader: Reader<'_>, written: &At<String>) -> Option<Metric> {
    let found = Metric::named(&written.value);
    if found.is_none() {
        let message = format!("there is no metric {}", written.place.written());
        let fault = FileFault::new(Code::UnknownName, &written.place, message);
        let names = Metric::ALL.iter().map(|(name, _)| *name);
        reader.faults.push(fault.maybe_help(suggest::advice(&written.value, names)));
    }
    found
}
