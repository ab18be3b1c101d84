//! The units of bare numbers.

use setpoint_core::Dimension;

/// A unit: `60.percent` is 60 × `scale` in the base unit of `dimension`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitWord {
    /// The property of a bare number.
    pub name: &'static str,
    /// What it measures.
    pub dimension: Dimension,
    /// How many of the dimension's base unit it is: multiply by this, then divide by `per`.
    pub scale: f64,
    /// See `scale`. So that `90.percent` is exactly 0.9.
    pub per: f64,
}

const fn unit(name: &'static str, dimension: Dimension, scale: f64, per: f64) -> UnitWord {
    UnitWord { name, dimension, scale, per }
}

/// Every unit of a bare number.
pub const UNITS: &[UnitWord] = &[
    unit("percent", Dimension::Ratio, 1.0, 100.0),
    unit("ms", Dimension::Time, 1.0, 1000.0),
    unit("second", Dimension::Time, 1.0, 1.0),
    unit("seconds", Dimension::Time, 1.0, 1.0),
    unit("minute", Dimension::Time, 60.0, 1.0),
    unit("minutes", Dimension::Time, 60.0, 1.0),
    unit("hour", Dimension::Time, 3600.0, 1.0),
    unit("hours", Dimension::Time, 3600.0, 1.0),
    unit("day", Dimension::Time, 86_400.0, 1.0),
    unit("days", Dimension::Time, 86_400.0, 1.0),
    unit("kib", Dimension::Bytes, 1024.0, 1.0),
    unit("mib", Dimension::Bytes, 1_048_576.0, 1.0),
    unit("gib", Dimension::Bytes, 1_073_741_824.0, 1.0),
    unit("tib", Dimension::Bytes, 1_099_511_627_776.0, 1.0),
    unit("per_second", Dimension::Rate, 1.0, 1.0),
];
