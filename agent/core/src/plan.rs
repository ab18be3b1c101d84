//! What is to be done about every target, or why nothing is.
//!
//! A plan leaves no choice to whoever carries it out: sizes are absolute, names
//! are given. Every target is in it, as an action or as [`Held`].

use crate::{
    FailureKind, IntentId, Notice, PolicyName, RuleName, ShadowDecision, Shares, Span, TargetName,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// The outcome of deciding: one decision for every target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "a plan that nobody reads changes nothing"]
pub struct Plan {
    /// One for every target, in the order of their names.
    pub decisions: Vec<Decision>,
    /// What the policies would do that are being tried, in the order of their names. Never sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadows: Vec<ShadowDecision>,
    /// What people are to be told, in the order of keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

impl Plan {
    /// What is to be done.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.decisions.iter().filter_map(|decision| match &decision.verdict {
            Verdict::Act(intent) => Some(intent),
            Verdict::Held(_) => None,
        })
    }
}

/// What is to be done about one target, and how that came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The target.
    pub target: TargetName,
    /// What stands now, in a few words: "10 desired, 10 ready".
    pub seen: String,
    /// What the rules asked for, largest first.
    pub wants: Vec<Want>,
    /// What each guard said, in their order.
    pub guards: Vec<GuardLine>,
    /// The size that the evidence asks for before any brake, where there is evidence: what
    /// the stabilisation window remembers.
    pub asked: Option<u32>,
    /// The load that was measured, in members that are exactly at their goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// What is suspicious about a fall of the load in this very pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspicion: Option<String>,
    /// What a person must look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// What comes of it.
    pub verdict: Verdict,
}

impl Decision {
    /// The want that set the size the guards were given: the largest, unless a floor or a
    /// ceiling made another of it.
    pub fn cause(&self) -> Option<&Want> {
        // A replacement changes no size: what asked for it stands first.
        if let Verdict::Act(Intent { action: Action::Replace { .. }, .. }) = &self.verdict {
            return self.wants.first();
        }
        let given = self.guards.first().map(|line| line.size);
        let cause = self.wants.iter().find(|want| Some(want.size) == given);
        cause.or_else(|| self.wants.first())
    }
}

/// What one fired rule asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    /// The policy.
    pub policy: PolicyName,
    /// The rule.
    pub rule: RuleName,
    /// The line in the script.
    pub line: u32,
    /// The size that comes of it (replicas, for a database), before any guard.
    pub size: u32,
    /// What was asked, in words, with the values it rests on.
    pub ask: String,
    /// The author's reason.
    pub because: Option<String>,
}

/// What one guard said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardLine {
    /// The guard.
    pub guard: Guard,
    /// The size after it.
    pub size: u32,
    /// Why, with the numbers.
    pub note: Cow<'static, str>,
}

/// The guards, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// A database was handed back, and the replicas that we made are to go.
    Release,
    /// Nobody asked the agent to stand still.
    Pause,
    /// The operator's range and the group's own.
    Range,
    /// `track` leaves small deviations alone.
    DeadBand,
    /// Nothing shrinks on evidence that is not there.
    Evidence,
    /// A size must have been asked for long enough.
    Stabilise,
    /// No faster than the step.
    RateLimit,
    /// A shrinking must not bring the value back over its goal.
    Projection,
    /// Nothing shrinks while members cannot be had: what is gone could not be bought back.
    Launches,
    /// Nothing shrinks when the load falls while errors rise.
    SuspiciousDrop,
    /// Nothing shrinks while members warm up or an action is in flight.
    WarmUp,
    /// Nothing shrinks soon after the last change.
    Cooldown,
    /// Nothing grows on when growth did not bring about what its policy declares.
    NoEffect,
    /// Nothing shrinks while too much is unhealthy or cannot be seen.
    TooSick,
    /// A size that somebody else set is not shrunk for a while.
    Foreign,
    /// Nothing shrinks when the direction changed too often.
    Flap,
    /// No more of a target goes than its share an hour.
    Budget,
    /// Nothing goes without leave, where leave is asked for.
    Approval,
    /// The range again, over all that the other guards made of the size.
    Clamp,
    /// Only what we made ourselves is removed, and only while nothing depends on it.
    Ours,
    /// Only members whose sessions are known go, idle ones first.
    Victims,
    /// One member at a time is replaced, and only where it could be bought back.
    Replace,
    /// Nothing is started twice for a rule that stays fired.
    Once,
    /// A candidate that was rolled back is not raised again by itself.
    Condemned,
    /// Nobody is sent to where nobody answers, nor to nowhere.
    Destinations,
}

impl Guard {
    /// The guard's name in logs, on the command line and in the manual.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Pause => "pause",
            Self::Range => "range",
            Self::DeadBand => "dead-band",
            Self::Evidence => "evidence",
            Self::Stabilise => "stabilise",
            Self::RateLimit => "rate limit",
            Self::Projection => "projection",
            Self::Launches => "launches failing",
            Self::SuspiciousDrop => "suspicious drop",
            Self::WarmUp => "warm-up",
            Self::Cooldown => "cooldown",
            Self::NoEffect => "no effect",
            Self::TooSick => "too sick",
            Self::Foreign => "foreign change",
            Self::Flap => "flapping",
            Self::Budget => "budget",
            Self::Approval => "approval",
            Self::Clamp => "clamp",
            Self::Ours => "ours",
            Self::Victims => "victims",
            Self::Replace => "replacing",
            Self::Once => "once",
            Self::Condemned => "condemned",
            Self::Destinations => "destinations",
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An action or a reason for none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Do this.
    Act(Intent),
    /// Do nothing.
    Held(Held),
}

/// Why nothing is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The provider could not tell how the target stands.
    NotObserved(String),
    /// The operator's range and the group's own have nothing in common.
    EmptyRange(String),
    /// No rule has an opinion, and it is within its range.
    NoOpinion,
    /// It is as the rules want it.
    AsWanted,
    /// A guard would not have it.
    Guard(Guard, String),
    /// A person handed it back: who, and why.
    Released(String),
    /// The check after deciding found the action unsafe: a fault of ours.
    Refused(String),
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotObserved(why) => write!(f, "not observed: {why}"),
            Self::EmptyRange(why) => write!(f, "empty range: {why}"),
            Self::NoOpinion => f.write_str("no rule has an opinion"),
            Self::AsWanted => f.write_str("as wanted"),
            Self::Guard(guard, note) => write!(f, "{guard}: {note}"),
            Self::Released(what) => f.write_str(what),
            Self::Refused(why) => write!(f, "refused by the check: {why}"),
        }
    }
}

/// An action with an id, to be carried out once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id; never used twice.
    pub id: IntentId,
    /// On which target.
    pub target: TargetName,
    /// What to do.
    pub action: Action,
}

impl Intent {
    /// What is done, as a verb phrase: "resize web to 6".
    pub fn operation(&self) -> String {
        let Self { target, action, .. } = self;
        match action {
            Action::Resize { to, .. } => format!("resize {target} to {to}"),
            Action::Drain { members, .. } => format!("drain {} of {target}", members.join(", ")),
            Action::Retire { members } => format!("retire {} of {target}", members.join(", ")),
            Action::Return { members, .. } => format!("return {} to {target}", members.join(", ")),
            Action::Replace { member, .. } => format!("replace {member} of {target}"),
            Action::AddReplica { name } => format!("add replica {name} to {target}"),
            Action::RemoveReplica { name } => format!("remove replica {name} from {target}"),
            Action::Start { .. } => format!("{action} {target}"),
            Action::Set { .. } | Action::Grow { .. } | Action::Route { .. } => {
                format!("{action} of {target}")
            }
        }
    }
}

/// A change to make. Absolute: applied twice, it is applied once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Have `to` members.
    Resize {
        /// The size the decision was based on.
        from: u32,
        /// The size to have.
        to: u32,
    },
    /// Take these members out of service, so that they take no new work, and want so many
    /// fewer of them.
    Drain {
        /// The size the decision was based on.
        from: u32,
        /// The size to have: `from` without the members.
        to: u32,
        /// Their names.
        members: Vec<String>,
    },
    /// End these members, which are out of service and have no sessions left.
    Retire {
        /// Their names.
        members: Vec<String>,
    },
    /// Put these members back into service, and have `to` members with them.
    Return {
        /// The size the decision was based on.
        from: u32,
        /// The size to have: at least `from` and the members.
        to: u32,
        /// Their names.
        members: Vec<String>,
    },
    /// Have another member in the place of this one.
    Replace {
        /// The size the decision was based on, which stays.
        from: u32,
        /// Its name.
        member: String,
        /// Whether it is taken out of service first, to be ended once it has no session left;
        /// else it is ended at once.
        drained: bool,
    },
    /// Have a read replica of this name.
    AddReplica {
        /// The name; made from the database's and the lowest free slot.
        name: String,
    },
    /// Have no read replica of this name.
    RemoveReplica {
        /// The name; always of one we made.
        name: String,
    },
    /// Have the value `to`.
    Set {
        /// The value the decision was based on.
        from: u32,
        /// The value to have.
        to: u32,
        /// Whether it leads away from the side that is safe: such a change counts as shrinking.
        leaves: bool,
        /// Of a rollout: the candidate it was decided about, where the provider tells. To raise
        /// another is stale.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<String>,
    },
    /// Run it.
    Start {
        /// What tells this start from every other: sent twice, it is one.
        token: String,
        /// The last run when it was decided, where the provider tells: of another, it is stale.
        after: Option<String>,
        /// Whether the run under way is ended first.
        anew: bool,
    },
    /// Have `to` GiB.
    Grow {
        /// The size the decision was based on.
        from: u32,
        /// The size to have; always larger.
        to: u32,
    },
    /// Send users so: the share of each destination, in percent.
    Route {
        /// The shares the decision was based on.
        from: Shares,
        /// The shares to have: of the same destinations, and adding up to 100.
        to: Shares,
        /// Whether it does more than lead away from destinations that do not answer: such a
        /// change counts as shrinking.
        leaves: bool,
    },
}

impl Action {
    /// Whether it takes something away, or leads away from what is safe.
    pub fn shrinks(&self) -> bool {
        match self {
            Self::Resize { from, to } => to < from,
            Self::AddReplica { .. } | Self::Return { .. } => false,
            Self::RemoveReplica { .. }
            | Self::Drain { .. }
            | Self::Retire { .. }
            | Self::Replace { .. } => true,
            Self::Set { leaves, .. } => *leaves,
            Self::Start { anew, .. } => *anew,
            Self::Grow { .. } => false,
            Self::Route { leaves, .. } => *leaves,
        }
    }
}

impl Action {
    /// Whether it adds members or replicas, which a cloud may not have.
    pub(crate) const fn adds(&self) -> bool {
        match self {
            Self::Resize { from, to } => *to > *from,
            Self::AddReplica { .. } | Self::Return { .. } => true,
            Self::RemoveReplica { .. }
            | Self::Drain { .. }
            | Self::Retire { .. }
            | Self::Replace { .. }
            | Self::Set { .. }
            | Self::Start { .. }
            | Self::Grow { .. }
            | Self::Route { .. } => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resize { from, to } => write!(f, "resize {from} -> {to}"),
            Self::Drain { from, to, members } => {
                write!(f, "drain {} ({from} -> {to})", listed(members))
            }
            Self::Retire { members } => write!(f, "retire {}", listed(members)),
            Self::Return { from, to, members } => {
                write!(f, "return {} ({from} -> {to})", listed(members))
            }
            Self::Replace { member, drained, .. } => {
                write!(f, "replace {member}{}", if *drained { ", drained first" } else { "" })
            }
            Self::AddReplica { name } => write!(f, "add replica {name}"),
            Self::RemoveReplica { name } => write!(f, "remove replica {name}"),
            Self::Set { from, to, .. } => write!(f, "set {from} -> {to}"),
            Self::Start { anew, .. } => f.write_str(if *anew { "restart" } else { "start" }),
            Self::Grow { from, to } => write!(f, "grow {from} -> {to} GiB"),
            Self::Route { from, to, .. } => write!(f, "route {}", changes(from, to)),
        }
    }
}

/// "aws 100 -> 80, azure 0 -> 20": what changes, and nothing else.
fn changes(from: &Shares, to: &Shares) -> String {
    let share = |name: &String| from.get(name).copied().unwrap_or_default();
    let changed = to.iter().filter(|(name, to)| share(name) != **to);
    let words: Vec<String> =
        changed.map(|(name, to)| format!("{name} {} -> {to}", share(name))).collect();
    words.join(", ")
}

/// So many names are said; of the others only how many they are.
const NAMES_SAID: usize = 8;

/// "i-1, i-2 and 3 more".
pub(crate) fn listed(names: &[String]) -> String {
    let said = names.iter().take(NAMES_SAID).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_SAID) {
        0 => said,
        more => format!("{said} and {more} more"),
    }
}

/// Why an action was not taken on, for people: "throttled for 2s".
pub fn describe_failure(kind: FailureKind, message: &str) -> String {
    match kind {
        FailureKind::Throttled { retry_after: Some(Span::ZERO) | None } => {
            format!("throttled: {message}")
        }
        FailureKind::Throttled { retry_after: Some(span) } => {
            format!("throttled for {span}: {message}")
        }
        FailureKind::Unavailable | FailureKind::Stale | FailureKind::Refused => {
            format!("{kind}: {message}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(rule: &str, size: u32) -> Want {
        let (policy, rule) = (PolicyName::new("p"), RuleName::new(rule));
        Want { policy, rule, line: 1, size, ask: String::new(), because: None }
    }

    /// The rule that is named as the cause when the guards were given `given`.
    #[track_caller]
    fn check(wants: &[(&str, u32)], given: u32, expected: Option<&str>) {
        let decision = Decision {
            target: TargetName::new("db"),
            seen: String::new(),
            wants: wants.iter().map(|(rule, size)| want(rule, *size)).collect(),
            guards: vec![GuardLine { guard: Guard::Pause, size: given, note: "not paused".into() }],
            asked: None,
            load: None,
            suspicion: None,
            page: None,
            verdict: Verdict::Held(Held::AsWanted),
        };
        assert_eq!(decision.cause().map(|want| want.rule.as_str()), expected);
    }

    #[test]
    fn a_floor_that_raised_the_size_is_the_cause_and_not_the_rule_that_asked_for_less() {
        check(&[("remove", 0), ("floor", 2)], 2, Some("floor"));
        check(&[("add", 3), ("floor", 2)], 3, Some("add"));
        check(&[("add", 3), ("ceiling", 2)], 2, Some("ceiling"));
        check(&[("track", 12)], 10, Some("track"));
        check(&[], 10, None);
    }
}
