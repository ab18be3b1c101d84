//! The journal of a simulated run: each kind of decision once, and how often it was
//! made.
//!
//! A day has thousands of passes and most say the same. What a person wants is the
//! first of each kind with its reason, and how it went on.

use setpoint_control::{Journal, JournalError, Pass};
use setpoint_core::{
    ActResult, Action, Decision, Held, Intent, Memory, Outcome, PolicyName, RuleName, RuleReport,
    RuleVerdict, Span, TargetName, Timestamp, Verdict, describe_failure,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was decided in a run.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// Every kind of decision, in the order in which each was first made.
    pub chapters: Vec<Chapter>,
    /// Passes made.
    pub passes: u64,
    /// What became of the intents of the latest pass, as far as that is known.
    pub outcomes: Vec<Outcome>,
    /// The first failure of a rule: when, which, and why.
    pub failure: Option<String>,
    /// When the first and the latest pass were made.
    began: Option<Timestamp>,
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
    /// The time from the first pass to the latest.
    fn passed(&self) -> Span {
        let began = self.began.unwrap_or(self.at);
        Span::from_ms(u64::try_from(self.at.ms() - began.ms()).unwrap_or(0))
    }

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
        Action::Set { .. } | Action::Route { .. } if action.shrinks() => What::Shrink,
        Action::Set { .. } | Action::Start { .. } | Action::Grow { .. } | Action::Route { .. } => {
            What::Grow
        }
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

/// What went wrong in a rule of this pass, if anything did.
fn failure(pass: &Pass) -> Option<String> {
    pass.evaluations.iter().find_map(|evaluation| {
        let failed = |report: &RuleReport| match &report.verdict {
            RuleVerdict::Failed { message } => {
                let RuleReport { rule, line, .. } = report;
                Some(format!(
                    "{}: rule `{rule}` in line {line} failed: {message}",
                    evaluation.policy
                ))
            }
            RuleVerdict::Fired
            | RuleVerdict::Quiet
            | RuleVerdict::Pending { .. }
            | RuleVerdict::Skipped { .. } => None,
        };
        evaluation.rules.iter().find_map(failed)
    })
}

/// Another journal of the same run.
pub type Beside = Arc<Mutex<dyn Journal>>;

/// A chronicle that the loop writes while the run goes on, and whoever started it reads afterwards.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    chronicle: Arc<Mutex<Chronicle>>,
    beside: Option<Beside>,
}

impl Shared {
    /// An empty one; `beside` is told the same.
    pub(crate) fn beside(beside: Option<Beside>) -> Self {
        Self { beside, ..Self::default() }
    }

    pub(crate) fn open(&self) -> MutexGuard<'_, Chronicle> {
        self.chronicle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(
        &self,
        tell: impl FnOnce(&mut dyn Journal) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.beside.as_ref().map_or(Ok(()), |beside| {
            tell(&mut *beside.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }
}

impl Journal for Shared {
    fn record(&mut self, pass: &Pass, memory: &Memory) -> Result<(), JournalError> {
        let mut chronicle = self.open();
        chronicle.passes += 1;
        chronicle.outcomes.clear();
        chronicle.at = pass.snapshot.at.wall;
        chronicle.began.get_or_insert(pass.snapshot.at.wall);
        if chronicle.failure.is_none() {
            chronicle.failure = failure(pass).map(|why| format!("{}: {why}", chronicle.passed()));
        }
        pass.plan.decisions.iter().for_each(|decision| chronicle.decided(decision));
        drop(chronicle);
        self.tell(|beside| beside.record(pass, memory))
    }

    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError> {
        let outcome = Outcome { intent: intent.id.clone(), result: result.clone() };
        self.open().outcomes.push(outcome);
        self.tell(|beside| beside.outcome(intent, result))?;
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
