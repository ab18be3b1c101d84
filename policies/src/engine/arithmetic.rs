//! Arithmetic and comparisons of readings.
//!
//! Sums and comparisons need one dimension on both sides; counts mix with bare
//! numbers. A count scales anything; a quotient of equals is a share. Every comparison
//! is recorded.

use super::{
    Outcome,
    context::{term, with},
    reading::{Reading, same},
};
use rhai::{Dynamic, Engine, NativeCallContext};
use setpoint_core::{Comparison, Dimension};

/// Values that differ by less than this are equal.
const EPSILON: f64 = 1e-9;

/// The most comparisons of one rule that are recorded: a rule may ask them of each of many.
const MAX_COMPARED: usize = 100;

/// A comparison operator.
type Holds = fn(f64, f64) -> bool;

const COMPARISONS: [(&str, Holds); 6] = [
    (">", |a, b| a > b + EPSILON),
    (">=", |a, b| a >= b - EPSILON),
    ("<", |a, b| a < b - EPSILON),
    ("<=", |a, b| a <= b + EPSILON),
    ("==", |a, b| (a - b).abs() <= EPSILON),
    ("!=", |a, b| (a - b).abs() > EPSILON),
];

/// Teaches `engine` to calculate with readings.
pub(super) fn register(engine: &mut Engine) {
    for (op, holds) in COMPARISONS {
        register_comparison(engine, op, holds);
    }
    register_sums(engine);
    register_products(engine);
    register_functions(engine);
}

/// Compares two readings of one dimension, and writes it down.
///
/// Fails as missing data if one of them has no value.
pub(super) fn compared(
    call: &NativeCallContext<'_>,
    (a, op, b): (&Reading, &str, &Reading),
    holds: Holds,
) -> Outcome<bool> {
    let (left, right) = (a.need()?, b.need()?);
    let held = holds(left.value, right.value);
    let line = u32::try_from(call.call_position().line().unwrap_or(0)).unwrap_or(u32::MAX);
    let (left, right) = (term(a, left), term(b, right));
    with(|context| {
        if context.compared.len() < MAX_COMPARED {
            context.compared.push(Comparison { line, left, op: op.to_owned(), right, held });
        }
    })?;
    Ok(held)
}

fn register_comparison(engine: &mut Engine, op: &'static str, holds: Holds) {
    let compare = move |context: &NativeCallContext, a: &Reading, b: &Reading| -> Outcome<bool> {
        same(a, b, "compare")?;
        compared(context, (a, op, b), holds)
    };
    engine
        .register_fn(op, move |c: NativeCallContext, a: Reading, b: Reading| compare(&c, &a, &b))
        .register_fn(op, move |c: NativeCallContext, a: Reading, b: i64| {
            compare(&c, &a, &bare(b as f64, &a, "compare")?)
        })
        .register_fn(op, move |c: NativeCallContext, a: Reading, b: f64| {
            compare(&c, &a, &bare(b, &a, "compare")?)
        })
        .register_fn(op, move |c: NativeCallContext, a: i64, b: Reading| {
            compare(&c, &bare(a as f64, &b, "compare")?, &b)
        })
        .register_fn(op, move |c: NativeCallContext, a: f64, b: Reading| {
            compare(&c, &bare(a, &b, "compare")?, &b)
        })
        .register_fn(op, |a: Reading, b: Dynamic| never(&a, &b))
        .register_fn(op, |a: Dynamic, b: Reading| never(&b, &a));
}

/// Rhai answers `false` to a comparison of two types that have nothing in common; a
/// policy must not go on with that.
fn never(reading: &Reading, other: &Dynamic) -> Outcome<bool> {
    Err(format!("cannot compare {} with {}", reading.describe(), other.type_name()).into())
}

/// A bare number beside `other`: a count, and nothing else.
fn bare(number: f64, other: &Reading, what: &str) -> Outcome<Reading> {
    if other.dimension == Dimension::Count {
        return Reading::fixed(number, Dimension::Count);
    }
    let (described, example) = (other.describe(), other.dimension.example());
    Err(format!("cannot {what} {described} with the plain number {number}; write it as {example}")
        .into())
}

fn register_sums(engine: &mut Engine) {
    type Sum = fn(f64, f64) -> f64;
    let sums: [(&'static str, &'static str, Sum); 2] =
        [("+", "add", |a, b| a + b), ("-", "subtract", |a, b| a - b)];
    for (op, verb, sum) in sums {
        let add = move |a: &Reading, b: &Reading| -> Outcome<Reading> {
            same(a, b, verb)?;
            a.combine(b, a.dimension, |a, b| Ok(sum(a, b)))
        };
        engine
            .register_fn(op, move |a: Reading, b: Reading| add(&a, &b))
            .register_fn(op, move |a: Reading, b: i64| add(&a, &bare(b as f64, &a, verb)?))
            .register_fn(op, move |a: Reading, b: f64| add(&a, &bare(b, &a, verb)?))
            .register_fn(op, move |a: i64, b: Reading| add(&bare(a as f64, &b, verb)?, &b))
            .register_fn(op, move |a: f64, b: Reading| add(&bare(a, &b, verb)?, &b));
    }
    engine.register_fn("-", |a: Reading| {
        let zero = Reading::fixed(0.0, a.dimension)?;
        zero.combine(&a, a.dimension, |zero, a| Ok(zero - a))
    });
}

fn register_products(engine: &mut Engine) {
    let count = |number: f64| Reading::fixed(number, Dimension::Count);
    engine
        .register_fn("*", |a: Reading, b: Reading| times(&a, &b))
        .register_fn("*", move |a: Reading, b: i64| times(&a, &count(b as f64)?))
        .register_fn("*", move |a: Reading, b: f64| times(&a, &count(b)?))
        .register_fn("*", move |a: i64, b: Reading| times(&count(a as f64)?, &b))
        .register_fn("*", move |a: f64, b: Reading| times(&count(a)?, &b))
        .register_fn("/", |a: Reading, b: Reading| over(&a, &b))
        .register_fn("/", move |a: Reading, b: i64| over(&a, &count(b as f64)?))
        .register_fn("/", move |a: Reading, b: f64| over(&a, &count(b)?))
        .register_fn("/", move |a: i64, b: Reading| over(&count(a as f64)?, &b))
        .register_fn("/", move |a: f64, b: Reading| over(&count(a)?, &b));
}

/// Counts and shares scale what they multiply; a rate over a duration is a count.
pub(crate) fn times_dimension(a: Dimension, b: Dimension) -> Option<Dimension> {
    use Dimension::{Count, Rate, Ratio, Time};
    match (a, b) {
        (Count, other) | (other, Count) | (Ratio, other) | (other, Ratio) => Some(other),
        (Rate, Time) | (Time, Rate) => Some(Count),
        _ => None,
    }
}

/// A quotient of equals is a share; counts and shares scale what they divide.
pub(crate) fn over_dimension(a: Dimension, b: Dimension) -> Option<Dimension> {
    use Dimension::{Count, Rate, Ratio, Time};
    match (a, b) {
        (Count, Count) => Some(Count),
        (a, b) if a == b => Some(Ratio),
        (other, Count | Ratio) => Some(other),
        (Count, Time) => Some(Rate),
        (Count, Rate) => Some(Time),
        _ => None,
    }
}

fn times(a: &Reading, b: &Reading) -> Outcome<Reading> {
    let dimension = times_dimension(a.dimension, b.dimension)
        .ok_or_else(|| format!("cannot multiply {} by {}", a.describe(), b.describe()))?;
    a.combine(b, dimension, |a, b| Ok(a * b))
}

fn over(a: &Reading, b: &Reading) -> Outcome<Reading> {
    let dimension = over_dimension(a.dimension, b.dimension)
        .ok_or_else(|| format!("cannot divide {} by {}", a.describe(), b.describe()))?;
    a.combine(b, dimension, |value, by| match by {
        0.0 => Err(format!("division by zero: {} / {}", a.describe(), b.describe()).into()),
        by => Ok(value / by),
    })
}

fn register_functions(engine: &mut Engine) {
    type Pick = fn(f64, f64) -> f64;
    let picks: [(&'static str, Pick); 2] = [("min", f64::min), ("max", f64::max)];
    for (name, pick) in picks {
        let choose = move |a: &Reading, b: &Reading| -> Outcome<Reading> {
            same(a, b, "choose between")?;
            a.combine(b, a.dimension, |a, b| Ok(pick(a, b)))
        };
        engine
            .register_fn(name, move |a: Reading, b: Reading| choose(&a, &b))
            .register_fn(name, move |a: Reading, b: i64| choose(&a, &bare(b as f64, &a, name)?))
            .register_fn(name, move |a: Reading, b: f64| choose(&a, &bare(b, &a, name)?))
            .register_fn(name, move |a: i64, b: Reading| choose(&bare(a as f64, &b, name)?, &b))
            .register_fn(name, move |a: f64, b: Reading| choose(&bare(a, &b, name)?, &b));
    }
    engine.register_fn("abs", |a: Reading| a.combine(&a, a.dimension, |a, _| Ok(a.abs())));
    type Round = fn(f64) -> f64;
    let whole: [(&'static str, Round); 3] = [
        ("ceil", |x| (x - EPSILON).ceil()),
        ("floor", |x| (x + EPSILON).floor()),
        ("round", f64::round),
    ];
    for (name, round) in whole {
        engine.register_fn(name, move |a: Reading| match a.dimension {
            Dimension::Count | Dimension::Ratio => {
                a.combine(&a, Dimension::Count, |a, _| Ok(round(a)))
            }
            Dimension::Time | Dimension::Bytes | Dimension::Rate => {
                Err(format!("cannot round {}; divide it by one of its kind first", a.describe())
                    .into())
            }
        });
        // A whole number is round already; of Rhai's own functions, some are missing.
        engine.register_fn(name, |whole: i64| whole).register_fn(name, move |x: f64| round(x));
    }
    register_root(engine);
}

fn register_root(engine: &mut Engine) {
    let root = |x: f64| -> Outcome<f64> {
        if x < 0.0 { Err(format!("{x} has no square root").into()) } else { Ok(x.sqrt()) }
    };
    engine
        .register_fn("sqrt", move |a: Reading| match a.dimension {
            Dimension::Count | Dimension::Ratio => a.combine(&a, a.dimension, |a, _| root(a)),
            Dimension::Time | Dimension::Bytes | Dimension::Rate => {
                let kind = a.describe();
                Err(format!("{kind} has no square root; divide it by one of its kind first").into())
            }
        })
        .register_fn("sqrt", move |whole: i64| root(whole as f64))
        .register_fn("sqrt", root);
}
