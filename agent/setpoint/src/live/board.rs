//! The board: how the agent stood after its last pass, for whoever asks.
//!
//! Readiness is judged here, when asked and not by a timer: an agent that is stuck cannot
//! be trusted to notice it by itself.

use super::{MISSED_PASSES, Paused, Status};
use crate::{
    config::{Config, suggest},
    report::Contacts,
    system_clock::SystemClock,
};
use setpoint_control::{Clock, Ended, Watch};
use setpoint_core::{
    Decision, Evaluation, Memory, Moment, Notice, OpenNotice, PolicyName, RuleVerdict,
    ShadowDecision, Span, Timestamp,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How the agent stands.
pub(crate) struct Board {
    clock: SystemClock,
    started: Moment,
    state: Mutex<State>,
}

struct State {
    region: String,
    mode: String,
    every: Span,
    last: Option<Last>,
    /// How many passes in a row a policy could not speak in, and why.
    missed: BTreeMap<PolicyName, (u64, String)>,
    unrecorded: Option<String>,
    refused: Option<String>,
    contacts: Contacts,
}

/// The last pass.
struct Last {
    pass: u64,
    epoch: u64,
    at: Timestamp,
    ended: Span,
    paused: Option<Paused>,
    decisions: Vec<Decision>,
    shadows: Vec<ShadowDecision>,
    open: Vec<Notice>,
}

impl Board {
    /// The board of an agent that has made no pass yet.
    pub(crate) fn new(config: &Config, clock: SystemClock) -> Self {
        let state = State {
            region: config.region.clone(),
            mode: config.mode.to_string(),
            every: config.every,
            last: None,
            missed: BTreeMap::new(),
            unrecorded: None,
            refused: None,
            contacts: Contacts::of(&config.policies),
        };
        Self { clock, started: clock.now(), state: Mutex::new(state) }
    }

    /// Another configuration is in force.
    pub(crate) fn adopted(&self, config: &Config) {
        let mut state = self.state();
        state.mode = config.mode.to_string();
        state.every = config.every;
        state.refused = None;
        state.contacts = Contacts::of(&config.policies);
        state.missed.retain(|name, _| config.policies.iter().any(|policy| policy.name == *name));
    }

    /// The configuration on disk is not in force, and why.
    pub(crate) fn refused(&self, why: String) {
        self.state().refused = Some(why);
    }

    /// The number of the last pass; 0 before the first.
    pub(crate) fn pass(&self) -> u64 {
        self.state().last.as_ref().map_or(0, |last| last.pass)
    }

    /// Fails, with a suggestion, if the last pass decided about no target of this name.
    pub(crate) fn knows(&self, target: &str) -> Result<(), String> {
        let state = self.state();
        let Some(last) = &state.last else { return Ok(()) };
        let names = || last.decisions.iter().map(|decision| decision.target.as_str());
        if names().any(|name| name == target) {
            return Ok(());
        }
        let advice = suggest::advice(target, names());
        let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        Err(format!("there is no target `{target}`{advice}"))
    }

    /// How things stand now.
    pub(crate) fn status(&self) -> Status {
        let now = self.clock.now();
        let state = self.state();
        let not_ready = state.not_ready(now.monotonic.minus(self.started.monotonic), now);
        let last = state.last.as_ref();
        let age = last.map(|last| now.monotonic.minus(last.ended));
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            region: state.region.clone(),
            mode: state.mode.clone(),
            at_work: age.is_some_and(|age| age <= state.every.times(MISSED_PASSES)),
            epoch: last.map(|last| last.epoch),
            pass: last.map(|last| last.pass),
            at: last.map(|last| last.at.to_string()),
            age_ms: age.map(Span::ms),
            paused: last.and_then(|last| last.paused.clone()),
            not_ready,
            refused_reload: state.refused.clone(),
            decisions: last.map(|last| last.decisions.clone()).unwrap_or_default(),
            shadows: last.map(|last| last.shadows.clone()).unwrap_or_default(),
            open: last.map(|last| last.open.clone()).unwrap_or_default(),
            contacts: state.contacts.clone(),
        }
    }

    /// Why the agent is not ready; nothing if it is.
    pub(crate) fn not_ready(&self) -> Vec<String> {
        let now = self.clock.now();
        self.state().not_ready(now.monotonic.minus(self.started.monotonic), now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment or more of them that stand alone.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn not_ready(&self, alive: Span, now: Moment) -> Vec<String> {
        let mut reasons = Vec::new();
        let limit = self.every.times(MISSED_PASSES);
        match &self.last {
            None => reasons.push(format!("no pass was made yet, {alive} after the start")),
            Some(last) => {
                let age = now.monotonic.minus(last.ended);
                if age > limit {
                    reasons.push(format!("the last pass was {age} ago (limit {limit})"));
                }
            }
        }
        reasons.extend(self.unrecorded.iter().cloned());
        let silent = self.missed.iter().filter(|(_, (passes, _))| *passes >= MISSED_PASSES);
        reasons.extend(silent.map(|(policy, (passes, why))| {
            format!("policy {policy} could not speak in {passes} passes: {why}")
        }));
        reasons
    }

    fn passed(&mut self, ended: &Ended<'_>) {
        for evaluation in &ended.pass.evaluations {
            match silence(evaluation) {
                None => drop(self.missed.remove(&evaluation.policy)),
                Some(why) => {
                    let before =
                        self.missed.get(&evaluation.policy).map_or(0, |(passes, _)| *passes);
                    self.missed.insert(evaluation.policy.clone(), (before + 1, why.to_owned()));
                }
            }
        }
        let cause = |error: &setpoint_control::JournalError| format!("{error}: {}", error.source);
        self.unrecorded = ended.unrecorded.map(cause);
        self.last = Some(Last {
            pass: ended.pass.snapshot.pass,
            epoch: ended.memory.epoch,
            at: ended.pass.snapshot.at.wall,
            ended: ended.at.monotonic,
            paused: paused(ended.memory),
            decisions: ended.pass.plan.decisions.clone(),
            shadows: ended.pass.plan.shadows.clone(),
            open: ended.memory.notices.values().map(notice).collect(),
        });
    }
}

/// Why a policy could not speak: the first of its rules that could not.
fn silence(evaluation: &Evaluation) -> Option<&str> {
    evaluation.rules.iter().find_map(|rule| match &rule.verdict {
        RuleVerdict::Skipped { missing } => Some(missing.as_str()),
        RuleVerdict::Failed { message } => Some(message.as_str()),
        RuleVerdict::Fired | RuleVerdict::Quiet | RuleVerdict::Pending { .. } => None,
    })
}

fn notice(open: &OpenNotice) -> Notice {
    open.notice.clone()
}

/// The pause that is remembered.
fn paused(memory: &Memory) -> Option<Paused> {
    let pause = memory.pause.as_ref()?;
    let left_ms = pause.until.map(|until| until.since(memory.now).ms());
    Some(Paused { reason: pause.reason.clone(), left_ms })
}

/// The board's side of the loop.
pub(crate) struct Writing(pub(crate) Arc<Board>);

impl Watch for Writing {
    fn passed(&mut self, ended: &Ended<'_>) {
        self.0.state().passed(ended);
    }
}
