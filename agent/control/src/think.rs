//! The thinking part of a pass: no ports, no waiting, nothing but values.
//!
//! The loop, the replay of a journal and `plan` all think by this one function.

use crate::Evaluator;
use setpoint_core::{
    Evaluation, Memory, Objection, Plan, Settings, Snapshot, check, decide, notices,
};

/// What a pass came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Thought {
    /// What the policies said.
    pub evaluations: Vec<Evaluation>,
    /// What is to be done; already without what the check objected to.
    pub plan: Plan,
    /// What the check objected to: faults of ours, for a person.
    pub objections: Vec<Objection>,
}

/// Absorbs `snapshot` into `memory`, evaluates, decides, checks, finds out what people are to
/// be told, and remembers.
///
/// Equal arguments give an equal thought and an equal memory, byte for byte.
pub fn think(
    settings: &Settings,
    memory: &mut Memory,
    snapshot: &Snapshot,
    evaluator: &dyn Evaluator,
) -> Thought {
    memory.absorb(settings, snapshot);
    let evaluations = evaluator.evaluate(settings, memory, snapshot);
    let plan = decide(settings, memory, snapshot, &evaluations);
    let objections = check(settings, memory, snapshot, &evaluations, &plan);
    let mut plan = plan.without(&objections);
    let told = (&plan, objections.as_slice());
    plan.notices = notices(settings, memory, &evaluations, told);
    memory.remember(settings, &plan, &evaluations);
    Thought { evaluations, plan, objections }
}
