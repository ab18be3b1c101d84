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
//! A standby is a world in this one: it gets the users who are sent there, and its facts count.
//!
//! Start reading at `World::step`.

mod api;
mod bill;
mod cache;
mod clients;
mod database;
pub mod engine;
mod facts;
mod failover;
mod faults;
mod fleet;
mod latency;
mod load;
mod metrics;
mod outside;
mod parts;
mod record;
mod rollout;
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
pub use failover::{RoutesModel, StandbyModel};
pub use faults::{Fault, FaultKind, Occurrence, When};
pub use fleet::{FleetModel, Member, Spot, WarmPool};
pub use latency::{Answers, Latencies};
pub(crate) use load::Traffic;
pub use load::{Bursts, Event, Load, Shape};
pub use metrics::{FeedModel, Metric, MetricFault, MetricFaultKind};
pub use parts::{Dial, Part, Refusal};
pub use record::{Record, Row};
pub use rollout::{Revision, RolloutModel};
pub use service::{Balancing, Service};
pub use sessions::{Ended, SessionsModel};
pub use tally::Tally;

use crate::{
    chance::Chance,
    score::{Demand, Ledger, Score, Second},
};
use engine::{AnyEngine, Asked, Engine as _};
use facts::Facts;
use setpoint_core::{Moment, Reading, Span, Timestamp};
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
    /// The revisions that are rolled out, if any are.
    pub rollout: Option<RolloutModel>,
    /// A second site, if there is one. It knows neither a database nor a cache nor a rollout.
    pub standby: Option<StandbyModel>,
    /// How metrics are published.
    pub feed: FeedModel,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How the provider treats callers.
    pub api: ApiModel,
}

impl WorldModel {
    /// The metrics that such a world publishes, if there is anything to measure.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        let all = Metric::ALL.iter().map(|(_, metric)| *metric);
        all.filter(|metric| self.rollout.is_some() || !metric.is_of_a_rollout())
            .filter(|metric| self.standby.is_some() || metric.of_the_standby().is_none())
    }
}

/// Features that can be turned off, so that requests take less work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DegradationModel {
    /// The share of a request's work that is saved when all of them are off, 0 to 1.
    pub saves: f64,
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
    rollout: Option<rollout::Rollout>,
    standby: Option<Box<failover::Standby>>,
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
        Self::with(model, Vec::new(), Chance::new(seed))
    }

    /// The same with this luck, and with more faults of its numbers than its model has.
    fn with(model: WorldModel, untrue: Vec<MetricFault>, chance: Chance) -> Self {
        let faults = faults::Faults::new(&model.faults, faults::Faults::HORIZON, chance);
        let lost = chance.stream("metrics", 0);
        let untrue = [faults.of_metrics(), untrue].concat();
        Self {
            now: Span::ZERO,
            stepped: Span::ZERO,
            traffic: load::Traffic::new(&model.load, chance),
            engine: AnyEngine::new(model.engine, model.service, model.clients, chance),
            fleet: fleet::Fleet::new(model.fleet, chance),
            database: model.database.clone().map(|db| database::Database::new(db, chance)),
            cache: model.cache.map(cache::Cache::new),
            features: 100,
            rollout: model.rollout.clone().map(rollout::Rollout::new),
            api: api::Api::new(model.api, chance.stream("api", 0)),
            sessions: model
                .fleet
                .sessions
                .map(|it| sessions::Sessions::new(it, model.feed, model.starts, chance)),
            standby: failover::Standby::new(&model, &untrue, chance).map(Box::new),
            feed: metrics::Feed::new(model.feed, untrue, model.starts, lost),
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
        if let Some(standby) = &mut self.standby {
            standby.site.now = self.now;
        }
    }

    /// Lets one second pass.
    fn step(&mut self) {
        let began = self.stepped;
        for kind in self.faults.step(began) {
            self.suffer(kind, began);
        }
        let factor = self.traffic.next(&self.model.load, began);
        let inflow = self.model.load.base_rps * factor;
        let Some(mut standby) = self.standby.take() else {
            let facts = self.serve(inflow, factor, began);
            self.feed.add(&facts, self.stepped);
            return self.note(&facts, began);
        };
        standby.site.faults.weather = self.faults.weather.elsewhere();
        let (here, there) = standby.split(inflow, began);
        let mut facts = self.serve(here, factor, began);
        let others = standby.site.serve(there, factor, began);
        standby.check(facts.ready > 0, self.stepped);
        self.feed.add(&facts, self.stepped);
        standby.site.feed.add(&others, self.stepped);
        standby.site.tally.add(&others, began);
        self.standby = Some(standby);
        facts.take_in(others);
        self.note(&facts, began);
    }

    /// Lets members come and go in the second from `began`, and serve what arrives.
    fn serve(&mut self, inflow: f64, factor: f64, began: Span) -> Facts {
        if let Some(rollout) = &mut self.rollout {
            rollout.step(began);
        }
        self.fleet.step(began, &self.faults.weather);
        let ready = self.fleet.ready(began);
        let down = self.faults.weather.writer_down;
        let connections = self.database.as_mut().map(|db| db.step(ready, began, down));
        let connections = connections.unwrap_or_default();
        // Where a region is dead nobody takes a request: it fails at once, and leaves no work behind.
        let lost = if self.faults.weather.region_down { inflow } else { 0.0 };
        let asked = Asked {
            inflow: inflow - lost,
            ready,
            speed: self.faults.weather.power * self.pool_share(),
            work: self.work(),
            failing: self.failing(connections.refused_share()),
        };
        let (mut flow, answers) = self.engine.second(asked);
        flow.turn_away(lost);
        let sides = self
            .rollout
            .as_ref()
            .map(|rollout| Box::new(rollout.sides(&flow, &answers, connections.refused_share())));
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
            sides,
            elsewhere: None,
        };
        self.stepped = began + Self::STEP;
        if let Some(sessions) = &mut self.sessions {
            let (members, open) = self.fleet.numbers(began);
            sessions.step(&members, &open, factor, self.stepped);
        }
        facts
    }

    /// Keeps what a second came to, at all sites.
    fn note(&mut self, facts: &Facts, began: Span) {
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
            let rollout = self.rollout.as_ref().map_or(0, rollout::Rollout::share);
            let (features, here) = (self.features, self.sent_here());
            let beside = record::Beside { demand, features, rollout, here };
            record.add(facts, beside, self.stepped, || self.dollars());
            self.record = Some(record);
        }
    }

    /// A fault begins that is over at once, at least in part.
    fn suffer(&mut self, kind: FaultKind, now: Span) {
        match kind {
            FaultKind::InstanceKill(share) => self.fleet.lose_share(share, false, now),
            FaultKind::SpotReclaim(share) => self.fleet.lose_share(share, true, now),
            FaultKind::RegionDown => self.fleet.lose_share(1.0, false, now),
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
        let revisions = self.rollout.as_ref().map_or(1.0, rollout::Rollout::work);
        cache * self.faults.weather.waits * (1.0 - saves * off) * revisions
    }

    /// The share of served attempts that end in an error, where so many found no connection.
    fn failing(&self, unconnected: f64) -> f64 {
        let errors = self.rollout.as_ref().map(rollout::Rollout::errors);
        errors.map_or(unconnected, |errors| rollout::either(unconnected, errors))
    }

    /// The share of its workers that a member has connections for.
    fn pool_share(&self) -> f64 {
        let workers = f64::from(self.model.service.workers);
        self.database.as_ref().map_or(1.0, |db| (f64::from(db.pool()) / workers).min(1.0))
    }

    /// What a reader gets to hear of `metric` now.
    pub fn read(&self, metric: Metric) -> Reading {
        let Some(standby) = &self.standby else { return self.feed.read(metric, self.now) };
        match metric.of_the_standby() {
            Some(own) => standby.site.feed.read(own, self.now),
            None => self.feed.read(metric, self.now),
        }
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
        self.engine.backlog() + self.standby.as_ref().map_or(0.0, |it| it.site.backlog())
    }

    /// Hours paid for members so far.
    pub fn member_hours(&self) -> f64 {
        let standby = self.standby.as_ref().map_or(0.0, |it| it.site.member_hours());
        self.fleet.hours(self.now) + standby
    }

    /// Hours paid for the database's instances so far.
    pub fn database_hours(&self) -> f64 {
        self.database.as_ref().map_or(0.0, |database| database.rent(self.now).hours())
    }

    /// Dollars paid so far, for members and the database.
    pub fn dollars(&self) -> f64 {
        let database = self.database.as_ref().map_or(0.0, |db| db.rent(self.now).dollars());
        let standby = self.standby.as_ref().map_or(0.0, |it| it.site.dollars());
        self.fleet.dollars(self.now) + database + standby
    }

    /// What it is made of.
    pub const fn model(&self) -> &WorldModel {
        &self.model
    }
}

#[cfg(test)]
pub(crate) mod tests;
