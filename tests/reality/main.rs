//! The simulator against reality: real workers behind a HAProxy under an open load, members added by the
//! real agent with a real start-up time; and the same, simulated after a fit of what was recorded.
//!
//! `just reality` prints the rows that stand in `docs/simulator-accuracy.md`.

mod load;
mod scene;
mod simulated;

use load::Shape;
use scene::Scene;
use setpoint_core::Timestamp;
use setpoint_sim::{history::Window, world::EngineKind};
use std::time::{SystemTime, UNIX_EPOCH};

/// How far the simulator may be off: points of failed requests, and a share of the p99.
const FAILED: f64 = 1.0;
const P99: f64 = 0.25;

#[expect(clippy::disallowed_methods, reason = "a real Prometheus is asked by the real time")]
fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    Timestamp::from_ms(i64::try_from(now.as_millis()).expect("it is before 292 million"))
}

/// How many times a shape is lived through at most: a machine that did something else for a second
/// served less than its members can.
const TIMES: usize = 2;

/// Lives through `shape`, once for real and once simulated, and compares: one time of `TIMES` must
/// be near. Every time is printed.
#[track_caller]
fn check(name: &str, max: u32, shape: &Shape, seed: u64) {
    let far: Vec<String> =
        (0..TIMES).map_while(|_| compare(name, max, shape, seed).err()).collect();
    assert!(far.len() < TIMES, "{name}: {far:?}");
}

/// One time; says what is not near.
#[expect(clippy::print_stdout, reason = "the rows of the manual come from here")]
fn compare(name: &str, max: u32, shape: &Shape, seed: u64) -> Result<(), String> {
    let scene = Scene::start(max);
    let since = now();
    let real = load::send(scene.machines.front(), shape, seed);
    let window = Window { since, until: now(), step: setpoint_core::Span::from_secs(1) };
    let history = simulated::recorded(scene.machines.numbers(), window);
    let (fit, scenario) = simulated::fitted(&history, max);
    println!("{}", fit.text());
    let simulate = |engine| simulated::simulate(&scenario, engine);
    let (fluid, des) = (simulate(EngineKind::Fluid), simulate(EngineKind::Des));
    let (failed, p99) = (real.failed_pct(), real.p99_ms());
    println!(
        "| {name} | {} | {failed:.2} | {:.2} | {:.2} | {p99:.0} | {:.0} | {:.0} |",
        real.sent, des.failed_pct, fluid.failed_pct, des.p99_ms, fluid.p99_ms,
    );
    let points = (des.failed_pct - failed).abs();
    let share = (des.p99_ms / p99 - 1.0).abs();
    if points <= FAILED && share <= P99 {
        return Ok(());
    }
    Err(format!("failed requests are {points:.2} points off, the p99 {:.0} %", 100.0 * share))
}

#[test]
fn it_is_near_a_load_that_members_follow() {
    let shape = [(0.0, 10.0), (40.0, 10.0), (100.0, 80.0), (130.0, 80.0)];
    check("10 to 80 requests/s in 60 s, up to 6 members", 6, &shape, 1);
}

#[test]
fn it_is_near_a_load_that_is_more_than_all_members_can_serve() {
    let shape = [
        (0.0, 10.0),
        (20.0, 10.0),
        (40.0, 60.0),
        (90.0, 60.0),
        (100.0, 115.0),
        (115.0, 115.0),
        (125.0, 60.0),
        (150.0, 60.0),
    ];
    check("60 to 115 requests/s and back, up to 4 members", 4, &shape, 2);
}
