//! Who only looks changes nothing: not by a plan, not by a night of passes.

use crate::scene::{GROUP, GROUP_GUARDS, HOLD_CPU, Scene};
use serde_json::Value;
use support::{Cloud, Page};

fn observed() -> Scene {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    Scene::new("observe", cloud, Page::Text("cpu 90\n".to_owned()), &[GROUP, HOLD_CPU])
}

#[test]
fn a_plan_shows_the_change_and_every_guard_and_makes_no_call_that_changes() {
    let scene = observed();
    let output = scene.site.run(&["plan", "--detailed-exitcode"]);
    let plan = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{plan}{}", String::from_utf8_lossy(&output.stderr));
    for said in ["web", "10 -> 15", "rule \"hold\"", "track 90 %", "Plan: 1 to change"] {
        assert!(plan.contains(said), "{said:?} is not in\n{plan}");
    }
    for guard in GROUP_GUARDS {
        assert!(plan.contains(guard), "{guard:?} is not in\n{plan}");
    }
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    assert!(!scene.site.journal().exists(), "a plan writes nothing");

    let json = scene.site.run(&["plan", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).expect("a plan for programs is JSON");
    assert_eq!(json["changes"], 1, "{json}");
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
}

/// What is out of range is brought back without any metric, but by no one who only looks.
#[test]
fn a_size_out_of_range_changes_nothing_while_only_looking() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 1);
    let scene = Scene::new("observe", cloud, Page::Text(String::new()), &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.passes(3);
    agent.stop();
    assert_eq!((scene.desired(), scene.cloud.proxy.changes()), (1, Vec::new()));
    let explained = scene.site.explain("web");
    assert!(explained.contains("resize 1 -> 2"), "it would have been brought back: {explained}");
}

#[test]
fn twenty_passes_in_observe_mode_make_no_call_that_changes() {
    let scene = observed();
    let mut agent = scene.site.start();
    agent.passes(20);
    agent.stop();
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    assert!(scene.cloud.proxy.count("DescribeAutoScalingGroups") >= 20);
    assert_eq!(scene.desired(), 10);
    let explained = scene.site.explain("web");
    assert!(explained.contains("resize 10 -> 15"), "it says what it would have done: {explained}");
    assert!(explained.contains("only observes"), "{explained}");
    scene.replays();
}

#[test]
fn who_answers_for_a_target_stands_in_plan_and_status() {
    let scene = Scene::fleet(10, 60.0, &[GROUP, HOLD_CPU]);
    let policy = include_str!("../../policies/library/target-cpu.rhai").replacen(
        "language: 1,",
        "language: 1, owner: \"game team\", runbook: \"https://example.org/cpu\",",
        1,
    );
    scene.site.write("target-cpu.rhai", &policy);
    let line = "cpu: owner game team, runbook https://example.org/cpu";
    let contacts = |arguments: &[&str]| {
        let output = scene.site.run(arguments);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        answer["contacts"].clone()
    };
    let expected = serde_json::json!({ "cpu": {
        "owner": "game team", "runbook": "https://example.org/cpu", "targets": ["web"],
    } });
    let said = crate::scene::told(&scene, &["plan"]);
    assert!(said.contains(line), "{said}");
    assert_eq!(contacts(&["plan", "--json"]), expected);
    let mut agent = scene.site.start();
    agent.passes(2);
    let said = crate::scene::told(&scene, &["status"]);
    assert!(said.contains(line), "{said}");
    assert_eq!(contacts(&["status", "--output", "json"]), expected);
    assert_eq!(contacts(&["explain", "web", "--output", "json"]), expected);
    agent.stop();
    assert_eq!(contacts(&["status", "--output", "json"]), expected, "without an agent as well");
}
