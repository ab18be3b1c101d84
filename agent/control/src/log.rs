//! What the loop tells the operator: one line a pass, one per action, and a held reason
//! only when it changes.

use crate::{Ended, ProviderError, repeats::Repeats};
use setpoint_core::{
    Contact, Decision, Guard, Held, InputKey, Intent, Notice, NoticeChange, NoticeKind, Objection,
    Outcome, Reading, Snapshot, Span, TargetName, Verdict,
};
use std::{collections::BTreeMap, mem::discriminant};

/// What was last said of each target, and of each trouble.
#[derive(Default)]
pub(crate) struct Logged {
    held: BTreeMap<TargetName, Held>,
    repeats: Repeats,
    /// By target: what was begun and cannot be gone on with.
    unfinished: Repeats,
}

impl Logged {
    /// Tells of one pass.
    pub(crate) fn pass(&mut self, ended: &Ended<'_>) {
        let Ended { pass, outcomes, .. } = ended;
        self.troubles(ended);
        for decision in &pass.plan.decisions {
            match &decision.verdict {
                Verdict::Act(intent) => {
                    self.held.remove(&decision.target);
                    action(decision, intent, outcomes);
                }
                Verdict::Held(held) => self.held(decision, held),
            }
        }
        for shadow in &pass.plan.shadows {
            if let Verdict::Act(intent) = &shadow.decision.verdict {
                let (target, apart) = (&intent.target, shadow.divergence());
                let action = intent.action.to_string();
                tracing::info!(policy = %shadow.policy, %target, action, apart, "shadow");
            }
        }
        pass.plan.notices.iter().for_each(notice);
        let (targets, actions) = (pass.plan.decisions.len(), pass.plan.intents().count());
        let took = ended.took.ms();
        tracing::info!(pass = pass.snapshot.pass, targets, actions, took_ms = took, "pass");
    }

    /// What goes wrong, each trouble at once and then once a minute for as long as it stays.
    fn troubles(&mut self, ended: &Ended<'_>) {
        let now: Span = ended.at.monotonic;
        for objection in ended.objections {
            let whose = refused(&objection.target);
            let Some(repeated) = self.repeats.due(&whose, now) else { continue };
            let (target, why) = (&objection.target, &objection.why);
            tracing::error!(%target, why, repeated, "check refused");
        }
        if let Some(error) = ended.unrecorded
            && let Some(repeated) = self.repeats.due(JOURNAL, now)
        {
            let cause = error.source.to_string();
            tracing::error!(%error, cause, repeated, "nothing destructive is done");
        }
        let tripped = &ended.pass.snapshot.tripped;
        let policy = |whose: &str| whose.strip_prefix(OUT_OF_TIME).map(str::to_owned);
        for name in tripped {
            if let Some(repeated) = self.repeats.due(&format!("{OUT_OF_TIME}{name}"), now) {
                tracing::warn!(policy = %name, repeated, "out of time: it failed in this pass");
            }
        }
        let unread = unread(&ended.pass.snapshot);
        for (why, inputs) in &unread {
            let Some(repeated) = self.repeats.due(inputs[0].as_str(), now) else { continue };
            tracing::warn!(input = %inputs[0], inputs = inputs.len(), why, repeated, "not read");
        }
        let unrecorded = ended.unrecorded.is_some();
        self.repeats.keep(|whose| {
            let still = |(_, inputs): (&&str, &Vec<&InputKey>)| inputs[0].as_str() == whose;
            let objected = |it: &Objection| refused(&it.target) == whose;
            match policy(whose) {
                Some(name) => tripped.contains(name.as_str()),
                None if whose == JOURNAL => unrecorded,
                None => unread.iter().any(still) || ended.objections.iter().any(objected),
            }
        });
    }

    /// What was begun and cannot be gone on with, at once and then once a minute.
    pub(crate) fn unfinished(
        &mut self,
        unfinished: &BTreeMap<TargetName, ProviderError>,
        now: Span,
    ) {
        for (target, error) in unfinished {
            let Some(repeated) = self.unfinished.due(target.as_str(), now) else { continue };
            let why = error.chain();
            tracing::warn!(%target, why, repeated, "what was begun is not over");
        }
        self.unfinished.keep(|target| unfinished.contains_key(target));
    }

    /// Numbers change all the time; a person wants to hear of another kind of reason.
    fn held(&mut self, decision: &Decision, held: &Held) {
        if self.held.get(&decision.target).is_some_and(|before| kind(before) == kind(held)) {
            return;
        }
        tracing::info!(target = %decision.target, seen = %decision.seen, reason = %held, "held");
        self.held.insert(decision.target.clone(), held.clone());
    }
}

/// Whose trouble it is when a pass is not on record. No input is called so.
const JOURNAL: &str = "the journal";

/// Whose trouble it is when the check refuses an action. No input is called so either.
fn refused(target: &TargetName) -> String {
    format!("the check of {target}")
}

/// Whose trouble it is when a policy ran out of time, before its name.
const OUT_OF_TIME: &str = "the time of ";

/// The inputs that could not be read, by the reason: what one source says of all its inputs
/// is one trouble.
fn unread(snapshot: &Snapshot) -> BTreeMap<&str, Vec<&InputKey>> {
    let mut unread: BTreeMap<&str, Vec<&InputKey>> = BTreeMap::new();
    for (key, reading) in &snapshot.readings {
        if let Reading::Failed(why) = reading {
            unread.entry(why).or_default().push(key);
        }
    }
    unread
}

/// What makes two held reasons the same to a reader.
fn kind(held: &Held) -> (std::mem::Discriminant<Held>, Option<Guard>) {
    // A load that wavers about its goal is a hair off it at one pass and on it at the next.
    if matches!(held, Held::Guard(Guard::DeadBand, _)) {
        return (discriminant(&Held::AsWanted), None);
    }
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

/// What people are told, as loud as it is meant.
fn notice(notice: &Notice) {
    let (key, Contact { owner, runbook }) = (&notice.key, &notice.contact);
    let what = notice.to_string();
    match (notice.change, notice.kind) {
        (NoticeChange::Resolved, _) => tracing::info!(key, what, "over"),
        (_, NoticeKind::Page) => {
            tracing::error!(key, what, owner, runbook, "a person must look");
        }
        (_, NoticeKind::Ticket) => {
            tracing::warn!(key, what, owner, runbook, "somebody must look, in working hours");
        }
        (_, NoticeKind::Say) => tracing::info!(key, what, owner, runbook, "for people"),
    }
}
