//! People and files change what a running agent does, against a real API: what they say
//! holds at once, and what they did not say stays.

use crate::scene::{EAGER_GROUP, GROUP, HOLD_CPU, Scene, told};
use serde_json::Value;
use std::fs;

/// Twelve members at most.
const SMALLER_RANGE: (&str, &str) = ("max = 200", "max = 12");

#[test]
fn a_paused_agent_sends_nothing_and_goes_on_where_it_is_resumed() {
    let scene = Scene::fleet(10, 60.0, &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.passes(1);
    assert!(told(&scene, &["pause", "a drill"]).contains("taken in by pass"));
    scene.page.show_value("cpu", 90);
    agent.passes(5);
    agent.kill();
    // The one that comes after it is told nothing, and knows.
    let mut agent = scene.site.start();
    agent.passes(5);
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    assert!(scene.site.explain("web").contains("paused: a drill"));
    told(&scene, &["resume"]);
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 15");
    agent.stop();
    assert_eq!(scene.desired(), 15);
    scene.replays();
}

#[test]
fn a_policy_that_is_being_tried_decides_and_changes_nothing() {
    let tried = HOLD_CPU.replace("[[policies]]", "[[policies]]\nmode = \"shadow\"");
    let scene = Scene::fleet(10, 90.0, &[GROUP, &tried]);
    let mut agent = scene.site.start();
    agent.passes(10);
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    assert!(scene.site.explain("web").contains("resize 10 -> 15"));

    let config = fs::read_to_string(scene.site.config()).expect("it was written above");
    scene.site.write("setpoint.toml", &config.replace("shadow", "act"));
    assert!(told(&scene, &["reload"]).contains("reloaded: 1 policy"));
    agent.until("the first action", |line| line["fields"]["result"] == "Some(Accepted)");
    agent.stop();
    assert_eq!(scene.desired(), 15);
    scene.replays();
}

#[test]
fn a_reload_changes_what_is_written_and_nothing_that_is_remembered() {
    let scene = Scene::fleet(10, 90.0, &[EAGER_GROUP, HOLD_CPU]);
    let config = fs::read_to_string(scene.site.config()).expect("it was written above");
    let (from, to) = SMALLER_RANGE;
    scene.site.write("setpoint.toml", &config.replace(from, to));
    let mut agent = scene.site.start();
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 12");
    scene.site.write("setpoint.toml", &config);
    told(&scene, &["reload"]);
    agent.until("more than twelve", |line| {
        let action = line["fields"]["action"].as_str();
        action.is_some_and(|action| action.starts_with("resize 12 -> "))
    });
    let status = scene.site.run(&["status", "--output", "json"]);
    let status: Value = serde_json::from_slice(&status.stdout).expect("a status for programs");
    assert_eq!(status["epoch"], 1, "a reload is no restart");
    agent.stop();
    let verified = told(&scene, &["journal", "verify"]);
    assert!(verified.contains(" 0 came out otherwise"), "{verified}");
    scene.replays();
}
