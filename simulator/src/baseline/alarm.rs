//! The latest data points of one metric, as an alarm sees them.

use setpoint_core::{Reading, Timestamp};
use std::collections::VecDeque;

/// The latest data points of one metric.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    seen: Option<Timestamp>,
    points: VecDeque<f64>,
}

/// Points that are kept: a quarter of an hour of minutes, or of ten seconds.
const KEPT: usize = 90;

impl Alarm {
    /// Takes in a data point; one that was seen before, or is missing, changes nothing.
    pub(super) fn note(&mut self, reading: Reading) -> bool {
        let Reading::Sample(sample) = reading else { return false };
        if self.seen.is_some_and(|seen| sample.at <= seen) {
            return false;
        }
        self.seen = Some(sample.at);
        self.points.push_front(sample.value());
        self.points.truncate(KEPT);
        true
    }

    /// Forgets what was measured; what is published later may still be from before.
    pub(super) fn forget(&mut self) {
        self.points.clear();
    }

    /// The latest.
    pub(super) fn latest(&self) -> Option<f64> {
        self.points.front().copied()
    }

    /// The mean of the last `n`, if there are so many.
    pub(super) fn mean(&self, n: usize) -> Option<f64> {
        let sum = || self.points.iter().take(n).sum::<f64>();
        (self.points.len() >= n && n > 0).then(|| sum() / n as f64)
    }

    /// Whether the last `n` data points are there and all of them are `so`.
    pub(super) fn all(&self, n: usize, so: impl Fn(f64) -> bool) -> bool {
        self.points.len() >= n && self.points.iter().take(n).all(|value| so(*value))
    }
}
