//! What the loop tells the operator: one line a pass, one per action, and a held reason
//! only when it changes.

use crate::Pass;
use setpoint_core::{Decision, Held, Intent, Moment, Outcome, TargetName, Verdict};
use std::{collections::BTreeMap, mem::discriminant};

/// What was last said of each target.
#[derive(Default)]
pub(crate) struct Logged {
    held: BTreeMap<TargetName, Held>,
}

impl Logged {
    /// Tells of one pass.
    pub(crate) fn pass(&mut self, pass: &Pass, outcomes: &[Outcome], ended: Moment) {
        for decision in &pass.plan.decisions {
            match &decision.verdict {
                Verdict::Act(intent) => {
                    self.held.remove(&decision.target);
                    action(decision, intent, outcomes);
                }
                Verdict::Held(held) => self.held(decision, held),
            }
        }
        let took = ended.monotonic.minus(pass.snapshot.at.monotonic).ms();
        let (targets, actions) = (pass.plan.decisions.len(), pass.plan.intents().count());
        tracing::info!(pass = pass.snapshot.pass, targets, actions, took_ms = took, "pass");
    }

    /// Numbers change all the time; a person wants to hear of another kind of reason.
    fn held(&mut self, decision: &Decision, held: &Held) {
        if self.held.get(&decision.target).is_some_and(|before| kind(before) == kind(held)) {
            return;
        }
        tracing::info!(target = %decision.target, seen = %decision.seen, reason = %held, "held");
        if let Some(page) = &decision.page {
            tracing::error!(target = %decision.target, page, "a person must look");
        }
        self.held.insert(decision.target.clone(), held.clone());
    }
}

/// What makes two held reasons the same to a reader.
fn kind(held: &Held) -> (std::mem::Discriminant<Held>, Option<setpoint_core::Guard>) {
    let guard = if let Held::Guard(guard, _) = held { Some(*guard) } else { None };
    (discriminant(held), guard)
}

fn action(decision: &Decision, intent: &Intent, outcomes: &[Outcome]) {
    let result = outcomes.iter().find(|outcome| outcome.intent == intent.id);
    let rules: Vec<String> = decision
        .wants
        .iter()
        .map(|want| format!("{}/{} (line {}): {}", want.policy, want.rule, want.line, want.ask))
        .collect();
    let guards: Vec<String> =
        decision.guards.iter().map(|g| format!("{}: {} ({})", g.guard, g.size, g.note)).collect();
    tracing::info!(
        target = %decision.target,
        intent = %intent.id,
        action = %intent.action,
        rules = %rules.join("; "),
        guards = %guards.join("; "),
        result = ?result.map(|outcome| &outcome.result),
        "action",
    );
}
