//! What may not be done to a job or a volume.
//!
//! Written from the manual, not from the decisions, like `brakes.rs` beside it.

use crate::{
    Action, Ask, Evaluation, Job, LastRun, Memory, RuleVerdict, TargetName, Volume, VolumeSettings,
};

/// A start, as the plan has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub(super) token: &'a str,
    pub(super) after: Option<&'a str>,
    pub(super) anew: bool,
}

impl<'a> Start<'a> {
    /// The start that `action` is, if it is one.
    pub(super) fn of(action: &'a Action) -> Option<Self> {
        let Action::Start { token, after, anew } = action else { return None };
        Some(Self { token, after: after.as_deref(), anew: *anew })
    }
}

/// What is wrong with a start, judged by the job alone.
pub(super) fn start(start: Start<'_>, job: &Job, blind: bool) -> Vec<String> {
    let running = job.last == LastRun::Running;
    let mut wrong = Vec::new();
    let mut object = |bad: bool, why: &str| {
        if bad {
            wrong.push(why.to_owned());
        }
    };
    object(start.token.is_empty(), "a start without a token");
    object(running && !start.anew, "a start while it runs");
    object(start.anew && blind, "a restart without evidence");
    object(start.after != job.run.as_deref(), "a start after another run than the last");
    object(job.busy.is_some(), "a start while it is busy");
    wrong
}

/// A start for which no rule asks, or only rules for which it was started already.
pub(super) fn unasked(
    start: Start<'_>,
    target: &TargetName,
    memory: &Memory,
    evaluations: &[Evaluation],
) -> Option<String> {
    let Some(past) = memory.targets.get(target) else {
        return Some("a start of what was never seen before".to_owned());
    };
    let starts = &past.noticed.starts;
    let asks = |ask: &Ask| *ask == Ask::Restart || *ask == Ask::Start;
    let mut unserved = false;
    for evaluation in evaluations {
        for rule in &evaluation.rules {
            let fired = matches!(rule.verdict, RuleVerdict::Fired);
            let asked = rule.opinions.iter().any(|it| it.target == *target && asks(&it.ask));
            let rule = (evaluation.policy.clone(), rule.rule.clone());
            unserved |= fired && asked && !starts.served.contains(&rule);
        }
    }
    if !unserved {
        return Some("a second start for a rule that has stayed fired".to_owned());
    }
    let other = starts.open.as_ref().filter(|open| open.token != start.token);
    other.map(|_| "a second start while the first was never answered".to_owned())
}

/// What is wrong with a growth.
pub(super) fn growth(
    (from, to): (u32, u32),
    bounds: &VolumeSettings,
    volume: &Volume,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut object = |bad: bool, why: String| {
        if bad {
            wrong.push(why);
        }
    };
    object(to <= from, format!("a volume never goes from {from} to {to}"));
    object(from != volume.size, format!("decided for {from} GiB, but it has {}", volume.size));
    object(to > bounds.range.max(), format!("{to} is above {}", bounds.range.max()));
    object(volume.busy.is_some(), "growth while its cloud is busy with it".to_owned());
    wrong
}
