//! What the operator settled: bounds, brakes and bindings. Valid by construction.
//!
//! Defaults are those of the table in `defaults`; each has its source there.

use crate::{
    Brakes, Calendar, InputKey, PolicyName, Range, RolloutSettings, Side, Span, TargetName,
    TrafficSettings, Unit, defaults,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

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
    /// The policies that are being tried, each with its own bounds of the targets it names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shadows: BTreeMap<PolicyName, BTreeMap<TargetName, TargetSettings>>,
    /// Every calendar. Shared, so that an evaluator may hold on to them.
    #[serde(default, skip_serializing_if = "Calendars::is_empty")]
    pub calendars: Calendars,
}

/// Calendars by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calendars(Arc<BTreeMap<String, Calendar>>);

impl Calendars {
    /// The calendar called `name`.
    pub fn get(&self, name: &str) -> Option<&Calendar> {
        self.0.get(name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Calendar)> for Calendars {
    fn from_iter<T: IntoIterator<Item = (String, Calendar)>>(calendars: T) -> Self {
        Self(Arc::new(calendars.into_iter().collect()))
    }
}

impl Settings {
    /// The furthest that any policy looks back, with the age its samples may have.
    pub fn longest_window(&self) -> Span {
        self.inputs.values().map(|input| input.keep()).max().unwrap_or_default()
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
    /// What the guards may take it for.
    #[serde(default)]
    pub role: Role,
    /// Of what it has a value each; without, it is one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Per>,
}

impl InputSettings {
    /// An input read every `period` with the default age limit, max(3 periods, 90 s).
    pub fn new(unit: Unit, window: Span, period: Span) -> Self {
        let periods = u64::from(defaults::MAX_AGE_PERIODS);
        let max_age = period.times(periods).max(defaults::MAX_AGE_LEAST);
        Self { unit, window, period, max_age, empty: Empty::Hold, role: Role::default(), per: None }
    }

    /// How long samples are kept: what the policy looks back, or the guards.
    pub(crate) fn keep(&self) -> Span {
        let guards = match self.role {
            Role::None => Span::ZERO,
            Role::Errors => defaults::DROP_WITHIN,
        };
        self.window.max(guards) + self.max_age
    }
}

/// Of what an input has a value each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Of each member of a group, by the provider's name for it.
    Member,
    /// Of each zone.
    Zone,
}

impl Per {
    /// The name in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Zone => "zone",
        }
    }
}

/// What the guards may take an input for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// For nothing.
    #[default]
    None,
    /// For a count, rate or share of what goes wrong: when it rises, things are worse.
    Errors,
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
    /// Of a setting.
    Setting(SettingSettings),
    /// Of a flag: a setting that is a share of users.
    Flag(SettingSettings),
    /// Of a rollout: a setting that is a share of traffic, raised by stages.
    Rollout(RolloutSettings),
    /// Of a job.
    Job(JobSettings),
    /// Of a volume.
    Volume(VolumeSettings),
    /// Of a traffic.
    Traffic(TrafficSettings),
}

impl TargetSettings {
    /// The sizes that the operator allows.
    pub const fn range(&self) -> Range {
        match self {
            Self::Group(group) => group.range,
            Self::Database(database) => database.range,
            Self::Setting(setting) | Self::Flag(setting) => setting.range,
            Self::Rollout(rollout) => rollout.dial.range,
            Self::Job(_) => Range::UP_TO_ONE,
            Self::Volume(volume) => volume.range,
            Self::Traffic(_) => Range::SHARES,
        }
    }

    /// The brakes that all kinds have.
    pub const fn brakes(&self) -> &Brakes {
        match self {
            Self::Group(group) => &group.brakes,
            Self::Database(database) => &database.brakes,
            Self::Setting(setting) | Self::Flag(setting) => &setting.brakes,
            Self::Rollout(rollout) => &rollout.dial.brakes,
            Self::Job(job) => &job.brakes,
            Self::Volume(volume) => &volume.brakes,
            Self::Traffic(traffic) => &traffic.brakes,
        }
    }

    /// The same, to be changed.
    pub const fn brakes_mut(&mut self) -> &mut Brakes {
        match self {
            Self::Group(group) => &mut group.brakes,
            Self::Database(database) => &mut database.brakes,
            Self::Setting(setting) | Self::Flag(setting) => &mut setting.brakes,
            Self::Rollout(rollout) => &mut rollout.dial.brakes,
            Self::Job(job) => &mut job.brakes,
            Self::Volume(volume) => &mut volume.brakes,
            Self::Traffic(traffic) => &mut traffic.brakes,
        }
    }

    /// How long an accepted action may take to show before it counts as lost.
    pub(crate) const fn confirm_within(&self) -> Span {
        match self {
            Self::Group(group) => group.confirm_within,
            Self::Database(database) => database.confirm_within,
            Self::Setting(setting) | Self::Flag(setting) => setting.confirm_within,
            Self::Rollout(rollout) => rollout.dial.confirm_within,
            Self::Job(job) => job.confirm_within,
            Self::Volume(volume) => volume.confirm_within,
            Self::Traffic(traffic) => traffic.confirm_within,
        }
    }
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
    /// What else keeps it from shrinking.
    #[serde(default)]
    pub brakes: Brakes,
    /// What tells how busy each member is. Without, the provider picks who goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Sessions>,
    /// Whether a policy may ask for another member in the place of one: then members are told
    /// by name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// How members that serve somebody are kept from harm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    /// The input that has a value of each member: how many sessions it has.
    pub input: InputKey,
    /// How long a member may take to finish them before it is put back. Default 10 min.
    pub drain: Span,
    /// How long a member that was put back is left alone. Default 30 min.
    pub spare: Span,
}

impl Sessions {
    /// The defaults of the manual, of the members that `input` tells of.
    pub const fn new(input: InputKey) -> Self {
        Self { input, drain: defaults::DRAIN, spare: defaults::SPARE }
    }
}

impl GroupSettings {
    /// The defaults of the manual, within `range`.
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            dead_band: defaults::DEAD_BAND,
            growth: Step {
                share: defaults::GROWTH_SHARE,
                count: defaults::GROWTH_COUNT,
                period: defaults::GROWTH_PERIOD,
            },
            shrink: Step {
                share: defaults::SHRINK_SHARE,
                count: defaults::SHRINK_COUNT,
                period: Span::ZERO,
            },
            stabilise_down: defaults::STABILISE_DOWN,
            stabilise_up: defaults::STABILISE_UP,
            cooldown_down: defaults::COOLDOWN_DOWN,
            ready_after: defaults::READY_AFTER,
            settle: defaults::SETTLE,
            confirm_within: defaults::GROUP_CONFIRM,
            brakes: Brakes::new(),
            sessions: None,
            replaces: false,
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
    /// What else keeps it from shrinking.
    #[serde(default)]
    pub brakes: Brakes,
}

impl DatabaseSettings {
    /// The defaults of the manual, within `range`.
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            cooldown_up: defaults::COOLDOWN_UP,
            cooldown_down: defaults::COOLDOWN_DOWN,
            settle: defaults::SETTLE,
            confirm_within: defaults::DATABASE_CONFIRM,
            brakes: Brakes::new(),
        }
    }
}

/// The bounds and brakes of a setting, and of a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingSettings {
    /// Values the operator allows.
    pub range: Range,
    /// The side of the range to which it may always go; without one, every move waits.
    pub safe: Option<Side>,
    /// The most that one action adds, as a share of the value (of a flag, of all users), and at
    /// least one; no limit without.
    pub step_up: Option<f64>,
    /// The most that one action takes, as `step_up`.
    pub step_down: Option<f64>,
    /// The least time from the confirmation of the last action to one that leads away from
    /// the safe side. Default 300 s.
    pub cooldown_down: Span,
    /// The time after a first start in which nothing leads away from the safe side. Default 10 min.
    pub settle: Span,
    /// How long an accepted value may take to show before it counts as lost. Default 5 min.
    pub confirm_within: Span,
    /// What else keeps it from leaving its safe side.
    pub brakes: Brakes,
}

impl SettingSettings {
    /// The defaults of the manual, within `range`.
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            safe: None,
            step_up: None,
            step_down: None,
            cooldown_down: defaults::COOLDOWN_DOWN,
            settle: defaults::SETTLE,
            confirm_within: defaults::SETTING_CONFIRM,
            brakes: Brakes::new(),
        }
    }

    /// The defaults of a flag: shown to nobody up to everybody, and safe when it is off.
    pub const fn of_flag() -> Self {
        let mut flag = Self::new(Range::SHARES);
        flag.safe = Some(Side::Low);
        flag
    }
}

/// The brakes of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSettings {
    /// How long a run may take before it counts as stuck. Default 60 min.
    pub stuck_after: Span,
    /// The least time from one start to the next. Default 10 min.
    pub cooldown_up: Span,
    /// How long a start may take to show before it counts as lost. Default 5 min.
    pub confirm_within: Span,
    /// What all kinds have.
    pub brakes: Brakes,
}

impl JobSettings {
    /// The defaults of the manual.
    pub const fn new() -> Self {
        Self {
            stuck_after: defaults::STUCK_AFTER,
            cooldown_up: defaults::COOLDOWN_UP,
            confirm_within: defaults::SETTING_CONFIRM,
            brakes: Brakes::new(),
        }
    }
}

impl Default for JobSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// The bounds and brakes of a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolumeSettings {
    /// Sizes the operator allows, in GiB.
    pub range: Range,
    /// The least that one action adds, as a share of the size. Default 10 %, the least that
    /// Amazon RDS takes.
    pub least: f64,
    /// The most that one action adds, as a share of the size; no limit without.
    pub step_up: Option<f64>,
    /// The least time from a confirmed growth to the next. Default 10 min.
    pub cooldown_up: Span,
    /// How long a growth may take to show before it counts as lost. Default 60 min.
    pub confirm_within: Span,
    /// What all kinds have.
    pub brakes: Brakes,
}

impl VolumeSettings {
    /// The defaults of the manual, within `range`.
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            least: defaults::LEAST_GROWTH,
            step_up: None,
            cooldown_up: defaults::COOLDOWN_UP,
            confirm_within: defaults::DATABASE_CONFIRM,
            brakes: Brakes::new(),
        }
    }
}
