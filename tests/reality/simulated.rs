//! The same again, simulated after a fit of what was recorded.

use crate::scene::{MIN, PATIENCE};
use setpoint_core::Span;
use setpoint_sim::{
    fit::{self, Assumed, Fit, Terms},
    history::{Column, History, Window, Written, fetch},
    roomy::roomy,
    scenario::{Scenario, Source, read},
    score::Demand,
    simulation::{Simulation, evaluator},
    world::{EngineKind, Load, Record, Shape, World},
};
use std::{path::PathBuf, sync::Arc};
use support::Machines;

/// How many runs are made: one may be lucky.
const SEEDS: u64 = 20;

/// Requests that HAProxy turned away, in percent.
const FAILED: &str = concat!(
    "100 * (sum(rate(haproxy_frontend_http_responses_total{proxy=\"front\",code=\"5xx\"}[3s])) or vector(0))",
    " / sum(rate(haproxy_frontend_http_requests_total{proxy=\"front\"}[3s]))"
);

/// What came of all runs, on average.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Requests without a good answer, in percent.
    pub(crate) failed_pct: f64,
    /// The milliseconds within which 99 of 100 answers came.
    pub(crate) p99_ms: f64,
}

/// What a Prometheus knows of a stretch of time, a step a second.
pub(crate) fn recorded(url: String, window: Window) -> History {
    let columns = [
        (Column::Load, "sum(rate(haproxy_frontend_http_requests_total{proxy=\"front\"}[3s]))"),
        (Column::Ready, "max(haproxy_backend_active_servers{proxy=\"web\"})"),
        (Column::Desired, "count(haproxy_server_weight{proxy=\"web\"})"),
        (Column::Queue, "max(haproxy_backend_current_queue{proxy=\"web\"})"),
        (Column::Cpu, Machines::CPU),
        (Column::Failed, FAILED),
    ];
    let columns = columns.into_iter().map(|(column, query)| (column, query.to_owned())).collect();
    let queries = Written { url: Some(url), columns, ..Written::default() };
    let queries = queries.finish().expect("an address and a load are there");
    fetch(&queries, window).expect("Prometheus answers")
}

/// The scenario that a fit of `history` makes of it, with the policy of the library.
pub(crate) fn fitted(history: &History, max: u32) -> (Fit, Scenario) {
    let fit = fit::fit(history, Terms { unknowable: 0.5, ..Terms::default() });
    assert!(fit.is_conclusive(), "{}", fit.text());
    let assumed = Assumed {
        name: "reality".to_owned(),
        trace: None,
        range: (Some(MIN), Some(max)),
        price: 0.0,
        // A scrape every second, and numbers that wait for it on both sides.
        feed: (Span::from_secs(1), Span::from_secs(1)),
        slow: Span::from_ms(100),
        boot: (Span::from_secs(3), 0.0),
        every: Span::from_secs(1),
    };
    let (text, _) = fit::scenario(history, &fit, &assumed).expect("the fit is conclusive");
    // A rate over three seconds is asked for.
    let text = text.replace("[metrics]\n", "[metrics]\nwindow = \"3s\"\n");
    let text = text.replace("[service]", &format!("[service]\npatience = \"{PATIENCE}\"\n#"));
    let policy =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies/library/target-cpu.rhai");
    let text = format!("{text}\n[[policy]]\nfiles = [{:?}]\n", policy.display().to_string());
    let source = Source { path: "reality.toml".into(), text, given: Vec::new(), engine: None };
    let mut scenario = roomy(|| read(&source)).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    scenario.world.load = Load::new(1.0, Shape::Steps(fit::trace(history).into()), 0.0);
    (fit, scenario)
}

/// Simulates the scenario, request by request or by the fluid engine.
pub(crate) fn simulate(scenario: &Scenario, engine: EngineKind) -> Outcome {
    let runs = (1..=SEEDS).map(|seed| roomy(|| one(scenario, engine, seed)));
    runs.fold(Outcome::default(), |mean, run| Outcome {
        failed_pct: mean.failed_pct + run.failed_pct / SEEDS as f64,
        p99_ms: mean.p99_ms + run.p99_ms / SEEDS as f64,
    })
}

fn one(scenario: &Scenario, engine: EngineKind, seed: u64) -> Outcome {
    let mut model = scenario.world.clone();
    model.engine = engine;
    let demand = Arc::new(Demand::new(model.service, model.load.shape.peak()));
    // One row, as long as the run.
    let mut world = World::new(model, seed).recording(Record::new(scenario.length, 2));
    world.keep_score(demand);
    let contestant = &scenario.contestants[0];
    let evaluator = evaluator(contestant.policies.clone());
    let (bindings, settings) = (contestant.bindings.clone(), contestant.settings.clone());
    let (world, _) = Simulation::run(world, bindings, settings, evaluator, scenario.length);
    let row = world.record().and_then(|record| record.rows().first()).expect("it is over");
    Outcome {
        failed_pct: world.score().expect("it was kept").failed_pct,
        p99_ms: 1000.0 * row.p99.expect("there were answers"),
    }
}
