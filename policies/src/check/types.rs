//! What the checker can tell about a value without running anything.
//!
//! A type that cannot be told is [`Type::Unknown`], and of that nothing is ever faulted:
//! the engine looks again when the rule runs.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other type has the same answer")]

use super::traffic::Entries;
use crate::{
    header::{Kind, ParamValue},
    language::On,
};
use setpoint_core::{Dimension, Quantity, Scalar, Short};
use std::sync::Arc;

/// What a value is, as far as it can be told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// It cannot be told.
    Unknown,
    /// `()`.
    Nothing,
    /// True or false.
    Bool,
    /// A text.
    Text,
    /// A number without a unit.
    Number(Number),
    /// A number with a unit.
    Quantity(Measure),
    /// `m.x` where there is a value of each member or zone; the name of the input.
    Each(Dimension, Arc<str>),
    /// `m`.
    Inputs,
    /// `p`.
    Params,
    /// `state`.
    State,
    /// `now`.
    Now,
    /// `alert("name")`.
    Alert,
    /// A target of the header.
    Target(Kind, Arc<str>),
    /// What recording an opinion gives back.
    Opinion,
    /// A map that is written out.
    Map(Arc<Entries>),
    /// A value of Rhai's own, as a noun phrase: "a list".
    Other(&'static str),
}

/// A number without a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// Whether it is one of Rhai's whole numbers.
    pub(super) whole: bool,
    /// Its value, where it is written out.
    pub(super) value: Option<f64>,
}

/// A number with a unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measure {
    /// What it measures.
    pub(super) dimension: Dimension,
    /// What it rests on.
    pub(super) source: Source,
}

/// What a quantity rests on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// It is `m.x` itself: its window can be asked.
    Input(Arc<str>),
    /// A window of an input; there is no window of that.
    Window,
    /// Samples, in some other way.
    Samples,
    /// No sample: a constant, or what is seen of a target. Its value in the base unit,
    /// where it is written out.
    Fixed(Option<f64>),
    /// One of several of these.
    Mixed,
}

impl Type {
    /// A quantity that rests on no sample.
    pub(super) const fn fixed(dimension: Dimension, value: Option<f64>) -> Self {
        Self::Quantity(Measure { dimension, source: Source::Fixed(value) })
    }

    /// A quantity that rests on samples.
    pub(super) const fn sampled(dimension: Dimension) -> Self {
        Self::Quantity(Measure { dimension, source: Source::Samples })
    }

    /// A number written out.
    pub(super) const fn number(whole: bool, value: f64) -> Self {
        Self::Number(Number { whole, value: Some(value) })
    }

    /// What a parameter is that has this default.
    pub(super) fn of_param(value: &ParamValue) -> Self {
        match value {
            ParamValue::Bool(_) => Self::Bool,
            ParamValue::Text(_) => Self::Text,
            ParamValue::Int(value) => Self::fixed(Dimension::Count, Some(*value as f64)),
            ParamValue::Number(value) => Self::fixed(Dimension::Count, Some(*value)),
            ParamValue::Quantity(Quantity { value, dimension }) => {
                Self::fixed(*dimension, Some(*value))
            }
        }
    }

    /// What a state is that starts with this value.
    pub(super) const fn of_state(value: &Scalar) -> Self {
        match value {
            Scalar::Bool(_) => Self::Bool,
            Scalar::Text(_) => Self::Text,
            Scalar::Int(_) => Self::Number(Number { whole: true, value: None }),
            Scalar::Quantity(quantity) => Self::fixed(quantity.dimension, None),
        }
    }

    /// What a value is that is either of these.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Number(a), Self::Number(b)) if a.whole == b.whole => {
                Self::Number(Number { whole: a.whole, value: None })
            }
            (Self::Quantity(a), Self::Quantity(b)) if a.dimension == b.dimension => {
                Self::Quantity(Measure { dimension: a.dimension, source: Source::Mixed })
            }
            _ => Self::Unknown,
        }
    }

    /// What it measures; a plain number is a count.
    pub(super) const fn dimension(&self) -> Option<Dimension> {
        match self {
            Self::Number(_) => Some(Dimension::Count),
            Self::Quantity(measure) => Some(measure.dimension),
            Self::Each(dimension, _) => Some(*dimension),
            Self::Unknown
            | Self::Nothing
            | Self::Bool
            | Self::Text
            | Self::Inputs
            | Self::Params
            | Self::State
            | Self::Now
            | Self::Alert
            | Self::Target(..)
            | Self::Opinion
            | Self::Map(_)
            | Self::Other(_) => None,
        }
    }

    /// Its value in the base unit, where it is written out.
    pub(super) const fn value(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.value,
            Self::Quantity(Measure { source: Source::Fixed(value), .. }) => *value,
            _ => None,
        }
    }

    /// Which words may be said of it, if it has words of ours.
    pub(super) const fn words(&self) -> Option<On> {
        Some(match self {
            Self::Quantity(_) => On::Reading,
            Self::Each(..) => On::Each,
            Self::Number(_) => On::Number,
            Self::Inputs => On::Inputs,
            Self::Now => On::Now,
            Self::Alert => On::Alert,
            Self::Target(Kind::Group, _) => On::Group,
            Self::Target(Kind::Database, _) => On::Database,
            Self::Target(Kind::Setting, _) => On::Setting,
            Self::Target(Kind::Flag, _) => On::Flag,
            Self::Target(Kind::Rollout, _) => On::Rollout,
            Self::Target(Kind::Job, _) => On::Job,
            Self::Target(Kind::Volume, _) => On::Volume,
            Self::Target(Kind::Traffic, _) => On::Traffic,
            Self::Opinion => On::Opinion,
            Self::Unknown
            | Self::Nothing
            | Self::Bool
            | Self::Text
            | Self::Params
            | Self::State
            | Self::Map(_)
            | Self::Other(_) => return None,
        })
    }

    /// Whether it is a value of ours, of which Rhai's own functions know nothing.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::Quantity(_)
                | Self::Each(..)
                | Self::Inputs
                | Self::Params
                | Self::State
                | Self::Now
                | Self::Alert
                | Self::Target(..)
                | Self::Opinion
        )
    }

    /// As a noun phrase for messages.
    pub(super) fn noun(&self) -> String {
        match self {
            Self::Unknown => "a value".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Number(Number { value: Some(value), .. }) => {
                format!("the plain number {}", Short(*value))
            }
            Self::Number(_) => "a plain number".to_owned(),
            Self::Quantity(Measure { dimension, source: Source::Input(name) }) => {
                format!("m.{name} ({})", dimension.noun())
            }
            Self::Quantity(Measure { dimension, source: Source::Fixed(Some(value)) }) => {
                let quantity = Quantity { value: *value, dimension: *dimension };
                format!("{quantity} ({})", dimension.noun())
            }
            Self::Quantity(measure) => measure.dimension.noun().to_owned(),
            Self::Each(_, name) => format!("m.{name} (a value of each)"),
            Self::Inputs => "the inputs 'm'".to_owned(),
            Self::Params => "the parameters 'p'".to_owned(),
            Self::State => "'state'".to_owned(),
            Self::Now => "'now'".to_owned(),
            Self::Alert => "an alert".to_owned(),
            Self::Target(kind, name) => format!("the {kind} '{name}'"),
            Self::Opinion => "an opinion".to_owned(),
            Self::Map(_) => "a map".to_owned(),
            Self::Other(noun) => (*noun).to_owned(),
        }
    }
}

/// How to write `number` where a quantity of `dimension` is meant.
pub(super) fn with_unit(number: Option<f64>, dimension: Dimension) -> String {
    let Some(number) = number.filter(|number| number.is_finite() && *number != 0.0) else {
        return format!("write it with its unit, such as {}", dimension.example());
    };
    let n = Short(number);
    match dimension {
        Dimension::Ratio if number.abs() < 1.0 => {
            format!("write it as {}.percent", Short(number * 100.0))
        }
        Dimension::Ratio => format!("write it as {n}.percent"),
        Dimension::Time => format!("write it as {n}.ms, {n}.seconds or {n}.minutes"),
        Dimension::Bytes => format!("write it as {n}.mib or {n}.gib"),
        Dimension::Rate => format!("write it as {n}.per_second"),
        Dimension::Count => format!("write it as {n}"),
    }
}
