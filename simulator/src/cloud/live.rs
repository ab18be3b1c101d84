//! A world that lives along the clock, with the log of what it published.

use super::log::Log;
use crate::world::World;
use setpoint_core::Span;
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
        let second = Span::from_secs(1);
        while self.world.age() + second <= now {
            self.world.advance_to(self.world.age() + second);
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

/// The world itself, for as long as the guard lives.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets time pass in each of them.
pub(super) fn catch_up(worlds: &[Shared], now: Span) {
    worlds.iter().for_each(|world| lock(world).advance_to(now));
}
