//! One made-up world: traffic, a group, a database, metrics, and a provider's API.
//!
//! Time moves in steps of a second, and only when [`World::advance_to`] is called.
//! Equal scenarios, seeds and calls give equal worlds, byte for byte.
//!
//! ```text
//! Load ──► Engine ◄─ Fleet (members boot, serve, cost) ◄── Sessions (who is on which member)
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
mod cache;
mod clients;
mod database;
pub mod engine;
mod facts;
mod faults;
mod fleet;
mod latency;
mod load;
mod metrics;
mod outside;
mod record;
mod service;
mod sessions;
mod standby;
mod tally;

pub use api::{Answer, ApiModel};
pub use bill::{Rent, Tariff};
pub use cache::CacheModel;
pub use clients::{Clients, MOST_RETRIES};
pub use database::DatabaseModel;
pub use database::Replica;
pub use engine::{EngineKind, Waiting};
pub use faults::{Fault, FaultKind, Occurrence, When};
pub use fleet::{FleetModel, Member, Spot, WarmPool};
pub use latency::{Answers, Latencies};
pub(crate) use load::Traffic;
pub use load::{Bursts, Event, Load, Shape};
pub use metrics::{FeedModel, Metric, MetricFault, MetricFaultKind};
pub use record::{Record, Row};
pub use service::{Balancing, Service};
pub use sessions::{Ended, SessionsModel};
pub use tally::Tally;

use crate::{
    chance::Chance,
    score::{Demand, Ledger, Score, Second},
};
use engine::{AnyEngine, Asked, Engine as _};
use facts::Facts;
use setpoint_core::{
    Action, Database as SeenDatabase, FailureKind, Group, Moment, Reading, Span, Timestamp,
};
use std::sync::Arc;

/// Everything that makes one world different from another, but for the luck.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldModel {
    /// The wall-clock time at which it begins.
    pub starts: Timestamp,
    /// The traffic.
    pub load: Load,
    /// What one member can do.
    pub service: Service,
    /// What clients do when a request fails.
    pub clients: Clients,
    /// Which engine lets requests be served.
    pub engine: EngineKind,
    /// The group.
    pub fleet: FleetModel,
    /// The database, if the service has one.
    pub database: Option<DatabaseModel>,
    /// The cache, if the service has one.
    pub cache: Option<CacheModel>,
    /// What turning features off saves, if any can be.
    pub degradation: Option<DegradationModel>,
    /// How metrics are published.
    pub feed: FeedModel,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How the provider treats callers.
    pub api: ApiModel,
}

/// Features that can be turned off, so that requests take less work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DegradationModel {
    /// The share of a request's work that is saved when all of them are off, 0 to 1.
    pub saves: f64,
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

/// A world in the course of a run.
#[derive(Clone, Debug)]
pub struct World {
    model: WorldModel,
    /// What the clock shows, from zero at the start.
    now: Span,
    /// The seconds that have passed: never more than a second behind the clock.
    stepped: Span,
    traffic: load::Traffic,
    faults: faults::Faults,
    engine: AnyEngine,
    fleet: fleet::Fleet,
    database: Option<database::Database>,
    cache: Option<cache::Cache>,
    /// Features that are on, in percent.
    features: u32,
    api: api::Api,
    feed: metrics::Feed,
    sessions: Option<sessions::Sessions>,
    tally: Tally,
    ledger: Option<Ledger>,
    record: Option<Box<Record>>,
}

impl World {
    const STEP: Span = Span::from_secs(1);

    /// The world of `model` at its beginning, with the luck of `seed`.
    pub fn new(model: WorldModel, seed: u64) -> Self {
        let chance = Chance::new(seed);
        let faults = faults::Faults::new(&model.faults, faults::Faults::HORIZON, chance);
        let lost = chance.stream("metrics", 0);
        Self {
            now: Span::ZERO,
            stepped: Span::ZERO,
            traffic: load::Traffic::new(&model.load, chance),
            engine: AnyEngine::new(model.engine, model.service, model.clients, chance),
            fleet: fleet::Fleet::new(model.fleet, chance),
            database: model.database.clone().map(|db| database::Database::new(db, chance)),
            cache: model.cache.map(cache::Cache::new),
            features: 100,
            api: api::Api::new(model.api, chance.stream("api", 0)),
            sessions: model
                .fleet
                .sessions
                .map(|it| sessions::Sessions::new(it, model.feed, model.starts, chance)),
            feed: metrics::Feed::new(model.feed, faults.of_metrics(), model.starts, lost),
            faults,
            tally: Tally::default(),
            ledger: None,
            record: None,
            model,
        }
    }

    /// From now on, keeps the score against this demand.
    pub fn keep_score(&mut self, demand: Arc<Demand>) {
        self.ledger = Some(Ledger::new(demand));
    }

    /// The score, if it is kept.
    pub fn score(&self) -> Option<Score> {
        self.ledger.as_ref().map(Ledger::score)
    }

    /// The same world, that keeps a record from now on.
    #[must_use]
    pub fn recording(mut self, record: Record) -> Self {
        self.record = Some(Box::new(record));
        self
    }

    /// What went wrong so far, or began to.
    pub fn occurred(&self) -> Vec<Occurrence> {
        self.faults.begun().to_vec()
    }

    /// What the agent's clocks show.
    pub fn now(&self) -> Moment {
        let wall = self.model.starts + self.now;
        let skewed = wall.ms().saturating_add(self.faults.weather.skew);
        Moment { wall: Timestamp::from_ms(skewed), monotonic: self.now }
    }

    /// Whether the agent is away just now.
    pub fn agent_is_away(&self) -> bool {
        self.faults.weather.agent_away
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
        let began = self.stepped;
        for kind in self.faults.step(began) {
            self.suffer(kind, began);
        }
        self.fleet.step(began, &self.faults.weather);
        let ready = self.fleet.ready(began);
        let factor = self.traffic.next(&self.model.load, began);
        let down = self.faults.weather.writer_down;
        let connections = self.database.as_mut().map(|db| db.step(ready, began, down));
        let connections = connections.unwrap_or_default();
        let asked = Asked {
            inflow: self.model.load.base_rps * factor,
            ready,
            speed: self.faults.weather.power * self.pool_share(),
            work: self.work(),
            failing: connections.refused_share(),
        };
        let (flow, answers) = self.engine.second(asked);
        let retry = self.model.database.as_ref().map_or(Span::from_secs(1), |db| db.retry);
        let facts = Facts {
            flow,
            answers,
            connections,
            attempts: connections.refused / retry.secs(),
            desired: self.fleet.desired(),
            ready,
            replicas: self.database.as_ref().map_or(0, |db| db.available(began)),
            capacity: asked.capacity_rps(self.model.service),
            backlog: self.engine.backlog(),
            cpu: flow.utilisation.map(|busy| busy / self.faults.weather.waits),
            hits: self.cache.map(|cache| cache.hits()),
            announced: self.model.load.announced(began),
            has_database: self.database.is_some(),
        };
        self.stepped = began + Self::STEP;
        if let Some(sessions) = &mut self.sessions {
            let (members, open) = self.fleet.numbers(began);
            sessions.step(&members, &open, factor, self.stepped);
        }
        self.note(&facts, began);
    }

    fn note(&mut self, facts: &Facts, began: Span) {
        self.feed.add(facts, self.stepped);
        self.tally.add(facts, began);
        let mut demand = 0;
        if let Some(ledger) = &mut self.ledger {
            demand = ledger.add(&Second {
                offered: facts.flow.offered,
                served: facts.flow.served,
                slow: facts.flow.slow,
                failed: facts.failed(),
                degraded: self.features < 100,
                ready: facts.ready,
                desired: facts.desired,
            });
        }
        if let Some(mut record) = self.record.take() {
            let beside = record::Beside { demand, features: self.features };
            record.add(facts, beside, self.stepped, || self.dollars());
            self.record = Some(record);
        }
    }

    /// A fault begins that is over at once, at least in part.
    fn suffer(&mut self, kind: FaultKind, now: Span) {
        match kind {
            FaultKind::InstanceKill(share) => self.fleet.lose_share(share, false, now),
            FaultKind::SpotReclaim(share) => self.fleet.lose_share(share, true, now),
            FaultKind::ZoneDown(zone) => self.fleet.lose_zone(zone, now),
            FaultKind::CacheFlush => {
                if let Some(cache) = &mut self.cache {
                    cache.flush();
                }
            }
            FaultKind::NoCapacity
            | FaultKind::LaunchFail(_)
            | FaultKind::BootSlow(_)
            | FaultKind::Slow { .. }
            | FaultKind::DepLatency(_)
            | FaultKind::DbFailover
            | FaultKind::ApiThrottle
            | FaultKind::ApiError(_)
            | FaultKind::LostReply(_)
            | FaultKind::Metric(..)
            | FaultKind::ClockSkew(_)
            | FaultKind::AgentRestart => {}
        }
    }

    /// How many times the usual work a request takes, once the cache has had its second.
    fn work(&mut self) -> f64 {
        let cache = self.cache.as_mut().map_or(1.0, |cache| {
            cache.step();
            cache.work()
        });
        let saves = self.model.degradation.map_or(0.0, |model| model.saves);
        let off = 1.0 - f64::from(self.features) / 100.0;
        cache * self.faults.weather.waits * (1.0 - saves * off)
    }

    /// The share of its workers that a member has connections for.
    fn pool_share(&self) -> f64 {
        let workers = f64::from(self.model.service.workers);
        self.database.as_ref().map_or(1.0, |db| (f64::from(db.pool()) / workers).min(1.0))
    }

    /// What a reader gets to hear of `metric` now.
    pub fn read(&self, metric: Metric) -> Reading {
        self.feed.read(metric, self.now)
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

    /// Whether a replica is being made.
    pub fn is_making_a_replica(&self) -> bool {
        self.database.as_ref().is_some_and(|database| database.is_making(self.now))
    }

    /// Asks the provider for a change. Asked for twice, it is made once. Takes the time that a
    /// call takes.
    pub fn apply(&mut self, action: &Action) -> Result<(), Refusal> {
        self.apply_to(None, action)
    }

    /// The same, where the action may set a dial.
    pub fn apply_to(&mut self, dial: Option<Dial>, action: &Action) -> Result<(), Refusal> {
        self.advance_to(self.now + self.model.api.latency);
        let answer = self.api.admit(self.now, &self.faults.weather);
        let answer = answer.map_err(|kind| Refusal {
            kind,
            message: "the provider's API took no more calls".into(),
        })?;
        self.change(action, dial)?;
        match answer {
            Answer::Heard => Ok(()),
            Answer::Lost => Err(Refusal {
                kind: FailureKind::Unavailable,
                message: "the answer of the provider's API was lost".into(),
            }),
        }
    }

    fn change(&mut self, action: &Action, dial: Option<Dial>) -> Result<(), Refusal> {
        let refused = |message| Refusal { kind: FailureKind::Refused, message };
        let nothing = || refused(format!("there is nothing here to {action}"));
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
                self.database.as_mut().ok_or_else(nothing)?.remove(name, self.now).map_err(refused)
            }
            Action::Set { to, .. } => self.turn(dial.ok_or_else(nothing)?, *to),
            Action::Start { .. } | Action::Grow { .. } | Action::Route { .. } => Err(nothing()),
        }
    }

    fn turn(&mut self, dial: Dial, to: u32) -> Result<(), Refusal> {
        match (dial, &mut self.database, &mut self.cache) {
            (Dial::Features, ..) => self.features = to.min(100),
            (Dial::Pool, Some(database), _) => database.set_pool(to),
            (Dial::CacheNodes, _, Some(cache)) => cache.resize(to),
            (Dial::Pool | Dial::CacheNodes, ..) => {
                let message = format!("there is no such thing as {dial:?} here");
                return Err(Refusal { kind: FailureKind::Refused, message });
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
            let message = format!("the group has {desired} members, not {from}");
            return Err(Refusal { kind: FailureKind::Stale, message });
        }
        if range.clamp(to) != to {
            let message = format!("{to} is outside the group's own range {range}");
            return Err(Refusal { kind: FailureKind::Refused, message });
        }
        let ended = self.fleet.resize(to, self.now, &self.faults.weather);
        self.note_ended(ended);
        Ok(())
    }

    /// What happened so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What happened in the course of it, if that was recorded.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    /// Requests that have arrived and not left.
    pub fn backlog(&self) -> f64 {
        self.engine.backlog()
    }

    /// Hours paid for members so far.
    pub fn member_hours(&self) -> f64 {
        self.fleet.hours(self.now)
    }

    /// Hours paid for the database's instances so far.
    pub fn database_hours(&self) -> f64 {
        self.database.as_ref().map_or(0.0, |database| database.rent(self.now).hours())
    }

    /// Dollars paid so far, for members and the database.
    pub fn dollars(&self) -> f64 {
        let database = self.database.as_ref().map_or(0.0, |db| db.rent(self.now).dollars());
        self.fleet.dollars(self.now) + database
    }

    /// What it is made of.
    pub const fn model(&self) -> &WorldModel {
        &self.model
    }
}

#[cfg(test)]
pub(crate) mod tests;
