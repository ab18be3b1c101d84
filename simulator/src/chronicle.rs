//! The journal of a simulated run: each kind of decision once, and how often it was
//! made.
//!
//! A day has thousands of passes and most say the same. What a person wants is the
//! first of each kind with its reason, and how it went on.

use setpoint_control::{Journal, JournalError, Pass};
use setpoint_core::{
    ActResult, Action, Decision, Held, Intent, Memory, PolicyName, RuleName, TargetName, Timestamp,
    Verdict, describe_failure,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was decided in a run.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// Every kind of decision, in the order in which each was first made.
    pub chapters: Vec<Chapter>,
    /// Passes made.
    pub passes: u64,
    /// When the latest pass was made.
    at: Timestamp,
}

/// One kind of decision.
#[derive(Clone, Debug)]
pub struct Chapter {
    kind: Kind,
    /// The first of its kind.
    pub first: Entry,
    /// The last of its kind.
    pub last: Entry,
    /// How many there were.
    pub count: u64,
}

impl Chapter {
    /// Whether something was done, rather than held or refused.
    pub fn acted(&self) -> bool {
        matches!(
            self.kind.what,
            What::Grow | What::Shrink | What::Retire | What::Add | What::Remove
        )
    }

    /// Which target it is about.
    pub const fn target(&self) -> &TargetName {
        &self.kind.target
    }

    /// Which rule asked for it, if one did.
    pub const fn rule(&self) -> Option<&(PolicyName, RuleName)> {
        self.kind.rule.as_ref()
    }
}

/// One decision.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What was done, or not: "resize 10 -> 14".
    pub what: String,
    /// Why.
    pub why: String,
}

/// What makes two decisions of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind {
    target: TargetName,
    what: What,
    rule: Option<(PolicyName, RuleName)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Grow,
    Shrink,
    Retire,
    Add,
    Remove,
    Held(String),
    Failed,
}

impl Chronicle {
    fn note(&mut self, kind: Kind, entry: Entry) {
        match self.chapters.iter_mut().find(|chapter| chapter.kind == kind) {
            Some(chapter) => {
                chapter.count += 1;
                chapter.last = entry;
            }
            None => {
                self.chapters.push(Chapter { kind, last: entry.clone(), first: entry, count: 1 });
            }
        }
    }

    fn decided(&mut self, decision: &Decision) {
        let at = self.at;
        let target = decision.target.clone();
        match &decision.verdict {
            Verdict::Act(intent) => {
                let (rule, why) = reason(decision, &intent.action);
                let kind = Kind { target, what: what(&intent.action), rule };
                self.note(kind, Entry { at, what: intent.action.to_string(), why });
            }
            Verdict::Held(held) => {
                let Some(name) = noteworthy(held) else { return };
                let kind = Kind { target, what: What::Held(name.clone()), rule: None };
                self.note(
                    kind,
                    Entry { at, what: format!("held by {name}"), why: held.to_string() },
                );
            }
        }
    }
}

fn what(action: &Action) -> What {
    match action {
        Action::Resize { .. } if action.shrinks() => What::Shrink,
        Action::Drain { .. } => What::Shrink,
        Action::Retire { .. } => What::Retire,
        Action::Replace { .. } => What::Shrink,
        Action::Resize { .. } | Action::Return { .. } => What::Grow,
        Action::Set { .. } if action.shrinks() => What::Shrink,
        Action::Set { .. } | Action::Start { .. } | Action::Grow { .. } => What::Grow,
        Action::AddReplica { .. } => What::Add,
        Action::RemoveReplica { .. } => What::Remove,
    }
}

/// The name of a reason for doing nothing, but for the reasons of an ordinary pass.
fn noteworthy(held: &Held) -> Option<String> {
    match held {
        Held::NoOpinion | Held::AsWanted => None,
        Held::NotObserved(_) => Some("not observed".into()),
        Held::EmptyRange(_) => Some("empty range".into()),
        Held::Guard(guard, _) => Some(guard.to_string()),
        Held::Released(_) => Some("a release".into()),
        Held::Refused(_) => Some("the check".into()),
    }
}

/// The rule that an action comes from, and why: what it asked, and what guards made of it.
fn reason(decision: &Decision, action: &Action) -> (Option<(PolicyName, RuleName)>, String) {
    let Some(want) = decision.cause() else {
        return (None, format!("brought into its range from {}", decision.seen));
    };
    let mut why = want.because.as_ref().map_or_else(String::new, |because| format!("{because}: "));
    why.push_str(&want.ask);
    let mut size = want.size;
    for line in &decision.guards {
        if line.size != size && !matches!(action, Action::AddReplica { .. }) {
            why.push_str(&format!("; {}: {}", line.guard, line.note));
        }
        size = line.size;
    }
    (Some((want.policy.clone(), want.rule.clone())), why)
}

/// A chronicle that the loop writes while the run goes on, and whoever started it reads afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Chronicle>>);

impl Shared {
    pub(crate) fn open(&self) -> MutexGuard<'_, Chronicle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for Shared {
    fn record(&mut self, pass: &Pass, _memory: &Memory) -> Result<(), JournalError> {
        let mut chronicle = self.open();
        chronicle.passes += 1;
        chronicle.at = pass.snapshot.at.wall;
        pass.plan.decisions.iter().for_each(|decision| chronicle.decided(decision));
        Ok(())
    }

    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError> {
        let why = match result {
            ActResult::Accepted | ActResult::Withheld => return Ok(()),
            ActResult::Failed { kind, message } => describe_failure(*kind, message),
            ActResult::Unknown => "the answer was lost; the next look tells".to_owned(),
        };
        let mut chronicle = self.open();
        let kind = Kind { target: intent.target.clone(), what: What::Failed, rule: None };
        let entry = Entry { at: chronicle.at, what: format!("{} failed", intent.action), why };
        chronicle.note(kind, entry);
        Ok(())
    }
}
