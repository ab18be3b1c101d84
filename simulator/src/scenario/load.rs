//! `[load]`: how much is asked of the service, drawn, recorded or generated.

use super::{
    section::Section as _,
    trace::{Trace, Wanted},
};
use crate::{
    world::{Bursts, Event, Load, Shape},
    written::{
        fault::{At, Code, FileFault, Place},
        table::{Table, Value},
    },
};
use setpoint_core::Span;
use std::{
    f64::consts::TAU,
    path::{Path, PathBuf},
};
use toml::de::DeValue;

/// The load, and the trace it was made of.
pub(super) fn load(mut table: Table<'_>, folder: &Path, length: Span) -> (Load, Option<PathBuf>) {
    let base_rps = table.positive("base_rps", 300.0);
    let noise = table.share("noise", 0.05);
    let trend = table.positive("trend", 1.0);
    let bursts = table.table("bursts").map(bursts);
    let events = table.tables("event");
    let events = events.into_iter().filter_map(|table| event(table, length)).collect();
    let mut file = None;
    let shapes = ["shape", "season", "trace"].map(|key| table.has(key));
    if shapes.iter().filter(|there| **there).count() > 1 {
        let message = "`shape`, `season` and `trace` each say all: write one of them";
        table.reader.faults.push(FileFault::new(Code::Twice, &table.place, message));
    }
    let points = table.value("shape");
    let points = points.and_then(|value| points_of(&table, value));
    let season = table.table("season").map(|table| season(table, length));
    let trace = table.table("trace").and_then(|table| recorded(table, folder, base_rps, &mut file));
    let shape = trace.or(season).or(points).unwrap_or(Shape::Constant(1.0));
    table.finish();
    (Load { base_rps, shape, noise, trend, bursts, events }, file)
}

/// `shape = [["0h", 1], ["8h", 10]]`: factors at times, straight lines between them.
fn points_of<'a>(table: &Table<'a>, value: Value<'a>) -> Option<Shape> {
    let reader = table.reader;
    let DeValue::Array(items) = value.get_ref() else {
        reader.wrong_type(value, "a list of times with factors", "shape");
        return None;
    };
    let mut points: Vec<(Span, f64)> = Vec::new();
    for item in items {
        let pair = match item.get_ref() {
            DeValue::Array(pair) => pair.first().zip(pair.get(1)).filter(|_| pair.len() == 2),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => None,
        };
        let Some(pair) = pair else {
            reader.wrong_type(item, "pairs such as [\"8h\", 10]", "shape");
            return None;
        };
        let (at, factor) = (reader.span(pair.0, "shape")?, reader.number(pair.1, "shape")?);
        let wrong = |at: &Place, message: &str| {
            reader.faults.push(FileFault::new(Code::BadValue, at, message));
        };
        if factor.value < 0.0 {
            wrong(&factor.place, "a load cannot be below zero");
        }
        if points.last().is_some_and(|(before, _)| *before >= at.value) {
            wrong(&at.place, "the times of a shape must ascend");
        }
        points.push((at.value, factor.value));
    }
    if points.is_empty() {
        let message = "`shape` is empty";
        reader.faults.push(FileFault::new(Code::BadValue, &reader.place(value), message));
    }
    Some(Shape::Points(points))
}

/// `season = { low = 1, high = 3, period = "24h", peak_at = "20h" }`: a wave.
fn season(mut table: Table<'_>, length: Span) -> Shape {
    let (low, high) = (table.amount("low", 1.0), table.amount("high", 3.0));
    let period = table.some_time("period", Span::from_minutes(24 * 60));
    let peak_at = table.length("peak_at", Span::from_minutes(12 * 60));
    table.finish();
    if period == Span::from_minutes(24 * 60) && peak_at == Span::from_minutes(12 * 60) {
        return Shape::Diurnal { low, high };
    }
    // A sixtieth of a period is as smooth as anybody sees.
    let step = Span::from_ms((period.ms() / 60).max(1));
    let wave = |at: Span| {
        let phase = TAU * (at.secs() - peak_at.secs()) / period.secs();
        low + (high - low) * f64::midpoint(1.0, phase.cos())
    };
    let steps = (0..=length.ms() / step.ms() + 1).map(|nth| step.times(nth));
    Shape::Points(steps.map(|at| (at, wave(at))).collect())
}

fn bursts(mut table: Table<'_>) -> Bursts {
    let bursts = Bursts {
        every: table.some_time("every", Span::from_minutes(6 * 60)),
        lasts: table.some_time("lasts", Span::from_minutes(10)),
        factor: table.positive("factor", 3.0),
    };
    table.finish();
    bursts
}

/// `[[load.event]]`: `at`, `for`, `factor`, and how long `before` policies are told.
fn event(mut table: Table<'_>, length: Span) -> Option<Event> {
    if !table.has("at") {
        table.missing("at", "at = \"8h\", factor = 10");
    }
    let (at, factor) = (table.span("at"), table.positive("factor", 1.0));
    let lasts = table.length("for", length);
    let before = table.length("before", Span::from_minutes(30));
    table.finish();
    let from = at?.value;
    Some(Event { told: from.minus(before), from, until: from + lasts, factor })
}

/// `trace = { file = "load.csv", column = "requests", per = "60s", peak_rps = 4500 }`.
fn recorded(
    mut table: Table<'_>,
    folder: &Path,
    base_rps: f64,
    used: &mut Option<PathBuf>,
) -> Option<Shape> {
    if !table.has("file") {
        table.missing("file", "file = \"load.csv\"");
    }
    let file = table.text("file");
    let wanted = Wanted {
        column: table.text("column").map(|column| column.value),
        time: table.text("time").map(|time| time.value),
        per: table.span("per").map(|per| per.value),
        step: table.span("step").map(|step| step.value),
    };
    let (scale, peak) = (table.positive("scale", 1.0), table.number("peak_rps"));
    let from = table.length("from", Span::ZERO);
    let reader = table.reader;
    table.finish();
    let At { value: name, place } = file?;
    let path = folder.join(&name);
    let trace = match Trace::read(&path, &wanted) {
        Ok(trace) => trace,
        Err(error) => {
            let fault = FileFault::new(Code::Unreadable, &place, error.to_string());
            reader.faults.push(fault.maybe_help(error.help()));
            return None;
        }
    };
    *used = Some(path);
    let factor = peak.map_or(scale, |peak| peak.value / trace.peak_rps().max(f64::MIN_POSITIVE));
    Some(trace.from(from).shape(factor / base_rps))
}
