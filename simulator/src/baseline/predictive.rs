//! AWS predictive scaling: each hour gets the members that it needed the day before, five
//! minutes before it begins. It never scales in, and needs a day of history: before that it
//! does nothing.

use super::{Controller, alarm::Alarm};
use crate::world::{Metric, World};
use setpoint_core::{Action, Span};

/// Minutes before the hour at which the forecast takes effect.
const AHEAD: u64 = 5;

/// Forecasts by the day before.
#[derive(Debug)]
pub(super) struct Predictive {
    each_rps: f64,
    rps: Alarm,
    /// The largest load of each hour since the start.
    hours: Vec<f64>,
}

impl Predictive {
    pub(super) fn new(each_rps: f64) -> Self {
        Self { each_rps, rps: Alarm::default(), hours: Vec::new() }
    }
}

impl Controller for Predictive {
    fn every(&self) -> Span {
        Span::from_secs(60)
    }

    fn look(&mut self, world: &mut World) {
        let minute = world.now().monotonic.ms() / 60_000;
        if self.rps.note(world.read(Metric::Rps)) {
            let hour = (minute / 60) as usize;
            self.hours.resize(hour + 1, 0.0);
            self.hours[hour] = self.hours[hour].max(self.rps.latest().unwrap_or(0.0));
        }
        let hour = ((minute + AHEAD) / 60) as usize;
        let Some(load) = hour.checked_sub(24).and_then(|before| self.hours.get(before)) else {
            return;
        };
        let group = world.group();
        let size = (load / self.each_rps).ceil() as u32;
        let size = group.own_range.map_or(size, |range| range.clamp(size));
        if size > group.desired {
            drop(world.apply(&Action::Resize { from: group.desired, to: size }));
        }
    }
}
