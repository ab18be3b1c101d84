//! The parts of the world that somebody looks at and changes, through the provider's front door.
//!
//! A change that is asked for twice is made once, and one that was decided on what is no longer so is
//! stale: the promises that `Act` asks for. Members by name are in `standby.rs`. Start reading at
//! [`World::apply_to`].

use super::{Answer, World, database};
use setpoint_core::{
    Action, Database as SeenDatabase, FailureKind, Group, Rollout as SeenRollout, Seen, Setting,
};

/// A part of the world that can be looked at and changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The group.
    Group,
    /// The database.
    Database,
    /// A number that can be set.
    Dial(Dial),
    /// The share of a candidate in the traffic.
    Rollout,
    /// The group of the standby.
    Standby,
    /// Where users are sent.
    Traffic,
}

/// A number that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dial {
    /// Features that are on, in percent.
    Features,
    /// Connections that each member may keep open.
    Pool,
    /// Nodes of the cache.
    CacheNodes,
}

impl Dial {
    /// Every dial with its name.
    pub const ALL: [(&'static str, Self); 3] =
        [("features", Self::Features), ("pool", Self::Pool), ("cache", Self::CacheNodes)];
}

/// Why the provider did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What may be done about it.
    pub kind: FailureKind,
    /// What it said.
    pub message: String,
}

impl Refusal {
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Refused, message: message.into() }
    }

    pub(super) fn stale(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Stale, message: message.into() }
    }
}

impl World {
    /// What the provider says of a part.
    pub fn see(&self, part: Part) -> Seen {
        if self.is_out_of_reach(part) {
            return Seen::Nothing("the provider of the region does not answer".into());
        }
        let standby = self.standby.as_ref();
        let seen = match part {
            Part::Group => Some(Seen::Group(self.group())),
            Part::Database => self.database().map(Seen::Database),
            Part::Dial(dial) => {
                self.dial(dial).map(|value| Seen::Setting(Setting { value, busy: None }))
            }
            Part::Rollout => self.rollout().map(Seen::Rollout),
            Part::Standby => standby.map(|standby| Seen::Group(standby.site.group())),
            Part::Traffic => standby.map(|standby| Seen::Traffic(standby.seen(self.now))),
        };
        seen.unwrap_or_else(|| Seen::Nothing("this world has no such thing".into()))
    }

    /// Whether nothing is heard of a part, because the region that it is in is dead.
    fn is_out_of_reach(&self, part: Part) -> bool {
        self.faults.weather.region_down && !matches!(part, Part::Standby | Part::Traffic)
    }

    /// What the provider says of the group.
    pub fn group(&self) -> Group {
        self.fleet.seen(self.now)
    }

    /// What the provider says of the database, if there is one.
    pub fn database(&self) -> Option<SeenDatabase> {
        self.database.as_ref().map(|database| database.seen(self.now))
    }

    /// What a dial is set to; none if the world has no such thing.
    pub fn dial(&self, dial: Dial) -> Option<u32> {
        match dial {
            Dial::Features => self.model.degradation.map(|_| self.features),
            Dial::Pool => self.database.as_ref().map(database::Database::pool),
            Dial::CacheNodes => self.cache.map(|cache| cache.nodes()),
        }
    }

    /// What the provider says of the rollout, if there is one.
    pub fn rollout(&self) -> Option<SeenRollout> {
        self.rollout.as_ref().map(|rollout| rollout.seen())
    }

    /// Whether a replica is being made.
    pub fn is_making_a_replica(&self) -> bool {
        self.database.as_ref().is_some_and(|database| database.is_making(self.now))
    }

    /// Asks the provider for a change. Asked for twice, it is made once. Takes the time that a
    /// call takes.
    pub fn apply(&mut self, action: &Action) -> Result<(), Refusal> {
        self.apply_to(Part::Group, action)
    }

    /// The same, where it is about another part than the group or the database.
    pub fn apply_to(&mut self, part: Part, action: &Action) -> Result<(), Refusal> {
        self.advance_to(self.now + self.model.api.latency);
        let answer = self.admit_to(part).map_err(|kind| Refusal {
            kind,
            message: "the provider's API took no more calls".into(),
        })?;
        self.change(part, action)?;
        match answer {
            Answer::Heard => Ok(()),
            Answer::Lost => Err(Refusal {
                kind: FailureKind::Unavailable,
                message: "the answer of the provider's API was lost".into(),
            }),
        }
    }

    /// Lets one call in at the front door of the provider that has this part.
    fn admit_to(&mut self, part: Part) -> Result<Answer, FailureKind> {
        let (now, weather) = (self.now, &self.faults.weather);
        match (part, &mut self.standby) {
            (Part::Standby, Some(standby)) => standby.site.api.admit(now, &weather.elsewhere()),
            (Part::Traffic, Some(standby)) => standby.api.admit(now, &weather.elsewhere()),
            (Part::Standby | Part::Traffic, None)
            | (Part::Group | Part::Database | Part::Dial(_) | Part::Rollout, _) => {
                self.api.admit(now, weather)
            }
        }
    }

    fn change(&mut self, part: Part, action: &Action) -> Result<(), Refusal> {
        let nothing = || Refusal::refused(format!("there is nothing here to {action}"));
        if part == Part::Standby {
            let standby = self.standby.as_mut().ok_or_else(nothing)?;
            return standby.site.change(Part::Group, action);
        }
        match action {
            Action::Resize { from, to } => self.resize(*from, *to),
            Action::Drain { from, to, members } => self.drain((*from, *to), members),
            Action::Retire { members } => self.retire(members),
            Action::Replace { from, member, drained } => self.replace(*from, member, *drained),
            Action::Return { from, to, members } => self.put_back((*from, *to), members),
            Action::AddReplica { name } => {
                self.database.as_mut().ok_or_else(nothing)?.add(name, self.now);
                Ok(())
            }
            Action::RemoveReplica { name } => {
                let database = self.database.as_mut().ok_or_else(nothing)?;
                database.remove(name, self.now).map_err(Refusal::refused)
            }
            Action::Set { from, to, revision, .. } => match part {
                Part::Dial(dial) => self.turn(dial, *to),
                Part::Rollout => {
                    let rollout = self.rollout.as_mut().ok_or_else(nothing)?;
                    rollout.set((*from, *to), revision.as_deref())
                }
                Part::Group | Part::Database | Part::Standby | Part::Traffic => Err(nothing()),
            },
            Action::Route { from, to, .. } => {
                self.standby.as_mut().ok_or_else(nothing)?.route(from, to, self.now)
            }
            Action::Start { .. } | Action::Grow { .. } => Err(nothing()),
        }
    }

    fn turn(&mut self, dial: Dial, to: u32) -> Result<(), Refusal> {
        match (dial, &mut self.database, &mut self.cache) {
            (Dial::Features, ..) => {
                self.features = to.min(100);
                if let Some(standby) = &mut self.standby {
                    standby.site.features = self.features;
                }
            }
            (Dial::Pool, Some(database), _) => database.set_pool(to),
            (Dial::CacheNodes, _, Some(cache)) => cache.resize(to),
            (Dial::Pool | Dial::CacheNodes, ..) => {
                return Err(Refusal::refused(format!("there is no such thing as {dial:?} here")));
            }
        }
        Ok(())
    }

    fn resize(&mut self, from: u32, to: u32) -> Result<(), Refusal> {
        let (desired, range) = (self.fleet.desired(), self.fleet.range());
        if desired == to {
            return Ok(());
        }
        if desired != from {
            return Err(Refusal::stale(format!("the group has {desired} members, not {from}")));
        }
        if range.clamp(to) != to {
            let message = format!("{to} is outside the group's own range {range}");
            return Err(Refusal::refused(message));
        }
        let ended = self.fleet.resize(to, self.now, &self.faults.weather);
        self.note_ended(ended);
        Ok(())
    }
}
