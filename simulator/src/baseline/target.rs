//! AWS target tracking.
//!
//! It acts as the documentation of EC2 Auto Scaling says: out at once and in proportion when
//! the metric is above its target for three data points, in when it is under 90 % of it for
//! fifteen minutes and nothing warms up. The counts and the 90 % are what its alarms show in
//! practice; they are not documented. A member's warm-up ends here when the member serves,
//! which is as good as it can be configured.

use super::{CPU_GOAL, Controller, alarm::Alarm};
use crate::world::{Metric, World};
use setpoint_core::{Action, Span};

/// Data points above the target that raise the high alarm.
const HIGH: usize = 3;
/// Minutes below the low threshold that raise the low alarm.
const LOW_MINUTES: usize = 15;
/// The low threshold as a share of the target.
const LOW_SHARE: f64 = 0.9;

/// Holds a metric at its target.
#[derive(Debug)]
pub(super) struct Target {
    metric: Metric,
    target: f64,
    points: Alarm,
}

impl Target {
    /// CPU at its goal.
    pub(super) fn cpu() -> Self {
        Self { metric: Metric::Cpu, target: 100.0 * CPU_GOAL, points: Alarm::default() }
    }

    /// So many requests per second for each member.
    pub(super) fn requests(each: f64) -> Self {
        Self { metric: Metric::Rps, target: each, points: Alarm::default() }
    }

    /// The metric for each member, as it is tracked.
    fn value(&self, total: f64, ready: u32) -> f64 {
        if self.metric == Metric::Rps { total / f64::from(ready.max(1)) } else { total }
    }
}

impl Controller for Target {
    fn every(&self) -> Span {
        if self.metric == Metric::Rps { Span::from_secs(10) } else { Span::from_secs(60) }
    }

    fn look(&mut self, world: &mut World) {
        self.points.note(world.read(self.metric));
        let group = world.group();
        let Some(latest) = self.points.latest() else { return };
        let exact = f64::from(group.ready) * self.value(latest, group.ready) / self.target;
        let exact = exact.ceil() as u32;
        let needed = group.own_range.map_or(exact, |range| range.clamp(exact));
        let over = |value| self.value(value, group.ready) > self.target;
        let under = |value| self.value(value, group.ready) < LOW_SHARE * self.target;
        let points = LOW_MINUTES * 60_000 / self.every().ms() as usize;
        let out = self.points.all(HIGH, over) && needed > group.desired;
        let calm = group.warming == 0 && self.points.all(points, under);
        if out || (calm && needed < group.desired) {
            // An answer that is lost or a no: the alarm is still there a minute later.
            let done = world.apply(&Action::Resize { from: group.desired, to: needed });
            if done.is_ok() && needed < group.desired {
                // What was measured before says nothing of a smaller group.
                self.points.forget();
            }
        }
    }
}
