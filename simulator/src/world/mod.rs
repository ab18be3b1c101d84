//! One made-up world: traffic, a group, a database, metrics, and a provider's API.
//!
//! Time moves in steps of a second, and only when [`World::advance_to`] is called.
//! Equal scenarios, seeds and calls give equal worlds, byte for byte.
//!
//! ```text
//! Load ──► Queue ◄── Fleet (members boot, serve, cost) ◄── Sessions (who is on which member)
//!            │          │ pools
//!            │          ▼
//!            │       Database (connections, replicas)
//!            ▼          │
//!          Facts ◄──────┘ ──► Feed (what is published)   Tally (what happened)
//! ```
//!
//! Start reading at `World::step`.

mod api;
mod bill;
mod database;
mod facts;
mod fleet;
mod latency;
mod load;
mod metrics;
mod queue;
mod sessions;
mod standby;
mod tally;

pub use api::ApiModel;
pub use bill::{Rent, Tariff};
pub use database::DatabaseModel;
pub use fleet::FleetModel;
pub use load::{Load, Shape};
pub use metrics::{FeedModel, Metric, MetricFault, MetricFaultKind};
pub use queue::Service;
pub use sessions::{Ended, SessionsModel};
pub use tally::{Minute, Tally};

use crate::chance::Chance;
use facts::Facts;
use setpoint_core::{
    Action, Database as SeenDatabase, FailureKind, Group, Moment, Reading, Span, Timestamp,
};

/// Everything that makes one world different from another, but for the luck.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The wall-clock time at which it begins.
    pub starts: Timestamp,
    /// The traffic.
    pub load: Load,
    /// What one member can do.
    pub service: Service,
    /// The group.
    pub fleet: FleetModel,
    /// The database.
    pub database: DatabaseModel,
    /// How metrics are published.
    pub feed: FeedModel,
    /// When metrics cannot be trusted.
    pub faults: Vec<MetricFault>,
    /// How the provider treats callers.
    pub api: ApiModel,
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

/// A world in the course of a run.
#[derive(Clone, Debug)]
pub struct World {
    scenario: Scenario,
    /// What the clock shows, from zero at the start.
    now: Span,
    /// The seconds that have passed: never more than a second behind the clock.
    stepped: Span,
    noise: load::Noise,
    queue: queue::Queue,
    fleet: fleet::Fleet,
    database: database::Database,
    api: api::Api,
    feed: metrics::Feed,
    sessions: Option<sessions::Sessions>,
    tally: Tally,
}

impl World {
    const STEP: Span = Span::from_secs(1);

    /// The world of `scenario` at its beginning, with the luck of `seed`.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let chance = Chance::new(seed);
        Self {
            now: Span::ZERO,
            stepped: Span::ZERO,
            noise: load::Noise::new(scenario.load.noise, chance.stream("load", 0)),
            queue: queue::Queue::default(),
            fleet: fleet::Fleet::new(scenario.fleet, chance),
            database: database::Database::new(scenario.database.clone(), chance),
            api: api::Api::new(scenario.api, chance.stream("api", 0)),
            sessions: scenario.fleet.sessions.map(|model| {
                sessions::Sessions::new(model, scenario.feed, scenario.starts, chance)
            }),
            feed: metrics::Feed::new(scenario.feed, scenario.faults.clone(), scenario.starts),
            tally: Tally::default(),
            scenario,
        }
    }

    /// What both clocks show.
    pub fn now(&self) -> Moment {
        Moment { wall: self.scenario.starts + self.now, monotonic: self.now }
    }

    /// Lets time pass until the monotonic clock shows `deadline`, or not at all if it has passed.
    pub fn advance_to(&mut self, deadline: Span) {
        self.now = self.now.max(deadline);
        while self.stepped + Self::STEP <= self.now {
            self.step();
        }
    }

    /// Lets one second pass.
    fn step(&mut self) {
        let service = self.scenario.service;
        let began = self.stepped;
        let ready = self.fleet.ready(began);
        let factor = self.scenario.load.shape.at(began) * self.noise.next();
        let flow = self.queue.step(self.scenario.load.base_rps * factor, ready, service);
        let waiting = self.queue.waiting(flow.offered, ready, service);
        let connections = self.database.step(ready, began);
        let unconnected = flow.served * connections.refused_share();
        let answered = flow.served - unconnected;
        let facts = Facts {
            flow,
            waiting,
            connections,
            answered,
            slow: answered * waiting.longer_than(service.slow.secs()),
            unconnected,
            attempts: connections.refused / self.scenario.database.retry.secs(),
            desired: self.fleet.desired(),
            ready,
            replicas: self.database.available(began),
            capacity: f64::from(ready) * service.member_rps(),
        };
        self.stepped = began + Self::STEP;
        if let Some(sessions) = &mut self.sessions {
            let (members, open) = self.fleet.numbers(began);
            sessions.step(&members, &open, factor, self.stepped);
        }
        self.feed.add(&facts, self.stepped);
        self.tally.add(&facts, began);
    }

    /// What a reader gets to hear of `metric` now.
    pub fn read(&self, metric: Metric) -> Reading {
        self.feed.read(metric, self.now)
    }

    /// What the provider says of the group.
    pub fn group(&self) -> Group {
        self.fleet.seen(self.now)
    }

    /// What the provider says of the database.
    pub fn database(&self) -> SeenDatabase {
        self.database.seen(self.now)
    }

    /// Whether a replica is being made.
    pub fn is_making_a_replica(&self) -> bool {
        self.database.is_making(self.now)
    }

    /// Asks the provider for a change. Asked for twice, it is made once.
    pub fn apply(&mut self, action: &Action) -> Result<(), Refusal> {
        self.api.admit(self.now).map_err(|kind| Refusal {
            kind,
            message: "the provider's API took no more calls".into(),
        })?;
        let refused = |message| Refusal { kind: FailureKind::Refused, message };
        match action {
            Action::Resize { from, to } => self.resize(*from, *to),
            Action::Drain { from, to, members } => self.drain((*from, *to), members),
            Action::Retire { members } => self.retire(members),
            Action::Replace { from, member, drained } => self.replace(*from, member, *drained),
            Action::Return { from, to, members } => self.put_back((*from, *to), members),
            Action::AddReplica { name } => {
                self.database.add(name, self.now);
                Ok(())
            }
            Action::RemoveReplica { name } => self.database.remove(name, self.now).map_err(refused),
            Action::Set { .. } | Action::Start { .. } | Action::Grow { .. } => {
                Err(refused(format!("there is nothing here to {action}")))
            }
        }
    }

    fn resize(&mut self, from: u32, to: u32) -> Result<(), Refusal> {
        let (desired, range) = (self.fleet.desired(), self.fleet.range());
        if desired == to {
            return Ok(());
        }
        if desired != from {
            let message = format!("the group has {desired} members, not {from}");
            return Err(Refusal { kind: FailureKind::Stale, message });
        }
        if range.clamp(to) != to {
            let message = format!("{to} is outside the group's own range {range}");
            return Err(Refusal { kind: FailureKind::Refused, message });
        }
        let ended = self.fleet.resize(to, self.now);
        self.note_ended(ended);
        Ok(())
    }

    /// What happened so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Requests that have arrived and not left.
    pub fn backlog(&self) -> f64 {
        self.queue.backlog()
    }

    /// What the members cost so far.
    pub fn fleet_rent(&self) -> Rent {
        self.fleet.rent(self.now)
    }

    /// What the database's instances cost so far.
    pub fn database_rent(&self) -> Rent {
        self.database.rent(self.now)
    }
}

#[cfg(test)]
mod tests;
