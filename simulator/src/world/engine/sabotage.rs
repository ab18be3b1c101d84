//! Five places where the tests break the model, to see that somebody notices.
//!
//! Outside the tests of this package nothing can be broken: [`is_broken`] is then always false, and
//! the compiler leaves it out. The checks that notice are in simulator/src/accuracy/sabotage.rs.

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// In the fluid engine nobody loses patience.
    Patience,
    /// In the fluid engine the time of a request is always taken to be exponential.
    Variation,
    /// Clients have more retries than their budget grants.
    Budget,
    /// Requests that are followed one by one arrive at equal distances.
    Arrivals,
    /// Requests that are given up are not entered in the books.
    Books,
}

#[cfg(not(test))]
pub(crate) const fn is_broken(_part: Part) -> bool {
    false
}

#[cfg(test)]
pub(crate) use broken::{breaking, is_broken};

#[cfg(test)]
mod broken {
    use super::Part;
    use std::cell::Cell;

    thread_local! {
        /// What is broken for this thread, so that tests beside it are not disturbed.
        static BROKEN: Cell<Option<Part>> = const { Cell::new(None) };
    }

    pub(crate) fn is_broken(part: Part) -> bool {
        BROKEN.get() == Some(part)
    }

    /// Does `work` with something broken, or with nothing.
    pub(crate) fn breaking<T>(part: Option<Part>, work: impl FnOnce() -> T) -> T {
        BROKEN.set(part);
        let done = work();
        BROKEN.set(None);
        done
    }
}
