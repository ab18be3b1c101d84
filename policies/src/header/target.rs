//! What a header says of a target, and how it narrows what the operator allows.

use setpoint_core::{
    Brakes, DatabaseSettings, Effect, GroupSettings, InputKey, JobSettings, PolicyName, Range,
    RolloutSettings, SettingSettings, Side, Span, Step, TargetSettings, TrafficSettings,
    VolumeSettings,
};
use std::{collections::BTreeSet, fmt};

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Interchangeable members that are counted.
    Group,
    /// A database with read replicas.
    Database,
    /// A number within bounds.
    Setting,
    /// A feature that a share of users sees.
    Flag,
    /// A share of the traffic that a candidate serves.
    Rollout,
    /// Something that is run.
    Job,
    /// A disk that can grow.
    Volume,
    /// Where users are sent.
    Traffic,
}

impl Kind {
    /// Every kind with its name in a header.
    pub const ALL: [(&'static str, Self); 8] = [
        ("group", Self::Group),
        ("database", Self::Database),
        ("setting", Self::Setting),
        ("flag", Self::Flag),
        ("rollout", Self::Rollout),
        ("job", Self::Job),
        ("volume", Self::Volume),
        ("traffic", Self::Traffic),
    ];

    /// What a target is to which these settings belong.
    pub const fn of(settings: &TargetSettings) -> Self {
        match settings {
            TargetSettings::Group(_) => Self::Group,
            TargetSettings::Database(_) => Self::Database,
            TargetSettings::Setting(_) => Self::Setting,
            TargetSettings::Flag(_) => Self::Flag,
            TargetSettings::Rollout(_) => Self::Rollout,
            TargetSettings::Job(_) => Self::Job,
            TargetSettings::Volume(_) => Self::Volume,
            TargetSettings::Traffic(_) => Self::Traffic,
        }
    }

    /// Whether a target of this kind belongs to one policy alone.
    pub const fn is_exclusive(self) -> bool {
        match self {
            Self::Group | Self::Database | Self::Job | Self::Volume => false,
            Self::Setting | Self::Flag | Self::Rollout | Self::Traffic => true,
        }
    }

    /// The name in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Database => "database",
            Self::Setting => "setting",
            Self::Flag => "flag",
            Self::Rollout => "rollout",
            Self::Job => "job",
            Self::Volume => "volume",
            Self::Traffic => "traffic",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a policy declares about one target: its kind, and how far it narrows what the
/// operator allows. What is `None` is left as the operator has it.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetHeader {
    /// What it is.
    pub kind: Kind,
    /// The fewest members or replicas, the least value, the smallest size in GiB.
    pub min: Option<u32>,
    /// The most members or replicas, the largest value or size; not below `min`.
    pub max: Option<u32>,
    /// The largest growth in one step, as a share of the size, or of all users; above zero. No
    /// databases.
    pub step_up: Option<f64>,
    /// The largest shrinking in one action, as `step_up`; of traffic, the most users moved.
    pub step_down: Option<f64>,
    /// The least time from one growth, or one start, to the next. Databases, volumes and jobs.
    pub cooldown_up: Option<Span>,
    /// The least time from the last action to a shrinking one.
    pub cooldown_down: Option<Span>,
    /// How long a new member takes to carry load. Groups only.
    pub ready_after: Option<Span>,
    /// The side of its range on which it does no harm. Settings only.
    pub safe: Option<Side>,
    /// The names that it uses for where users are sent. Traffic only, and there never empty.
    pub destinations: Vec<String>,
    /// What growth brings about.
    pub effect: Option<EffectHeader>,
    /// Whether a rule may ask for another member in the place of one: what the rules tell, not
    /// the header.
    pub replaces: bool,
}

/// What a policy declares that growth brings about: one of its inputs falls.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectHeader {
    /// The input.
    pub input: String,
    /// By at least this share; above zero and below all of it.
    pub falls: f64,
    /// Within this time of the confirmation.
    pub within: Span,
    /// So many actions without it hold growth; at least one.
    pub tries: u32,
}

impl TargetHeader {
    /// A target of `kind` that narrows nothing.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            min: None,
            max: None,
            step_up: None,
            step_down: None,
            cooldown_up: None,
            cooldown_down: None,
            ready_after: None,
            safe: None,
            destinations: Vec::new(),
            effect: None,
            replaces: false,
        }
    }

    /// `settings` narrowed by this header of `policy`: never wider than they were.
    ///
    /// Fails if the target is of another kind, or no size satisfies both ranges.
    pub fn narrow(
        &self,
        policy: &PolicyName,
        settings: TargetSettings,
    ) -> Result<TargetSettings, String> {
        match (self.kind, settings) {
            (Kind::Group, TargetSettings::Group(group)) => {
                self.narrow_group(policy, group).map(TargetSettings::Group)
            }
            (Kind::Database, TargetSettings::Database(database)) => {
                self.narrow_database(policy, database).map(TargetSettings::Database)
            }
            (Kind::Setting, TargetSettings::Setting(setting)) => {
                self.narrow_setting(setting).map(TargetSettings::Setting)
            }
            (Kind::Flag, TargetSettings::Flag(flag)) => {
                self.narrow_setting(flag).map(TargetSettings::Flag)
            }
            (Kind::Rollout, TargetSettings::Rollout(rollout)) => {
                let dial = self.narrow_setting(rollout.dial)?;
                Ok(TargetSettings::Rollout(RolloutSettings { dial, ..rollout }))
            }
            (Kind::Job, TargetSettings::Job(job)) => {
                let cooldown_up = longer(job.cooldown_up, self.cooldown_up);
                Ok(TargetSettings::Job(JobSettings { cooldown_up, ..job }))
            }
            (Kind::Volume, TargetSettings::Volume(volume)) => {
                self.narrow_volume(policy, volume).map(TargetSettings::Volume)
            }
            (Kind::Traffic, TargetSettings::Traffic(traffic)) => {
                self.narrow_traffic(traffic).map(TargetSettings::Traffic)
            }
            (wanted, other) => {
                let bound = Kind::of(&other);
                Err(format!("the policy needs a {wanted}, and the configuration binds a {bound}"))
            }
        }
    }

    /// A side that is safe for one is safe for the other; two that differ are a fault.
    fn narrow_setting(&self, setting: SettingSettings) -> Result<SettingSettings, String> {
        let safe = match (self.safe, setting.safe) {
            (Some(own), Some(given)) if own != given => {
                let (own, given) = (own.name(), given.name());
                return Err(format!(
                    "the policy says that its {own} side is safe, the configuration that the {given} one is"
                ));
            }
            (own, given) => own.or(given),
        };
        Ok(SettingSettings {
            range: self.narrow_range(setting.range)?,
            safe,
            step_up: smaller(setting.step_up, self.step_up),
            step_down: smaller(setting.step_down, self.step_down),
            cooldown_down: longer(setting.cooldown_down, self.cooldown_down),
            ..setting
        })
    }

    /// Both must name the same destinations: users are not sent to one that is not bound, and
    /// nobody is taken from one that the policy does not know.
    fn narrow_traffic(&self, traffic: TrafficSettings) -> Result<TrafficSettings, String> {
        let own: BTreeSet<String> = self.destinations.iter().cloned().collect();
        if own != traffic.destinations {
            let listed = |names: &BTreeSet<String>| {
                names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            };
            let (own, bound) = (listed(&own), listed(&traffic.destinations));
            return Err(format!(
                "the policy sends users to {own}, and the configuration names the destinations {bound}"
            ));
        }
        Ok(TrafficSettings {
            step_down: smaller(traffic.step_down, self.step_down),
            cooldown_down: longer(traffic.cooldown_down, self.cooldown_down),
            ..traffic
        })
    }

    fn narrow_volume(
        &self,
        policy: &PolicyName,
        volume: VolumeSettings,
    ) -> Result<VolumeSettings, String> {
        Ok(VolumeSettings {
            range: self.narrow_range(volume.range)?,
            step_up: smaller(volume.step_up, self.step_up),
            cooldown_up: longer(volume.cooldown_up, self.cooldown_up),
            brakes: self.narrow_brakes(policy, volume.brakes),
            ..volume
        })
    }

    fn narrow_group(
        &self,
        policy: &PolicyName,
        group: GroupSettings,
    ) -> Result<GroupSettings, String> {
        Ok(GroupSettings {
            range: self.narrow_range(group.range)?,
            growth: narrow_step(group.growth, self.step_up),
            shrink: narrow_step(group.shrink, self.step_down),
            cooldown_down: longer(group.cooldown_down, self.cooldown_down),
            ready_after: longer(group.ready_after, self.ready_after),
            brakes: self.narrow_brakes(policy, group.brakes),
            replaces: group.replaces || self.replaces,
            ..group
        })
    }

    fn narrow_database(
        &self,
        policy: &PolicyName,
        database: DatabaseSettings,
    ) -> Result<DatabaseSettings, String> {
        Ok(DatabaseSettings {
            range: self.narrow_range(database.range)?,
            cooldown_up: longer(database.cooldown_up, self.cooldown_up),
            cooldown_down: longer(database.cooldown_down, self.cooldown_down),
            brakes: self.narrow_brakes(policy, database.brakes),
            ..database
        })
    }

    /// An effect that a policy declares is one more that must show.
    fn narrow_brakes(&self, policy: &PolicyName, mut brakes: Brakes) -> Brakes {
        brakes.effects.extend(self.effect.as_ref().map(|effect| Effect {
            input: InputKey::of(policy, &effect.input),
            falls: effect.falls,
            within: effect.within,
            tries: effect.tries,
        }));
        brakes
    }

    fn narrow_range(&self, allowed: Range) -> Result<Range, String> {
        let (min, max) = (self.min.unwrap_or(0), self.max.unwrap_or(u32::MAX));
        Range::new(min, max).and_then(|own| own.narrow(allowed)).ok_or_else(|| {
            let own = match (self.min, self.max) {
                (Some(min), Some(max)) => format!("{min} to {max}"),
                (Some(min), None) => format!("at least {min}"),
                (None, Some(max)) => format!("at most {max}"),
                (None, None) => "any size".to_owned(),
            };
            format!("no size is left: the policy allows {own}, the configuration {allowed}")
        })
    }
}

/// A share in the header means "this share, and at least one member", so that a small
/// group can move at all.
fn narrow_step(allowed: Step, share: Option<f64>) -> Step {
    share.map_or(allowed, |share| Step {
        share: allowed.share.min(share),
        count: allowed.count.min(1),
        period: allowed.period,
    })
}

/// The smaller of two steps; none is no limit.
fn smaller(given: Option<f64>, own: Option<f64>) -> Option<f64> {
    match (given, own) {
        (Some(given), Some(own)) => Some(given.min(own)),
        (given, own) => given.or(own),
    }
}

/// The longer wait is the narrower one.
fn longer(allowed: Span, own: Option<Span>) -> Span {
    own.map_or(allowed, |own| own.max(allowed))
}
