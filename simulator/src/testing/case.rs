//! One test, as it is meant: everything its run needs, and everything it claims.
//!
//! A [`Case`] that exists is valid: its names are known, its numbers make sense, every
//! expectation is reached by a pass.

use super::{
    expression::Expression,
    fault::{At, Place},
    flag::FlagModel,
    group::GroupModel,
    job::JobModel,
    replicas::DatabaseModel,
    rollout::RolloutModel,
    series::Series,
    setting::SettingModel,
    traffic::TrafficModel,
    volume::VolumeModel,
};
use setpoint_core::{
    Action, InputKey, Intent, Memory, Notice, NoticeChange, NoticeKind, PolicyName, RuleName,
    Scalar, Settings, Shares, Span, TargetName, Timestamp,
};
use setpoint_policies::Policies;
use std::{collections::BTreeMap, fmt};

/// One test.
#[derive(Clone)]
pub(super) struct Case {
    /// Its name; unique in its file.
    pub(super) name: String,
    /// Where it is written.
    pub(super) place: Place,
    /// What the clock shows at the first pass.
    pub(super) start: Timestamp,
    /// The number of the last pass, counted from 0.
    pub(super) last: u64,
    /// What the agent is told, bounds and brakes included.
    pub(super) settings: Settings,
    /// The policies, bound.
    pub(super) policies: Policies,
    /// What is remembered at the start: `state`.
    pub(super) memory: Memory,
    /// What the world is made of.
    pub(super) model: Model,
    /// What is claimed.
    pub(super) claims: Claims,
}

/// What the world of a test is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Where each input's numbers come from.
    pub(super) inputs: BTreeMap<InputKey, Feed>,
    /// Free series, for expressions.
    pub(super) signals: BTreeMap<String, Series>,
    /// The targets.
    pub(super) targets: BTreeMap<TargetName, Thing>,
    /// When the provider does not do as asked.
    pub(super) failures: Vec<Failing>,
}

/// Where an input's numbers come from.
#[derive(Clone, Debug)]
pub(super) enum Feed {
    /// Given.
    Series(Series),
    /// Computed from signals and the sizes of targets: the loop is closed.
    Formula(Expression),
    /// One of these for each member or zone.
    Each(BTreeMap<String, Feed>),
}

/// A target of the world.
#[derive(Clone, Debug)]
pub(super) enum Thing {
    Group(GroupModel),
    Database(DatabaseModel),
    Setting(SettingModel),
    Flag(FlagModel),
    Rollout(RolloutModel),
    Job(JobModel),
    Volume(VolumeModel),
    Traffic(TrafficModel),
}

/// A time in which the provider does not do as asked.
#[derive(Clone, Debug)]
pub(super) struct Failing {
    pub(super) target: TargetName,
    pub(super) from: Span,
    /// The last moment of it.
    pub(super) until: Span,
    pub(super) error: Trouble,
    pub(super) place: Place,
}

/// What the provider does instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Asks for fewer calls.
    Throttled,
    /// Does not answer, and does nothing.
    Unavailable,
    /// Does as asked, and its answer is lost.
    Lost,
    /// Says that the world has moved on.
    Stale,
    /// Says no, and will again.
    Refused,
    /// Cannot tell how the target stands.
    Unseen,
}

impl Trouble {
    /// Every kind with its name in a test file.
    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("throttled", Self::Throttled),
        ("unavailable", Self::Unavailable),
        ("lost", Self::Lost),
        ("stale", Self::Stale),
        ("refused", Self::Refused),
        ("unseen", Self::Unseen),
    ];
}

/// What a test claims.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    /// At single passes.
    pub(super) expectations: Vec<Expectation>,
    /// After every pass: true, or never true.
    pub(super) invariants: Vec<Invariant>,
    /// Actions in the whole run, at most.
    pub(super) max_actions: Option<At<u32>>,
    /// Turns from growing to shrinking and back, at most, of every target.
    pub(super) max_direction_changes: Option<At<u32>>,
}

/// What must hold after every pass.
#[derive(Clone, Debug)]
pub(super) struct Invariant {
    pub(super) expression: Expression,
    /// As it is written.
    pub(super) text: String,
    /// What the expression must be.
    pub(super) truth: bool,
    pub(super) place: Place,
}

impl Invariant {
    /// The key it stands under.
    pub(super) const fn key(&self) -> &'static str {
        if self.truth { "always" } else { "never" }
    }
}

/// What is expected of one pass. What is empty or `None` is not looked at.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    /// The number of the pass, counted from 0.
    pub(super) pass: u64,
    /// Exactly these actions.
    pub(super) actions: Option<At<Vec<WantedAction>>>,
    /// These rules fired.
    pub(super) rules: Vec<At<WantedRule>>,
    /// Held, with these words in the reason; of any target, or of one.
    pub(super) held: Vec<(Option<TargetName>, At<String>)>,
    /// Sizes after the pass.
    pub(super) sizes: Vec<(TargetName, At<u32>)>,
    /// `state` after the pass.
    pub(super) state: Vec<(PolicyName, String, At<Scalar>)>,
    /// People are told exactly this.
    pub(super) notices: Option<At<Vec<WantedNotice>>>,
    /// A rule failed, with these words.
    pub(super) error: Option<At<String>>,
    /// A rule was skipped for missing data, with these words.
    pub(super) skipped: Option<At<String>>,
}

/// A notice as tests write it: `page the disk`, `resolved page the disk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedNotice {
    pub(super) change: NoticeChange,
    pub(super) kind: NoticeKind,
    /// Words that are in its text.
    pub(super) words: String,
}

impl WantedNotice {
    /// What was told.
    pub(super) fn of(notice: &Notice) -> Self {
        Self { change: notice.change, kind: notice.kind, words: notice.text.clone() }
    }

    /// Whether what was told is what is wanted.
    pub(super) fn is_met_by(&self, told: &Self) -> bool {
        (self.change, self.kind) == (told.change, told.kind) && told.words.contains(&self.words)
    }
}

impl fmt::Display for WantedNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.change == NoticeChange::Resolved {
            f.write_str("resolved ")?;
        }
        write!(f, "{} {}", self.kind, self.words)
    }
}

/// A rule by its name, of any policy or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedRule {
    pub(super) policy: Option<PolicyName>,
    pub(super) rule: RuleName,
}

impl WantedRule {
    /// Whether `rule` of `policy` is meant.
    pub(super) fn is(&self, policy: &PolicyName, rule: &RuleName) -> bool {
        self.rule == *rule && self.policy.as_ref().is_none_or(|own| own == policy)
    }
}

impl fmt::Display for WantedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.policy {
            Some(policy) => write!(f, "{policy}/{}", self.rule),
            None => self.rule.fmt(f),
        }
    }
}

/// An action as tests write it: `fleet scale_to 50`, `db add_replica`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedAction {
    pub(super) target: TargetName,
    pub(super) what: What,
}

/// What is to be done to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    ScaleTo(u32),
    /// The member of this name.
    Replace(String),
    /// With this name, if one is given.
    AddReplica(Option<String>),
    RemoveReplica(Option<String>),
    /// Of these members; nobody can ask for it.
    Retire(Vec<String>),
    SetTo(u32),
    Start,
    Restart,
    GrowTo(u32),
    /// The destinations that users are sent to, with their shares.
    Route(Shares),
}

impl WantedAction {
    /// What an intent does.
    pub(super) fn of(intent: &Intent) -> Self {
        let what = match &intent.action {
            Action::Resize { to, .. } | Action::Drain { to, .. } | Action::Return { to, .. } => {
                What::ScaleTo(*to)
            }
            // A policy asks for a size: who is ended for it is not its own to say.
            Action::Retire { members } => What::Retire(members.clone()),
            Action::Replace { member, .. } => What::Replace(member.clone()),
            Action::AddReplica { name } => What::AddReplica(Some(name.clone())),
            Action::RemoveReplica { name } => What::RemoveReplica(Some(name.clone())),
            Action::Set { to, .. } => What::SetTo(*to),
            Action::Start { anew: false, .. } => What::Start,
            Action::Start { anew: true, .. } => What::Restart,
            Action::Grow { to, .. } => What::GrowTo(*to),
            Action::Route { to, .. } => What::Route(
                to.iter()
                    .filter(|(_, share)| **share > 0)
                    .map(|(to, it)| (to.clone(), *it))
                    .collect(),
            ),
        };
        Self { target: intent.target.clone(), what }
    }

    /// Whether what was done is what is wanted. A replica without a name is any.
    pub(super) fn is_met_by(&self, done: &Self) -> bool {
        let same = match (&self.what, &done.what) {
            (What::AddReplica(None), What::AddReplica(_))
            | (What::RemoveReplica(None), What::RemoveReplica(_)) => true,
            (wanted, done) => wanted == done,
        };
        same && self.target == done.target
    }
}

impl fmt::Display for WantedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, what } = self;
        match what {
            What::ScaleTo(size) => write!(f, "{target} scale_to {size}"),
            What::Replace(member) => write!(f, "{target} replace {member}"),
            What::Retire(members) => write!(f, "{target} retire {}", members.join(" ")),
            What::AddReplica(None) => write!(f, "{target} add_replica"),
            What::AddReplica(Some(name)) => write!(f, "{target} add_replica {name}"),
            What::RemoveReplica(None) => write!(f, "{target} remove_replica"),
            What::RemoveReplica(Some(name)) => write!(f, "{target} remove_replica {name}"),
            What::SetTo(value) => write!(f, "{target} set_to {value}"),
            What::Start => write!(f, "{target} start"),
            What::Restart => write!(f, "{target} restart"),
            What::GrowTo(size) => write!(f, "{target} grow_to {size}"),
            What::Route(shares) => {
                write!(f, "{target} route")?;
                shares.iter().try_for_each(|(name, share)| write!(f, " {name}={share}"))
            }
        }
    }
}
