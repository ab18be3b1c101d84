//! The fluid engine against the engine of discrete events, both given the same load and members.
//!
//! This judges the model of the queue, not the control loop around it.

use super::{
    Extent, Row,
    series::{Members, Traffic, series},
};
use crate::{
    chance::Chance,
    world::{
        Balancing, Clients, Latencies, Service,
        engine::{Asked, Des, Engine, Fluid},
    },
};
use setpoint_core::Span;

pub(super) const TITLE: &str = "Fluid against every request";
pub(super) const COLUMNS: &[&str] = &[
    "case",
    "requests",
    "utilisation",
    "failed %, fluid / des",
    "slow %, fluid / des",
    "p99 ms, fluid / des",
    "tolerance, points: failed, slow",
];

/// One load with its members.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    name: &'static str,
    traffic: Traffic,
    members: Members,
    service: Service,
    clients: Clients,
    /// How far the two may be apart on failed and on slow requests, in percentage points.
    tolerance: (f64, f64),
}

const SERVICE: Service = Service { workers: 2, ..Service::USUAL };
/// What is promised of a service that keeps up on average.
const PROMISED: (f64, f64) = (0.1, 0.2);

const fn case(name: &'static str, traffic: Traffic, members: Members) -> Case {
    let (service, clients) = (SERVICE, Clients::RESIGNED);
    Case { name, traffic, members, service, clients, tolerance: PROMISED }
}

const STUBBORN: Clients =
    Clients { retries: 2, backoff: Span::from_ms(200), jitter: 1.0, budget: Some(0.1) };

/// All of them, in the order of the document.
pub const CASES: &[Case] = &[
    case("game 15x, members 5 min late", Traffic::Game, Members::Late(300)),
    case("game 15x, members 3 min late", Traffic::Game, Members::Late(180)),
    case("game 15x, members 1 min late", Traffic::Game, Members::Late(60)),
    case("game 15x, foresight", Traffic::Game, Members::Knows(300)),
    Case {
        tolerance: (0.1, 2.0),
        ..case("game 15x, 60 members (saturated)", Traffic::Game, Members::Fixed(60))
    },
    case("flash 15x in 60 s, members 5 min late", Traffic::Flash, Members::Late(300)),
    case("flash 15x in 60 s, members 1 min late", Traffic::Flash, Members::Late(60)),
    // So close to its limit a queue has a long memory: one such run differs from another by a point or two.
    Case {
        tolerance: (0.1, 3.0),
        ..case("M/M/20, load 0.98", Traffic::Steady(490), Members::Fixed(10))
    },
    Case {
        service: Service { cv: 2.0, ..SERVICE },
        ..case("game 15x, 3 min late, lognormal times, cv 2", Traffic::Game, Members::Late(180))
    },
    Case {
        service: Service { balancing: Balancing::Random, ..SERVICE },
        ..case("game 15x, 1 min late, routed at random", Traffic::Game, Members::Late(60))
    },
    Case {
        service: Service { queue: Some(50), ..SERVICE },
        ..case("flash, 5 min late, a second of work may wait", Traffic::Flash, Members::Late(300))
    },
    Case {
        clients: STUBBORN,
        ..case("flash, 5 min late, 2 retries, budget 10 %", Traffic::Flash, Members::Late(300))
    },
    Case {
        service: Service { drops_expired: false, ..SERVICE },
        ..case("flash, 1 min late, expired work is done", Traffic::Flash, Members::Late(60))
    },
];

/// What one engine says of a case.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Requests that arrived.
    pub offered: f64,
    /// Requests without a good answer, in percent.
    pub failed: f64,
    /// Requests that waited too long, in percent.
    pub slow: f64,
    /// The time in seconds within which 99 % of answers came; none without answers.
    pub p99: Option<f64>,
}

impl Case {
    /// What is served, and by whom.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The share of the members' time that the load would take, on average; and what the fluid engine
    /// and the engine of discrete events say.
    pub fn outcomes(&self, extent: Extent) -> (f64, Outcome, Outcome) {
        let asked = series(self.traffic, self.members, self.service, extent);
        let load: f64 = asked.iter().map(|asked| asked.inflow).sum();
        let capacity: f64 = asked.iter().map(|asked| asked.capacity_rps(self.service)).sum();
        let fluid = outcome(&mut Fluid::new(self.service, self.clients), &asked);
        let mut des = Des::new(self.service, self.clients, Chance::new(1));
        (load / capacity, fluid, outcome(&mut des, &asked))
    }

    pub(super) fn row(&self, extent: Extent) -> Row {
        let (utilisation, fluid, des) = self.outcomes(extent);
        // A fifth of the traffic for half an hour has much luck of its own: five times as much is allowed.
        let more = if extent == Extent::Short { 5.0 } else { 1.0 };
        let (failed, slow) = (more * self.tolerance.0, more * self.tolerance.1);
        let p99 = |outcome: &Outcome| {
            outcome.p99.map_or_else(|| "-".to_owned(), |seconds| format!("{:.0}", 1000.0 * seconds))
        };
        Row {
            cells: vec![
                self.name.to_owned(),
                format!("{:.1} M", des.offered / 1e6),
                format!("{utilisation:.2}"),
                format!("{:.3} / {:.3}", fluid.failed, des.failed),
                format!("{:.3} / {:.3}", fluid.slow, des.slow),
                format!("{} / {}", p99(&fluid), p99(&des)),
                format!("{failed}, {slow}"),
            ],
            good: (fluid.failed - des.failed).abs() <= failed
                && (fluid.slow - des.slow).abs() <= slow,
        }
    }
}

fn outcome(engine: &mut dyn Engine, asked: &[Asked]) -> Outcome {
    let (mut offered, mut given_up, mut slow) = (0.0, 0.0, 0.0);
    let mut latencies = Latencies::default();
    for second in asked {
        let (flow, answers) = engine.second(*second);
        offered += flow.offered;
        given_up += flow.given_up;
        slow += flow.slow;
        latencies.add(&answers);
    }
    let percent = |part: f64| 100.0 * part / offered;
    let p99 = latencies.quantile(0.99);
    Outcome { offered, failed: percent(given_up), slow: percent(slow), p99 }
}
