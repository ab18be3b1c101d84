//! The requests that are being worked on, in the order in which they will be done.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

/// A request that is being worked on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// When this attempt arrived, in seconds from the start.
    pub(super) arrived: f64,
    /// When the work on it began.
    pub(super) began: f64,
    pub(super) line: u32,
    pub(super) attempt: u8,
    /// Whether its client has already given up.
    pub(super) wasted: bool,
}

impl Task {
    /// Work for nobody, of this line.
    pub(super) const fn wasted(line: u32) -> Self {
        Self { arrived: 0.0, began: 0.0, line, attempt: 0, wasted: true }
    }
}

/// A heap of small entries: the time as its bits, which for times that are not negative have the
/// same order, and the place of the task.
#[derive(Clone, Debug, Default)]
pub(super) struct AtWork {
    order: BinaryHeap<Reverse<(u64, u32)>>,
    tasks: Vec<Task>,
    free: Vec<u32>,
}

impl AtWork {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// When the first will be done, in seconds from the start; never, if nobody is at work.
    pub(super) fn next(&self) -> f64 {
        self.order.peek().map_or(f64::INFINITY, |Reverse((until, _))| f64::from_bits(*until))
    }

    pub(super) fn start(&mut self, until: f64, task: Task) {
        let place = match self.free.pop() {
            Some(place) => {
                self.tasks[place as usize] = task;
                place
            }
            None => {
                self.tasks.push(task);
                (self.tasks.len() - 1) as u32
            }
        };
        self.order.push(Reverse((until.to_bits(), place)));
    }

    /// The task that will be done first. There is one.
    pub(super) fn first(&self) -> Task {
        let Reverse((_, place)) = self.order.peek().expect("somebody is at work");
        self.tasks[*place as usize]
    }

    /// Lets the worker of the first task begin another: cheaper than an end and a start.
    pub(super) fn replace_first(&mut self, until: f64, task: Task) {
        if let Some(mut first) = self.order.peek_mut() {
            self.tasks[first.0.1 as usize] = task;
            first.0.0 = until.to_bits();
        }
    }

    pub(super) fn remove_first(&mut self) {
        if let Some(first) = self.order.peek_mut() {
            let Reverse((_, place)) = PeekMut::pop(first);
            self.free.push(place);
        }
    }
}
