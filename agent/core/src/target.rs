//! Targets as they were seen, and as the operator bounded them.

use crate::{Member, Span, Timestamp, Traffic};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was seen of one target in one pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// A group of interchangeable members.
    Group(Group),
    /// A database and its read replicas.
    Database(Database),
    /// A number within bounds.
    Setting(Setting),
    /// A feature that a share of users sees.
    Flag(Flag),
    /// A share of the traffic that a new revision serves.
    Rollout(Rollout),
    /// Something that is run.
    Job(Job),
    /// A disk that can grow.
    Volume(Volume),
    /// Where users are sent.
    Traffic(Traffic),
    /// The provider could not tell, and why. Nothing is done to what is not seen.
    Nothing(String),
}

impl Seen {
    /// Why the target should be left alone just now, as its provider has it.
    pub(crate) fn busy(&self) -> Option<&str> {
        match self {
            Self::Group(group) => group.busy.as_deref(),
            Self::Database(database) => database.busy.as_deref(),
            Self::Setting(setting) => setting.busy.as_deref(),
            Self::Flag(flag) => flag.busy.as_deref(),
            Self::Rollout(rollout) => rollout.busy.as_deref(),
            Self::Job(job) => job.busy.as_deref(),
            Self::Volume(volume) => volume.busy.as_deref(),
            Self::Traffic(traffic) => traffic.busy.as_deref(),
            Self::Nothing(_) => None,
        }
    }

    /// How large it is and how much of that is at work, in what its kind counts. Of traffic it
    /// is the share of the first destination in the order of names.
    pub fn size(&self) -> Option<(u32, u32)> {
        match self {
            Self::Group(group) => Some((group.desired, group.ready)),
            Self::Database(database) => Some((database.present(), database.available())),
            Self::Setting(setting) => Some((setting.value, setting.value)),
            Self::Flag(flag) => Some((flag.share, flag.share)),
            Self::Rollout(rollout) => Some((rollout.share, rollout.share)),
            Self::Job(job) => {
                let running = u32::from(job.last == LastRun::Running);
                Some((running, running))
            }
            Self::Volume(volume) => Some((volume.size, volume.size)),
            Self::Traffic(traffic) => {
                let (_, first) = traffic.destinations.first_key_value()?;
                Some((first.share, first.share))
            }
            Self::Nothing(_) => None,
        }
    }
}

/// A group of interchangeable members, as its provider reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Members asked for.
    pub desired: u32,
    /// Members able to serve now.
    pub ready: u32,
    /// Members the provider calls unhealthy.
    pub unhealthy: u32,
    /// Members on their way to being ready.
    pub warming: u32,
    /// The group's own range, where it has one.
    pub own_range: Option<Range>,
    /// Why the group should be left alone just now: "instance refresh under way".
    pub busy: Option<String>,
    /// Why the cloud could not give what was asked for, in its words.
    pub shortfall: Option<String>,
    /// Why a person wants it left alone: what its tag at the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// Its members by name, in the order of their names; only where they are needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
}

/// A database with its read replicas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// The name of the database in its provider; replica names are made from it.
    pub source: String,
    /// Read replicas, in the order of their names.
    pub replicas: Vec<Replica>,
    /// Connections one instance takes at most, where the provider knows.
    pub max_connections: Option<u32>,
    /// Why the database should be left alone just now: "modifying".
    pub busy: Option<String>,
    /// Why a person wants it left alone: what its tag at the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

impl Database {
    /// Replicas that serve readers now.
    pub fn available(&self) -> u32 {
        count(&self.replicas, |replica| replica.state == ReplicaState::Available)
    }

    /// Replicas that serve or will: everything but those being deleted.
    pub fn present(&self) -> u32 {
        count(&self.replicas, |replica| replica.state != ReplicaState::Deleting)
    }
}

fn count(replicas: &[Replica], wanted: impl Fn(&Replica) -> bool) -> u32 {
    u32::try_from(replicas.iter().filter(|replica| wanted(replica)).count()).unwrap_or(u32::MAX)
}

/// A number that is set somewhere: the cap of a pool, the limit of a rate, a share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// What it is set to.
    pub value: u32,
    /// Why it should be left alone just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
}

/// A feature that a share of users sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// How many percent of users see it: 0 is off, 100 is on.
    pub share: u32,
    /// How many percent saw it before we first changed it, while what we made of it stands; none
    /// once it is restored, or somebody else has changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u32>,
    /// Why it should be left alone just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
}

impl Flag {
    /// The same flag, shown to `share` percent: what stood before is kept until it stands again.
    #[must_use]
    pub fn shown_to(&self, share: u32) -> Self {
        let before = self.before.unwrap_or(self.share);
        Self { share, before: (share != before).then_some(before), ..self.clone() }
    }
}

/// A share of the traffic that a new revision, the candidate, serves beside the stable one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// How many percent of the traffic the candidate serves: 0 is none, 100 is all.
    pub share: u32,
    /// What tells this candidate from every other, where its provider tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Why it should be left alone just now: "no candidate is up".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
    /// Why a person wants it left alone: what its tag at the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

/// Something that is run, and ends by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What became of its last run.
    pub last: LastRun,
    /// What tells its last run from every other, where its provider tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why it should be left alone just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
}

/// What became of a job's last run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastRun {
    /// It was never run, as far as its provider knows.
    #[default]
    Never,
    /// It runs.
    Running,
    /// It went well.
    Ok,
    /// It failed.
    Failed,
}

impl LastRun {
    /// Every outcome with its name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("never", Self::Never),
        ("running", Self::Running),
        ("ok", Self::Ok),
        ("failed", Self::Failed),
    ];

    /// Its name in policies, and in the documents of web services.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Failed => "failed",
        }
    }
}

/// A disk that can grow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its size, in GiB.
    pub size: u32,
    /// How much of it is used, in bytes, where its provider knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Why it should be left alone just now: its cloud works on an earlier change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
    /// Why a person wants it left alone: what its tag at the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

/// The side of its range on which a setting does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The larger, the safer: the cap of a pool.
    High,
    /// The smaller, the safer: the share of spot instances.
    Low,
}

impl Side {
    /// Every side with its name.
    pub const NAMES: [(&'static str, Self); 2] = [("high", Self::High), ("low", Self::Low)];

    /// Its name in a header and in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
        }
    }
}

/// Whether going from `from` to `to` leads away from the side that is `safe`. Where none is,
/// every way does.
pub(crate) const fn leaves(safe: Option<Side>, from: u32, to: u32) -> bool {
    match safe {
        Some(Side::High) => to < from,
        Some(Side::Low) => to > from,
        None => to != from,
    }
}

/// One read replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// Its name in the provider.
    pub name: String,
    /// Whether it carries our tag: only those are ever removed.
    pub ours: bool,
    /// Where it is in its life.
    pub state: ReplicaState,
    /// Whether a failover could make it the writer: such a one is never removed.
    pub promotable: bool,
    /// How far behind the writer it is, if known.
    pub lag: Option<Span>,
}

/// Where a replica is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaState {
    /// Being made; it serves nobody yet.
    Creating,
    /// Serving readers.
    Available,
    /// Being changed, restarted or repaired: hands off.
    Busy,
    /// Going away. It holds its name until it is gone.
    Deleting,
}

/// The fewest and the most a target may have; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    min: u32,
    max: u32,
}

impl Range {
    /// Nothing or one.
    pub(crate) const UP_TO_ONE: Self = Self { min: 0, max: 1 };

    /// Shares, in percent: of users that may see a feature or that are moved, of traffic that may
    /// go to a candidate.
    pub(crate) const SHARES: Self = Self { min: 0, max: 100 };

    /// A range, if `min` is not above `max`.
    pub const fn new(min: u32, max: u32) -> Option<Self> {
        if min <= max { Some(Self { min, max }) } else { None }
    }

    /// The fewest.
    pub const fn min(self) -> u32 {
        self.min
    }

    /// The most.
    pub const fn max(self) -> u32 {
        self.max
    }

    /// The nearest size within the range.
    #[must_use]
    pub fn clamp(self, size: u32) -> u32 {
        size.clamp(self.min, self.max)
    }

    /// What both ranges allow, if anything.
    #[must_use]
    pub fn narrow(self, other: Self) -> Option<Self> {
        Self::new(self.min.max(other.min), self.max.min(other.max))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.min, self.max)
    }
}

/// How many members were ready, and since when: only changes are kept.
///
/// `track` turns a past sample into load by the members that were ready when the
/// sample was taken, not by those that are ready now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadyHistory {
    changes: Vec<Members>,
}

/// How many members there were from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// From when on.
    pub since: Timestamp,
    /// Members able to serve.
    pub ready: u32,
    /// Members asked for.
    pub desired: u32,
}

impl ReadyHistory {
    /// Notes what was seen at `at`, and forgets what ended before `keep` ago.
    pub fn note(&mut self, at: Timestamp, ready: u32, desired: u32, keep: Span) {
        let same = |last: &Members| (last.ready, last.desired) == (ready, desired);
        if !self.changes.last().is_some_and(same) {
            self.changes.push(Members { since: at, ready, desired });
        }
        let horizon = at - keep;
        let stale = self.changes.iter().skip(1).take_while(|next| next.since <= horizon).count();
        self.changes.drain(..stale);
    }

    /// What stood last.
    pub fn latest(&self) -> Option<Members> {
        self.changes.last().copied()
    }

    /// What stood at `at`; the first thing ever seen, for anything before it.
    pub fn at(&self, at: Timestamp) -> Option<Members> {
        let after = self.changes.partition_point(|change| change.since <= at);
        self.changes.get(after.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_range_cannot_be_made() {
        assert_eq!(Range::new(5, 4), None);
        let (a, b) = (Range::new(1, 5).unwrap(), Range::new(6, 9).unwrap());
        assert_eq!(a.narrow(b), None);
    }

    #[test]
    fn it_remembers_who_was_ready_when_a_sample_was_taken() {
        let mut history = ReadyHistory::default();
        let at = |s: i64| Timestamp::from_ms(s * 1000);
        for (second, ready) in [(0, 10), (15, 10), (30, 12), (45, 20)] {
            history.note(at(second), ready, 20, Span::from_minutes(5));
        }
        let ready = |s| history.at(at(s)).unwrap().ready;
        assert_eq!([ready(-5), ready(20), ready(30), ready(44), ready(99)], [10, 10, 12, 12, 20]);
    }

    #[test]
    fn it_forgets_what_ended_long_ago_but_not_what_still_held() {
        let mut history = ReadyHistory::default();
        for second in 0..100 {
            let at = Timestamp::from_ms(second * 1000);
            history.note(at, u32::try_from(second / 10).unwrap(), 10, Span::from_secs(20));
        }
        assert!(history.changes.len() <= 4, "{history:?}");
        assert_eq!(history.at(Timestamp::from_ms(80_000)).unwrap().ready, 8);
    }
}
