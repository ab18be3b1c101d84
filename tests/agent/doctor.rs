//! `doctor` tells of other scalers, empty ranges and permissions that lack, and changes nothing.

use crate::scene::{GROUP, HOLD_CPU, Scene};
use serde_json::Value;
use support::{Cloud, Fault, Page};

fn scene(rest: &[&str]) -> Scene {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    Scene::new("observe", cloud, Page::Text("cpu 50\n".to_owned()), rest)
}

/// What the doctor says, and how it ends.
#[track_caller]
fn doctor(scene: &Scene) -> (i32, Vec<(String, String)>) {
    let output = scene.site.run(&["doctor", "--output", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings = answer["findings"].as_array().expect("a list");
    let said = findings.iter().map(|it| (text(it, "severity"), text(it, "message"))).collect();
    assert!(scene.cloud.proxy.changes().iter().all(|body| body.contains("GetCallerIdentity")));
    (output.status.code().expect("it ends by itself"), said)
}

#[track_caller]
fn finds(said: &[(String, String)], severity: &str, part: &str) {
    let found = said.iter().any(|(word, message)| word == severity && message.contains(part));
    assert!(found, "no {severity} with {part:?} in {said:#?}");
}

#[test]
fn a_healthy_place_has_nothing_but_notes() {
    let (code, said) = doctor(&scene(&[GROUP, HOLD_CPU]));
    assert_eq!(code, 0, "{said:#?}");
    finds(&said, "note", "calls as arn:aws:");
}

#[test]
fn another_scaler_is_a_problem_with_its_name() {
    let scene = scene(&[GROUP, HOLD_CPU]);
    let policy = [
        ("AutoScalingGroupName", "web"),
        ("PolicyName", "cpu-60"),
        ("PolicyType", "TargetTrackingScaling"),
        ("TargetTrackingConfiguration.TargetValue", "60"),
        (
            "TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
            "ASGAverageCPUUtilization",
        ),
    ];
    scene.cloud.moto.autoscaling("PutScalingPolicy", &policy);
    let action = [
        ("AutoScalingGroupName", "web"),
        ("ScheduledActionName", "night"),
        ("Recurrence", "0+22+*+*+*"),
        ("DesiredCapacity", "2"),
    ];
    scene.cloud.moto.autoscaling("PutScheduledUpdateGroupAction", &action);
    let (code, said) = doctor(&scene);
    assert_eq!(code, 1, "{said:#?}");
    finds(&said, "problem", "policy cpu-60 (TargetTrackingScaling)");
    finds(&said, "warning", "the scheduled action night");
}

#[test]
fn a_range_that_leaves_no_size_is_a_problem() {
    let (code, said) = doctor(&scene(&[
        &GROUP.replace("min = 2", "min = 201").replace("max = 200", "max = 300"),
        HOLD_CPU,
    ]));
    assert_eq!(code, 1, "{said:#?}");
    finds(&said, "problem", "no size is left");
}

#[test]
fn a_permission_that_lacks_is_named() {
    let scene = scene(&[GROUP, HOLD_CPU]);
    scene.cloud.proxy.always("DescribePolicies", Fault::refusal("AccessDenied"));
    let output = scene.site.run(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(said.contains("help: allow autoscaling:DescribePolicies"), "{said}");
}

#[test]
fn a_cloud_and_a_page_that_are_gone_are_unreachable() {
    let scene = scene(&[GROUP, HOLD_CPU]);
    scene.page.show(Page::Gone);
    let (code, said) = doctor(&scene);
    assert_eq!(code, 69, "{said:#?}");
    finds(&said, "unreachable", "127.0.0.1");
}
