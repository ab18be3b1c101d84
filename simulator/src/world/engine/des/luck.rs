//! What is left to chance, each kind by a stream of its own.

use crate::{
    chance::{Chance, Stream},
    world::{
        engine::{
            sabotage::{Part, is_broken},
            waiting::lognormal_sigma,
        },
        service::Service,
    },
};

#[derive(Clone, Debug)]
pub(super) struct Luck {
    arrivals: Stream,
    services: Stream,
    routes: Stream,
    clients: Stream,
    errors: Stream,
    times: Times,
}

/// The distribution of the time of one request, as a multiple of its mean.
#[derive(Clone, Copy, Debug)]
enum Times {
    Fixed,
    Exponential,
    Lognormal { sigma: f64 },
}

impl Luck {
    pub(super) fn new(service: Service, chance: Chance) -> Self {
        let times = match service.cv {
            0.0 => Times::Fixed,
            1.0 => Times::Exponential,
            cv => Times::Lognormal { sigma: lognormal_sigma(cv) },
        };
        Self {
            arrivals: chance.stream("arrivals", 0),
            services: chance.stream("services", 0),
            routes: chance.stream("routes", 0),
            clients: chance.stream("clients", 0),
            errors: chance.stream("errors", 0),
            times,
        }
    }

    /// Seconds to the next arrival at so many per second; forever at none.
    pub(super) fn gap(&mut self, per_second: f64) -> f64 {
        let gap = if is_broken(Part::Arrivals) { 1.0 } else { exponential(&mut self.arrivals) };
        gap / per_second
    }

    /// The time of one request as a multiple of its mean.
    pub(super) fn service(&mut self) -> f64 {
        match self.times {
            Times::Fixed => 1.0,
            Times::Exponential => exponential(&mut self.services),
            Times::Lognormal { sigma } => (sigma * (self.services.normal() - sigma / 2.0)).exp(),
        }
    }

    /// One of so many lines.
    pub(super) fn line(&mut self, lines: usize) -> usize {
        (self.routes.uniform() * lines as f64) as usize
    }

    /// How far a retry is spread, from 0 to 1.
    pub(super) fn jitter(&mut self) -> f64 {
        self.clients.uniform()
    }

    pub(super) fn fails(&mut self, share: f64) -> bool {
        self.errors.uniform() < share
    }
}

/// An exponential number of mean 1, above zero.
fn exponential(stream: &mut Stream) -> f64 {
    -(1.0 - stream.uniform()).ln()
}
