//! What is remembered of a job: for which rules it was started.
//!
//! A rule that stays fired starts a job once. It may do so again only after a pass in which
//! it was not fired; a pass that could not tell is none. Each start has a token, and whoever
//! is told of the same token twice starts the job once: so a start whose answer was lost can
//! be sent again.

use crate::{
    ActResult, Action, Evaluation, Job, LastRun, PolicyName, RuleName, RuleVerdict, Span,
    TargetName, Tick, Want,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A rule of a policy.
type Asker = (PolicyName, RuleName);

/// For which rules a job was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Starts {
    /// Rules that have stayed fired since the job was started for them.
    pub served: BTreeSet<Asker>,
    /// The start that was sent and is not known to have been taken on. While there is one, no
    /// other is sent: two that may both have arrived would be two runs.
    pub open: Option<OpenStart>,
    /// The run under way, if one is.
    pub running: Option<Running>,
}

/// A start that is not known to have been taken on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStart {
    /// What tells it from every other.
    pub token: String,
    /// When it was last sent.
    pub sent: Tick,
    /// How often it was sent.
    pub times: u32,
    /// The run before it, where the provider tells.
    pub after: Option<String>,
    /// Whether it ends a run that is under way.
    pub anew: bool,
    /// The rules that asked for it.
    pub by: BTreeSet<Asker>,
}

/// A run under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Which, where the provider tells.
    pub run: Option<String>,
    /// Since when it has been seen.
    pub since: Tick,
}

impl Starts {
    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the job was started for the rule of `want` already.
    pub(crate) fn has_served(&self, want: &Want) -> bool {
        self.served.contains(&asker(want))
    }

    /// Those of `wants` for whose rules nothing was started yet.
    pub(crate) fn due<'a>(&self, wants: &'a [Want]) -> Vec<&'a Want> {
        wants.iter().filter(|want| !self.has_served(want)).collect()
    }

    /// For how long the run under way has been seen.
    pub(crate) fn running_for(&self, now: Tick) -> Option<Span> {
        self.running.as_ref().map(|running| now.since(running.since))
    }

    /// Takes in how the job stands.
    pub(crate) fn look(&mut self, job: &Job, now: Tick) {
        match job.last {
            LastRun::Running => {
                let same = |running: &Running| running.run == job.run;
                if !self.running.as_ref().is_some_and(same) {
                    self.running = Some(Running { run: job.run.clone(), since: now });
                }
            }
            LastRun::Never | LastRun::Ok | LastRun::Failed => self.running = None,
        }
        if self.open.as_ref().is_some_and(|open| began(job, open.after.as_ref(), open.anew)) {
            self.was_taken();
        }
    }

    /// What its provider said to the start.
    pub(crate) fn hear(&mut self, result: &ActResult) {
        match result {
            ActResult::Accepted => self.was_taken(),
            // It never left. Had it been sent before, that may still have arrived.
            ActResult::Withheld => drop(self.open.take_if(|open| open.times == 1)),
            // It is sent again, by the same token.
            ActResult::Unknown | ActResult::Failed { .. } => {}
        }
    }

    fn was_taken(&mut self) {
        self.served.extend(self.open.take().into_iter().flat_map(|open| open.by));
    }

    /// Forgets the rules that are fired no more, and keeps what was decided.
    pub(crate) fn remember(
        &mut self,
        target: &TargetName,
        evaluations: &[Evaluation],
        (action, wants): (Option<&Action>, &[Want]),
        now: Tick,
    ) {
        let stays = |asker: &Asker| is_fired(target, evaluations, asker);
        self.served.retain(stays);
        if let Some(open) = &mut self.open {
            open.by.retain(stays);
        }
        self.open.take_if(|open| open.by.is_empty());
        let Some(Action::Start { token, after, anew }) = action else { return };
        let due = self.due(wants).into_iter().map(asker).collect();
        let before = self.open.take();
        let times = before.as_ref().map_or(1, |open| open.times.saturating_add(1));
        let waiting = before.map(|open| open.by).unwrap_or_default();
        let by: BTreeSet<Asker> = waiting.into_iter().chain::<BTreeSet<Asker>>(due).collect();
        let (token, after) = (token.clone(), after.clone());
        self.open = Some(OpenStart { token, sent: now, times, after, anew: *anew, by });
    }
}

/// Whether a job shows that a start has begun, when `after` was the run before.
pub(crate) fn began(job: &Job, after: Option<&String>, anew: bool) -> bool {
    let another = job.run.is_some() && job.run.as_ref() != after;
    another || (job.last == LastRun::Running && !anew)
}

fn asker(want: &Want) -> Asker {
    (want.policy.clone(), want.rule.clone())
}

/// Whether a rule asks for something of `target`, or could not be told.
fn is_fired(target: &TargetName, evaluations: &[Evaluation], (policy, rule): &Asker) -> bool {
    let own = evaluations.iter().filter(|evaluation| evaluation.policy == *policy);
    let mut reports = own.flat_map(|evaluation| &evaluation.rules).filter(|it| it.rule == *rule);
    reports.any(|report| match report.verdict {
        RuleVerdict::Fired => report.opinions.iter().any(|opinion| opinion.target == *target),
        RuleVerdict::Skipped { .. } | RuleVerdict::Failed { .. } => true,
        RuleVerdict::Quiet | RuleVerdict::Pending { .. } => false,
    })
}
