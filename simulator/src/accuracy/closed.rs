//! Both engines against the closed forms of queueing theory.
//!
//! Formulas: A. K. Erlang (1917) for queues with many servers; F. Pollaczek (1930) and A. Y. Khinchin
//! (1932) for times that are not exponential; J. D. C. Little (1961) for L = λT.

use super::{Extent, Row};
use crate::{
    chance::Chance,
    world::{
        Balancing, Clients, Service,
        engine::{Asked, Des, Engine, Fluid},
    },
};
use setpoint_core::Span;

pub(super) const TITLE: &str = "Against closed forms";
pub(super) const COLUMNS: &[&str] =
    &["queue", "quantity", "formula", "fluid", "des", "requests", "tolerance"];

/// A queue of which something is known.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// Its name, as theory writes it.
    name: &'static str,
    quantity: Quantity,
    service: Service,
    members: u32,
    /// Requests per second.
    load: f64,
    /// Whether the fluid engine says anything of it.
    fluid: bool,
    /// Requests in millions, and how far the measured may be from the formula as a share of it: full, and short.
    full: (f64, f64),
    short: (f64, f64),
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    /// The mean wait, in seconds.
    MeanWait,
    /// The share of requests that wait.
    Waits,
    /// The share of requests that are turned away.
    Shed,
    /// The share of requests that lose their patience.
    Impatient,
    /// Requests in the system over arrivals per second times seconds in it.
    Little,
}

/// Members with so many workers and this mean time, and clients that never lose their patience.
const fn service(workers: u32, mean_ms: u64) -> Service {
    let (mean, patience) = (Span::from_ms(mean_ms), Span::from_minutes(60 * 24 * 365));
    Service { workers, mean, patience, ..Service::USUAL }
}

const fn closed(name: &'static str, quantity: Quantity, service: Service, load: f64) -> Closed {
    let (full, short) = ((8.0, 0.02), (0.4, 0.06));
    Closed { name, quantity, service, members: 1, load, fluid: true, full, short }
}

const fn fixed(service: Service, cv: f64) -> Service {
    Service { cv, ..service }
}

const fn limit(service: Service, places: u32) -> Service {
    Service { queue: Some(places), ..service }
}

const SINGLE: Service = service(1, 100);
const TEN: Service = service(10, 90);
const MANY: Service = service(200, 196);
const FOUR_FIFTHS: Service = service(200, 160);
const PAIRS: Service = Service { balancing: Balancing::Random, ..service(2, 40) };
const IMPATIENT: Service = Service { patience: Span::from_secs(1), ..SINGLE };

/// All of them, in the order of the document.
pub const CLOSED: &[Closed] = &[
    closed("M/M/1, load 0.8", Quantity::MeanWait, SINGLE, 8.0),
    closed("M/M/1, load 0.8", Quantity::Waits, SINGLE, 8.0),
    Closed { full: (36.0, 0.01), ..closed("M/M/10, load 0.9", Quantity::MeanWait, TEN, 100.0) },
    Closed { full: (36.0, 0.01), ..closed("M/M/10, load 0.9", Quantity::Waits, TEN, 100.0) },
    // Neighbours in so full a queue share their fate: seeds differ by 5 % over 36 million requests.
    Closed {
        full: (36.0, 0.06),
        short: (2.0, 0.3),
        ..closed("M/M/200, load 0.98", Quantity::MeanWait, MANY, 1000.0)
    },
    Closed {
        full: (36.0, 0.03),
        short: (2.0, 0.1),
        ..closed("M/M/200, load 0.98", Quantity::Waits, MANY, 1000.0)
    },
    // A rare event, of which only the size can be told.
    Closed {
        full: (36.0, 0.1),
        short: (2.0, 0.3),
        ..closed("M/M/200, load 0.8", Quantity::Waits, FOUR_FIFTHS, 1000.0)
    },
    closed("M/D/1, load 0.8", Quantity::MeanWait, fixed(SINGLE, 0.0), 8.0),
    Closed {
        full: (16.0, 0.02),
        short: (0.8, 0.1),
        ..closed("M/G/1, lognormal, cv 2, load 0.8", Quantity::MeanWait, fixed(SINGLE, 2.0), 8.0)
    },
    Closed {
        full: (8.0, 0.01),
        ..closed("M/M/10/10, load 0.9", Quantity::Shed, limit(TEN, 0), 100.0)
    },
    closed("M/M/10/20, load 0.9", Quantity::Shed, limit(TEN, 10), 100.0),
    Closed {
        members: 20,
        ..closed("20 x M/M/2 at random, load 0.9", Quantity::MeanWait, PAIRS, 900.0)
    },
    Closed {
        members: 20,
        ..closed("20 x M/M/2 at random, load 0.9", Quantity::Waits, PAIRS, 900.0)
    },
    Closed {
        fluid: false,
        ..closed("M/M/1+D, load 0.8, patience 1 s", Quantity::Impatient, IMPATIENT, 8.0)
    },
    Closed {
        fluid: false,
        full: (36.0, 0.005),
        short: (2.0, 0.02),
        ..closed("M/M/10, load 0.9", Quantity::Little, TEN, 100.0)
    },
];

impl Closed {
    /// Its name, as theory writes it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the formula says.
    fn formula(&self) -> f64 {
        let lines = match self.service.balancing {
            Balancing::LeastOutstanding => 1,
            Balancing::Random => self.members,
        };
        let servers = self.members * self.service.workers / lines;
        let load = self.load / f64::from(lines) * self.service.mean.secs();
        let drain = (f64::from(servers) - load) / self.service.mean.secs();
        match self.quantity {
            Quantity::MeanWait => {
                erlang_c(servers, load) / drain * (1.0 + self.service.cv.powi(2)) / 2.0
            }
            Quantity::Waits => erlang_c(servers, load),
            Quantity::Shed => self.blocked(servers, load),
            Quantity::Impatient => {
                let late = (-drain * self.service.patience.secs()).exp();
                (1.0 - load) * load * late / (1.0 - load * load * late)
            }
            Quantity::Little => 1.0,
        }
    }

    /// The share that finds all servers and places taken, by the weights of all states.
    fn blocked(&self, servers: u32, load: f64) -> f64 {
        let places = self.service.queue.unwrap_or(0) * self.members;
        let mut weight = 1.0;
        let mut all = 1.0;
        for requests in 1..=servers + places {
            weight *= load / f64::from(requests.min(servers));
            all += weight;
        }
        weight / all
    }

    /// What an engine says, from `warm` seconds on and for so many.
    fn measured(&self, engine: &mut dyn Engine, warm: u64, seconds: u64) -> f64 {
        let asked = Asked::usual(self.load, self.members);
        for _ in 0..warm {
            engine.second(asked);
        }
        let (mut offered, mut shed, mut late) = (0.0, 0.0, 0.0);
        let (mut answers, mut waited, mut waits) = (0.0, 0.0, 0.0);
        let (mut inside, mut times) = (0.0, 0.0);
        for _ in 0..seconds {
            let (flow, answered) = engine.second(asked);
            offered += flow.offered;
            shed += flow.shed;
            late += flow.timed_out;
            answers += answered.requests();
            waited += answered.waited();
            waits += answered.waits();
            times += answered.seconds();
            inside += engine.backlog();
        }
        match self.quantity {
            Quantity::MeanWait => waits / answers,
            Quantity::Waits => waited / answers,
            Quantity::Shed => shed / offered,
            Quantity::Impatient => late / offered,
            Quantity::Little => inside / times,
        }
    }

    /// What theory, the fluid engine and the engine of discrete events say, in this order; the
    /// fluid engine not of everything.
    pub fn figures(&self, extent: Extent) -> (f64, Option<f64>, f64) {
        let clients = Clients::RESIGNED;
        let fluid =
            self.fluid.then(|| self.measured(&mut Fluid::new(self.service, clients), 0, 10));
        let (millions, _) = self.of(extent);
        let seconds = (millions * 1e6 / self.load) as u64;
        let mut des = Des::new(self.service, clients, Chance::new(1));
        (self.formula(), fluid, self.measured(&mut des, seconds / 100, seconds))
    }

    const fn of(&self, extent: Extent) -> (f64, f64) {
        match extent {
            Extent::Short => self.short,
            Extent::Full => self.full,
        }
    }

    pub(super) fn row(&self, extent: Extent) -> Row {
        let (formula, fluid, des) = self.figures(extent);
        let (millions, tolerance) = self.of(extent);
        let near = |measured: f64, allowed: f64| (measured / formula - 1.0).abs() <= allowed;
        Row {
            cells: vec![
                self.name.to_owned(),
                self.quantity.name().to_owned(),
                self.quantity.told(formula),
                fluid.map_or_else(|| "-".to_owned(), |fluid| self.quantity.told(fluid)),
                self.quantity.told(des),
                format!("{millions} M"),
                format!("{} %", (1000.0 * tolerance).round() / 10.0),
            ],
            // The fluid engine has the formulas: it is held to the half percent that its table costs.
            good: near(des, tolerance) && fluid.is_none_or(|fluid| near(fluid, 0.005)),
        }
    }
}

impl Quantity {
    const fn name(self) -> &'static str {
        match self {
            Self::MeanWait => "mean wait",
            Self::Waits => "share that waits",
            Self::Shed => "share turned away",
            Self::Impatient => "share that gives up",
            Self::Little => "L / λT",
        }
    }

    fn told(self, value: f64) -> String {
        match self {
            Self::MeanWait => format!("{:.2} ms", 1000.0 * value),
            Self::Waits | Self::Shed | Self::Impatient => format!("{value:.5}"),
            Self::Little => format!("{value:.4}"),
        }
    }
}

/// Erlang's C by the recursion of his B: apart from the engines' own, which these rows judge.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |b, j| load * b / (f64::from(j) + load * b));
    blocked / (1.0 - load / f64::from(servers) * (1.0 - blocked))
}
