//! What the operator settled: bounds, brakes and bindings. Valid by construction.
//!
//! Defaults are those of the manual; each has its source beside it.

use crate::{InputKey, Range, Span, TargetName, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything `decide` needs to know that does not change from pass to pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The region this agent looks after; part of every intent's id.
    pub region: String,
    /// The time from one pass to the next.
    pub every: Span,
    /// Every input of every policy.
    pub inputs: BTreeMap<InputKey, InputSettings>,
    /// Every target.
    pub targets: BTreeMap<TargetName, TargetSettings>,
}

impl Settings {
    /// The furthest that any policy looks back, with the age its samples may have.
    pub fn longest_window(&self) -> Span {
        self.inputs.values().map(|input| input.window + input.max_age).max().unwrap_or_default()
    }
}

/// How the readings of one input are kept and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputSettings {
    /// The unit in which numbers arrive.
    pub unit: Unit,
    /// How far back the policy looks; samples older than this and `max_age` are forgotten.
    pub window: Span,
    /// The expected time from one sample to the next.
    pub period: Span,
    /// The age beyond which the latest sample counts as missing.
    pub max_age: Span,
    /// What a query that succeeds and matches nothing means.
    pub empty: Empty,
}

impl InputSettings {
    /// An input read every `period` with the default age limit, max(3 periods, 90 s).
    pub fn new(unit: Unit, window: Span, period: Span) -> Self {
        let max_age = period.times(3).max(Span::from_secs(90));
        Self { unit, window, period, max_age, empty: Empty::Hold }
    }
}

/// What a query that succeeds and matches nothing means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// Nothing is known.
    Hold,
    /// There is none of it: zero.
    Zero,
}

/// The bounds and brakes of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetSettings {
    /// Of a group.
    Group(GroupSettings),
    /// Of a database.
    Database(DatabaseSettings),
}

/// The bounds and brakes of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupSettings {
    /// Sizes the operator allows.
    pub range: Range,
    /// How far `track` may be off its goal before anything is done, as a share.
    /// Default 10 %, as in Kubernetes' HPA.
    pub dead_band: f64,
    /// How fast it may grow. Default max(100 %, 4) per 15 s, as in Kubernetes' HPA.
    pub growth: Step,
    /// How much one shrinking action may take. Default max(10 %, 1).
    pub shrink: Step,
    /// A shrinking size must have been asked for this long. Default 300 s, as in Kubernetes' HPA.
    pub stabilise_down: Span,
    /// A growing size must have been asked for this long. Default 0 s.
    pub stabilise_up: Span,
    /// The least time from the confirmation of the last action to a shrinking one. Default 300 s.
    pub cooldown_down: Span,
    /// How long a new member takes to carry load; until then nothing shrinks. Default 0 s.
    pub ready_after: Span,
    /// The time after a first start in which nothing shrinks. Default 10 min.
    pub settle: Span,
    /// How long an accepted action may take to show before it counts as lost. Default 15 min.
    pub confirm_within: Span,
}

impl GroupSettings {
    /// The defaults of the manual, within `range`.
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            dead_band: 0.10,
            growth: Step { share: 1.0, count: 4, period: Span::from_secs(15) },
            shrink: Step { share: 0.10, count: 1, period: Span::ZERO },
            stabilise_down: Span::from_secs(300),
            stabilise_up: Span::ZERO,
            cooldown_down: Span::from_secs(300),
            ready_after: Span::ZERO,
            settle: Span::from_minutes(10),
            confirm_within: Span::from_minutes(15),
        }
    }
}

/// The larger of a share and a count, within a period; a period of zero means per action.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// A share of the size before: 0.1 is a tenth. Not negative.
    pub share: f64,
    /// A number of members.
    pub count: u32,
    /// The time over which they count.
    pub period: Span,
}

/// The bounds and brakes of a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseSettings {
    /// Read replicas the operator allows.
    pub range: Range,
    /// The least time from a confirmed replica to adding the next. Default 10 min.
    pub cooldown_up: Span,
    /// The least time from any confirmed action to a removal. Default 300 s.
    pub cooldown_down: Span,
    /// The time after a first start in which nothing is removed. Default 10 min.
    pub settle: Span,
    /// How long a replica may take to serve before the intent counts as lost. Default 60 min.
    pub confirm_within: Span,
}

impl DatabaseSettings {
    /// The defaults of the manual, within `range`.
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            cooldown_up: Span::from_minutes(10),
            cooldown_down: Span::from_secs(300),
            settle: Span::from_minutes(10),
            confirm_within: Span::from_minutes(60),
        }
    }
}
