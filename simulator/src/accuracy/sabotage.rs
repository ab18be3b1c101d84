//! Would anybody notice if the model were wrong? It is broken in five places, one at a time
//! (simulator/src/world/engine/sabotage.rs), and for each the check that finds it has to fail, which
//! holds when nothing is broken.

use super::{Extent, cases, closed, storm};
use crate::{
    chance::Chance,
    world::{
        Clients, Service,
        engine::{
            Asked, Des, Engine,
            sabotage::{Part, breaking},
        },
    },
};

/// A check: whether all is well.
type Check = fn() -> bool;

/// What is broken, and who notices.
const TABLE: &[(Part, &str, Check)] = &[
    (Part::Patience, "fluid against every request: failed", || {
        cases::CASES[0].row(Extent::Short).good
    }),
    (Part::Variation, "closed form of M/D/1", || good("M/D/1, load 0.8")),
    (Part::Budget, "a storm of retries that a budget ends", || {
        storm::STORMS.iter().any(|it| it.name().contains("budget") && it.row().good)
    }),
    (Part::Arrivals, "closed form of M/M/1", || good("M/M/1, load 0.8")),
    (Part::Books, "requests are conserved", conserved),
];

fn good(name: &str) -> bool {
    let rows = closed::CLOSED.iter().filter(|closed| closed.name() == name);
    rows.map(|closed| closed.row(Extent::Short)).all(|row| row.good)
}

fn conserved() -> bool {
    let service = Service { queue: Some(2), ..Service::USUAL };
    let mut engine = Des::new(service, Clients::RESIGNED, Chance::new(1));
    let mut left = 0.0;
    for _ in 0..60 {
        let (flow, _) = engine.second(Asked::usual(60.0, 2));
        left += flow.offered - flow.served - flow.given_up;
    }
    left == engine.backlog()
}

#[test]
fn whatever_is_broken_somebody_notices() {
    for (part, who, check) in TABLE {
        assert!(breaking(None, check), "{who} holds");
        assert!(!breaking(Some(*part), check), "{who} did not notice that {part:?} is broken");
    }
}
