//! What is on record, looked at again: a pass of the past, what would have changed it, and what
//! other policies would have made of it.
//!
//! A pass is a function of what was seen and remembered, so it can be made again, and made
//! again with something changed. Nothing here asks anything but a journal.
//!
//! ```text
//! journal.db ──► replay_each ──► recall.rs    one pass, whole ──► what_if.rs   the least change
//!                           └──► replayed.rs  every pass, by other policies ◄── swap.rs
//! ```
//!
//! Start reading at [`recall`] and [`replay`].

mod recall;
mod replayed;
mod swap;
mod telling;
mod what_if;

pub use recall::{Recalled, When, open, recall};
pub use replayed::{Difference, Outcome, Replay, replay};
pub use swap::Candidate;
pub use telling::{explained, explained_json, replayed};
pub use what_if::{Change, Tried, what_if};

use setpoint_control::Evaluator;
use setpoint_core::{Decision, Memory, Program, Settings, Snapshot, Verdict};
use setpoint_policies::Policies;

/// The policies of a program, ready to be asked.
fn evaluator(program: &Program) -> Result<Box<dyn Evaluator>, String> {
    let policies = Policies::from_program(program).map_err(|faults| faults.join("; "))?;
    let ask = move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
        policies.evaluate(settings, memory, snapshot)
    };
    Ok(Box::new(ask))
}

/// What was decided, so that two decisions can be told apart: the action, or nothing.
fn done(decision: &Decision) -> Option<String> {
    match &decision.verdict {
        Verdict::Act(intent) => Some(intent.action.to_string()),
        Verdict::Held(_) => None,
    }
}

/// The same in words: "resize 10 -> 14", "held: as wanted".
fn words(decision: &Decision) -> String {
    match &decision.verdict {
        Verdict::Act(intent) => intent.action.to_string(),
        Verdict::Held(held) => format!("held: {held}"),
    }
}
