//! AWS step scaling, as its documentation's example has it: above 60 % CPU a tenth more, above
//! 70 % three tenths; below 40 % a tenth less, below 30 % three tenths.

use super::{Controller, alarm::Alarm};
use crate::world::{Metric, World};
use setpoint_core::{Action, Span};

/// Data points that raise an alarm.
const POINTS: usize = 3;
/// The least time between two scale-ins.
const COOLDOWN: Span = Span::from_secs(300);

/// A size changed by so many percent, as AWS rounds: changes beyond one member down, those
/// within one to one. The change is at least `least` members.
pub fn adjusted(size: u32, percent: f64, least: u32) -> u32 {
    let change = f64::from(size) * percent / 100.0;
    let whole = match change {
        change if change > 1.0 => change.floor(),
        change if change > 0.0 => 1.0,
        change if change <= -1.0 => change.ceil(),
        change if change < 0.0 => -1.0,
        _ => 0.0,
    };
    let least = f64::from(least);
    let whole = if whole == 0.0 { 0.0 } else { whole.abs().max(least).copysign(whole) };
    (f64::from(size) + whole).max(0.0) as u32
}

/// The steps of the example.
const fn percent(cpu: f64) -> f64 {
    match cpu {
        cpu if cpu >= 70.0 => 30.0,
        cpu if cpu >= 60.0 => 10.0,
        cpu if cpu <= 30.0 => -30.0,
        cpu if cpu <= 40.0 => -10.0,
        _ => 0.0,
    }
}

/// The two alarms of the example.
#[derive(Debug, Default)]
pub(super) struct Step {
    cpu: Alarm,
    shrank: Option<Span>,
}

impl Controller for Step {
    fn every(&self) -> Span {
        Span::from_secs(60)
    }

    fn look(&mut self, world: &mut World) {
        self.cpu.note(world.read(Metric::Cpu));
        let Some(latest) = self.cpu.latest() else { return };
        let (group, now) = (world.group(), world.now().monotonic);
        // Members that warm up count as there: only what they do not cover is added.
        let needed = adjusted(group.ready, percent(latest), 1);
        let needed = group.own_range.map_or(needed, |range| range.clamp(needed));
        let out = self.cpu.all(POINTS, |cpu| cpu >= 60.0) && needed > group.desired;
        let rested = self.shrank.is_none_or(|at| now.minus(at) >= COOLDOWN);
        let calm = group.warming == 0 && rested && self.cpu.all(POINTS, |cpu| cpu <= 40.0);
        if out || (calm && needed < group.desired) {
            self.shrank = if out { self.shrank } else { Some(now) };
            drop(world.apply(&Action::Resize { from: group.desired, to: needed }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentations_example_comes_out() {
        // A group of 10; CPU at 60, then 70, then 40, then 30 %.
        let sizes = [(60.0, 11), (70.0, 14), (40.0, 13), (30.0, 10)];
        let mut size = 10;
        for (cpu, expected) in sizes {
            size = adjusted(size, percent(cpu), 1);
            assert_eq!(size, expected, "at {cpu} %");
        }
    }

    #[test]
    fn rounding_is_that_of_aws() {
        for (size, percent, least, expected) in [
            (10, 127.0, 1, 22), // 12.7 → 12
            (10, 6.7, 1, 11),   // 0.67 → 1
            (10, -5.8, 1, 9),   // −0.58 → −1
            (10, -66.7, 1, 4),  // −6.67 → −6
            (4, 25.0, 2, 6),    // MinAdjustmentMagnitude 2
            (10, 0.0, 2, 10),
        ] {
            assert_eq!(adjusted(size, percent, least), expected, "{percent} % of {size}");
        }
    }
}
