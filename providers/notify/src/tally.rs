//! What became of letters, counted for the agent's own metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What became of the letters of one receiver, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Letters that were taken.
    pub taken: u64,
    /// Attempts after which a letter is tried again.
    pub failed: u64,
    /// Letters that were refused, or for which there was no room.
    pub lost: u64,
    /// Letters that wait now.
    pub waiting: u64,
}

/// The same of all receivers.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<String, Told>>);

impl Tally {
    /// By the names of receivers.
    pub fn all(&self) -> BTreeMap<String, Told> {
        self.lock().clone()
    }

    pub(crate) fn change(&self, receiver: &str, change: impl FnOnce(&mut Told)) {
        change(self.lock().entry(receiver.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Told>> {
        // Each change stands alone.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
