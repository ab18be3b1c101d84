//! All that was seen in one pass, and what became of the pass before.
//!
//! A snapshot and the memory before it decide everything: with both, a pass can
//! be made again long after the fact.

use crate::{
    InputKey, IntentId, Moment, PolicyName, Reading, Sample, Seen, Span, TargetName, Tick,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// All that was seen in one pass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number of the pass; one more than the last in the journal.
    pub pass: u64,
    /// When the pass was made.
    pub at: Moment,
    /// Whether this is the first pass of a process: timers then advance by the wall clock.
    pub started: bool,
    /// What the sources said of each input that was asked for.
    pub readings: BTreeMap<InputKey, Reading>,
    /// What the sources said of the past of inputs whose windows were not full, oldest first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub history: BTreeMap<InputKey, Vec<Sample>>,
    /// What the providers said of each target.
    pub targets: BTreeMap<TargetName, Seen>,
    /// What became of the intents of the pass before.
    pub outcomes: Vec<Outcome>,
    /// What people told the agent since the pass before.
    pub commands: Vec<Command>,
    /// Policies that ran out of wall-clock time in this pass: a fact that replay obeys.
    pub tripped: BTreeSet<PolicyName>,
}

/// What became of an intent when its provider was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The intent.
    pub intent: IntentId,
    /// What the provider said.
    pub result: ActResult,
}

/// What a provider said to an action. Even `Accepted` is a promise to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActResult {
    /// The provider took it on.
    Accepted,
    /// It was not sent: this agent, or this policy, only observes.
    Withheld,
    /// The provider did not take it on.
    Failed {
        /// What may be done about it.
        kind: FailureKind,
        /// What it said.
        message: String,
    },
    /// It may or may not have arrived: the answer was lost, or the agent was.
    /// The next look at the target tells.
    Unknown,
}

/// What may be done about a provider's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It did not answer. The next pass tries again.
    Unavailable,
    /// It asks for fewer calls. Try again after the span, if it named one.
    Throttled {
        /// What it asked for.
        retry_after: Option<Span>,
    },
    /// The world has moved on since the decision. Look again, decide again.
    Stale,
    /// It answered no, and will again. A person must look.
    Refused,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "unavailable",
            Self::Throttled { .. } => "throttled",
            Self::Stale => "stale",
            Self::Refused => "refused",
        })
    }
}

/// What a person told the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Do nothing until resumed, or until the span is over.
    Pause {
        /// To which target; to any, without.
        #[serde(default)]
        target: Option<TargetName>,
        /// Why, in the person's words.
        reason: String,
        /// For how long; for ever without.
        lasts: Option<Span>,
    },
    /// Go on. A target's own pause is ended by its own name only; that also lets it grow
    /// again where growth had not helped.
    Resume {
        /// With which target; with the region, without.
        #[serde(default)]
        target: Option<TargetName>,
    },
    /// Let this target shrink, down to this size and no further.
    Approve {
        /// Which.
        target: TargetName,
        /// The smallest size that is approved.
        to: u32,
        /// Who says so.
        by: String,
    },
    /// Stop acting on this target until it is adopted, and close what is open.
    Release {
        /// Which.
        target: TargetName,
        /// Who says so.
        by: String,
        /// Why, in the person's words.
        reason: String,
        /// Of a database: remove the replicas that we made first, one after another.
        #[serde(default)]
        remove_replicas: bool,
    },
    /// Act on a released target again, as on one that is seen for the first time.
    Adopt {
        /// Which.
        target: TargetName,
        /// Who says so.
        by: String,
    },
}

/// A pause under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Why, in the person's words.
    pub reason: String,
    /// When it ends by itself, if it does.
    pub until: Option<Tick>,
}

impl Pause {
    /// Whether it has ended by itself.
    pub(crate) fn is_over(&self, now: Tick) -> bool {
        self.until.is_some_and(|end| end <= now)
    }
}

/// A target that was handed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Who handed it back.
    pub by: String,
    /// Why, in the person's words.
    pub reason: String,
    /// Since when.
    pub since: Tick,
    /// Whether the replicas that we made are to go.
    pub remove_replicas: bool,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "released by {}: {}", self.by, self.reason)
    }
}

/// A person's leave to shrink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Down to this size.
    pub to: u32,
    /// Until when.
    pub until: Tick,
    /// Who gave it.
    pub by: String,
}
