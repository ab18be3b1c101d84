//! Azure's autoscale rules, as its portal suggests them: above 70 % CPU over ten minutes more,
//! below 30 % less, five minutes apart. Rules change a size by a tenth of it here, at least one:
//! with the suggested one member nobody would take it for a rival.
//!
//! Scale-in is left out where it would lead straight to scale-out, as the documentation says.

use super::{Controller, alarm::Alarm};
use crate::world::{Metric, World};
use setpoint_core::{Action, Span};

/// Data points of a minute that are averaged.
const WINDOW: usize = 10;
const HIGH: f64 = 70.0;
const LOW: f64 = 30.0;
const COOLDOWN: Span = Span::from_secs(300);

/// The two rules.
#[derive(Debug, Default)]
pub(super) struct Rules {
    cpu: Alarm,
    acted: Option<Span>,
}

impl Controller for Rules {
    fn every(&self) -> Span {
        Span::from_secs(60)
    }

    fn look(&mut self, world: &mut World) {
        self.cpu.note(world.read(Metric::Cpu));
        let Some(mean) = self.cpu.mean(WINDOW) else { return };
        let (group, now) = (world.group(), world.now().monotonic);
        if self.acted.is_some_and(|at| now.minus(at) < COOLDOWN) {
            return;
        }
        let step = (group.desired / 10).max(1);
        let less = group.desired.saturating_sub(step);
        let flaps = mean * f64::from(group.desired) / f64::from(less.max(1)) > HIGH;
        let size = match mean {
            mean if mean > HIGH => group.desired + step,
            mean if mean < LOW && !flaps => less,
            _ => return,
        };
        let size = group.own_range.map_or(size, |range| range.clamp(size));
        if size != group.desired {
            self.acted = Some(now);
            drop(world.apply(&Action::Resize { from: group.desired, to: size }));
        }
    }
}
