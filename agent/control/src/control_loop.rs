//! The only loop: observe, think, record, act.
//!
//! It asks nothing but its ports. What an action came to is heard at the start of the
//! next pass, as part of what was seen, so that a restart is the ordinary path.

use crate::{Journal, Pass, Ports, Thought, log, think};
use futures::future::{self, Either};
use setpoint_core::{ActResult, Intent, Memory, Moment, Outcome, Plan, Settings, Snapshot};
use std::{collections::BTreeMap, future::Future, pin::pin};

/// The agent at work.
pub struct ControlLoop {
    settings: Settings,
    ports: Ports,
    memory: Memory,
    pass: u64,
    started: bool,
    outcomes: Vec<Outcome>,
    logged: log::Logged,
}

/// What an earlier life of the agent left behind.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What it remembered.
    pub memory: Memory,
    /// The number of its last pass.
    pub pass: u64,
    /// What became of the intents of its last pass, as far as it knew.
    pub outcomes: Vec<Outcome>,
}

impl ControlLoop {
    /// An agent at the start of its life, or at the start of another.
    pub fn new(settings: Settings, ports: Ports, past: Past) -> Self {
        let Past { memory, pass, outcomes } = past;
        let logged = log::Logged::default();
        Self { settings, ports, memory, pass, started: true, outcomes, logged }
    }

    /// Makes passes until `stop` completes. A pass under way is finished first.
    pub async fn run(&mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let began = self.ports.clock.now();
            self.pass().await;
            let wake = pin!(self.ports.clock.sleep_until(began.monotonic + self.settings.every));
            if let Either::Left(_) = future::select(&mut stop, wake).await {
                return;
            }
        }
    }

    /// Makes one pass: observe, think, record, act.
    pub async fn pass(&mut self) -> Pass {
        let snapshot = self.observe().await;
        let evaluator = self.ports.evaluator.as_ref();
        let Thought { evaluations, plan, objections } =
            think(&self.settings, &mut self.memory, &snapshot, evaluator);
        for objection in &objections {
            tracing::error!(target = %objection.target, why = %objection.why, "check refused");
        }
        let pass = Pass { snapshot, evaluations, plan };
        let recorded = self.ports.journal.record(&pass, &self.memory);
        if let Err(error) = &recorded {
            let cause = error.source.to_string();
            tracing::error!(%error, cause, "nothing destructive is done");
        }
        self.outcomes = self.act(&pass.plan, recorded.is_ok()).await;
        let ended = self.ports.clock.now();
        self.logged.pass(&pass, &self.outcomes, ended);
        pass
    }

    /// What is remembered so far.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The journal, to close it.
    pub fn journal(&mut self) -> &mut dyn Journal {
        self.ports.journal.as_mut()
    }

    /// Asks every source and every provider at once; each keeps its own deadline.
    async fn observe(&mut self) -> Snapshot {
        let at: Moment = self.ports.clock.now();
        let readings = future::join_all(self.ports.sources.iter().map(|source| source.read(at)));
        let targets = future::join_all(self.ports.eyes.iter().map(|eyes| eyes.observe()));
        let (readings, targets) = future::join(readings, targets).await;
        self.pass += 1;
        Snapshot {
            pass: self.pass,
            at,
            started: std::mem::take(&mut self.started),
            readings: readings.into_iter().flatten().collect(),
            targets: targets.into_iter().flatten().collect::<BTreeMap<_, _>>(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: self.ports.commands.take(),
            tripped: std::collections::BTreeSet::new(),
        }
    }

    /// Carries the plan out, all targets at once, and writes down what was said to it.
    ///
    /// What shrinks is sent only if the journal holds it; growth goes on without.
    async fn act(&mut self, plan: &Plan, recorded: bool) -> Vec<Outcome> {
        let hands = &self.ports.hands;
        let asked = plan.intents().map(|intent| async move {
            let allowed = recorded || !intent.action.shrinks();
            let hands = hands.get(&intent.target).filter(|_| allowed);
            let result = match hands {
                Some(hands) => said(hands.apply(intent).await),
                None => ActResult::Withheld,
            };
            (intent, result)
        });
        let results: Vec<(&Intent, ActResult)> = future::join_all(asked).await;
        for (intent, result) in &results {
            if let Err(error) = self.ports.journal.outcome(intent, result) {
                tracing::error!(%error, intent = %intent.id, "an outcome is not on record");
            }
        }
        results
            .into_iter()
            .map(|(intent, result)| Outcome { intent: intent.id.clone(), result })
            .collect()
    }
}

/// A provider's answer as a value.
fn said(answer: Result<(), crate::ProviderError>) -> ActResult {
    match answer {
        Ok(()) => ActResult::Accepted,
        // The answer is lost, the action perhaps not: only the next look can tell.
        Err(error) if error.kind == setpoint_core::FailureKind::Unavailable => ActResult::Unknown,
        Err(error) => ActResult::Failed { kind: error.kind, message: error.chain() },
    }
}
