//! `p`, `state` and `now`, and the units of numbers.

use super::{Outcome, context::with, inputs::duration, reading::Reading};
use crate::{header::ParamValue, language::UNITS};
use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};
use setpoint_core::{Dimension, Fact, MAX_LEAD, Quantity, Scalar, Span};
use std::sync::Arc;

/// The most facts of one rule that are recorded.
const MAX_FACTS: usize = 20;

/// `p`: the parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params;

/// `state`: what the policy keeps between passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State;

/// `now`: the time of day, and calendars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now;

/// Teaches `engine` the globals and units.
pub(super) fn register(engine: &mut Engine) {
    for unit in UNITS {
        let of = |number: f64| Reading::fixed(number * unit.scale / unit.per, unit.dimension);
        engine
            .register_get(unit.name, move |number: &mut i64| of(*number as f64))
            .register_get(unit.name, move |number: &mut f64| of(*number));
    }
    engine
        .register_type_with_name::<Params>("Params")
        .register_type_with_name::<State>("State")
        .register_type_with_name::<Now>("Now")
        .register_indexer_get(|_: &mut Params, name: ImmutableString| param(&name))
        .register_indexer_get(|_: &mut State, name: ImmutableString| get(&name))
        .register_indexer_set(|_: &mut State, name: ImmutableString, value: Dynamic| {
            set(&name, &value)
        })
        .register_fn(
            "between",
            |c: NativeCallContext, _: Now, from: ImmutableString, until: ImmutableString| {
                between(&c, &from, &until)
            },
        )
        .register_fn(
            "within",
            |c: NativeCallContext, _: Now, calendar: ImmutableString, lead: Reading| {
                within(&c, &calendar, duration(&lead)?)
            },
        )
        .register_fn("to_int", |number: f64| -> Outcome<i64> {
            let whole = number.is_finite() && number.abs() < 9.0e15;
            if whole {
                Ok(number as i64)
            } else {
                Err(format!("{number} is no whole number").into())
            }
        });
}

fn param(name: &str) -> Outcome<Dynamic> {
    with(|context| {
        let value = context.policy.params.get(name).cloned();
        let value = value.ok_or_else(|| format!("the policy declares no parameter '{name}'"))?;
        let label = Some(Arc::from(["p.", name].concat()));
        Ok(match value {
            ParamValue::Bool(value) => value.into(),
            ParamValue::Text(value) => value.into(),
            ParamValue::Int(value) => {
                Dynamic::from(Reading { label, ..Reading::fixed(value as f64, Dimension::Count)? })
            }
            ParamValue::Number(value) => {
                Dynamic::from(Reading { label, ..Reading::fixed(value, Dimension::Count)? })
            }
            ParamValue::Quantity(Quantity { value, dimension }) => {
                Dynamic::from(Reading { label, ..Reading::fixed(value, dimension)? })
            }
        })
    })?
}

fn get(name: &str) -> Outcome<Dynamic> {
    let value = with(|context| context.state.get(name).cloned())?
        .ok_or_else(|| format!("the policy declares no state '{name}'"))?;
    Ok(match value {
        Scalar::Bool(value) => value.into(),
        Scalar::Int(value) => value.into(),
        Scalar::Text(value) => value.into(),
        Scalar::Quantity(Quantity { value, dimension }) => {
            Dynamic::from(Reading::fixed(value, dimension)?)
        }
    })
}

/// Keeps `value` under `name`; it must be of the kind that the header declares.
fn set(name: &str, value: &Dynamic) -> Outcome<()> {
    let wrong = |wanted: &str| format!("state.{name} is {wanted}, not a {}", value.type_name());
    let reading = match (value.as_int(), value.as_float()) {
        (Ok(whole), _) => Quantity::new(whole as f64, Dimension::Count),
        (_, Ok(number)) => Quantity::new(number, Dimension::Count),
        _ => value.read_lock::<Reading>().map(|reading| reading.need()).transpose()?,
    };
    with(|context| {
        let slot = context.state.get_mut(name);
        let slot = slot.ok_or_else(|| format!("the policy declares no state '{name}'"))?;
        *slot = match slot {
            Scalar::Bool(_) => Scalar::Bool(value.as_bool().map_err(|_| wrong("true or false"))?),
            Scalar::Int(_) => Scalar::Int(value.as_int().map_err(|_| wrong("a whole number"))?),
            Scalar::Text(_) => {
                let text = value.clone().into_immutable_string().map_err(|_| wrong("a text"))?;
                Scalar::Text(text.to_string())
            }
            Scalar::Quantity(before) => {
                let same = reading.filter(|quantity| quantity.dimension == before.dimension);
                Scalar::Quantity(same.ok_or_else(|| wrong(before.dimension.noun()))?)
            }
        };
        Ok(())
    })?
}

/// Whether the time of day, in UTC, is from `from` on and before `until`; over midnight if
/// `until` is the earlier one.
fn between(call: &NativeCallContext<'_>, from: &str, until: &str) -> Outcome<bool> {
    let (first, last) = (time_of_day(from)?, time_of_day(until)?);
    let minute = with(|context| context.wall.ms().rem_euclid(86_400_000) / 60_000)?;
    let held = if first <= last {
        (first..last).contains(&minute)
    } else {
        minute >= first || minute < last
    };
    let (hour, minute) = (minute / 60, minute % 60);
    note(call, format!("it is {hour:02}:{minute:02} UTC: between {from} and {until} is {held}"))?;
    Ok(held)
}

/// Whether it is a time of the calendar called `name`, or will be within `lead`.
fn within(call: &NativeCallContext<'_>, name: &str, lead: Span) -> Outcome<bool> {
    if lead > MAX_LEAD {
        return Err(format!("{lead} is too far ahead: at most {MAX_LEAD}").into());
    }
    let found = with(|context| {
        let calendar = context.calendars.get(name);
        calendar.map(|calendar| calendar.within(context.wall, lead))
    })?;
    let Some(found) = found else {
        return Err(format!("the configuration has no calendar '{name}'").into());
    };
    let ahead = if lead == Span::ZERO { String::new() } else { format!(" ({lead} ahead)") };
    note(
        call,
        match found {
            Some((from, to)) => format!("it is the time of {name}{ahead}: {from} to {to}"),
            None => format!("it is not the time of {name}{ahead}"),
        },
    )?;
    Ok(found.is_some())
}

/// Writes down what was found out.
fn note(call: &NativeCallContext<'_>, text: String) -> Outcome<()> {
    let line = u32::try_from(call.call_position().line().unwrap_or(0)).unwrap_or(u32::MAX);
    with(|context| {
        if context.facts.len() < MAX_FACTS {
            context.facts.push(Fact { line, text });
        }
    })
}

/// Minutes since midnight of a text such as "09:30".
pub(crate) fn time_of_day(text: &str) -> Outcome<i64> {
    let wrong = || format!("'{text}' is no time of day; write it as \"09:30\"");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str, limit: i64| {
        let number = digits.parse().ok().filter(|_| digits.len() == 2);
        number.filter(|number| (0..limit).contains(number)).ok_or_else(wrong)
    };
    Ok(number(hours, 24)? * 60 + number(minutes, 60)?)
}
