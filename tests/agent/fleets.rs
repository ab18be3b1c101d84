//! A target that is each group with certain tags: each is looked after, and no other.

use crate::scene::Scene;
use serde_json::Value;
use support::{Cloud, Page};

const FLEET: &str = r#"
[targets.web]
kind = "group"
provider = "aws"
select = { tags = { app = "*" } }
min = 2
max = 200
"#;

const HOLD_EACH: &str = r#"
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = { cpu = { source = "app", query = "avg(cpu{name=\"{group}\"})" } }
targets = { fleet = "web" }
"#;

fn scene(tagged: &[&str]) -> Scene {
    let cloud = Cloud::start();
    for name in ["a", "b", "other"] {
        cloud.moto.make_group(name, 10);
    }
    for name in tagged {
        cloud.moto.tag_group(name, "app", name);
    }
    let page = "cpu{name=\"a\"} 90\ncpu{name=\"b\"} 60\ncpu{name=\"other\"} 90\n";
    Scene::new("act", cloud, Page::Text(page.to_owned()), &[FLEET, HOLD_EACH])
}

/// The size of each target that a plan decides about: `None` where it is held.
fn planned(scene: &Scene) -> Vec<(String, Option<u64>)> {
    let output = scene.site.run(&["plan", "--json"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let plan: Value = serde_json::from_str(&said).expect("an answer for programs");
    let decisions = plan["plan"]["decisions"].as_array().expect("a list");
    let size = |it: &Value| it.pointer("/verdict/act/action/resize/to").and_then(Value::as_u64);
    let name = |it: &Value| it["target"].as_str().expect("a name").to_owned();
    decisions.iter().map(|it| (name(it), size(it))).collect()
}

#[test]
fn each_group_of_a_fleet_is_sized_by_its_own_reading_and_no_other_group_is() {
    let scene = scene(&["a", "b"]);
    let expected = [("web/a".to_owned(), Some(15)), ("web/b".to_owned(), None)];
    assert_eq!(planned(&scene), expected);
    let mut agent = scene.site.start();
    let action = agent.action();
    assert_eq!(action.pointer("/fields/target").and_then(Value::as_str), Some("web/a"));
    agent.stop();
    let changes = scene.cloud.proxy.changes();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].contains("AutoScalingGroupName=a&"), "{changes:?}");
    scene.replays();
}

#[test]
fn a_fleet_of_nothing_is_an_error_and_never_everything() {
    let scene = scene(&[]);
    for command in ["plan", "run"] {
        let output = scene.site.run(&[command]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("no group has the tags that the target `web` selects by"), "{said}");
    }
    assert!(scene.cloud.proxy.changes().is_empty());
}
