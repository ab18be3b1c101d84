//! Growth: by exactly what is needed, never kept waiting, and told in full.

use crate::scene::{EAGER_GROUP, GROUP, GROUP_GUARDS, HOLD_CPU, Scene};
use support::{Cloud, Fault, Page};

const ORDERS: &str = r#"
[targets.orders]
kind = "database"
provider = "aws"
id = "orders"
max_replicas = 5

[[policies]]
name = "replicas"
file = "rds-read-replicas.rhai"
inputs = { connections = { source = "app", query = "connections" } }
targets = { db = "orders" }
"#;

#[test]
fn ten_members_at_ninety_percent_become_fifteen_and_all_of_it_is_told() {
    let scene = Scene::fleet(10, 90.0, &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    let line = agent.action();
    assert_eq!(line["fields"]["action"], "resize 10 -> 15", "{line}");
    assert_eq!(scene.desired(), 15);

    let rules = line["fields"]["rules"].as_str().expect("the rules are named").to_owned();
    assert!(rules.contains("cpu/hold") && rules.contains("track 90 %"), "{rules}");
    let guards = line["fields"]["guards"].as_str().expect("the guards are named").to_owned();
    let explained = scene.site.explain("web");
    for guard in GROUP_GUARDS {
        assert!(guards.contains(guard), "the log does not name {guard}: {guards}");
        assert!(explained.contains(guard), "explain does not name {guard}: {explained}");
    }
    agent.stop();
    assert!(scene.counted().contains_key("resize 10 -> 15"));
    scene.replays();
}

#[test]
fn explain_names_the_rule_its_line_and_the_values() {
    let scene = Scene::fleet(10, 90.0, &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.action();
    agent.stop();
    let explained = scene.site.explain("web");
    for said in [
        "resize 10 -> 15",
        "10 desired, 10 ready",
        "rule \"hold\" (target-cpu.rhai:16)",
        "track 90 %",
        "60 %",
        "accepted",
    ] {
        assert!(explained.contains(said), "{said:?} is not in\n{explained}");
    }
}

#[test]
fn growth_waits_for_no_cooldown() {
    let scene = Scene::fleet(10, 90.0, &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.action();
    // The load has grown with the fleet: the cooldown of the first action is running.
    scene.page.show_value("cpu", 80);
    let line = agent.until("growth", |line| line["fields"]["action"] == "resize 15 -> 20");
    let guards = line["fields"]["guards"].as_str().expect("the guards are named");
    assert!(guards.contains("cooldown: 20"), "{guards}");
    agent.stop();
    scene.replays();
}

#[test]
fn an_action_in_flight_delays_shrinking_and_never_growth() {
    let scene = Scene::fleet(10, 90.0, &[EAGER_GROUP, HOLD_CPU]);
    // The cloud accepts and never gives: the new members do not come.
    scene.cloud.proxy.always("DescribeAutoScalingGroups", Fault::Pending(10));
    let mut agent = scene.site.start();
    agent.action();
    // All that ten members can show; a load of 16.7 members at their goal.
    scene.page.show_value("cpu", 100);
    let line = agent.until("growth", |line| line["fields"]["action"] == "resize 15 -> 17");
    assert!(line["fields"]["guards"].to_string().contains("growth does not wait"), "{line}");
    scene.page.show_value("cpu", 5);
    agent.passes(5);
    agent.stop();
    assert_eq!(scene.desired(), 17, "it would shrink, and waits for what is in flight");
    let explained = scene.site.explain("web");
    assert!(explained.contains("in flight: resize 15 -> 17"), "{explained}");
    scene.replays();
}

#[test]
fn connections_at_83_percent_add_exactly_one_replica_and_a_second_start_adds_none() {
    let cloud = Cloud::start();
    cloud.moto.make_database("orders");
    let scene = Scene::new("act", cloud, Page::Text("connections 83\n".to_owned()), &[ORDERS]);
    let mut agent = scene.site.start();
    let line = agent.action();
    assert_eq!(line["fields"]["action"], "add replica orders-sp-1", "{line}");
    agent.passes(3);
    agent.stop();

    let mut again = scene.site.start();
    again.passes(3);
    again.stop();
    assert_eq!(scene.cloud.proxy.count("CreateDBInstanceReadReplica"), 1);
    assert_eq!(scene.counted(), [("add replica orders-sp-1".to_owned(), 1)].into());
    let explained = scene.site.explain("orders");
    assert!(explained.contains("cooldown"), "{explained}");
    scene.replays();
}
