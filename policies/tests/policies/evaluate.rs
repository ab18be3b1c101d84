//! What policies make of what is seen.

use crate::bench::{Bench, EVERY, said};
use setpoint_core::{Ask, Group, Moment, PolicyName, Seen, Snapshot, TargetName, Timestamp};
use setpoint_policies::{Policy, Script};
use std::{collections::BTreeMap, sync::Arc};

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
        last = said(&evaluation);
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
    let source = include_str!("../../library/target-cpu.rhai");
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

#[test]
fn a_parameter_cannot_be_tuned_to_something_that_the_policy_cannot_do() {
    let source = "const POLICY = #{ about: \"x\", language: 1, params: #{ goal: \"60%\", back: \"5m\" }, \
         inputs: #{ x: #{ unit: \"percent\", window: \"10m\" } }, targets: #{ fleet: #{ kind: \"group\" } } };\n\
         rule \"r\" { fleet.track(m.x.avg(p.back), p.goal); }";
    let check = |name: &str, value: &str, expected: &[&str]| {
        let script = Arc::new(Script::parse("x.rhai", source).unwrap());
        let value = script.header().params[name].parse_like(value).unwrap();
        let targets = BTreeMap::from([("fleet".to_owned(), TargetName::new("web"))]);
        let params = BTreeMap::from([(name.to_owned(), value)]);
        let wrong = Policy::bind(script, PolicyName::new("x"), &targets, params).err();
        assert_eq!(wrong.unwrap_or_default(), expected);
    };
    check("back", "10m", &[]);
    let long = "with these parameters, line 2: the input 'x' keeps 10m, and 20m are asked for";
    check("back", "20m", &[long]);
    check("goal", "70%", &[]);
    let none = "with these parameters, line 2: the goal must be above 0, not 0 % (a share)";
    check("goal", "0%", &[none]);
}

/// What becomes of a rule with this condition, after a pass in which all three members were
/// read and one with these values of `m.x`.
#[track_caller]
fn check_each(condition: &str, now: &[(&str, Option<f64>)], expected: &str) {
    let rule = format!("rule \"r\" when {condition} {{ fleet.at_least(1); }}");
    let source = header("x: #{ unit: \"percent\", per: \"member\" }") + rule.as_str();
    let mut bench = Bench::new(&source);
    let all = [("a", Some(10.0)), ("b", Some(20.0)), ("c", Some(30.0))];
    bench.pass_of_each(&[], &[("x", &all)]);
    assert_eq!(said(&bench.pass_of_each(&[], &[("x", now)])), [expected], "{condition}");
}

#[test]
fn it_asks_the_values_of_each_for_the_worst_the_median_and_all() {
    let all = [("a", Some(80.0)), ("b", Some(97.0)), ("c", Some(10.0))];
    for condition in [
        "m.x.worst == 97.percent && m.x.worst_key == \"b\"",
        "m.x.median == 80.percent && m.x.worst.age < 1.second",
        "m.x.each.len() == 3 && m.x.each[0].key == \"a\"",
        "m.x.each.filter(|x| x > 50.percent).len() == 2",
        "m.has(\"x\") && m.x.worst > m.x.median * 1.2",
    ] {
        check_each(condition, &all, "fired");
    }
    let two = [("a", Some(80.0)), ("b", Some(80.0)), ("c", Some(40.0)), ("d", Some(40.0))];
    check_each("m.x.median == 60.percent && m.x.worst_key == \"a\"", &two, "fired");
}

#[test]
fn the_worst_of_those_that_are_known_is_never_the_worst_of_all() {
    let source = header("x: #{ unit: \"percent\", per: \"member\" }")
        + "rule \"r\" when m.x.worst > 50.percent { fleet.scale_by(1); }
           rule \"key\" when m.x.worst_key == \"b\" { fleet.scale_by(1); }
           rule \"list\" when m.x.each.len() > 0 { fleet.scale_by(1); }";
    let mut bench = Bench::new(&source);
    let marked = |evaluation: &setpoint_core::Evaluation| {
        evaluation.rules.iter().map(|rule| rule.opinions[0].substituted).collect::<Vec<_>>()
    };
    let all = [("a", Some(20.0)), ("b", Some(97.0))];
    assert_eq!(marked(&bench.pass_of_each(&[], &[("x", &all)])), [false; 3]);
    let part = [("a", None), ("b", Some(97.0))];
    assert_eq!(marked(&bench.pass_of_each(&[], &[("x", &part)])), [true; 3]);
    check_each("m.has(\"x\")", &part, "quiet");
}

#[test]
fn without_a_value_of_any_there_is_no_worst() {
    let source = header("x: #{ unit: \"percent\", per: \"zone\" }")
        + "rule \"a\" when m.x.worst > 1.percent { fleet.at_least(1); }
           rule \"b\" when m.x.median < 1.percent { fleet.at_least(1); }
           rule \"c\" when m.x.worst_key != \"a\" { fleet.at_least(1); }
           rule \"d\" when m.x.each.len() == 0 { fleet.at_least(1); }
           rule \"e\" when m.x.worst.or(60.percent) > 50.percent { fleet.at_least(1); }";
    let mut bench = Bench::new(&source);
    let gone = "skipped: x: no sample yet; a: nothing was read";
    let said = said(&bench.pass_of_each(&[], &[("x", &[("a", None)])]));
    assert_eq!(said, [gone, gone, gone, gone, "fired"]);
}

#[test]
fn a_value_of_one_is_shown_with_its_name() {
    let source = header("x: #{ unit: \"percent\", per: \"member\" }")
        + "rule \"r\" when m.x.worst > 50.percent {
               fleet.at_least(1).because(`${m.x.worst_key} is at ${m.x.worst}`);
           }";
    let mut bench = Bench::new(&source);
    let evaluation = bench.pass_of_each(&[], &[("x", &[("i-3", Some(97.0)), ("i-4", Some(5.0))])]);
    let rule = &evaluation.rules[0];
    assert_eq!(rule.compared[0].to_string(), "x.worst = 97 % (i-3) > 50 % is true");
    assert_eq!(rule.opinions[0].because.as_deref(), Some("i-3 is at 97 % (i-3)"));
}

#[test]
fn a_calendar_is_asked_with_the_time_that_is_needed_ahead() {
    let facts = |condition: &str, passes: u32| {
        let source = header("x: #{ unit: \"percent\" }")
            + &*format!("rule \"r\" when {condition} {{ fleet.at_least(1); }}");
        let mut bench = Bench::new(&source);
        let pass = |_| bench.pass(&[("x", Some(1.0))], (40, 40));
        let last = (0..passes).map(pass).last().unwrap();
        let facts: Vec<_> = last.rules[0].facts.iter().map(|fact| fact.text.clone()).collect();
        (said(&last).remove(0), facts.join("; "))
    };
    let fired = |text: &str| ("fired".to_owned(), text.to_owned());
    let time = "1970-01-01T00:01:00Z to 1970-01-01T00:02:00Z";
    // The first pass is at 00:00:15, the fourth at 00:01:00, the eighth at 00:02:00.
    let quiet = ("quiet".to_owned(), "it is not the time of sale (30s ahead)".to_owned());
    assert_eq!(facts("now.within(\"sale\", 30.seconds)", 1), quiet);
    let ahead = format!("it is the time of sale (30s ahead): {time}");
    assert_eq!(facts("now.within(\"sale\", 30.seconds)", 2), fired(&ahead));
    let now = format!("it is the time of sale: {time}");
    assert_eq!(facts("now.within(\"sale\", 0.seconds)", 4), fired(&now));
    assert_eq!(facts("now.within(\"sale\", 0.seconds)", 8).0, "quiet");
    let day = "it is 00:00 UTC: between 22:00 and 06:00 is true";
    assert_eq!(facts("now.between(\"22:00\", \"06:00\")", 1), fired(day));
    let none = facts("now.within(\"none\", 1.minute)", 1).0;
    assert!(none.contains("the configuration has no calendar 'none'"), "{none}");
    let far = facts("now.within(\"sale\", 32.days)", 1).0;
    assert!(far.contains("too far ahead"), "{far}");
}

#[test]
fn a_reason_is_never_longer_than_its_reader_has_time_for() {
    let source = header("x: #{ unit: \"percent\" }")
        + "rule \"r\" { let why = `x is ${m.x} `; for n in 0..6 { why += why; }
               fleet.at_least(1).because(why); fleet.at_least(1).because(`x is ${m.x}`); }";
    let mut bench = Bench::new(&source);
    let evaluation = bench.pass(&[("x", Some(60.0))], (40, 40));
    assert_eq!(said(&evaluation), ["fired"]);
    let because = |n: usize| evaluation.rules[0].opinions[n].because.clone().unwrap();
    assert_eq!((because(0).chars().count(), because(0).ends_with('…')), (301, true));
    assert_eq!(because(1), "x is 60 %");
}

/// A policy that somebody answers for, with this rule.
fn answered(rule: &str) -> Bench {
    Bench::new(&format!(
        "const POLICY = #{{ about: \"x\", language: 1, owner: \"us\", runbook: \"a page\", \
         inputs: #{{ x: #{{ unit: \"percent\" }} }}, targets: #{{ fleet: #{{ kind: \"group\" }} }} }};\n\
         rule \"r\" {rule}"
    ))
}

#[test]
fn a_rule_tells_people_with_the_values_that_it_saw_and_only_when_it_fires() {
    let body = "when m.x > 60.percent { page(`x is ${m.x}, ${fleet.ready} ready`); say(\"so\"); \
                fleet.at_least(1); }";
    let mut bench = answered(body);
    let report = &bench.pass(&[("x", Some(74.0))], (40, 40)).rules[0];
    let says: Vec<_> = report.says.iter().map(|it| (it.kind.name(), &*it.text, it.line)).collect();
    assert_eq!(says, [("page", "x is 74 %, 40 ready", 2), ("say", "so", 2)]);
    assert!(bench.pass(&[("x", Some(50.0))], (40, 40)).rules[0].says.is_empty());
    assert!(bench.pass(&[("x", None)], (40, 40)).rules[0].says.is_empty());
}

#[test]
fn a_rule_that_goes_wrong_after_it_told_people_has_told_nobody() {
    let mut bench = answered("{ page(\"x\"); if m.x > 0.percent { fleet.at_least(0 - 1); } }");
    let report = &bench.pass(&[("x", Some(74.0))], (40, 40)).rules[0];
    assert!(report.says.is_empty(), "{report:?}");
}

#[test]
fn a_rule_cannot_bury_people_in_notices() {
    let said = said(
        &answered("{ for n in 0..21 { say(`${n}`); } fleet.at_least(1); }")
            .pass(&[("x", Some(74.0))], (40, 40)),
    );
    assert!(said[0].contains("more than 20 notices"), "{said:?}");
}
