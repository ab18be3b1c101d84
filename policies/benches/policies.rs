//! What one evaluation of a policy costs, and one check of it.

#[path = "../tests/policies/bench.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod bench;

use bench::Bench;
use criterion::{Criterion, criterion_group, criterion_main};
use setpoint_policies::Script;
use std::hint::black_box;

/// What the inputs of a policy read.
type Readings = &'static [(&'static str, Option<f64>)];

/// The policies of the library that are measured, with what their inputs read.
const POLICIES: [(&str, &str, Readings); 3] = [
    ("target-cpu", include_str!("../library/target-cpu.rhai"), &[("cpu", Some(74.0))]),
    ("step", include_str!("../library/step.rhai"), &[("load", Some(95.0))]),
    (
        "serve-requests",
        include_str!("../library/serve-requests.rhai"),
        &[("cpu", Some(74.0)), ("rps", Some(900.0))],
    ),
];

/// Passes before the one that is measured: windows are full.
const PASSES: usize = 60;

fn evaluate(criterion: &mut Criterion) {
    for (name, source, readings) in POLICIES {
        let mut bench = Bench::new(source);
        for _ in 0..PASSES {
            bench.pass(readings, (40, 40));
        }
        let snapshot = bench.look(readings, (40, 40));
        criterion.bench_function(&format!("evaluate {name}"), |b| {
            b.iter(|| black_box(bench.evaluate(black_box(&snapshot))));
        });
    }
}

fn check(criterion: &mut Criterion) {
    for (name, source, _) in POLICIES {
        criterion.bench_function(&format!("check {name}"), |b| {
            b.iter(|| black_box(Script::parse("x.rhai", black_box(source))));
        });
    }
}

criterion_group!(benches, evaluate, check);
criterion_main!(benches);
