//! What policies make of what is seen.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_core::{
    Ask, Empty, Evaluation, Group, GroupSettings, InputSettings, Memory, Moment, PolicyName, Range,
    Reading, RuleVerdict, Sample, Seen, Settings, Snapshot, Span, TargetName, TargetSettings,
    Timestamp,
};
use setpoint_policies::{Policies, Policy, Script};
use std::{collections::BTreeMap, sync::Arc};

const EVERY: Span = Span::from_secs(15);

/// A policy over one fleet, evaluated pass by pass.
struct Bench {
    policies: Policies,
    settings: Settings,
    memory: Memory,
    pass: u64,
}

impl Bench {
    fn new(source: &str) -> Self {
        let script = Script::parse("x.rhai", source).unwrap_or_else(|faults| {
            panic!("{}", setpoint_policies::render(&faults, source, false))
        });
        let name = PolicyName::new("x");
        let targets: BTreeMap<String, TargetName> =
            script.header().targets.keys().map(|own| (own.clone(), TargetName::new(own))).collect();
        let inputs = script.header().inputs.clone();
        let policy = Policy::bind(Arc::new(script), name.clone(), &targets, BTreeMap::new());
        let bounds = GroupSettings::new(Range::new(10, 200).unwrap());
        let inputs: BTreeMap<_, InputSettings> = inputs
            .iter()
            .map(|(own, header)| (setpoint_core::InputKey::of(&name, own), header.settings(EVERY)))
            .collect();
        assert!(inputs.values().all(|input| input.empty == Empty::Hold));
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs,
            targets: targets
                .values()
                .map(|target| (target.clone(), TargetSettings::Group(bounds.clone())))
                .collect(),
        };
        let policies = Policies::new(vec![policy.unwrap()]);
        Self { policies, settings, memory: Memory::default(), pass: 0 }
    }

    /// One pass: what each input reads (none: nothing), and members desired and ready.
    fn pass(&mut self, readings: &[(&str, Option<f64>)], fleet: (u32, u32)) -> Evaluation {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).unwrap());
        let reading = |value: &Option<f64>| match value {
            Some(value) => Reading::Sample(Sample::new(wall, *value).unwrap()),
            None => Reading::Failed("the page is gone".to_owned()),
        };
        let group = Group { desired: fleet.0, ready: fleet.1, ..Group::default() };
        let snapshot = Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            readings: readings
                .iter()
                .map(|(name, value)| {
                    (setpoint_core::InputKey::of(&PolicyName::new("x"), name), reading(value))
                })
                .collect(),
            targets: self
                .settings
                .targets
                .keys()
                .map(|target| (target.clone(), Seen::Group(group.clone())))
                .collect(),
            ..Snapshot::default()
        };
        self.memory.absorb(&self.settings, &snapshot);
        let evaluation = self.policies.evaluate(&self.settings, &self.memory, &snapshot).remove(0);
        let plan = setpoint_core::Plan::default();
        self.memory.remember(&self.settings, &plan, std::slice::from_ref(&evaluation));
        evaluation
    }
}

fn header(inputs: &str) -> String {
    format!(
        "const POLICY = #{{ about: \"x\", language: 1, params: #{{ goal: \"60%\" }}, \
         inputs: #{{ {inputs} }}, targets: #{{ fleet: #{{ kind: \"group\" }} }}, \
         state: #{{ seen: 0 }} }};\n"
    )
}

/// The verdicts of the rules in `body` after passes with these values of `m.x`, a share.
#[track_caller]
fn verdicts(body: &str, values: &[Option<f64>]) -> Vec<String> {
    let source = header("x: #{ unit: \"percent\", window: \"10m\" }") + body;
    let mut bench = Bench::new(&source);
    let mut last = Vec::new();
    for value in values {
        let evaluation = bench.pass(&[("x", *value)], (40, 40));
        last = evaluation
            .rules
            .iter()
            .map(|rule| match &rule.verdict {
                RuleVerdict::Fired => "fired".to_owned(),
                RuleVerdict::Quiet => "quiet".to_owned(),
                RuleVerdict::Pending { held, needs } => format!("pending {held} of {needs}"),
                RuleVerdict::Skipped { missing } => format!("skipped: {missing}"),
                RuleVerdict::Failed { message } => format!("failed: {message}"),
            })
            .collect();
    }
    last
}

#[track_caller]
fn check(condition: &str, values: &[Option<f64>], expected: &str) {
    let body = format!("rule \"r\" when {condition} {{ fleet.at_least(1); }}");
    assert_eq!(verdicts(&body, values), [expected]);
}

#[test]
fn it_compares_readings_with_their_units() {
    check("m.x > 60.percent", &[Some(74.0)], "fired");
    check("m.x > 60.percent", &[Some(60.0)], "quiet");
    check("m.x >= 60.percent && m.x != 61.percent", &[Some(60.0)], "fired");
    check("m.x.age < 5.seconds", &[Some(60.0)], "fired");
    check("fleet.desired == 40 && 39 < fleet.ready", &[Some(60.0)], "fired");
    check("m.x > p.goal && m.has(\"x\")", &[Some(61.0)], "fired");
}

#[test]
fn what_is_missing_is_never_a_number() {
    let gone = "skipped: x: no sample yet; the page is gone";
    for condition in [
        "m.x > 1.percent",
        "m.x < 1.percent",
        "!(m.x > 1.percent)",
        "m.x * 2 - m.x / 2 > 0.percent",
    ] {
        check(condition, &[None], gone);
    }
    check("m.x == 0.percent", &[None], gone);
    check("m.has(\"x\")", &[None], "quiet");
    check("m.x.or(90.percent) > 60.percent", &[None], "fired");
    check(
        "m.x.peak(1.minute) > 1.percent",
        &[Some(5.0)],
        "skipped: x: samples cover 25 % of the last 1m, 90 % are needed",
    );
}

#[test]
fn a_window_answers_when_it_is_covered() {
    let rising: Vec<Option<f64>> = (0..8).map(|n| Some(f64::from(n) * 10.0)).collect();
    check("m.x.peak(1.minute) == 70.percent", &rising, "fired");
    check("m.x.low(1.minute) == 30.percent", &rising, "fired");
    check("m.x.forecast(1.minute, 30.seconds) == 90.percent", &rising, "fired");
}

#[test]
fn a_condition_must_hold_for_its_time() {
    let hot = |n: usize| vec![Some(90.0); n];
    check("m.x > 60.percent for 30.seconds", &hot(1), "pending 0s of 30s");
    check("m.x > 60.percent for 30.seconds", &hot(2), "pending 15s of 30s");
    check("m.x > 60.percent for 30.seconds", &hot(3), "fired");
    let broken = [Some(90.0), Some(90.0), Some(10.0), Some(90.0)];
    check("m.x > 60.percent for 30.seconds", &broken, "pending 0s of 30s");
}

#[test]
fn a_rule_that_fails_leaves_the_others_alone() {
    let body = "rule \"bad\" when m.x / 0 > 1.percent { fleet.at_least(1); }\n\
                rule \"good\" { fleet.at_least(2); }";
    let said = verdicts(body, &[Some(1.0)]);
    assert!(said[0].starts_with("failed: division by zero"), "{said:?}");
    assert_eq!(said[1], "fired");
}

#[test]
fn track_counts_the_members_that_were_ready_when_the_sample_was_taken() {
    let source = header("x: #{ unit: \"percent\" }") + "rule \"r\" { fleet.track(m.x, p.goal); }";
    let mut bench = Bench::new(&source);
    bench.pass(&[("x", Some(90.0))], (10, 10));
    // The page is gone for a pass, and five members more are ready: the sample is of ten.
    let evaluation = bench.pass(&[("x", None)], (15, 15));
    let Ask::Track { load, unready, .. } = evaluation.rules[0].opinions[0].ask else {
        panic!("{evaluation:?}")
    };
    assert!((load - 9.0).abs() < 1e-9 && unready == 0, "{load} {unready}");
}

#[test]
fn what_or_puts_in_is_marked() {
    let source = header("x: #{ unit: \"percent\" }")
        + "rule \"a\" when m.x.or(5.percent) < 10.percent { fleet.at_most(20); }\n\
           rule \"b\" { fleet.at_least(1); }";
    let evaluation = Bench::new(&source).pass(&[("x", None)], (40, 40));
    let marks: Vec<bool> =
        evaluation.rules.iter().map(|rule| rule.opinions[0].substituted).collect();
    assert_eq!(marks, [true, false]);
}

#[test]
fn state_is_kept_and_comparisons_are_recorded() {
    let source = header("x: #{ unit: \"percent\" }")
        + "rule \"r\" when m.x > p.goal { state.seen += 1; fleet.at_least(1).because(\"why\"); }";
    let mut bench = Bench::new(&source);
    for _ in 0..3 {
        bench.pass(&[("x", Some(74.0))], (40, 40));
    }
    let evaluation = bench.pass(&[("x", Some(74.0))], (40, 40));
    assert_eq!(evaluation.state["seen"], setpoint_core::Scalar::Int(4));
    let rule = &evaluation.rules[0];
    assert_eq!(rule.compared[0].to_string(), "x = 74 % > p.goal = 60 % is true");
    assert_eq!((rule.line, rule.compared[0].line, rule.opinions[0].line), (2, 2, 2));
    assert_eq!(rule.opinions[0].because.as_deref(), Some("why"));
}

#[test]
fn ten_members_at_ninety_percent_become_fifteen() {
    let source = include_str!("../library/target-cpu.rhai");
    let mut bench = Bench::new(source);
    let evaluation = bench.pass(&[("cpu", Some(90.0))], (10, 10));
    let plan = {
        let wall = Timestamp::from_ms(15_000);
        let group = Group { desired: 10, ready: 10, ..Group::default() };
        let snapshot = Snapshot {
            pass: 1,
            at: Moment { wall, monotonic: EVERY },
            targets: BTreeMap::from([(TargetName::new("fleet"), Seen::Group(group))]),
            ..Snapshot::default()
        };
        setpoint_core::decide(&bench.settings, &bench.memory, &snapshot, &[evaluation])
    };
    let action = plan.intents().next().map(|intent| intent.action.to_string());
    assert_eq!(action.as_deref(), Some("resize 10 -> 15"));
}
