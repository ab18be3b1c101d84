//! One pass over a region, the snapshot given: absorb, evaluate, decide, check, remember.
//!
//! Every target is a group with a `target-cpu` policy of its own, as in a region whose
//! targets are found by a selector. `cargo bench -p setpoint-sim`

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use setpoint_control::think;
use setpoint_core::{
    Calendars, Group, GroupSettings, InputKey, InputSettings, Memory, Moment, PolicyName, Range,
    Reading, Sample, Seen, Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp, Unit,
};
use setpoint_policies::{Policies, Policy, Script};
use std::{collections::BTreeMap, hint::black_box, sync::Arc, time::Duration};

const EVERY: Span = Span::from_secs(15);

/// A region of so many groups, and the policies that look after them.
fn region(targets: u32) -> (Settings, Policies, Snapshot) {
    let text = include_str!("../../policies/library/target-cpu.rhai");
    let script = Arc::new(Script::parse("target-cpu.rhai", text).expect("it ships"));
    let (mut settings, mut policies, mut snapshot) = (
        Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: BTreeMap::new(),
            targets: BTreeMap::new(),
            shadows: BTreeMap::new(),
            calendars: Calendars::default(),
        },
        Vec::new(),
        Snapshot::default(),
    );
    let range = Range::new(10, 200).expect("10 is below 200");
    for index in 0..targets {
        let target = TargetName::new(format!("group-{index:06}"));
        let policy = PolicyName::new(format!("cpu-{index:06}"));
        let input = InputKey::of(&policy, "cpu");
        let bound = BTreeMap::from([("fleet".to_owned(), target.clone())]);
        let policy = Policy::bind(Arc::clone(&script), policy, &bound, BTreeMap::new());
        policies.push(policy.expect("all of it is bound"));
        settings.inputs.insert(input.clone(), InputSettings::new(Unit::Percent, Span::ZERO, EVERY));
        let bounds = TargetSettings::Group(GroupSettings::new(range));
        settings.targets.insert(target.clone(), bounds);
        let group = Group { desired: 40, ready: 40, ..Group::default() };
        snapshot.targets.insert(target, Seen::Group(group));
        snapshot.readings.insert(input, Reading::Empty);
    }
    (settings, Policies::new(policies), snapshot)
}

/// The snapshot of pass `pass`: loads that wander, so that decisions differ.
fn seen(snapshot: &Snapshot, pass: u64) -> Snapshot {
    let ms = pass * EVERY.ms();
    let wall = Timestamp::from_ms(1_800_000_000_000) + Span::from_ms(ms);
    let mut seen = snapshot.clone();
    (seen.pass, seen.at) = (pass, Moment { wall, monotonic: Span::from_ms(ms) });
    for (index, reading) in seen.readings.values_mut().enumerate() {
        let percent = 30.0 + ((index as u64 * 7 + pass * 3) % 60) as f64;
        *reading = Reading::Sample(Sample::new(wall, percent).expect("a finite number"));
    }
    seen
}

fn passes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pass");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    for targets in [1_000, 10_000, 100_000] {
        let (settings, policies, snapshot) = region(targets);
        let evaluator = move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
            policies.evaluate(settings, memory, snapshot)
        };
        let (mut memory, mut pass) = (Memory::default(), 0);
        group.throughput(Throughput::Elements(u64::from(targets)));
        group.bench_function(BenchmarkId::from_parameter(targets), |bencher| {
            bencher.iter_batched(
                || {
                    pass += 1;
                    seen(&snapshot, pass)
                },
                |snapshot| black_box(think(&settings, &mut memory, &snapshot, &evaluator)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, passes);
criterion_main!(benches);
