//! Parameters: values of a policy that a configuration may replace.
//!
//! A parameter is typed by its default, and an override must be of that type.

use setpoint_core::{Dimension, Quantity, Scalar, Short, Span};
use std::fmt;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A plain number with decimals; finite.
    Number(f64),
    /// A number with a unit: "60%", "5m", "250/s", "3GiB".
    Quantity(Quantity),
    /// Any other text.
    Text(String),
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Yes or no.
    Bool,
    /// A whole number.
    Int,
    /// A plain number with decimals.
    Number,
    /// A number with a unit of this dimension.
    Quantity(Dimension),
    /// Any text.
    Text,
}

impl fmt::Display for ParamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Number => "a number",
            Self::Quantity(Dimension::Ratio) => "a share such as \"60%\"",
            Self::Quantity(Dimension::Time) => "a duration such as \"5m\"",
            Self::Quantity(Dimension::Bytes) => "an amount of data such as \"3GiB\"",
            Self::Quantity(Dimension::Rate) => "a rate such as \"250/s\"",
            Self::Quantity(Dimension::Count) => "a count such as \"12\"",
            Self::Text => "a text",
        })
    }
}

impl ParamValue {
    /// The type of this value.
    pub const fn kind(&self) -> ParamKind {
        match self {
            Self::Bool(_) => ParamKind::Bool,
            Self::Int(_) => ParamKind::Int,
            Self::Number(_) => ParamKind::Number,
            Self::Quantity(quantity) => ParamKind::Quantity(quantity.dimension),
            Self::Text(_) => ParamKind::Text,
        }
    }

    /// Reads a text by what it looks like: a quantity if it has a unit, else a text.
    pub fn of_text(text: &str) -> Self {
        quantity(text).map_or_else(|| Self::Text(text.to_owned()), Self::Quantity)
    }

    /// Reads `text` as a value of the same type as this one.
    ///
    /// Fails with what was expected if it is of another.
    pub fn parse_like(&self, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let value = match self.kind() {
            ParamKind::Bool => text.parse().ok().map(Self::Bool),
            ParamKind::Int => text.parse().ok().map(Self::Int),
            ParamKind::Number => number(text).map(Self::Number),
            ParamKind::Quantity(wanted) => {
                quantity(text).filter(|found| found.dimension == wanted).map(Self::Quantity)
            }
            ParamKind::Text => Some(Self::Text(text.to_owned())),
        };
        value.ok_or_else(|| format!("'{text}' is not {}", self.kind()))
    }

    /// The value as one that a policy may keep between passes.
    pub(crate) fn into_scalar(self) -> Option<Scalar> {
        Some(match self {
            Self::Bool(value) => Scalar::Bool(value),
            Self::Int(value) => Scalar::Int(value),
            Self::Number(value) => Scalar::Quantity(Quantity::new(value, Dimension::Count)?),
            Self::Quantity(value) => Scalar::Quantity(value),
            Self::Text(value) => Scalar::Text(value),
        })
    }
}

/// As a person would write it: `60 %`, `12`, `true`.
impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Number(value) => Short(*value).fmt(f),
            Self::Quantity(value) => value.fmt(f),
            Self::Text(value) => f.pad(value),
        }
    }
}

/// Reads "60%", "5m", "250/s" or "3GiB"; `None` for anything else.
pub(super) fn quantity(text: &str) -> Option<Quantity> {
    const SUFFIXES: [(&str, Dimension, f64); 7] = [
        ("%", Dimension::Ratio, 0.01),
        ("/s", Dimension::Rate, 1.0),
        ("KiB", Dimension::Bytes, 1024.0),
        ("MiB", Dimension::Bytes, 1_048_576.0),
        ("GiB", Dimension::Bytes, 1_073_741_824.0),
        ("TiB", Dimension::Bytes, 1_099_511_627_776.0),
        ("B", Dimension::Bytes, 1.0),
    ];
    if let Ok(span) = text.parse::<Span>() {
        return Quantity::new(span.secs(), Dimension::Time);
    }
    SUFFIXES.iter().find_map(|(suffix, dimension, scale)| {
        let number = number(text.strip_suffix(suffix)?.trim_end())?;
        // 90 % is exactly 0.9, which 90 × 0.01 is not.
        let value = if *suffix == "%" { number / 100.0 } else { number * scale };
        Quantity::new(value, *dimension)
    })
}

/// Whether `text` is a number with a word behind it: meant as a quantity, by the look of it.
pub(super) fn looks_like_a_quantity(text: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let text = text.strip_prefix('-').unwrap_or(text);
    let unit = text.trim_start_matches(digits).trim_start();
    let letters = |c: char| c.is_alphabetic() || c == '%' || c == '/';
    text.starts_with(digits) && !unit.is_empty() && unit.chars().all(letters)
}

/// Reads a finite number that starts with a digit or a sign: "nan" and "inf" are words.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit());
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}
