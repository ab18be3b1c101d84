//! One turn of the loop, whole: what was seen, said and decided.

use setpoint_core::{Evaluation, Plan, Snapshot};

/// One pass, before anything was sent.
#[derive(Clone, Debug)]
pub struct Pass {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What the policies said of it.
    pub evaluations: Vec<Evaluation>,
    /// What was decided.
    pub plan: Plan,
}
