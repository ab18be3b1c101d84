//! A world that lives along the clock, with the log of what it published.

use super::log::Log;
use crate::{
    chance::fnv1a,
    world::{FleetModel, World},
};
use setpoint_core::{Range, Span};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A world in front of which a server stands.
#[derive(Debug)]
pub struct LiveWorld {
    /// Whose cloud it is: the label of its metrics.
    pub cloud: &'static str,
    /// The name of its group.
    pub group: String,
    /// The world itself.
    pub world: World,
    /// What it published.
    pub log: Log,
}

impl LiveWorld {
    /// A world at its beginning.
    pub fn new(cloud: &'static str, group: &str, world: World) -> Self {
        Self { cloud, group: group.to_owned(), world, log: Log::default() }
    }

    /// Lets time pass, a second at a time, and writes down what is published meanwhile.
    pub fn advance_to(&mut self, now: Span) {
        // Whole seconds, however short the steps are in which time passes.
        for second in self.world.age().ms() / 1000 + 1..=now.ms() / 1000 {
            self.world.advance_to(Span::from_secs(second));
            self.log.note(&self.world);
        }
        // What is done now is done now, and not at the second before.
        self.world.advance_to(now);
    }
}

/// A world that several servers look at. It is never held over a wait.
pub type Shared = Arc<Mutex<LiveWorld>>;

pub(super) fn shared(world: LiveWorld) -> Shared {
    Arc::new(Mutex::new(world))
}

/// A world of the same kind as `main`, but without load and without a database, for a group of
/// this name that a caller makes: `size` members boot in it from `now` on.
pub(super) fn without_load(
    main: &Shared,
    name: &str,
    (size, range): (u32, Range),
    (seed, now): (u64, Span),
) -> Shared {
    let main = lock(main);
    let mut model = main.world.model().clone();
    model.load.base_rps = 0.0;
    model.database = None;
    // Members that are asked for boot; only those of the scenario stand at the beginning.
    model.fleet = FleetModel { size: 0, range, sessions: None, ..model.fleet };
    let seed = seed ^ fnv1a(name.bytes());
    let mut live = LiveWorld::new(main.cloud, name, World::new(model, seed));
    live.world.advance_to(now);
    live.world.ask_for(size);
    shared(live)
}

/// The world itself, for as long as the guard lives.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets time pass in each of them.
pub(super) fn catch_up(worlds: &[Shared], now: Span) {
    worlds.iter().for_each(|world| lock(world).advance_to(now));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        cloud::{Pace, pace::tests::ByHand},
        world::{Fault, FaultKind, When, WorldModel, tests::scenario},
    };

    /// A scenario whose API lets tests look more often than a provider would.
    pub(in crate::cloud) fn patient() -> WorldModel {
        let mut model = scenario();
        model.api.burst = 100_000;
        model
    }

    /// The world of a cloud that suffers `kind` from its first minute to its third, at the pace of
    /// a clock by hand.
    pub(in crate::cloud) fn suffering(
        cloud: &'static str,
        mut model: WorldModel,
        kind: Option<FaultKind>,
    ) -> (Shared, Arc<Pace>, Arc<ByHand>) {
        let (at, lasts) = (Span::from_minutes(1), Span::from_minutes(2));
        model.faults =
            kind.map(|kind| Fault { when: When::At(at), lasts, kind }).into_iter().collect();
        let clock = Arc::new(ByHand::default());
        let pace = Arc::new(Pace::new(clock.clone(), 1.0));
        (shared(LiveWorld::new(cloud, "web", World::new(model, 1))), pace, clock)
    }
}
