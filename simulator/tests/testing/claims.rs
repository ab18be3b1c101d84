//! Claims that do not hold: a test that must fail fails, with the right words.

use super::{Folder, HEAD, check, findings};

/// A fleet at its set point, which a jump to 74 % takes to 50.
const FLEET: &str = "every = \"30s\"\ninputs = { cpu = \"60x3 74x2\" }\ntargets = { fleet = { at = 40, boot = \"5m\" } }\n";

#[track_caller]
fn of_fleet(claims: &str, expected: &[&str]) {
    check(&format!("{FLEET}{claims}"), expected);
}

#[test]
fn actions_are_exactly_those_expected() {
    of_fleet("expect = [{ at = \"2m\", actions = [\"fleet scale_to 50\"] }]", &[]);
    of_fleet(
        "expect = [{ at = \"2m\", actions = [\"fleet scale_to 49\"] }]",
        &["2m actions: [\"fleet scale_to 50\"]"],
    );
    of_fleet("expect = [{ at = \"2m\", actions = [] }]", &["2m actions: [\"fleet scale_to 50\"]"]);
    of_fleet("expect = [{ at = \"0s\", actions = [\"fleet scale_to 40\"] }]", &["0s actions: []"]);
    of_fleet(
        "expect = [{ at = \"2m\", actions = [\"fleet scale_to 50\", \"fleet scale_to 50\"] }]",
        &["2m actions: [\"fleet scale_to 50\"]"],
    );
}

#[test]
fn a_rule_must_have_fired_and_be_the_reason() {
    of_fleet("expect = [{ at = \"0s\", rule = [\"hold\", \"fleet/hold\"] }]", &[]);
    of_fleet("expect = [{ at = \"0s\", rule = \"cap\" }]", &["0s rule \"cap\": did not fire"]);
    check(
        "inputs = { cpu = 96 }\ntargets = { fleet = 10 }\n\
         expect = [{ at = \"0s\", actions = [\"fleet scale_to 16\"], rule = \"cap\" }]",
        &["0s the rule behind `fleet scale_to 16`: \"hold\""],
    );
}

#[test]
fn held_means_these_words_of_this_target() {
    of_fleet(
        "expect = [{ at = \"0s\", held = \"as wanted\" }, { at = \"0s\", held = { fleet = \"as\" } }]",
        &[],
    );
    of_fleet("expect = [{ at = \"2m\", held = \"cooldown\" }]", &["2m held: fleet scale_to 50"]);
    of_fleet(
        "expect = [{ at = \"0s\", held = { fleet = \"cooldown\" } }]",
        &["0s fleet held: held: as wanted"],
    );
}

#[test]
fn sizes_and_state_are_those_after_the_pass() {
    of_fleet(
        "expect = [{ at = \"2m\", target = { fleet = 50 }, state = { passes = 5, calm = false } }]",
        &[],
    );
    of_fleet(
        "expect = [{ at = \"2m\", target = { fleet = 40 }, state = { passes = 4, calm = true } }]",
        &["2m size of fleet: 50", "2m state.calm of fleet: false", "2m state.passes of fleet: 5"],
    );
    of_fleet("state = { passes = 7 }\nexpect = [{ at = \"0s\", state = { passes = 8 } }]", &[]);
}

#[test]
fn an_invariant_is_asked_after_every_pass() {
    of_fleet("always = [\"fleet >= 40 && fleet <= 50\"]\nnever = [\"fleet.ready > 40\"]", &[]);
    of_fleet(
        "always = [\"fleet < 50\"]\nnever = [\"cpu > 70 && fleet == 50\"]",
        &[
            "2m always `fleet < 50`: false with fleet = 50, as in 2 later passes",
            "2m never `cpu > 70 && fleet == 50`: true with cpu = 74, fleet = 50, as in 2 later passes",
        ],
    );
}

#[test]
fn an_invariant_that_was_never_asked_does_not_hold() {
    check(
        "inputs = { cpu = \"_x4\" }\ntargets = { fleet = 10 }\nalways = [\"cpu < 5\"]",
        &["end always `cpu < 5`: a name in it had no value in any pass"],
    );
}

#[test]
fn limits_are_told_where_they_are_passed() {
    let body = "every = \"30s\"\ninputs = { cpu = \"90 20x40 90x3 20x40\" }\n\
                targets = { fleet = { at = 10, settle = \"0s\", cooldown_down = \"0s\", stabilise_down = \"0s\" } }\n";
    let told = findings(&format!("{body}max_actions = 1\nmax_direction_changes = 1"));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0], "30s max_actions: one more: `fleet scale_to 14`");
    assert!(
        told[1].starts_with("21m max_direction_changes: one more: `fleet scale_to"),
        "{told:#?}"
    );
    check(&format!("{body}max_actions = 90\nmax_direction_changes = 3"), &[]);
}

#[test]
fn a_rule_that_goes_wrong_fails_a_test_that_does_not_expect_it() {
    let policy = r#"const POLICY = #{ about: "x", language: 1,
    inputs: #{ cpu: #{ unit: "percent" } }, targets: #{ fleet: #{ kind: "group" } } };
rule "wrong" when m.cpu > 50.percent { fleet.scale_to(fleet.desired - 15); }
rule "right" { fleet.track(m.cpu, 60.percent); }
"#;
    let test = |claims: &str| {
        let text = format!(
            "{HEAD}inputs = {{ cpu = \"40x2 60x2\" }}\ntargets = {{ fleet = 10 }}\n{claims}"
        )
        .replace("fleet.rhai", "wrong.rhai");
        let report = Folder::new().with("wrong.rhai", policy).with("a.test.toml", &text).report();
        let found = report.tests().flat_map(|test| test.findings.clone());
        found.map(|it| format!("{} {}: {}", it.at.unwrap(), it.claim, it.got)).collect::<Vec<_>>()
    };
    let told = test("max_actions = 9");
    assert_eq!(told.len(), 1, "once is enough: {told:#?}");
    assert!(told[0].starts_with("45s rule \"wrong\": failed: a size cannot be -5"), "{told:#?}");
    assert!(test("expect = [{ at = \"45s\", error = \"cannot be -5\" }]").is_empty());
    let elsewhere = test(
        "expect = [{ at = \"45s\", error = \"cannot be -5\" }, { at = \"0s\", error = \"-5\" }]",
    );
    assert_eq!(elsewhere, ["0s error: no rule failed"]);
}

#[test]
fn what_was_skipped_is_told_in_its_own_words() {
    let body = "inputs = { cpu = \"_x2\" }\ntargets = { fleet = 10 }\n";
    check(&format!("{body}expect = [{{ at = \"0s\", skipped = \"cpu: no sample yet\" }}]"), &[]);
    of_fleet("expect = [{ at = \"0s\", skipped = \"cpu\" }]", &["0s skipped: no rule was skipped"]);
}

#[test]
fn people_are_told_exactly_what_is_expected() {
    let policy = "const POLICY = #{ about: \"x\", language: 1, owner: \"us\", runbook: \"y\",\n\
        inputs: #{ cpu: #{ unit: \"percent\" } }, targets: #{ fleet: #{ kind: \"group\" } } };\n\
        rule \"hot\" when m.cpu > 90.percent { page(`CPU is ${m.cpu}`); say(\"so it is\"); }\n\
        rule \"stay\" { fleet.at_least(1); }";
    let check = |claim: &str, expected: &[&str]| {
        let body = format!(
            "every = \"30s\"\ninputs = {{ cpu = \"60 95x2 60\" }}\ntargets = {{ fleet = 4 }}\n\
             expect = [{claim}]"
        );
        let found = super::findings_in(Folder::new().with("fleet.rhai", policy), &body);
        assert_eq!(found, expected, "{claim}");
    };
    check("{ at = \"30s\", notices = [\"say so\", \"page CPU is 95 %\"] }", &[]);
    check("{ at = \"1m\", notices = [] }", &[]);
    check("{ at = \"2m\", notices = [\"resolved page CPU\", \"resolved say\"] }", &[]);
    let told = "30s notices: [\"page CPU is 95 %\", \"say so it is\"]";
    check("{ at = \"30s\", notices = [\"page CPU\"] }", &[told]);
    check("{ at = \"30s\", notices = [\"ticket CPU\", \"say so\"] }", &[told]);
    check("{ at = \"30s\", notices = [] }", &[told]);
}
