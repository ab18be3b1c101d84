//! One source's outage is its own: what needs nothing of it is decided the same, byte for byte.

use async_trait::async_trait;
use setpoint_control::{
    Breaker, Clock, ControlLoop, Evaluator, MetricSource, Nobody, Nowhere, Observe, Past, Ports,
};
use setpoint_core::{
    BoundPolicy, Calendars, Evaluation, Group, GroupSettings, InputKey, InputSettings, Memory,
    Moment, PolicyName, Program, Range, Reading, Sample, Seen, Settings, Snapshot, Span,
    TargetName, TargetSettings, Timestamp, Unit,
};
use setpoint_policies::Policies;
use setpoint_sim::chance::Chance;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

const EVERY: Span = Span::from_secs(15);
const PASSES: u64 = 240;
/// The passes in which the other source is gone.
const OUTAGE: std::ops::Range<u64> = 40..140;

/// The time of both runs: what the test says it is.
#[derive(Clone, Default)]
struct Hands(Arc<AtomicU64>);

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Moment {
        let ms = self.0.load(SeqCst) * EVERY.ms();
        let wall = Timestamp::from_ms(1_700_000_000_000) + Span::from_ms(ms);
        Moment { wall, monotonic: Span::from_ms(ms) }
    }

    async fn sleep_until(&self, _: Span) {}
}

/// CPU as a seed has it, until the source is gone.
struct Seeded {
    input: InputKey,
    seed: u64,
    gone: std::ops::Range<u64>,
    passes: AtomicU64,
}

#[async_trait]
impl MetricSource for Seeded {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let pass = now.monotonic.ms() / EVERY.ms();
        self.passes.fetch_add(1, SeqCst);
        let cpu = 20.0 + 75.0 * Chance::new(self.seed).stream("cpu", pass).uniform();
        let reading = match Sample::new(now.wall, cpu) {
            Some(sample) if !self.gone.contains(&pass) => Reading::Sample(sample),
            _ => Reading::Failed("connection refused".to_owned()),
        };
        [(self.input.clone(), reading)].into()
    }
}

/// Two groups that stay as they are.
struct Still;

#[async_trait]
impl Observe for Still {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let group = Group { desired: 20, ready: 20, ..Group::default() };
        let named = |name| (TargetName::new(name), Seen::Group(group.clone()));
        ["here", "there"].map(named).into()
    }
}

struct Asked(Policies);

impl Evaluator for Asked {
    fn evaluate(&self, settings: &Settings, memory: &Memory, seen: &Snapshot) -> Vec<Evaluation> {
        self.0.evaluate(settings, memory, seen)
    }
}

/// One policy for each group, each with a source of its own.
fn program() -> Program {
    let policy = |target: &str| BoundPolicy {
        name: PolicyName::new(target),
        file: "target-cpu.rhai".into(),
        source: include_str!("../policies/library/target-cpu.rhai").into(),
        targets: [("fleet".to_owned(), TargetName::new(target))].into(),
        params: BTreeMap::new(),
    };
    let range = Range::new(2, 200).expect("2 is less than 200");
    let group = TargetSettings::Group(GroupSettings {
        settle: Span::ZERO,
        stabilise_down: Span::from_secs(30),
        ..GroupSettings::new(range)
    });
    let input = InputSettings::new(Unit::Percent, Span::from_minutes(10), EVERY);
    let both = ["here", "there"];
    let settings = Settings {
        region: "eu-west-1".to_owned(),
        every: EVERY,
        inputs: both.map(|name| (key(name), input.clone())).into(),
        targets: both.map(|name| (TargetName::new(name), group.clone())).into(),
        shadows: BTreeMap::new(),
        calendars: Calendars::default(),
    };
    Program::new(settings, both.map(policy).to_vec())
}

fn key(policy: &str) -> InputKey {
    InputKey::of(&PolicyName::new(policy), "cpu")
}

/// The decisions about each group in every pass, as the journal would keep them.
fn decisions(gone: std::ops::Range<u64>) -> BTreeMap<String, Vec<String>> {
    let program = program();
    let clock = Hands::default();
    let source = |name, seed, gone| {
        let source = Seeded { input: key(name), seed, gone, passes: AtomicU64::new(0) };
        Box::new(Breaker::new(name, Box::new(source), EVERY)) as Box<dyn MetricSource>
    };
    let policies = Policies::from_program(&program).expect("the library is without faults");
    let ports = Ports {
        clock: Box::new(clock.clone()),
        sources: vec![source("here", 1, 0..0), source("there", 2, gone)],
        eyes: vec![Box::new(Still)],
        hands: BTreeMap::new(),
        evaluator: Box::new(Asked(policies)),
        journal: Box::new(Nowhere),
        commands: Box::new(Nobody),
    };
    let mut control = ControlLoop::new(program.settings, ports, Past::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("there is a thread");
    let mut decided: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..PASSES {
        let pass = runtime.block_on(control.pass());
        for decision in pass.plan.decisions {
            let line = serde_json::to_string(&decision).expect("a decision is a value");
            decided.entry(decision.target.as_str().to_owned()).or_default().push(line);
        }
        clock.0.fetch_add(1, SeqCst);
    }
    decided
}

/// A decision without the numbers of its intent, which count over all targets.
fn without_numbers(line: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(line).expect("it was JSON above");
    if let Some(id) = value.pointer_mut("/verdict/act/id") {
        *id = serde_json::Value::Null;
    }
    value.to_string()
}

#[test]
fn the_other_source_s_outage_changes_no_byte_of_a_decision() {
    let (well, ill) = (decisions(0..0), decisions(OUTAGE));
    assert_eq!(well["here"].len() as u64, PASSES);
    let bytes = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| without_numbers(line)).collect()
    };
    assert_eq!(bytes(&well["here"]), bytes(&ill["here"]));
    assert_ne!(well["there"], ill["there"], "the outage is felt where it should be");
    assert!(ill["there"].iter().any(|line| line.contains("asked again in")), "and it says so");
}
