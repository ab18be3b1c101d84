//! What really happened to a service: some columns of numbers on a grid of times.
//!
//! A gap is a gap: where nothing is known there is no number, and no line is drawn through it.
//!
//! ```text
//! table.rs (a CSV file) ──┐
//!                         ├──► History ──► fit, backtest          History ──► table.rs (import)
//! server.rs (a server) ───┘
//! ```

mod column;
mod queries;
mod server;
mod table;

pub use column::Column;
pub use queries::{Asked, Queries, Written, read_queries};
pub use server::{Window, fetch};
pub use table::{read, write};

use setpoint_core::{Span, Timestamp};
use std::collections::BTreeMap;

/// The most steps of a history: two years of minutes.
pub const MOST_STEPS: usize = 1_100_000;

/// Some columns of numbers, each with at most one for each step of a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    start: Timestamp,
    step: Span,
    length: usize,
    columns: BTreeMap<Column, Vec<Option<f64>>>,
    /// When the sample behind a step's numbers was taken, where that is known.
    stamps: Vec<Option<Timestamp>>,
}

impl History {
    /// `length` steps of which nothing is known yet.
    pub fn new(start: Timestamp, step: Span, length: usize) -> Self {
        Self { start, step, length, columns: BTreeMap::new(), stamps: vec![None; length] }
    }

    /// The time of the first step.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// From one step to the next.
    pub const fn step(&self) -> Span {
        self.step
    }

    /// How many steps there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no steps.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// From the first step to the end of the last.
    pub const fn lasts(&self) -> Span {
        self.step.times(self.length as u64)
    }

    /// The time of a step.
    pub fn time(&self, step: usize) -> Timestamp {
        self.start + self.step.times(step as u64)
    }

    /// The columns of which anything is known.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        self.columns.keys().copied()
    }

    /// What a column says of a step; nothing where that is not known.
    pub fn get(&self, column: Column, step: usize) -> Option<f64> {
        self.columns.get(&column)?.get(step).copied().flatten()
    }

    /// When the sample behind a step was taken, where that is known.
    pub fn stamp(&self, step: usize) -> Option<Timestamp> {
        self.stamps.get(step).copied().flatten()
    }

    /// Puts down a number that is at least zero and finite; others, and steps that are not
    /// there, are passed over.
    pub fn put(&mut self, column: Column, step: usize, value: f64) {
        let values = self.columns.entry(column).or_insert_with(|| vec![None; self.length]);
        if let Some(place) = values.get_mut(step).filter(|_| value.is_finite() && value >= 0.0) {
            *place = Some(value);
        }
    }

    /// Puts down when the sample behind a step was taken.
    pub fn put_stamp(&mut self, step: usize, stamp: Timestamp) {
        if let Some(place) = self.stamps.get_mut(step) {
            *place = Some(stamp);
        }
    }

    /// The share of steps of which a column says nothing, 0 to 1.
    pub fn missing(&self, column: Column) -> f64 {
        let known = (0..self.length).filter(|step| self.get(column, *step).is_some()).count();
        1.0 - known as f64 / self.length.max(1) as f64
    }
}
