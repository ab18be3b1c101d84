//! What the loop needs of the outside world, and nothing more.
//!
//! The daemon plugs in the system clock, sources and clouds; the simulator plugs
//! in one made-up world as all of them. Nothing behind a port knows which.

use crate::{Pass, ProviderError};
use async_trait::async_trait;
use futures::future;
use setpoint_core::{
    ActResult, Command, Evaluation, InputKey, Intent, Memory, Moment, Program, Reading, Sample,
    Seen, Settings, Snapshot, Span, Stretch, TargetName,
};
use std::{collections::BTreeMap, error::Error as StdError, sync::Arc};

/// The only source of time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Moment;

    /// Waits until the monotonic clock shows `deadline`, or not at all if it has passed.
    async fn sleep_until(&self, deadline: Span);
}

/// Where readings come from: a metrics page, a time-series database, a simulated world.
#[async_trait]
pub trait MetricSource: Send + Sync {
    /// What there is to say now about each input bound to this source.
    ///
    /// Numbers are in the unit their input declares. An input that is left out
    /// counts as failed. Ends within the source's own deadline.
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading>;

    /// What there was to say in the past of each of the inputs that `wanted` names, oldest
    /// first: samples with stamps of their own, judged as those of [`read`](Self::read) are.
    /// Inputs of other sources may be among them. Ends within the source's own deadline.
    ///
    /// A source that keeps no past has nothing to say.
    async fn history(&self, now: Moment, wanted: &BTreeMap<InputKey, Stretch>) -> Recalled {
        let _ = (now, wanted);
        Recalled::default()
    }
}

/// What a source said of the past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recalled {
    /// By input, oldest first.
    pub samples: BTreeMap<InputKey, Vec<Sample>>,
    /// Why there may be more that it could not tell: then it is asked again.
    pub trouble: Option<String>,
}

/// Eyes on targets.
///
/// Implementations keep three promises, which a contract test checks against each:
/// every call ends within the provider's own deadline; a target that cannot be read
/// whole is [`Seen::Nothing`], never a part of itself; nothing is changed.
#[async_trait]
pub trait Observe: Send + Sync {
    /// How each target of this provider stands.
    async fn observe(&self) -> BTreeMap<TargetName, Seen>;
}

/// Hands on targets. In observe mode the agent is built without any.
///
/// - **Idempotent.** Applying an intent twice leaves the target as applying it once.
/// - **Honest.** `Ok` promises an attempt, not an outcome: the outcome is whatever
///   the next look sees.
/// - **Unopinionated.** No cooldowns, no limits: those are decisions.
#[async_trait]
pub trait Act: Send + Sync {
    /// Asks for the change. Fails as [`Stale`](setpoint_core::FailureKind::Stale) if
    /// the target is no longer as the action says it was.
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError>;

    /// Goes on with what earlier actions on `target` began and could not end at once: a member
    /// that is drained, a start that was cut off. Called at every pass, after the actions of
    /// that pass and never while somebody wants the target left alone. It makes no decision of
    /// its own: what it leads to was asked for by an intent.
    ///
    /// A provider whose actions are over once they are accepted has nothing to do.
    async fn go_on(&self, target: &TargetName) -> Result<(), ProviderError> {
        let _ = target;
        Ok(())
    }
}

/// What the policies make of a snapshot.
pub trait Evaluator: Send + Sync {
    /// Every policy's evaluation, in the order of their names; equal arguments
    /// give equal answers. `memory` has already absorbed `snapshot`.
    ///
    /// Needs 2 MiB of stack.
    fn evaluate(
        &self,
        settings: &Settings,
        memory: &Memory,
        snapshot: &Snapshot,
    ) -> Vec<Evaluation>;
}

impl<F> Evaluator for F
where
    F: Fn(&Settings, &Memory, &Snapshot) -> Vec<Evaluation> + Send + Sync,
{
    fn evaluate(
        &self,
        settings: &Settings,
        memory: &Memory,
        snapshot: &Snapshot,
    ) -> Vec<Evaluation> {
        self(settings, memory, snapshot)
    }
}

/// Where passes are written down, for people, for replay, and for the next start.
pub trait Journal: Send {
    /// Writes the whole pass, intents included, before any of them is sent.
    /// `memory` is what is remembered after it.
    ///
    /// Fails if it is not safely written: then nothing destructive is done.
    fn record(&mut self, pass: &Pass, memory: &Memory) -> Result<(), JournalError>;

    /// Writes what one provider said to one intent.
    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError>;

    /// From the next pass on, `program` is in force. If it cannot be written down, the one
    /// before stays in force. A journal that keeps no programs has nothing to do.
    fn adopt(&mut self, program: &Program) -> Result<(), JournalError> {
        let _ = program;
        Ok(())
    }
}

/// What people tell the agent while it runs.
#[async_trait]
pub trait Commands: Send + Sync {
    /// What arrived since the last call.
    fn take(&self) -> Vec<Command>;

    /// Completes when something has arrived, so that nobody who says "stop" waits for the
    /// next pass. Never, where nobody can say anything between passes.
    async fn arrived(&self) {
        future::pending().await
    }
}

/// The journal could not write.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not {operation}")]
pub struct JournalError {
    /// What was being done: "record pass 12".
    pub operation: String,
    /// The cause.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

/// The world, as the control loop sees it.
pub struct Ports {
    /// Tells the time.
    pub clock: Box<dyn Clock>,
    /// Where readings come from.
    pub sources: Vec<Box<dyn MetricSource>>,
    /// Who looks at targets.
    pub eyes: Vec<Box<dyn Observe>>,
    /// Who changes each target. A target without hands is only observed.
    pub hands: BTreeMap<TargetName, Arc<dyn Act>>,
    /// What the policies are.
    pub evaluator: Box<dyn Evaluator>,
    /// Where passes are written down.
    pub journal: Box<dyn Journal>,
    /// What people tell the agent.
    pub commands: Box<dyn Commands>,
}

/// The part of the ports that a program is wired to, and that changes with it.
pub struct World {
    /// Where readings come from.
    pub sources: Vec<Box<dyn MetricSource>>,
    /// Who looks at targets.
    pub eyes: Vec<Box<dyn Observe>>,
    /// Who changes each target. A target without hands is only observed.
    pub hands: BTreeMap<TargetName, Arc<dyn Act>>,
    /// What the policies are.
    pub evaluator: Box<dyn Evaluator>,
}
