//! How much is asked of the service, as a function of time.

use crate::chance::{Chance, Stream};
use setpoint_core::Span;
use std::{f64::consts::TAU, sync::Arc};

/// The traffic of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Requests per second at a factor of one.
    pub base_rps: f64,
    /// The factor over time.
    pub shape: Shape,
    /// The standard deviation of the noise, as a share of the load.
    pub noise: f64,
    /// The factor by which it grows in a day; 1 for none.
    pub trend: f64,
    /// Sudden crowds that come by luck.
    pub bursts: Option<Bursts>,
    /// What is announced beforehand.
    pub events: Vec<Event>,
}

impl Load {
    /// Traffic of this shape and nothing more.
    pub const fn new(base_rps: f64, shape: Shape, noise: f64) -> Self {
        Self { base_rps, shape, noise, trend: 1.0, bursts: None, events: Vec::new() }
    }

    /// The factor at `now`, but for what luck adds.
    pub fn at(&self, now: Span) -> f64 {
        let trend = if self.trend == 1.0 { 1.0 } else { self.trend.powf(now.secs() / 86_400.0) };
        self.shape.at(now) * trend
    }

    /// The traffic that is announced for `now`, in requests per second; nothing is announced
    /// as none.
    pub fn announced(&self, now: Span) -> f64 {
        let told = |event: &&Event| event.told <= now && now < event.until;
        let factors = self.events.iter().filter(told).map(|event| event.factor);
        factors.fold(0.0, f64::max) * self.base_rps
    }
}

/// Traffic that is announced beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// From when on policies are told of it.
    pub told: Span,
    /// When it begins.
    pub from: Span,
    /// When it ends.
    pub until: Span,
    /// The factor to be expected.
    pub factor: f64,
}

/// Sudden crowds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// The distance between them on average.
    pub every: Span,
    /// How long one lasts.
    pub lasts: Span,
    /// The factor while one lasts.
    pub factor: f64,
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
    /// From each time on this factor, until the next: a record of what was. In the order of
    /// time, and shared between runs.
    Steps(Arc<[(Span, f64)]>),
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
            Self::Steps(steps) => {
                let begun = steps.partition_point(|(at, _)| *at <= now);
                steps.get(begun.saturating_sub(1)).map_or(0.0, |step| step.1)
            }
        }
    }

    /// The largest factor it reaches.
    pub fn peak(&self) -> f64 {
        match self {
            Self::Constant(factor) => *factor,
            Self::Points(points) => points.iter().map(|point| point.1).fold(0.0, f64::max),
            Self::Diurnal { low, high } => low.max(*high),
            Self::Steps(steps) => steps.iter().map(|step| step.1).fold(0.0, f64::max),
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
struct Noise {
    deviation: f64,
    /// The part of a deviation that is still there a second later.
    kept: f64,
    /// The deviation of what a second adds.
    added: f64,
    level: f64,
    stream: Stream,
}

impl Noise {
    /// The time, in seconds, after which a deviation has fallen to 1/e.
    const MEMORY: f64 = 60.0;

    fn new(deviation: f64, stream: Stream) -> Self {
        let kept = (-1.0 / Self::MEMORY).exp();
        Self { deviation, kept, added: (1.0 - kept * kept).sqrt(), level: 0.0, stream }
    }

    /// The factor for the next second; never negative.
    fn next(&mut self) -> f64 {
        self.level = self.kept * self.level + self.added * self.stream.normal();
        (1.0 + self.deviation * self.level).max(0.0)
    }
}

/// The traffic of one run, second by second: the same whatever is done about it.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    noise: Noise,
    crowds: Crowds,
}

impl Traffic {
    pub(crate) fn new(load: &Load, chance: Chance) -> Self {
        let noise = Noise::new(load.noise, chance.stream("load", 0));
        Self { noise, crowds: Crowds::new(load.bursts, chance.stream("bursts", 0)) }
    }

    /// The factor of the second that begins at `now`; each is asked for once, in their order.
    pub(crate) fn next(&mut self, load: &Load, now: Span) -> f64 {
        load.at(now) * self.crowds.at(now) * self.noise.next()
    }
}

/// The crowds of one run.
#[derive(Clone, Debug)]
struct Crowds {
    bursts: Option<Bursts>,
    /// When the next begins, or the present one did.
    from: f64,
    stream: Stream,
}

impl Crowds {
    fn new(bursts: Option<Bursts>, stream: Stream) -> Self {
        let mut crowds = Self { bursts, from: 0.0, stream };
        crowds.from = crowds.gap();
        crowds
    }

    fn gap(&mut self) -> f64 {
        let mean = self.bursts.map_or(f64::INFINITY, |bursts| bursts.every.secs());
        -mean * (1.0 - self.stream.uniform()).ln()
    }

    /// The factor at `now`, which is never before the time asked for last.
    fn at(&mut self, now: Span) -> f64 {
        let Some(bursts) = self.bursts else { return 1.0 };
        while now.secs() >= self.from + bursts.lasts.secs() {
            self.from += bursts.lasts.secs() + self.gap();
        }
        if now.secs() >= self.from { bursts.factor } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_record_holds_each_step_until_the_next() {
        let steps = [(0, 1.0), (60, 4.0), (90, 2.0)].map(|(at, rps)| (Span::from_secs(at), rps));
        let shape = Shape::Steps(steps.into());
        let factors = [0, 59, 60, 89, 90, 500].map(|s| shape.at(Span::from_secs(s)));
        assert_eq!(factors, [1.0, 1.0, 4.0, 4.0, 2.0, 2.0]);
        assert_eq!(shape.peak(), 4.0);
    }

    #[test]
    fn crowds_are_there_for_their_share_of_the_time() {
        let (every, lasts) = (Span::from_secs(900), Span::from_secs(100));
        let bursts = Some(Bursts { every, lasts, factor: 3.0 });
        let mut crowds = Crowds::new(bursts, Chance::new(1).stream("bursts", 0));
        let seconds = (0..1_000_000).map(|s| crowds.at(Span::from_secs(s)));
        let busy = seconds.filter(|factor| *factor == 3.0).count();
        assert!((90_000..110_000).contains(&busy), "{busy} s of 1,000,000");
    }

    #[test]
    fn what_is_announced_is_told_from_its_time_until_it_ends() {
        let span = Span::from_minutes;
        let event = Event { told: span(10), from: span(30), until: span(60), factor: 10.0 };
        let load = Load { events: vec![event], ..Load::new(300.0, Shape::Constant(1.0), 0.0) };
        let told = [9, 10, 59, 60].map(|minute| load.announced(span(minute)));
        assert_eq!(told, [0.0, 3000.0, 3000.0, 0.0]);
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
