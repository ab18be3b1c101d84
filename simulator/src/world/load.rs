//! How much is asked of the service, as a function of time.

use crate::chance::Stream;
use setpoint_core::Span;
use std::f64::consts::TAU;

/// The traffic of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Requests per second at a factor of one.
    pub base_rps: f64,
    /// The factor over time.
    pub shape: Shape,
    /// The standard deviation of the noise, as a share of the load.
    pub noise: f64,
}

/// A factor as a function of time.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Always the same.
    Constant(f64),
    /// Straight lines between points in the order of time, flat before and after.
    Points(Vec<(Span, f64)>),
    /// A day's wave: lowest at midnight, highest at noon.
    Diurnal {
        /// The factor at midnight.
        low: f64,
        /// The factor at noon.
        high: f64,
    },
}

impl Shape {
    /// From `from` to `to` in a straight line that begins at `at` and takes `takes`.
    pub fn ramp(from: f64, to: f64, at: Span, takes: Span) -> Self {
        Self::Points(vec![(at, from), (at + takes, to)])
    }

    /// The holiday event, a day long: ten times the traffic within ten minutes of
    /// 08:00, fifteen times from 09:35 to 10:05, and back to one at 14:00.
    pub fn holiday() -> Self {
        let minutes = |hour: u64, minute: u64| Span::from_minutes(hour * 60 + minute);
        Self::Points(vec![
            (minutes(8, 0), 1.0),
            (minutes(8, 10), 10.0),
            (minutes(9, 30), 10.0),
            (minutes(9, 35), 15.0),
            (minutes(10, 5), 15.0),
            (minutes(12, 0), 5.0),
            (minutes(14, 0), 1.0),
        ])
    }

    /// The factor at `now`.
    pub fn at(&self, now: Span) -> f64 {
        match self {
            Self::Constant(factor) => *factor,
            Self::Points(points) => between(points, now),
            Self::Diurnal { low, high } => {
                let wave = (1.0 - (TAU * now.secs() / 86_400.0).cos()) / 2.0;
                low + (high - low) * wave
            }
        }
    }

    /// The largest factor it reaches.
    pub fn peak(&self) -> f64 {
        match self {
            Self::Constant(factor) => *factor,
            Self::Points(points) => points.iter().map(|point| point.1).fold(0.0, f64::max),
            Self::Diurnal { low, high } => low.max(*high),
        }
    }
}

/// The straight line between the two points around `now`.
fn between(points: &[(Span, f64)], now: Span) -> f64 {
    let after = points.partition_point(|(at, _)| *at <= now);
    match (after.checked_sub(1).and_then(|before| points.get(before)), points.get(after)) {
        (Some((from, low)), Some((to, high))) => {
            let share = now.minus(*from).secs() / to.minus(*from).secs();
            low + (high - low) * share
        }
        (Some((_, factor)), None) | (None, Some((_, factor))) => *factor,
        (None, None) => 0.0,
    }
}

/// The unrest of real traffic: a first-order autoregression, so that a busy second
/// is followed by busy seconds.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    deviation: f64,
    level: f64,
    stream: Stream,
}

impl Noise {
    /// The time, in seconds, after which a deviation has fallen to 1/e.
    const MEMORY: f64 = 60.0;

    pub(super) fn new(deviation: f64, stream: Stream) -> Self {
        Self { deviation, level: 0.0, stream }
    }

    /// The factor for the next second; never negative.
    pub(super) fn next(&mut self) -> f64 {
        let kept = (-1.0 / Self::MEMORY).exp();
        self.level = kept * self.level + (1.0 - kept * kept).sqrt() * self.stream.normal();
        (1.0 + self.deviation * self.level).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[test]
    fn the_holiday_follows_its_points() {
        let holiday = Shape::holiday();
        let factor = |minute| holiday.at(Span::from_minutes(minute));
        assert_eq!(
            [0, 480, 485, 490, 575, 840, 1439].map(factor),
            [1.0, 1.0, 5.5, 10.0, 15.0, 1.0, 1.0]
        );
        assert_eq!(holiday.peak(), 15.0);
    }

    #[test]
    fn a_day_is_lowest_at_midnight_and_highest_at_noon() {
        let day = Shape::Diurnal { low: 1.0, high: 3.0 };
        assert!((day.at(Span::ZERO) - 1.0).abs() < 1e-12);
        assert!((day.at(Span::from_minutes(720)) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn noise_has_its_mean_and_deviation() {
        let mut noise = Noise::new(0.05, Chance::new(1).stream("load", 0));
        let drawn: Vec<f64> = (0..200_000).map(|_| noise.next()).collect();
        let mean = drawn.iter().sum::<f64>() / 200_000.0;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 200_000.0;
        assert!((mean - 1.0).abs() < 0.003, "mean {mean}");
        assert!((variance.sqrt() - 0.05).abs() < 0.003, "deviation {}", variance.sqrt());
    }
}
