//! The decision about one job.
//!
//! A job is started once for a rule that stays fired, and never while it runs. A restart ends
//! a run that is under way: that needs evidence, as shrinking does.

use crate::{
    Action, Ask, Decision, Guard, IntentId, Job, JobSettings, LastRun, Memory, PolicyName, Range,
    Span, TargetMemory, TargetName, Tick, Want,
    ballot::{Ballot, want},
    group::settle,
    guards::{Candidate, Gauntlet, Ruling, cooldown_up},
    region::Region,
    shared::Stage,
    starts::Starts,
};

/// How long a start without an answer is waited for before it is sent again.
const ANSWERS_WITHIN: Span = Span::from_secs(60);

/// Decides about one job. Its size is 1 if it is to be started, and 0 before.
pub(crate) fn decide_job(
    target: &TargetName,
    (settings, job): (&JobSettings, &Job),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    ballot: &Ballot<'_>,
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let (brakes, allowed) = (&settings.brakes, Range::UP_TO_ONE);
    let stage = Stage { name: target, brakes, allowed, memory, past, region };
    let starts = &past.noticed.starts;
    let (mut wants, restarts) = wants(ballot);
    // What is new comes first: it is the cause of whatever is done.
    wants.sort_by_key(|want| starts.has_served(want));
    let running = job.last == LastRun::Running;
    let due = starts.due(&wants);
    let is_restart = |want: &&Want| restarts.contains(&(want.policy.clone(), want.line));
    let anew = running && due.iter().any(is_restart);
    let mut gauntlet = Gauntlet::new(0, u32::from(!wants.is_empty()));
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, None));
    gauntlet.ask(Guard::Once, |candidate| once(candidate, &due, &wants));
    gauntlet.ask(Guard::Evidence, |candidate| match ballot.missing.first() {
        Some(missing) if anew => Ruling::Hold(format!("no restart, {missing}").into()),
        _ => Ruling::pass(candidate, "a start needs no more"),
    });
    gauntlet.ask(Guard::WarmUp, |candidate| in_flight(candidate, job, anew, starts, memory));
    gauntlet.ask(Guard::Cooldown, |candidate| cool(candidate, settings, memory, past));
    let verdict = gauntlet.verdict(ballot.opinions.is_empty());
    let id = id();
    let token = starts.open.as_ref().map_or_else(|| id.to_string(), |open| open.token.clone());
    let start = |_| Action::Start { token, after: job.run.clone(), anew };
    Decision {
        target: target.clone(),
        seen: describe(job, past, memory.now),
        verdict: settle(verdict.map(start), &[], target, || id),
        wants,
        guards: gauntlet.lines,
        asked: None,
        load: None,
        suspicion: None,
        page: gauntlet.page,
    }
}

/// What each fired rule asks for, and where those are that ask for a restart.
fn wants(ballot: &Ballot<'_>) -> (Vec<Want>, Vec<(PolicyName, u32)>) {
    let asks = ballot.opinions.iter();
    let asks = asks.filter(|(_, _, opinion)| matches!(opinion.ask, Ask::Start | Ask::Restart));
    let restarts = asks.clone().filter(|(_, _, opinion)| opinion.ask == Ask::Restart);
    let restarts = restarts.map(|(policy, _, opinion)| ((*policy).clone(), opinion.line)).collect();
    (asks.map(|(policy, rule, opinion)| want(policy, rule, opinion, 1)).collect(), restarts)
}

/// Nothing is started twice for a rule that stays fired.
fn once(candidate: Candidate, due: &[&Want], wants: &[Want]) -> Ruling {
    match (due.first(), wants.first()) {
        (Some(want), _) => {
            Ruling::Size(candidate.size, format!("the first start for \"{}\"", want.rule).into())
        }
        (None, Some(want)) => {
            let why = "was started for already, and has not been quiet since";
            Ruling::Hold(format!("\"{}\" {why}", want.rule).into())
        }
        (None, None) => Ruling::pass(candidate, "nothing asks"),
    }
}

fn in_flight(
    candidate: Candidate,
    job: &Job,
    anew: bool,
    starts: &Starts,
    memory: &Memory,
) -> Ruling {
    if !candidate.grows() {
        return Ruling::pass(candidate, "no change");
    }
    if job.last == LastRun::Running && !anew {
        return Ruling::Hold("it runs".into());
    }
    if let Some(busy) = &job.busy {
        return Ruling::Hold(format!("busy: {busy}").into());
    }
    match starts.open.as_ref().map(|open| memory.now.since(open.sent)) {
        Some(ago) if ago < ANSWERS_WITHIN => {
            Ruling::Hold(format!("in flight: a start was sent {ago} ago").into())
        }
        Some(_) => Ruling::pass(candidate, "never answered: the same start is sent again"),
        None => Ruling::pass(candidate, "nothing in flight"),
    }
}

/// Two starts do not follow each other too soon; one that was never answered is the same start.
fn cool(
    candidate: Candidate,
    settings: &JobSettings,
    memory: &Memory,
    past: &TargetMemory,
) -> Ruling {
    if past.noticed.starts.open.is_some() {
        return Ruling::pass(candidate, "the start that was never answered");
    }
    cooldown_up(candidate, past, memory.now, settings.cooldown_up)
}

/// How a job stands, in words.
pub(crate) fn describe(job: &Job, past: &TargetMemory, now: Tick) -> String {
    let running = past.noticed.starts.running_for(now);
    let state = match (job.last, running) {
        (LastRun::Running, Some(length)) => format!("has been running for {length}"),
        (last, _) => format!("last run: {}", last.name()),
    };
    let busy = job.busy.as_ref().map(|busy| format!(", busy ({busy})"));
    let failure = past.failure.as_ref().map(|text| format!(", last action failed ({text})"));
    format!("{state}{}{}", busy.unwrap_or_default(), failure.unwrap_or_default())
}

impl TargetMemory {
    /// Whether a job has been running for longer than it may.
    pub fn is_stuck(&self, settings: &JobSettings, memory: &Memory) -> bool {
        let running = self.noticed.starts.running_for(memory.now);
        running.is_some_and(|length| length >= settings.stuck_after)
    }
}
