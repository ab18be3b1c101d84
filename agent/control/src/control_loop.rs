//! The only loop: observe, think, record, act.
//!
//! It asks nothing but its ports. What an action came to is heard at the start of the
//! next pass, as part of what was seen, so that a restart is the ordinary path.

use crate::{
    Ended, Journal, JournalError, Pass, Ports, ProviderError, Recalled, Thought, Watch, World, log,
    think,
};
use futures::future::{self, Either};
use setpoint_core::{
    ActResult, InputKey, Intent, Memory, Moment, Outcome, Plan, Program, Sample, Settings,
    Snapshot, Span, TargetName,
};
use std::{collections::BTreeMap, future::Future, pin::pin};

/// However much people have to say, no two passes begin closer together than this.
const SOONEST: Span = Span::from_secs(1);

/// So often sources are asked for the past that a start, or another program, lacks.
const LOOKS_BACK: u8 = 3;

/// The agent at work.
pub struct ControlLoop {
    settings: Settings,
    ports: Ports,
    memory: Memory,
    pass: u64,
    started: bool,
    looks_back: u8,
    began: Option<Moment>,
    outcomes: Vec<Outcome>,
    logged: log::Logged,
    watching: Vec<Box<dyn Watch>>,
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
        let (started, began, watching) = (true, None, Vec::new());
        Self {
            settings,
            ports,
            memory,
            pass,
            started,
            looks_back: LOOKS_BACK,
            began,
            outcomes,
            logged,
            watching,
        }
    }

    /// Tells `watch` of every pass once it is over.
    #[must_use]
    pub fn watched_by(mut self, watch: Box<dyn Watch>) -> Self {
        self.watching.push(watch);
        self
    }

    /// Makes passes until `stop` completes. A pass under way is finished first.
    pub async fn run(&mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            // Where passes were made before, under another program, the rhythm goes on.
            if let Some(began) = self.began {
                self.ports.clock.sleep_until(began.monotonic + SOONEST).await;
            }
            self.pass().await;
            if let Either::Left(_) = future::select(&mut stop, pin!(self.due())).await {
                return;
            }
        }
    }

    /// Waits until the next pass is due: at its time, or as soon as a person has said something.
    async fn due(&self) {
        let clock = &self.ports.clock;
        let Some(began) = self.began else { return };
        let in_time = pin!(clock.sleep_until(began.monotonic + self.settings.every));
        future::select(in_time, self.ports.commands.arrived()).await;
    }

    /// Goes on by another program, in the world that it is wired to; memory stays. To be called
    /// between passes. What was asked for is heard of as before.
    ///
    /// Fails, and goes on by the present program, if the journal cannot take the other one.
    pub fn adopt(&mut self, program: &Program, world: World) -> Result<(), JournalError> {
        self.ports.journal.adopt(program)?;
        let World { sources, eyes, hands, evaluator } = world;
        self.ports.sources = sources;
        self.ports.eyes = eyes;
        self.ports.hands = hands;
        self.ports.evaluator = evaluator;
        self.settings = program.settings.clone();
        self.looks_back = LOOKS_BACK;
        Ok(())
    }

    /// Makes one pass: observe, think, record, act.
    pub async fn pass(&mut self) -> Pass {
        let snapshot = self.observe().await;
        let evaluator = self.ports.evaluator.as_ref();
        let Thought { evaluations, plan, objections } =
            think(&self.settings, &mut self.memory, &snapshot, evaluator);
        // What the clock did is a fact from now on: a replay has no clock.
        let late = evaluations.iter().filter(|evaluation| evaluation.out_of_time);
        let tripped = late.map(|evaluation| evaluation.policy.clone()).collect();
        let pass = Pass { snapshot: Snapshot { tripped, ..snapshot }, evaluations, plan };
        let recorded = self.ports.journal.record(&pass, &self.memory);
        self.outcomes = self.act(&pass.plan, recorded.is_ok()).await;
        // What goes on may end somebody, as what is sent may.
        let unfinished = if recorded.is_ok() { self.go_on().await } else { BTreeMap::new() };
        let at = self.ports.clock.now();
        let took = at.monotonic.minus(pass.snapshot.at.monotonic);
        let ended = Ended {
            pass: &pass,
            outcomes: &self.outcomes,
            objections: &objections,
            memory: &self.memory,
            at,
            took,
            unrecorded: recorded.as_ref().err(),
        };
        self.logged.pass(&ended);
        self.logged.unfinished(&unfinished, at.monotonic);
        for watch in &mut self.watching {
            watch.passed(&ended);
        }
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
        self.began = Some(at);
        let readings = future::join_all(self.ports.sources.iter().map(|source| source.read(at)));
        let targets = future::join_all(self.ports.eyes.iter().map(|eyes| eyes.observe()));
        let (readings, targets, history) = future::join3(readings, targets, self.past(at)).await;
        self.looks_back = if history.is_ok() { 0 } else { self.looks_back.saturating_sub(1) };
        self.pass += 1;
        Snapshot {
            pass: self.pass,
            at,
            started: std::mem::take(&mut self.started),
            readings: readings.into_iter().flatten().collect(),
            history: history.unwrap_or_else(|told| told),
            targets: targets.into_iter().flatten().collect::<BTreeMap<_, _>>(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: self.ports.commands.take(),
            tripped: std::collections::BTreeSet::new(),
        }
    }

    /// What the sources say of the past of inputs whose windows are not full, at a start and
    /// under another program; as an error where one of them could not tell, and is to be
    /// asked again.
    async fn past(&self, at: Moment) -> Result<History, History> {
        let wanted = match self.looks_back {
            0 => BTreeMap::new(),
            _ => self.memory.unfilled(&self.settings, at.wall),
        };
        if wanted.is_empty() {
            return Ok(History::new());
        }
        let asked = self.ports.sources.iter().map(|source| source.history(at, &wanted));
        let (mut told, mut failed) = (History::new(), false);
        for Recalled { samples, trouble } in future::join_all(asked).await {
            told.extend(samples);
            if let Some(why) = trouble {
                failed = true;
                tracing::warn!(why, "not all of the past is told");
            }
        }
        told.retain(|key, samples| wanted.contains_key(key) && !samples.is_empty());
        if !told.is_empty() {
            let samples: usize = told.values().map(Vec::len).sum();
            tracing::info!(inputs = told.len(), samples, "windows are filled from the past");
        }
        if failed { Err(told) } else { Ok(told) }
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
                Some(hands) => said(intent, hands.apply(intent).await),
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

impl ControlLoop {
    /// Goes on with what earlier actions began, but for targets that a person wants left alone.
    /// What could not be gone on with, by its target.
    async fn go_on(&self) -> BTreeMap<TargetName, ProviderError> {
        let Memory { pause, pauses, released, .. } = &self.memory;
        let alone = |name: &TargetName| pauses.contains_key(name) || released.contains_key(name);
        let hands = self.ports.hands.iter();
        let hands = hands.filter(|(name, _)| pause.is_none() && !alone(name));
        let gone = hands.map(|(name, hands)| async move { (name, hands.go_on(name).await) });
        let gone = future::join_all(gone).await.into_iter();
        gone.filter_map(|(name, result)| Some((name.clone(), result.err()?))).collect()
    }
}

/// Samples of the past, oldest first.
type History = BTreeMap<InputKey, Vec<Sample>>;

/// A provider's answer as a value.
fn said(intent: &Intent, answer: Result<(), ProviderError>) -> ActResult {
    match answer {
        Ok(()) => ActResult::Accepted,
        // The answer is lost, the action perhaps not: only the next look can tell.
        Err(error) if error.kind == setpoint_core::FailureKind::Unavailable => {
            let why = error.chain();
            tracing::warn!(intent = %intent.id, why, "whether it was done is not known");
            ActResult::Unknown
        }
        Err(error) => ActResult::Failed { kind: error.kind, message: error.chain() },
    }
}
