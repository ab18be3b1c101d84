//! Those who wait for one member, or for all of them, in the order in which they came.

use std::collections::VecDeque;

/// An attempt that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    /// In seconds from the start.
    pub(super) arrived: f64,
    /// Which one of its request, the first being 0.
    pub(super) attempt: u8,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Requests of this line that are being worked on.
    pub(super) busy: usize,
    /// Work that nobody waits for any more: all of it came before the rest. Only its number
    /// matters, so a line that has stood for hours is small.
    dead: u64,
    alive: VecDeque<Waiter>,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.dead == 0 && self.alive.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.dead + self.alive.len() as u64
    }

    pub(super) fn join(&mut self, waiter: Waiter) {
        self.alive.push_back(waiter);
    }

    /// Takes the next work off the line, with who waits for it, if anybody does.
    pub(super) fn next(&mut self) -> Option<Option<Waiter>> {
        if self.dead > 0 {
            self.dead -= 1;
            return Some(None);
        }
        self.alive.pop_front().map(Some)
    }

    /// Lets the next client go that arrived no later than `due`; its work goes too, if members drop it.
    pub(super) fn expired(&mut self, due: f64, drops: bool) -> Option<Waiter> {
        let waiter = self.alive.pop_front_if(|waiter| waiter.arrived <= due)?;
        self.dead += u64::from(!drops);
        Some(waiter)
    }

    /// Takes all who wait.
    pub(super) fn empty(&mut self) -> VecDeque<Waiter> {
        std::mem::take(&mut self.alive)
    }
}
