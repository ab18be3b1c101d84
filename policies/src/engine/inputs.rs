//! `m`: the inputs, their latest values and their windows.

use super::{
    Outcome,
    context::{Context, with},
    parts::{self, Each},
    reading::{Origin, Reading},
};
use rhai::{Dynamic, Engine, ImmutableString};
use setpoint_core::{Dimension, NoAnswer, Quantity, Sample, Span, Stat};
use std::{fmt::Write, sync::Arc};

/// `m` itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs;

/// Teaches `engine` to read inputs and ask their windows.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Inputs>("Inputs")
        .register_type_with_name::<Reading>("Reading")
        .register_indexer_get(|_: &mut Inputs, name: ImmutableString| input(&name))
        .register_fn("has", |_: &mut Inputs, name: ImmutableString| has(&name))
        .register_get("age", |reading: &mut Reading| age(reading))
        .register_fn("or", |reading: Reading, other: Reading| reading.or(&other))
        .register_fn("peak", |r: Reading, d: Reading| ask(&r, |_| Stat::Peak, "peak", &[&d]))
        .register_fn("low", |r: Reading, d: Reading| ask(&r, |_| Stat::Low, "low", &[&d]))
        .register_fn("avg", |r: Reading, d: Reading| ask(&r, |_| Stat::Avg, "avg", &[&d]))
        .register_fn("rate", |r: Reading, d: Reading| ask(&r, |_| Stat::Rate, "rate", &[&d]))
        .register_fn("slope", |r: Reading, d: Reading| ask(&r, |_| Stat::Slope, "slope", &[&d]))
        .register_fn("quantile", |r: Reading, q: Reading, d: Reading| {
            let q = q.need()?.value;
            ask(&r, |_| Stat::Quantile(q), "quantile", &[&d])
        })
        .register_fn("quantile", |r: Reading, q: f64, d: Reading| {
            ask(&r, |_| Stat::Quantile(q), "quantile", &[&d])
        })
        .register_fn("quantile", |r: Reading, q: i64, d: Reading| {
            ask(&r, |_| Stat::Quantile(q as f64), "quantile", &[&d])
        })
        .register_fn("forecast", |r: Reading, back: Reading, ahead: Reading| {
            ask(&r, |spans| Stat::Forecast(spans[1]), "forecast", &[&back, &ahead])
        });
    // In a text, a reading is what a person would write.
    for word in ["to_string", "to_debug"] {
        engine.register_fn(word, |reading: &mut Reading| reading.to_string());
    }
    super::reading_or_number(engine);
}

/// The latest value of the input `name`, which is one number.
pub(super) fn latest(name: &str) -> Outcome<Reading> {
    with(|context| {
        let index = index(context, name)?;
        if context.inputs[index].is_of_each() {
            return Err(format!("the input '{name}' is not one number").into());
        }
        answer(context, Origin { input: index, window: None }, None, None)
    })?
}

/// The latest value of the input `name`, or the values of each.
fn input(name: &str) -> Outcome<Dynamic> {
    with(|context| {
        let index = index(context, name)?;
        if context.inputs[index].is_of_each() {
            return Ok(Dynamic::from(Each(index)));
        }
        let latest = answer(context, Origin { input: index, window: None }, None, None)?;
        Ok(Dynamic::from(latest))
    })?
}

/// Whether the input has a fresh value, or one of each.
fn has(name: &str) -> Outcome<bool> {
    with(|context| {
        let index = index(context, name)?;
        if context.inputs[index].is_of_each() {
            return Ok(parts::is_whole(context, Each(index)));
        }
        let latest = answer(context, Origin { input: index, window: None }, None, None)?;
        Ok(latest.value.is_ok())
    })?
}

fn index(context: &Context, name: &str) -> Outcome<usize> {
    let found = context.inputs.iter().position(|input| &*input.name == name);
    found.ok_or_else(|| format!("the policy declares no input '{name}'").into())
}

/// What `origin` asks of its input. `dimension` where it is not the input's own.
fn answer(
    context: &Context,
    origin: Origin,
    dimension: Option<Dimension>,
    label: Option<Arc<str>>,
) -> Outcome<Reading> {
    let input = &context.inputs[origin.input];
    let settings = input.bound()?;
    let dimension = dimension.unwrap_or_else(|| settings.unit.dimension());
    let label = label.or_else(|| Some(Arc::clone(&input.name)));
    let nothing = NoAnswer::Stale { age: None, max_age: settings.max_age };
    let found = match (&input.window, origin.window) {
        (None, _) => Err(nothing),
        (Some(window), None) => window
            .latest(context.wall, settings.max_age)
            .map(|sample| (sample.value(), Some(sample.at))),
        (Some(window), Some((stat, span))) => window
            .ask(stat, span, context.wall, settings.max_age, Sample::value)
            .map(|value| (value, window.samples().next_back().map(|sample| sample.at))),
    };
    let (value, taken) = match found {
        Ok((value, taken)) => (value, taken),
        Err(no_answer) => return Ok(Reading::absent(input.why(&no_answer), dimension, label)),
    };
    let quantity = Quantity::new(value, dimension).ok_or("the window's answer is not finite")?;
    Ok(Reading {
        value: Ok(quantity),
        dimension,
        label,
        substituted: false,
        taken,
        origin: Some(origin),
        of: None,
    })
}

/// Asks the window behind `reading`.
fn ask(
    reading: &Reading,
    stat: impl FnOnce(&[Span]) -> Stat,
    word: &str,
    spans: &[&Reading],
) -> Outcome<Reading> {
    let Some(Origin { input, window: None }) = reading.origin.or_else(|| origin_of(reading)) else {
        return Err(
            format!("'{word}' needs an input such as m.cpu, not {}", reading.describe()).into()
        );
    };
    let spans = spans.iter().map(|span| duration(span)).collect::<Outcome<Vec<Span>>>()?;
    let stat = stat(&spans);
    let change = matches!(stat, Stat::Rate | Stat::Slope);
    let dimension = change.then(|| per_second(reading.dimension));
    with(|context| {
        let label = asked(&context.inputs[input].name, word, &spans);
        let origin = Origin { input, window: Some((stat, spans[0])) };
        answer(context, origin, dimension, Some(label.into()))
    })?
}

/// How a question to a window is written: "rps.forecast(3m, 4m)".
fn asked(input: &str, word: &str, spans: &[Span]) -> String {
    let mut text = [input, ".", word].concat();
    for (before, span) in ["(", ", "].iter().zip(spans) {
        write!(text, "{before}{span}").expect("a string accepts writes");
    }
    text.push(')');
    text
}

/// What a quantity of this dimension changes by in a second: a rate, if it is a count.
/// There is no word for shares a second; their change is told as a share.
pub(crate) const fn per_second(dimension: Dimension) -> Dimension {
    match dimension {
        Dimension::Count => Dimension::Rate,
        Dimension::Ratio | Dimension::Time | Dimension::Bytes | Dimension::Rate => dimension,
    }
}

/// An absent reading has lost its origin, but its label still names the input.
fn origin_of(reading: &Reading) -> Option<Origin> {
    let label = reading.label.as_ref().filter(|_| reading.value.is_err())?;
    let index = |context: &mut Context| {
        context.inputs.iter().position(|input| Arc::ptr_eq(&input.name, label))
    };
    Some(Origin { input: with(index).ok()??, window: None })
}

fn age(reading: &Reading) -> Outcome<Reading> {
    let taken = match (&reading.value, reading.taken) {
        (Ok(_), Some(taken)) => taken,
        (Ok(_), None) => return Err("only a reading has an age".into()),
        (Err(why), _) => {
            return Ok(Reading::absent(Arc::clone(why), Dimension::Time, reading.label.clone()));
        }
    };
    let label = reading.label.as_ref().map(|label| format!("{label}.age").into());
    let age = with(|context| context.wall.since(taken))?;
    Ok(Reading { label, ..Reading::fixed(age.secs(), Dimension::Time)? })
}

/// A duration, as a span.
pub(crate) fn duration(reading: &Reading) -> Outcome<Span> {
    let quantity = reading.need()?;
    if quantity.dimension != Dimension::Time || quantity.value < 0.0 {
        return Err(format!("{} is no duration; write it as 5.minutes", reading.describe()).into());
    }
    Ok(Span::from_ms((quantity.value * 1000.0).round() as u64))
}
