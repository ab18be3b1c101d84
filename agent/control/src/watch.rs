//! Who hears of a pass once it is over: metrics, the status, the supervisor of the process.
//!
//! A watcher is told what happened and can change nothing: whatever it makes of a pass
//! stays outside the decision, and no decision waits for it.

use crate::{JournalError, Pass};
use setpoint_core::{Memory, Moment, Objection, Outcome, Span};

/// Hears of every pass.
pub trait Watch: Send {
    /// A pass is over: it was recorded if it could be, and its actions were sent.
    fn passed(&mut self, ended: &Ended<'_>);
}

/// A pass that is over.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The pass.
    pub pass: &'a Pass,
    /// What became of its intents, as far as their providers said.
    pub outcomes: &'a [Outcome],
    /// What the check objected to.
    pub objections: &'a [Objection],
    /// What is remembered after it.
    pub memory: &'a Memory,
    /// When it ended.
    pub at: Moment,
    /// How long it took.
    pub took: Span,
    /// Why it is not on record, if it is not.
    pub unrecorded: Option<&'a JournalError>,
}
