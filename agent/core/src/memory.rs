//! What the agent remembers from pass to pass.
//!
//! Windows, hold timers, cooldowns, `state`, open intents and the pause: all of it
//! lives here and changes in two places only, [`Memory::absorb`] at the start of a
//! pass and [`Memory::remember`] at its end. So memory can be rebuilt by
//! making the recorded passes again.

use crate::{
    Action, Approval, Drains, Hold, HoldKey, InputKey, Intent, Moment, Noticed, OpenNotice, Parts,
    Pause, PolicyName, ReadyHistory, Release, Scalar, ShadowMemory, Span, TargetName, Tick, Window,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Everything remembered between passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The agent's own time, on which every timer runs.
    pub now: Tick,
    /// How far `now` advanced at the start of this pass.
    pub elapsed: Span,
    /// Both clocks at the last pass; `None` before the first.
    pub last: Option<Moment>,
    /// How often the agent has started; part of every intent's id.
    pub epoch: u64,
    /// The recent past of each input. Shared, so that an evaluator may hold on to it.
    pub windows: BTreeMap<InputKey, Arc<Window>>,
    /// The latest of each input that has a value of each member or zone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<InputKey, Arc<Parts>>,
    /// Why an input has no fresh sample, in the words of its source.
    pub missing: BTreeMap<InputKey, String>,
    /// Hold timers that are running.
    pub holds: BTreeMap<HoldKey, Hold>,
    /// The `state` of each policy.
    pub state: BTreeMap<PolicyName, BTreeMap<String, Scalar>>,
    /// The virtual targets of the policies that are being tried.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shadows: BTreeMap<PolicyName, BTreeMap<TargetName, ShadowMemory>>,
    /// What is remembered of each target.
    pub targets: BTreeMap<TargetName, TargetMemory>,
    /// The pause of the region under way, if any.
    pub pause: Option<Pause>,
    /// The pauses of single targets.
    #[serde(default)]
    pub pauses: BTreeMap<TargetName, Pause>,
    /// What people let shrink.
    #[serde(default)]
    pub approvals: BTreeMap<TargetName, Approval>,
    /// Targets that were handed back, and are left alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub released: BTreeMap<TargetName, Release>,
    /// What people were told that is not over, by its key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notices: BTreeMap<String, OpenNotice>,
}

impl Memory {
    /// What an input reads, if it was read in this pass.
    pub(crate) fn fresh(&self, input: &InputKey) -> Option<f64> {
        let window = self.windows.get(input).filter(|_| !self.missing.contains_key(input))?;
        window.samples().next_back().map(crate::Sample::value)
    }
}

/// What is remembered of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetMemory {
    /// When it was first seen.
    pub first_seen: Tick,
    /// Who was ready when.
    /// Shared, so that an evaluator may hold on to it.
    pub ready: Arc<ReadyHistory>,
    /// The size asked for at each recent pass: the stabilisation window, seeded with the present size.
    pub asked: VecDeque<Asked>,
    /// Changes of size that were accepted or have shown, as far back as any guard looks.
    pub moves: VecDeque<Move>,
    /// Members that were replaced, each as a change to one fewer: so do budgets count it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Move>,
    /// The action that was sent and has not yet shown.
    pub open: Option<OpenIntent>,
    /// When the last action was confirmed, or given up: cooldowns count from here.
    pub settled: Option<Tick>,
    /// When members were last seen on their way to ready.
    pub warmed: Option<Tick>,
    /// What the provider said to the last action, if it would not take it on.
    pub failure: Option<String>,
    /// What the guards have noticed.
    #[serde(default, skip_serializing_if = "Noticed::is_nothing")]
    pub noticed: Noticed,
    /// Members on their way out.
    #[serde(default, skip_serializing_if = "Drains::is_nothing")]
    pub drains: Drains,
}

/// A size that rules asked for at a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When.
    pub at: Tick,
    /// How many members.
    pub size: u32,
}

/// A change of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// When.
    pub at: Tick,
    /// The size before.
    pub from: u32,
    /// The size asked for.
    pub to: u32,
}

/// An action that was decided and is not yet confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenIntent {
    /// The intent.
    pub intent: Intent,
    /// When it was decided.
    pub since: Tick,
    /// Whether its provider said yes; until then it may not have been sent.
    pub accepted: bool,
    /// The change of size that it makes.
    #[serde(default)]
    pub change: Option<Move>,
}

impl OpenIntent {
    /// The size the intent asks for, where it asks for one; of a route, the percent of users
    /// that it moves.
    pub fn size(&self) -> Option<u32> {
        match &self.intent.action {
            Action::Resize { to, .. }
            | Action::Drain { to, .. }
            | Action::Return { to, .. }
            | Action::Set { to, .. }
            | Action::Grow { to, .. } => Some(*to),
            Action::Route { from, to, .. } => Some(crate::traffic::moved(from, to)),
            Action::Retire { .. }
            | Action::Replace { .. }
            | Action::AddReplica { .. }
            | Action::RemoveReplica { .. }
            | Action::Start { .. } => None,
        }
    }
}
