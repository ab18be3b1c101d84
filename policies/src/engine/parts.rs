//! `m.x` where there is a value of each member or zone.
//!
//! Only fresh values are looked at. While one that is still named has none, what is said of
//! the others is marked like what `.or(…)` puts in: it may justify growth, never shrinking.

use super::{
    Outcome,
    context::{Context, Input, with},
    missing,
    reading::Reading,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult};
use setpoint_core::{NoAnswer, Quantity, Sample, Timestamp};
use std::sync::Arc;

/// The most values that a list takes.
const MAX_LIST: usize = 1000;

/// A number chosen from all: it, its stamp, and whose it is if it is that of one.
type Chosen = (f64, Timestamp, Option<Arc<str>>);

/// The values of an input, by its place among those of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Each(pub(super) usize);

/// Teaches `engine` what may be asked of the values of each.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Each>("Each")
        .register_get("worst", |each: &mut Each| {
            one(*each, "worst", |sorted| {
                let (name, worst) = sorted.last()?;
                Some((worst.value(), worst.at, Some(Arc::from(*name))))
            })
        })
        .register_get("median", |each: &mut Each| {
            one(*each, "median", |sorted| {
                let (_, low) = sorted.get(sorted.len().saturating_sub(1) / 2)?;
                let (_, high) = sorted.get(sorted.len() / 2)?;
                Some((f64::midpoint(low.value(), high.value()), low.at.min(high.at), None))
            })
        })
        .register_get("worst_key", |each: &mut Each| worst_key(*each))
        .register_get("each", |each: &mut Each| list(*each))
        .register_get("key", |reading: &mut Reading| key(reading));
}

/// Whether every one that is named has a fresh value, and there is one.
pub(super) fn is_whole(context: &Context, each: Each) -> bool {
    let input = &context.inputs[each.0];
    input.silence.is_none() && !fresh(context, input).is_empty()
}

/// The fresh values, the smallest first; equal ones in the order of their names.
fn fresh<'a>(context: &Context, input: &'a Input) -> Vec<(&'a str, Sample)> {
    let (Some(parts), Some(settings)) = (&input.parts, &input.settings) else { return Vec::new() };
    let is_fresh = |(_, sample): &(&str, Sample)| context.wall.since(sample.at) <= settings.max_age;
    let mut fresh: Vec<_> = parts.each().filter(is_fresh).collect();
    // From the last name to the first, so that of equal ones the first is the worst.
    fresh.reverse();
    fresh.sort_by(|(_, a), (_, b)| a.value().total_cmp(&b.value()));
    fresh
}

/// One number made of the fresh values.
fn one(
    each: Each,
    word: &str,
    choose: impl FnOnce(&[(&str, Sample)]) -> Option<Chosen>,
) -> Outcome<Reading> {
    with(|context| {
        let input = &context.inputs[each.0];
        let dimension = input.bound()?.unit.dimension();
        let label = Some(format!("{}.{word}", input.name).into());
        let sorted = fresh(context, input);
        let Some((value, taken, of)) = choose(&sorted) else {
            return Ok(Reading::absent(nothing(input), dimension, label));
        };
        Ok(Reading { label, of, ..part(input, value, taken)? })
    })?
}

/// A value of the input.
fn part(input: &Input, value: f64, taken: Timestamp) -> Outcome<Reading> {
    let dimension = input.bound()?.unit.dimension();
    let quantity = Quantity::new(value, dimension).ok_or("the value is not finite")?;
    Ok(Reading {
        value: Ok(quantity),
        dimension,
        label: Some(Arc::clone(&input.name)),
        substituted: input.silence.is_some(),
        taken: Some(taken),
        origin: None,
        of: None,
    })
}

/// Why there is no value at all.
fn nothing(input: &Input) -> Arc<str> {
    let Ok(settings) = input.bound() else { return Arc::clone(&input.name) };
    input.why(&NoAnswer::Stale { age: None, max_age: settings.max_age })
}

/// Whose value is the largest. A name is needed whole: there is no missing text.
fn worst_key(each: Each) -> Outcome<String> {
    with(|context| {
        let input = &context.inputs[each.0];
        let worst = fresh(context, input).last().map(|(name, _)| (*name).to_owned());
        let worst = worst.ok_or_else(|| missing(nothing(input).to_string()))?;
        context.substituted |= context.inputs[each.0].silence.is_some();
        Ok(worst)
    })?
}

/// Every fresh value, in the order of the names.
fn list(each: Each) -> Outcome<Array> {
    with(|context| {
        let input = &context.inputs[each.0];
        let mut all = fresh(context, input);
        if all.is_empty() && input.silence.is_some() {
            return Err(missing(nothing(input).to_string()));
        }
        if all.len() > MAX_LIST {
            let (name, count) = (&input.name, all.len());
            return Err(format!(
                "{name} has {count} values, a list takes {MAX_LIST}; ask m.{name}.worst or median"
            )
            .into());
        }
        all.sort_by_key(|(name, _)| *name);
        let value = |(name, sample): (&str, Sample)| {
            let of = Some(Arc::from(name));
            Ok(Dynamic::from(Reading { of, ..part(input, sample.value(), sample.at)? }))
        };
        // What is not in the list may be what was looked for.
        let list = all.into_iter().map(value).collect::<Outcome<Array>>()?;
        context.substituted |= context.inputs[each.0].silence.is_some();
        Ok(list)
    })?
}

/// Whose value it is.
fn key(reading: &Reading) -> Result<String, Box<EvalAltResult>> {
    let of = reading.of.as_ref().map(ToString::to_string);
    of.ok_or_else(|| format!("{} is nobody's in particular", reading.describe()).into())
}
