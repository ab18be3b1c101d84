//! The oracle: at every moment the least number of members that holds the objective until new
//! ones could serve. It knows the load beforehand, and pays for boots like everybody else.
//!
//! What it costs is what no policy without foresight can be asked to beat.

use super::{Controller, Outlook, database::replicas_for};
use crate::world::{World, WorldModel};
use setpoint_core::{Action, Range, Span};

/// The distance in standard deviations within which 99.9 % of boots are over.
const SURE: f64 = 3.0;
/// The time from look to look, and the time that a launch that was refused may be late.
const TICK: Span = Span::from_secs(60);

/// The time within which members that are asked for serve.
fn ahead(world: &WorldModel) -> Span {
    let boot = world.fleet.boot;
    let longest = boot.median.secs() * (SURE * boot.sigma).exp();
    Span::from_ms((longest * 1000.0) as u64) + TICK
}

/// As many as the first minutes need, and the replicas for the largest number there will be.
pub(super) fn start(world: &mut WorldModel, outlook: &Outlook) {
    let range = world.fleet.range;
    world.fleet.size = range.clamp(outlook.demand(Span::ZERO, ahead(world)));
    if let Some(database) = &mut world.database {
        let most = range.clamp(outlook.demand(Span::ZERO, Span::from_ms(u64::MAX / 2)));
        database.replicas = replicas_for(database, most);
    }
}

/// Knows the future.
#[derive(Debug)]
pub(super) struct Oracle<'a> {
    outlook: &'a Outlook,
    ahead: Span,
    range: Range,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(outlook: &'a Outlook, world: &WorldModel) -> Self {
        Self { outlook, ahead: ahead(world), range: world.fleet.range }
    }
}

impl Controller for Oracle<'_> {
    fn every(&self) -> Span {
        TICK
    }

    fn look(&mut self, world: &mut World) {
        let now = world.now().monotonic;
        let size = self.range.clamp(self.outlook.demand(now, now + self.ahead));
        let from = world.group().desired;
        if size != from {
            drop(world.apply(&Action::Resize { from, to: size }));
        }
    }
}
