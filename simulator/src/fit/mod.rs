//! What a service can do, out of what it did: parameters of the made-up world from a history
//! of the real one, each with its error.
//!
//! A history in which members were at their limit does not tell how much was asked of them:
//! beyond a stated share of such time, what is fitted is called inconclusive.
//!
//! Start reading at [`fit`].

mod boot;
mod capacity;
mod feed;
mod regression;
mod report;
mod saturation;
mod scenario;

pub use boot::Boot;
pub use capacity::Capacity;
pub use feed::Feed;
pub use saturation::{SATURATED, Unknowable};
pub use scenario::{Assumed, scenario, trace, trace_file};

use crate::history::History;

/// Where a fit stops being one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// The largest share of time in which demand may be unknowable, 0 to 1.
    pub unknowable: f64,
    /// The largest share of time of which nothing may be known, 0 to 1.
    pub missing: f64,
    /// The largest error of the capacity, as a share of it.
    pub error: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { unknowable: 0.05, missing: 0.2, error: 0.1 }
    }
}

/// What was found; what could not be is not there, and `notes` say why.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What one member can do.
    pub capacity: Option<Capacity>,
    /// How long a member takes to serve.
    pub boot: Option<Boot>,
    /// How metrics come.
    pub feed: Option<Feed>,
    /// The time in which nobody could know what was asked of the service.
    pub unknowable: Unknowable,
    /// What somebody should know who uses the figures.
    pub notes: Vec<String>,
    /// Why the figures are not to be used, if so.
    pub inconclusive: Vec<String>,
}

/// Fits everything that `history` tells of.
pub fn fit(history: &History, terms: Terms) -> Fit {
    let unknowable = saturation::unknowable(history);
    let (mut notes, mut inconclusive) = (Vec::new(), unknowable.against(terms));
    let mut keep = |why: String| notes.push(why);
    let capacity = match capacity::capacity(history) {
        Ok(capacity) => {
            capacity.idle_note().into_iter().for_each(&mut keep);
            inconclusive.extend(capacity.against(terms));
            Some(capacity)
        }
        Err(why) => {
            inconclusive.push(format!("no capacity: {why}"));
            None
        }
    };
    let boot = boot::boot(history).map_err(|why| keep(format!("no boot time: {why}"))).ok();
    let feed = feed::feed(history).map_err(|why| keep(format!("no metric delay: {why}"))).ok();
    Fit { capacity, boot, feed, unknowable, notes, inconclusive }
}
