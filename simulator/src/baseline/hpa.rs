//! The Kubernetes horizontal pod autoscaler, as its documentation has it: a look every 15 s, a
//! tolerance of a tenth, at most the double or four pods more in 15 s, and the largest size of
//! the last five minutes when it shrinks.

use super::{CPU_GOAL, Controller, alarm::Alarm};
use crate::world::{Metric, World};
use setpoint_core::{Action, Span};
use std::collections::VecDeque;

/// Within this share of the goal nothing is done.
const TOLERANCE: f64 = 0.1;
/// How long the largest size holds when it shrinks.
const STABILISATION: Span = Span::from_secs(300);

/// The size for `pods` of which each shows `ratio` times what it should: unchanged within the
/// tolerance.
pub fn hpa_size(pods: u32, ratio: f64) -> u32 {
    // Within a hair of the bound is within it: a ratio of 1.1 is not exact.
    if (ratio - 1.0).abs() <= TOLERANCE + 1e-9 {
        return pods;
    }
    // Guards the ceiling against the noise of a division that should come out even.
    (f64::from(pods) * ratio - 1e-9).ceil().max(0.0) as u32
}

/// Holds a metric at its goal.
#[derive(Debug)]
pub(super) struct Hpa {
    metric: Metric,
    goal: f64,
    points: Alarm,
    wanted: VecDeque<(Span, u32)>,
}

impl Hpa {
    /// CPU at its goal.
    pub(super) fn cpu() -> Self {
        let (metric, goal) = (Metric::Cpu, 100.0 * CPU_GOAL);
        Self { metric, goal, points: Alarm::default(), wanted: VecDeque::new() }
    }

    /// So many requests per second for each pod.
    pub(super) fn requests(each: f64) -> Self {
        let metric = Metric::Rps;
        Self { metric, goal: each, points: Alarm::default(), wanted: VecDeque::new() }
    }
}

impl Controller for Hpa {
    fn every(&self) -> Span {
        Span::from_secs(15)
    }

    fn look(&mut self, world: &mut World) {
        self.points.note(world.read(self.metric));
        let Some(latest) = self.points.latest() else { return };
        let (group, now) = (world.group(), world.now().monotonic);
        // Pods that are not ready count as idle.
        let load =
            if self.metric == Metric::Rps { latest } else { latest * f64::from(group.ready) };
        let ratio = load / self.goal / f64::from(group.desired.max(1));
        let wanted = hpa_size(group.desired, ratio);
        self.wanted.retain(|(at, _)| now.minus(*at) < STABILISATION);
        self.wanted.push_back((now, wanted));
        let held = self.wanted.iter().map(|(_, size)| *size).max().unwrap_or(wanted);
        let most = group.desired.saturating_mul(2).max(group.desired + 4);
        let size = if wanted > group.desired { wanted.min(most) } else { held.min(group.desired) };
        let size = group.own_range.map_or(size, |range| range.clamp(size));
        if size != group.desired {
            drop(world.apply(&Action::Resize { from: group.desired, to: size }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_a_load_as_in_another_simulator() {
        // Work for 8 pods, then 2, then 8 again; a goal of 0.6; pods are busy by 1 at most.
        let look = |pods: &mut u32, work: f64| {
            *pods = hpa_size(*pods, (work / f64::from(*pods)).min(1.0) / 0.6);
            *pods
        };
        let mut pods = 5;
        let up: Vec<u32> = (0..4).map(|_| look(&mut pods, 8.0)).collect();
        assert_eq!(up, [9, 14, 14, 14]);
        assert_eq!(look(&mut pods, 2.0), 4);
        let again: Vec<u32> = (0..4).map(|_| look(&mut pods, 8.0)).collect();
        assert_eq!(again, [7, 12, 14, 14]);
    }

    #[test]
    fn the_documentations_examples_come_out() {
        for (pods, ratio, expected) in [(4, 2.0, 8), (4, 0.5, 2), (10, 1.1, 10), (10, 0.9, 10)] {
            assert_eq!(hpa_size(pods, ratio), expected);
        }
    }
}
