//! What policies ask for, and how they came to ask it.
//!
//! An [`Evaluation`] is the whole answer of one policy in one pass: each rule with
//! its verdict, the comparisons it made, and the opinions it recorded. Nothing in
//! it is a decision: [`decide`](crate::decide()) makes those.

use crate::{
    Contact, Hold, HoldKey, PolicyName, Quantity, RuleName, Saying, Shares, Short, Span,
    TargetName, traffic::in_words,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// All that one policy had to say in one pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The policy.
    pub policy: PolicyName,
    /// Who answers for it. Shared, as it is said in every pass.
    #[serde(default)]
    pub contact: Arc<Contact>,
    /// Its rules, in the order of the script.
    pub rules: Vec<RuleReport>,
    /// Its `state` after this pass; as before if anything failed.
    pub state: BTreeMap<String, Scalar>,
    /// Whether it was ended by its host, whose patience was over: all its rules have failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_time: bool,
}

impl Evaluation {
    /// Whether any rule failed: then this policy shrinks nothing in this pass.
    pub fn failed(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.verdict, RuleVerdict::Failed { .. }))
    }
}

/// One rule in one pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: RuleName,
    /// Its line in the script.
    pub line: u32,
    /// Every target named anywhere in the rule's body, whether or not it fired.
    pub names: Arc<[TargetName]>,
    /// What became of it.
    pub verdict: RuleVerdict,
    /// The comparisons made, in order.
    pub compared: Vec<Comparison>,
    /// What else was found out: times of day and calendars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// What it asks for; empty unless it fired.
    pub opinions: Vec<Opinion>,
    /// What it says to people; empty unless it fired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<Saying>,
    /// Its hold timer after this pass; `None` resets it. Only rules with `for` have a key.
    pub hold: Option<(HoldKey, Option<Hold>)>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// Its condition held (for as long as it must): its opinions count.
    Fired,
    /// Its condition is false.
    Quiet,
    /// Its condition is true, but not yet for long enough.
    Pending {
        /// For how long it has been true.
        held: Span,
        /// For how long it must be.
        needs: Span,
    },
    /// It needed a reading that is not there. It has no opinion, and forbids shrinking.
    Skipped {
        /// What is missing and why: "cpu: no fresh sample for 2m".
        missing: String,
    },
    /// It went wrong. It has no opinion, and its policy shrinks nothing.
    Failed {
        /// What went wrong, with its line.
        message: String,
    },
}

/// Something found out that is no comparison, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The line of the script.
    pub line: u32,
    /// What: "sale (30m ahead) is at no time near".
    pub text: String,
}

/// One comparison of quantities, as it came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The line of the script.
    pub line: u32,
    /// The left side.
    pub left: Term,
    /// The operator: `>`, `<=`, `==`, …
    pub op: String,
    /// The right side.
    pub right: Term,
    /// Whether it held.
    pub held: bool,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { left, op, right, held, .. } = self;
        write!(f, "{left} {op} {right} is {held}")
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Where the value came from: "cpu", "cpu.peak(10m)"; none for a constant.
    pub label: Option<Arc<str>>,
    /// The value.
    pub value: Quantity,
    /// The member or zone whose value it is, if it is that of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Arc<str>>,
}

/// `60 %`, `cpu = 74 %`, `cpu.worst = 97 % (i-3)`.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "{label} = ")?;
        }
        match &self.of {
            Some(of) => write!(f, "{} ({of})", self.value),
            None => write!(f, "{}", self.value),
        }
    }
}

/// One thing a fired rule asks of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// Of whom.
    pub target: TargetName,
    /// What.
    pub ask: Ask,
    /// The line of the script.
    pub line: u32,
    /// The author's reason, from `.because("…")`.
    pub because: Option<String>,
    /// Whether it rests on what `.or(…)` put in place of a missing reading: such
    /// an opinion may raise, but never justify shrinking.
    pub substituted: bool,
}

/// What may be asked of a target. Sizes are absolute once [`decide`](crate::decide()) has read them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Hold `value` at `goal` by size.
    Track {
        /// What was read.
        value: Quantity,
        /// Where it should be; above zero, of the same dimension.
        goal: Quantity,
        /// The value times the members that were ready when it was taken.
        load: f64,
        /// Members that were asked for but not ready then: when shrinking they
        /// count as fully loaded.
        unready: u32,
    },
    /// Be large enough for `total` when one member serves `each`.
    Serve {
        /// The whole demand.
        total: Quantity,
        /// What one member serves; above zero, of the same dimension.
        each: Quantity,
    },
    /// Have this size.
    ScaleTo(u32),
    /// Have this many more, or fewer.
    ScaleBy(i32),
    /// Have this share more, or less: 0.25 is a quarter more.
    ScaleByShare(f64),
    /// Have another member in the place of this one.
    Replace(String),
    /// Have others in the place of members that their provider calls unhealthy.
    ReplaceUnhealthy,
    /// Have no fewer.
    AtLeast(u32),
    /// Have no more.
    AtMost(u32),
    /// Have one read replica more.
    AddReplica,
    /// Have one read replica fewer.
    RemoveReplica,
    /// Have this value.
    SetTo(u32),
    /// Have the value that stood before it was first changed; as it is, if it was not.
    Restore,
    /// Have the next stage's share.
    Advance,
    /// Have no share at all.
    Rollback,
    /// Have the share that stands, and no more.
    Freeze,
    /// Run, unless it runs.
    Start,
    /// Run anew, also while it runs.
    Restart,
    /// Have this many GiB.
    GrowTo(u32),
    /// Send users so: percent of all for each destination; those not named get nobody.
    Route(Shares),
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Track { value, goal, load, .. } => {
                write!(f, "track {value} to {goal} (load of {} members at {goal})", {
                    Short(load / goal.value)
                })
            }
            Self::Serve { total, each } => write!(f, "serve {total} at {each} a member"),
            Self::ScaleTo(size) => write!(f, "scale to {size}"),
            Self::ScaleBy(n) => write!(f, "scale by {n:+}"),
            Self::ScaleByShare(share) => write!(f, "scale by {:+} %", Short(share * 100.0)),
            Self::Replace(member) => write!(f, "replace {member}"),
            Self::ReplaceUnhealthy => f.write_str("replace unhealthy members"),
            Self::AtLeast(size) => write!(f, "at least {size}"),
            Self::AtMost(size) => write!(f, "at most {size}"),
            Self::AddReplica => f.write_str("add a replica"),
            Self::RemoveReplica => f.write_str("remove a replica"),
            Self::SetTo(value) => write!(f, "set to {value}"),
            Self::Restore => f.write_str("restore"),
            Self::Advance => f.write_str("advance"),
            Self::Rollback => f.write_str("roll back"),
            Self::Freeze => f.write_str("freeze"),
            Self::Start => f.write_str("start"),
            Self::Restart => f.write_str("restart"),
            Self::GrowTo(size) => write!(f, "grow to {size} GiB"),
            Self::Route(shares) => write!(f, "route {}", in_words(shares)),
        }
    }
}

/// A small value that a policy keeps between passes, or takes as a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a unit.
    Quantity(Quantity),
    /// A text.
    Text(String),
}
