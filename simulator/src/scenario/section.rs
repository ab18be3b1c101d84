//! What the sections of a scenario have in common: numbers within bounds, and defaults.

use crate::{
    chance::Spread,
    world::Tariff,
    written::{
        fault::{At, Code, FileFault},
        table::{Table, Value},
    },
};
use setpoint_core::Span;
use toml::de::DeValue;

/// A table of a scenario file, with the readers that scenarios need.
pub(super) trait Section<'a> {
    /// A number above zero, or `default`.
    fn positive(&mut self, key: &'static str, default: f64) -> f64;
    /// A number from zero up, or `default`.
    fn amount(&mut self, key: &'static str, default: f64) -> f64;
    /// A share from 0 to 1, or `default`.
    fn share(&mut self, key: &'static str, default: f64) -> f64;
    /// A factor from 1 up, or `default`.
    fn factor(&mut self, key: &'static str, default: f64) -> f64;
    /// A length of time, or `default`.
    fn length(&mut self, key: &'static str, default: Span) -> Span;
    /// A length of time above zero, or `default`.
    fn some_time(&mut self, key: &'static str, default: Span) -> Span;
    /// A count above zero, or `default`.
    fn some(&mut self, key: &'static str, default: u32) -> u32;
    /// A time that varies: `"2m"`, or `{ median = "2m", sigma = 0.3 }`.
    fn spread(&mut self, key: &'static str, default: Spread) -> Spread;
    /// What a thing costs: `price` an hour, and `billed_from`, the least time paid for.
    fn tariff(&mut self, default: Tariff) -> Tariff;
    /// Reports a value that its key cannot have.
    fn refuse(&self, at: &At<String>, help: &str);
}

impl<'a> Section<'a> for Table<'a> {
    fn positive(&mut self, key: &'static str, default: f64) -> f64 {
        bounded(self, key, default, |number| number > 0.0, "a number above zero")
    }

    fn amount(&mut self, key: &'static str, default: f64) -> f64 {
        bounded(self, key, default, |number| number >= 0.0, "a number from zero up")
    }

    fn share(&mut self, key: &'static str, default: f64) -> f64 {
        bounded(self, key, default, |share| (0.0..=1.0).contains(&share), "a share from 0 to 1")
    }

    fn factor(&mut self, key: &'static str, default: f64) -> f64 {
        bounded(self, key, default, |factor| factor >= 1.0, "a factor from 1 up")
    }

    fn length(&mut self, key: &'static str, default: Span) -> Span {
        self.span(key).map_or(default, |span| span.value)
    }

    fn some_time(&mut self, key: &'static str, default: Span) -> Span {
        let Some(span) = self.span(key) else { return default };
        if span.value == Span::ZERO {
            wrong(self, key, &span, "a length of time above zero");
        }
        span.value
    }

    fn some(&mut self, key: &'static str, default: u32) -> u32 {
        let Some(count) = self.count(key) else { return default };
        if count.value == 0 {
            wrong(self, key, &count, "a whole number from 1 up");
        }
        count.value
    }

    fn spread(&mut self, key: &'static str, default: Spread) -> Spread {
        let Some(value) = self.value(key) else { return default };
        spread(self, key, value).unwrap_or(default)
    }

    fn tariff(&mut self, default: Tariff) -> Tariff {
        let per_hour = self.amount("price", default.per_hour);
        Tariff { per_hour, least: self.length("billed_from", default.least) }
    }

    fn refuse(&self, at: &At<String>, help: &str) {
        let message = format!("{} cannot be meant", at.place.written());
        self.reader.faults.push(FileFault::new(Code::BadValue, &at.place, message).help(help));
    }
}

fn spread<'a>(table: &Table<'a>, key: &'static str, value: Value<'a>) -> Option<Spread> {
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        let median = table.reader.span(value, key)?.value;
        return Some(Spread { median, sigma: 0.0 });
    }
    let mut inner = Table::inner(table.reader, value, key)?;
    if !inner.has("median") {
        inner.missing("median", "median = \"2m\", sigma = 0.3");
    }
    let median = inner.span("median").map(|span| span.value);
    let sigma = inner.amount("sigma", 0.0);
    inner.finish();
    Some(Spread { median: median?, sigma })
}

fn bounded(
    table: &mut Table<'_>,
    key: &'static str,
    default: f64,
    fits: impl Fn(f64) -> bool,
    wanted: &str,
) -> f64 {
    let Some(number) = table.number(key) else { return default };
    if !fits(number.value) {
        wrong(table, key, &number, wanted);
    }
    number.value
}

fn wrong<T>(table: &Table<'_>, key: &str, at: &At<T>, wanted: &str) {
    let message = format!("`{key}` is {}, and takes {wanted}", at.place.written());
    table.reader.faults.push(FileFault::new(Code::BadValue, &at.place, message));
}
