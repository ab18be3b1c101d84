//! What a source said of one input: a sample, or a reason for having none.
//!
//! Missing is a variant, never a number: no path leads from "nothing was read"
//! to 0.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One measured value and when it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The source's own stamp: when the value was true, not when it was asked for.
    pub at: Timestamp,
    value: f64,
}

impl Sample {
    /// A sample, if `value` is a finite number.
    pub fn new(at: Timestamp, value: f64) -> Option<Self> {
        value.is_finite().then_some(Self { at, value })
    }

    /// The value; always finite.
    pub const fn value(self) -> f64 {
        self.value
    }
}

/// What a source said of one input in one pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// A value. Its age is judged by its own stamp.
    Sample(Sample),
    /// A value of each member or zone, by its name; at least one. Each has its own stamp.
    Each(BTreeMap<String, Sample>),
    /// The query succeeded and matched nothing. What that means is the binding's to say.
    Empty,
    /// The source answered, but not with a usable value: NaN, an infinity, too old.
    Absent(String),
    /// The source did not answer, or not sensibly.
    Failed(String),
}
