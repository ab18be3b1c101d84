//! What becomes of requests: the one question, and who can answer it.
//!
//! An engine is told what arrives in a second and who is there to serve it, and tells
//! what became of it. [`Fluid`] lets work flow and adds the waiting that chance makes
//! by formula; it is fast. [`Des`] follows every request; it is the referee.
//!
//! Requests are conserved: those that were offered were served, were given up, or are
//! still on their way ([`Engine::backlog`]).

mod des;
mod erlang;
mod fluid;
mod grid;
pub(crate) mod sabotage;
mod waiting;

pub use des::Des;
pub use fluid::Fluid;
pub use waiting::Waiting;

use super::{clients::Clients, latency::Answers, service::Service};
use crate::chance::Chance;

/// Lets requests be served, second by second.
pub trait Engine {
    /// Lets one second pass: what became of the requests in it, and how long answers took.
    fn second(&mut self, asked: Asked) -> (Flow, Answers);

    /// Requests that were offered and have neither been served nor given up: they wait, are
    /// being served, or are about to be tried again.
    fn backlog(&self) -> f64;
}

/// What arrives in a second, and who is there to serve it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// First attempts that arrive in this second. Not below zero; need not be whole.
    pub inflow: f64,
    /// Members that serve.
    pub ready: u32,
    /// The members' speed as a share of what it should be, 0 to 1: below 1 where they are slow.
    pub speed: f64,
    /// The time of one request as a multiple of [`Service::mean`], above zero: below 1 where
    /// the service is degraded, above 1 where something it depends on is slow.
    pub work: f64,
    /// The share of served attempts that end in an error, 0 to 1: clients try them again.
    pub failing: f64,
}

impl Asked {
    /// So many requests for so many members, and nothing out of the ordinary.
    pub const fn usual(inflow: f64, ready: u32) -> Self {
        Self { inflow, ready, speed: 1.0, work: 1.0, failing: 0.0 }
    }

    /// The mean seconds of one request; infinite where members stand still.
    pub fn seconds_each(self, service: Service) -> f64 {
        service.mean.secs() * self.work / self.speed
    }

    /// Requests per second that the members can serve.
    pub fn capacity_rps(self, service: Service) -> f64 {
        f64::from(self.ready) * service.member_rps() * (self.speed / self.work)
    }
}

/// What became of the requests of one second.
///
/// A request is what a client wants; it takes one attempt or, with retries, several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// Requests that arrived: first attempts.
    pub offered: f64,
    /// Attempts that arrived, first ones and retries.
    pub attempts: f64,
    /// Requests that left with a good answer.
    pub served: f64,
    /// Of those, the ones that waited longer than [`Service::slow`] in their last attempt.
    pub slow: f64,
    /// Requests that left without: the last attempt failed, for whatever reason.
    pub given_up: f64,
    /// Attempts that were answered with an error: [`Asked::failing`].
    pub errors: f64,
    /// Attempts that were turned away at once: [`Service::queue`].
    pub shed: f64,
    /// Attempts whose client lost its patience.
    pub timed_out: f64,
    /// Attempts that were worked on although their client had lost its patience:
    /// [`Service::drops_expired`].
    pub wasted: f64,
    /// The share of the members' time that was used, 0 to 1; none without members.
    pub utilisation: Option<f64>,
}

impl Flow {
    /// Takes in the requests of the same second at another site. How busy members were stays that
    /// of this one.
    pub(super) fn take_in(&mut self, other: &Self) {
        self.offered += other.offered;
        self.attempts += other.attempts;
        self.served += other.served;
        self.slow += other.slow;
        self.given_up += other.given_up;
        self.errors += other.errors;
        self.shed += other.shed;
        self.timed_out += other.timed_out;
        self.wasted += other.wasted;
    }
}

impl Flow {
    /// Counts so many requests more that were turned away at once, and whose clients did not try again.
    pub(super) fn turn_away(&mut self, requests: f64) {
        self.offered += requests;
        self.attempts += requests;
        self.shed += requests;
        self.given_up += requests;
    }
}

/// Which engine a world runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// [`Fluid`]: milliseconds for a day.
    #[default]
    Fluid,
    /// [`Des`]: about a second for each five million requests.
    Des,
}

impl EngineKind {
    /// Every engine with its name.
    pub const NAMES: [(&'static str, Self); 2] = [("fluid", Self::Fluid), ("des", Self::Des)];
}

/// An engine of either kind.
#[derive(Clone, Debug)]
pub(super) enum AnyEngine {
    Fluid(Fluid),
    Des(Box<Des>),
}

impl AnyEngine {
    pub(super) fn new(
        kind: EngineKind,
        service: Service,
        clients: Clients,
        chance: Chance,
    ) -> Self {
        match kind {
            EngineKind::Fluid => Self::Fluid(Fluid::new(service, clients)),
            EngineKind::Des => Self::Des(Box::new(Des::new(service, clients, chance))),
        }
    }
}

impl Engine for AnyEngine {
    fn second(&mut self, asked: Asked) -> (Flow, Answers) {
        match self {
            Self::Fluid(engine) => engine.second(asked),
            Self::Des(engine) => engine.second(asked),
        }
    }

    fn backlog(&self) -> f64 {
        match self {
            Self::Fluid(engine) => engine.backlog(),
            Self::Des(engine) => engine.backlog(),
        }
    }
}

#[cfg(test)]
mod tests;
