//! What a world published, kept as a metrics server keeps it.
//!
//! The log is written by reading the world every second, as whoever scrapes it does: what a
//! reader does not get to hear is not in it, and what lies stands in it as it was told.

use crate::world::{Metric, World};
use setpoint_core::{Reading, Span};
use std::collections::{BTreeMap, VecDeque};

/// How long a value is kept.
const KEEP: Span = Span::from_minutes(24 * 60);

/// A value with its stamp, in the time of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The end of the window that it stands for, as it was told.
    pub at: Span,
    /// The number, in the metric's unit.
    pub value: f64,
}

/// What was published, by metric, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Log {
    points: BTreeMap<Metric, VecDeque<Point>>,
    told: BTreeMap<Metric, Point>,
}

impl Log {
    /// Writes down what the world tells now.
    pub(super) fn note(&mut self, world: &World) {
        let starts = world.model().starts;
        self.told.clear();
        for (_, metric) in Metric::ALL {
            let Reading::Sample(sample) = world.read(metric) else { continue };
            let point = Point { at: sample.at.since(starts), value: sample.value() };
            self.told.insert(metric, point);
            let points = self.points.entry(metric).or_default();
            if points.back().is_none_or(|last| last.at < point.at) {
                points.push_back(point);
            }
            while points.front().is_some_and(|first| first.at + KEEP < point.at) {
                points.pop_front();
            }
        }
    }

    /// What is told just now; nothing where nothing is.
    pub fn told(&self, metric: Metric) -> Option<Point> {
        self.told.get(&metric).copied()
    }

    /// Everything that was told of this metric, oldest first.
    pub fn points(&self, metric: Metric) -> impl Iterator<Item = Point> {
        self.points.get(&metric).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::LiveWorld;
    use super::*;
    use crate::world::{Fault, FaultKind, MetricFaultKind, When, World, tests::scenario};

    #[test]
    fn what_nobody_could_read_is_not_in_it() {
        let mut model = scenario();
        let (at, lasts) = (Span::from_secs(100), Span::from_secs(60));
        let kind = FaultKind::Metric(Some(Metric::Cpu), MetricFaultKind::Dropped);
        model.faults = vec![Fault { when: When::At(at), lasts, kind }];
        let mut live = LiveWorld::new("aws", "web", World::new(model, 1));
        live.advance_to(Span::from_secs(150));
        assert!(live.log.told(Metric::Cpu).is_none() && live.log.told(Metric::Rps).is_some());
        live.advance_to(Span::from_secs(300));
        let stamps =
            |metric| live.log.points(metric).map(|it| it.at.ms() / 1000).collect::<Vec<_>>();
        assert_eq!(stamps(Metric::Rps)[..7], [15, 30, 45, 60, 75, 90, 105]);
        // Windows that ended while the source was away were never told, but for the last of them.
        assert_eq!(stamps(Metric::Cpu)[..7], [15, 30, 45, 60, 75, 135, 150]);
    }

    #[test]
    fn nothing_is_missed_however_often_somebody_looks() {
        let told = |step: u64| {
            let mut live = LiveWorld::new("aws", "web", World::new(scenario(), 1));
            (0..=100_000 / step).for_each(|times| live.advance_to(Span::from_ms(times * step)));
            live.log.points(Metric::Cpu).map(|it| (it.at, it.value)).collect::<Vec<_>>()
        };
        assert!(told(1000).len() > 4);
        assert_eq!(told(100), told(1000));
        assert_eq!(told(5000), told(1000));
    }
}
