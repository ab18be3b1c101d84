//! How long requests wait and how long their answers take, by formula.

use super::{
    Asked, erlang, grid,
    sabotage::{Part, is_broken},
};
use crate::world::service::Service;

/// The largest utilisation at which the queue counts as keeping up: beyond it,
/// waiting is the backlog's.
const STEADY: f64 = 0.995;

/// How long requests wait: the backlog's time, and a random time on top of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Waiting {
    /// Seconds of work ahead of a new request.
    behind: f64,
    /// The probability of waiting beyond that.
    queued: f64,
    /// How fast that waiting fades, per second.
    drain: f64,
    /// How fast one request is served, per second.
    rate: f64,
    /// The coefficient of variation of the time of one request.
    cv: f64,
}

/// The points at which the wait is looked at where its sum with the service has no formula.
const POINTS: u32 = 16;

impl Waiting {
    /// How long requests wait at `rps` requests a second and `ready` members, for ever so.
    pub fn steady(service: Service, ready: u32, rps: f64) -> Self {
        Self::new(Asked::usual(rps, ready), service, rps, 0.0)
    }

    /// How long requests wait when `attempts` arrive and are let in, behind a `backlog` of others.
    pub(super) fn new(asked: Asked, service: Service, attempts: f64, backlog: f64) -> Self {
        let rate = 1.0 / asked.seconds_each(service);
        let capacity = asked.capacity_rps(service);
        let patience = service.patience.secs();
        let behind = if capacity > 0.0 { (backlog / capacity).min(patience) } else { patience };
        let places = service.places(asked.ready);
        // In a queue that is full nobody who is served waits longer than it takes to get through it.
        let longest = places.map_or(patience, |places| patience.min(0.99 * places / capacity));
        let arriving = attempts.min(STEADY * capacity);
        // Lines that do not know of each other are as many small queues, each with its part.
        let lines = service.lines(asked.ready);
        let servers = asked.ready.saturating_mul(service.workers) / lines;
        let load = arriving / rate / f64::from(lines);
        let queued = match places {
            _ if behind >= longest && backlog > 0.0 => 0.0,
            _ if rate == 0.0 => 1.0,
            None => grid::c(servers, load),
            Some(places) => erlang::limited(servers, load, places / f64::from(lines)).queued,
        };
        let cv = if is_broken(Part::Variation) { 1.0 } else { service.cv };
        let drain = (capacity - arriving) / f64::from(lines) * 2.0 / (1.0 + cv.powi(2));
        Self { behind, queued, drain, rate, cv: service.cv }
    }

    /// The same line for requests that take so many times as long once it is their turn.
    #[must_use]
    pub(crate) fn taking(self, times: f64) -> Self {
        Self { rate: self.rate / times, ..self }
    }

    /// Takes another second's waiting, of `others` requests, into that of `ours`, if the two differ so little
    /// that their mean tells how long both take: whether it did.
    ///
    /// The share that waits at all is kept. With a fifth between the slowest and the fastest drain, the
    /// share that waits three times as long as usual comes out too small by a 20th, its time by a 60th.
    pub(crate) fn absorb(&mut self, ours: f64, other: &Self, others: f64) -> bool {
        let near = |one: f64, two: f64, allowed: f64| (one - two).abs() <= allowed;
        let (mine, theirs) = (ours * self.queued, others * other.queued);
        let alike = near(self.behind, other.behind, Self::SAME_BEHIND)
            && self.rate == other.rate
            && self.cv == other.cv
            && (near(self.drain, other.drain, Self::SAME_DRAIN * self.drain)
                || self.queued.max(other.queued) < Self::NOBODY);
        if !alike || ours + others <= 0.0 {
            return false;
        }
        let mean = |one, two, here, there| (one * here + two * there) / (here + there);
        if mine + theirs > 0.0 {
            self.drain = mean(self.drain, other.drain, mine, theirs);
        }
        self.queued = mean(self.queued, other.queued, ours, others);
        self.behind = mean(self.behind, other.behind, ours, others);
        true
    }

    /// Seconds of backlog that make no difference.
    const SAME_BEHIND: f64 = 0.000_5;
    /// The difference of two drains, as a share, that makes none.
    const SAME_DRAIN: f64 = 0.1;
    /// The share of requests that wait below which nobody does.
    const NOBODY: f64 = 1e-6;

    /// The share of requests that wait longer than `seconds` before they are served, 0 to 1.
    pub fn longer_than(&self, seconds: f64) -> f64 {
        let rest = seconds - self.behind;
        if rest < 0.0 { 1.0 } else { self.queued * (-self.drain * rest).exp() }
    }

    /// The share of requests whose answer takes longer than `seconds`, waiting and service together, 0 to 1.
    pub fn answered_after(&self, seconds: f64) -> f64 {
        let rest = seconds - self.behind;
        if rest < 0.0 {
            return 1.0;
        }
        if self.cv == 1.0 { self.exponential(rest) } else { self.lognormal(rest) }
    }

    /// The mean seconds until a request is served (Erlang; with cv other than 1 by Allen and Cunneen).
    pub fn mean_wait(&self) -> f64 {
        if self.queued > 0.0 { self.behind + self.queued / self.drain } else { self.behind }
    }

    /// The mean seconds that serving one takes.
    pub fn mean_service(&self) -> f64 {
        1.0 / self.rate
    }

    /// The sum of two exponential times, where one of them is there only sometimes.
    fn exponential(&self, rest: f64) -> f64 {
        let served = (-self.rate * rest).exp();
        let apart = self.drain - self.rate;
        let both = if apart.abs() <= 1e-6 * self.rate {
            (1.0 + self.rate * rest) * served
        } else {
            (self.drain * served - self.rate * (-self.drain * rest).exp()) / apart
        };
        (1.0 - self.queued) * served + self.queued * both
    }

    /// The same where the service's time is lognormal, or fixed: the wait is cut into
    /// slices of equal probability.
    fn lognormal(&self, rest: f64) -> f64 {
        let waits = (0..POINTS).map(|slice| {
            let longer = (f64::from(slice) + 0.5) / f64::from(POINTS);
            self.served_after(rest + longer.ln() / self.drain)
        });
        let queued = waits.sum::<f64>() / f64::from(POINTS);
        (1.0 - self.queued) * self.served_after(rest) + self.queued * queued
    }

    /// The share of requests whose service alone takes longer than `seconds`.
    fn served_after(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 || self.rate == 0.0 {
            return 1.0;
        }
        let share_of_mean = seconds * self.rate;
        if self.cv == 0.0 {
            return f64::from(u8::from(share_of_mean < 1.0));
        }
        let sigma = lognormal_sigma(self.cv);
        let deviations = share_of_mean.ln() / sigma + sigma / 2.0;
        0.5 * libm::erfc(deviations / std::f64::consts::SQRT_2)
    }
}

/// The standard deviation of the logarithm of a lognormal time with this coefficient of variation.
pub(super) fn lognormal_sigma(cv: f64) -> f64 {
    (1.0 + cv * cv).ln().sqrt()
}
