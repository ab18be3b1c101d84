//! Quantities: a number that knows what it measures.
//!
//! A value is kept in the base unit of its dimension (a share as 0..1, seconds,
//! bytes, per second, a count), so arithmetic never mixes scales.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// A share of something, base 1: `60.percent` is 0.6.
    Ratio,
    /// A length of time, in seconds.
    Time,
    /// An amount of data, in bytes.
    Bytes,
    /// Events a second.
    Rate,
    /// A plain number of things.
    Count,
}

impl Dimension {
    /// The dimension as a noun phrase: "a share".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Ratio => "a share",
            Self::Time => "a duration",
            Self::Bytes => "an amount of data",
            Self::Rate => "a rate",
            Self::Count => "a count",
        }
    }

    /// How to write a value of this dimension in a policy.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Ratio => "60.percent",
            Self::Time => "800.ms, 5.seconds or 1.minute",
            Self::Bytes => "3.gib",
            Self::Rate => "250.per_second",
            Self::Count => "12",
        }
    }
}

/// The unit in which an input's numbers arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100.
    Percent,
    /// 0 to 1.
    Ratio,
    /// Milliseconds.
    Ms,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Events a second.
    PerSecond,
    /// A plain number.
    Count,
}

impl Unit {
    /// Every unit with its name in a policy's header.
    pub const ALL: [(&'static str, Self); 7] = [
        ("percent", Self::Percent),
        ("ratio", Self::Ratio),
        ("ms", Self::Ms),
        ("seconds", Self::Seconds),
        ("bytes", Self::Bytes),
        ("per_second", Self::PerSecond),
        ("count", Self::Count),
    ];

    /// What the unit measures.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::Percent | Self::Ratio => Dimension::Ratio,
            Self::Ms | Self::Seconds => Dimension::Time,
            Self::Bytes => Dimension::Bytes,
            Self::PerSecond => Dimension::Rate,
            Self::Count => Dimension::Count,
        }
    }

    /// One of this unit, in the base unit of its dimension.
    pub const fn scale(self) -> f64 {
        match self {
            Self::Percent => 0.01,
            Self::Ms => 0.001,
            Self::Ratio | Self::Seconds | Self::Bytes | Self::PerSecond | Self::Count => 1.0,
        }
    }

    /// `number` of this unit, in the base unit. 90 % is exactly 0.9.
    pub fn to_base(self, number: f64) -> f64 {
        match self {
            Self::Percent => number / 100.0,
            Self::Ms => number / 1000.0,
            Self::Ratio | Self::Seconds | Self::Bytes | Self::PerSecond | Self::Count => number,
        }
    }
}

/// A finite number with its dimension, in the base unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number, in the base unit of `dimension`; finite.
    pub value: f64,
    /// What it measures.
    pub dimension: Dimension,
}

impl Quantity {
    /// A quantity, if `value` is a finite number.
    pub fn new(value: f64, dimension: Dimension) -> Option<Self> {
        value.is_finite().then_some(Self { value, dimension })
    }
}

/// In the unit a person would use: `74 %`, `350 ms`, `2.5 s`, `3 GiB`, `250/s`, `12`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.value;
        match self.dimension {
            Dimension::Ratio => write!(f, "{} %", Short(v * 100.0)),
            Dimension::Time if v.abs() < 1.0 => write!(f, "{} ms", Short(v * 1000.0)),
            Dimension::Time if v.abs() < 120.0 => write!(f, "{} s", Short(v)),
            Dimension::Time => write!(f, "{} min", Short(v / 60.0)),
            Dimension::Bytes if v.abs() < 1_048_576.0 => write!(f, "{} B", Short(v)),
            Dimension::Bytes if v.abs() < 1_073_741_824.0 => {
                write!(f, "{} MiB", Short(v / 1_048_576.0))
            }
            Dimension::Bytes => write!(f, "{} GiB", Short(v / 1_073_741_824.0)),
            Dimension::Rate => write!(f, "{}/s", Short(v)),
            Dimension::Count => write!(f, "{}", Short(v)),
        }
    }
}

/// A number with at most two decimals and no trailing zeros.
#[derive(Clone, Copy, Debug)]
pub struct Short(pub f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hundredths() {
            Some(hundredths) if f.width().or(f.precision()).is_none() => {
                show_hundredths(hundredths, f)
            }
            _ => f.pad(&self.exactly()),
        }
    }
}

impl Short {
    /// The number in hundredths, unless rounding might go either way: a pass writes several
    /// such numbers for every target, and whole ones are written many times faster.
    fn hundredths(self) -> Option<i64> {
        let scaled = self.0 * 100.0;
        let whole = scaled.round();
        // Below 1e11 the product is off by less than 0.00001.
        let certain = scaled.abs() < 1e11 && (scaled - whole).abs() < 0.499;
        certain.then_some(whole as i64)
    }

    /// By the standard library, which rounds what the number is exactly.
    fn exactly(self) -> String {
        let text = format!("{:.2}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "-0" { "0".to_owned() } else { text.to_owned() }
    }
}

fn show_hundredths(hundredths: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match rest {
        0 => write!(f, "{sign}{whole}"),
        _ if rest % 10 == 0 => write!(f, "{sign}{whole}.{}", rest / 10),
        _ => write!(f, "{sign}{whole}.{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_speaks_in_the_unit_a_person_would_use() {
        let show = |value, dimension| Quantity::new(value, dimension).unwrap().to_string();
        assert_eq!(show(0.74, Dimension::Ratio), "74 %");
        assert_eq!(show(0.35, Dimension::Time), "350 ms");
        assert_eq!(show(2.5, Dimension::Time), "2.5 s");
        assert_eq!(show(600.0, Dimension::Time), "10 min");
        assert_eq!(show(3_221_225_472.0, Dimension::Bytes), "3 GiB");
        assert_eq!(show(250.0, Dimension::Rate), "250/s");
        assert_eq!(show(-0.001, Dimension::Count), "0");
    }

    #[test]
    fn nothing_that_is_not_a_number_becomes_a_quantity() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Quantity::new(value, Dimension::Ratio), None);
        }
    }

    #[test]
    fn a_short_number_never_differs_from_what_the_standard_library_rounds() {
        let near = |n: i64| [-1e-9, -1e-14, 0.0, 1e-14, 1e-9].map(|off| n as f64 / 1000.0 + off);
        let huge = [9.99e8, 1e9, 123_456_789.125, 1e15, 1e300, f64::MAX];
        let numbers = (-2500..2500).flat_map(near).chain(huge);
        for number in numbers.chain([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]) {
            assert_eq!(Short(number).to_string(), Short(number).exactly(), "{number:e}");
        }
        assert_eq!(format!("{:>6}", Short(1.5)), "   1.5");
    }
}
