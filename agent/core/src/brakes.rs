//! The brakes that groups and databases share.
//!
//! All of them are meant for shrinking, but for [`Effect`], which a policy's author
//! declares and which holds growth that does not help.

use crate::{InputKey, Span, defaults};
use serde::{Deserialize, Serialize};

/// How a target is kept from harm. Read from an older record, what it lacks is as by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brakes {
    /// The provider the target lives at. Targets of one provider run short together;
    /// those that name none count as one provider's.
    pub provider: Option<String>,
    /// How long after members could last not be had nothing shrinks.
    pub shortage: Span,
    /// When a fall of the load is suspicious.
    pub drop: Fall,
    /// Above which of its members are unhealthy, or of the region's targets are not
    /// observed, nothing shrinks.
    pub sick: Limit,
    /// How long a size that somebody else set is not shrunk.
    pub foreign_respect: Span,
    /// How often the direction may change before nothing shrinks.
    pub flap: Flap,
    /// How much may go in which time.
    pub budget: Budget,
    /// What waits for a person's approval.
    pub approve: Approve,
    /// What policies declare that growth brings about.
    pub effects: Vec<Effect>,
}

impl Brakes {
    /// The defaults of the manual.
    pub const fn new() -> Self {
        Self {
            provider: None,
            shortage: defaults::SHORTAGE,
            drop: Fall {
                share: defaults::DROP_SHARE,
                within: defaults::DROP_WITHIN,
                hold: defaults::DROP_HOLD,
            },
            sick: Limit { share: defaults::SICK_SHARE, count: defaults::SICK_COUNT },
            foreign_respect: defaults::FOREIGN_RESPECT,
            flap: Flap { turns: defaults::FLAP_TURNS, within: defaults::FLAP_WITHIN },
            budget: Budget { share: defaults::BUDGET_SHARE, within: defaults::BUDGET_WITHIN },
            approve: Approve::Nothing,
            effects: Vec::new(),
        }
    }

    /// Brakes that never hold anything: what a guard does is seen by comparing with these.
    pub fn released() -> Self {
        Self {
            provider: None,
            shortage: Span::ZERO,
            drop: Fall { share: 1.0, within: Span::ZERO, hold: Span::ZERO },
            sick: Limit { share: 1.0, count: u32::MAX },
            foreign_respect: Span::ZERO,
            flap: Flap { turns: u32::MAX, within: Span::ZERO },
            budget: Budget { share: 1.0, within: Span::ZERO },
            approve: Approve::Nothing,
            effects: Vec::new(),
        }
    }

    /// How far back a target's moves count for these brakes.
    pub(crate) fn remembered(&self) -> Span {
        self.flap.within.max(self.budget.within)
    }
}

impl Default for Brakes {
    fn default() -> Self {
        Self::new()
    }
}

/// When a fall of the load is suspicious, if errors rise with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fall {
    /// It falls by more than this share.
    pub share: f64,
    /// Within this time.
    pub within: Span,
    /// Then nothing shrinks for so long.
    pub hold: Span,
}

/// A share and a count, both of which must be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The share of all.
    pub share: f64,
    /// The number.
    pub count: u32,
}

impl Limit {
    /// Whether `some` of `all` are too many.
    pub(crate) fn is_exceeded(self, some: u32, all: u32) -> bool {
        some > self.count && f64::from(some) > self.share * f64::from(all)
    }
}

/// How often the direction may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flap {
    /// This often.
    pub turns: u32,
    /// Within this time.
    pub within: Span,
}

/// How much of a target may go in which time; never less than one member.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The share of the largest size within the time.
    pub share: f64,
    /// The time.
    pub within: Span,
}

/// What waits for a person's approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approve {
    /// Nothing does.
    #[default]
    Nothing,
    /// Whatever shrinks.
    Shrink,
}

/// What a policy declares that growth brings about: an input falls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The input.
    pub input: InputKey,
    /// By at least this share of what it was when growth was decided.
    pub falls: f64,
    /// Within this time of the confirmation.
    pub within: Span,
    /// So many actions without it hold growth.
    pub tries: u32,
}
