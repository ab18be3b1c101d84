//! Targets that are handed back and taken on again, against a real API.

use crate::scene::{GROUP, HOLD_CPU, Scene, pool_and_certificate, told};
use serde_json::json;
use support::{Cloud, Page, Site};

const ORDERS: &str = r#"
[targets.orders]
kind = "database"
provider = "aws"
id = "orders"
max_replicas = 5
settle = "1s"
cooldown_down = "1s"
[[policies]]
name = "replicas"
file = "add.rhai"
inputs = { connections = { source = "app", query = "connections" } }
targets = { db = "orders" }
"#;

/// It looks back no time at all: nothing is missing from the first pass on.
const ADD: &str = r#"const POLICY = #{
    about: "A replica while connections are many",
    language: 1,
    inputs: #{ connections: #{ unit: "percent" } },
    targets: #{ db: #{ kind: "database" } },
};
rule "add" when m.connections > 80.percent { db.add_replica(); }
"#;

#[test]
fn a_group_that_was_handed_back_is_left_alone_until_it_is_adopted() {
    let scene = Scene::fleet(10, 90.0, &[GROUP, HOLD_CPU]);
    let release = ["release", "web", "we move it", "--by", "ann"];
    assert!(told(&scene, &release).contains("the next start will obey"));
    let mut agent = scene.site.start();
    agent.passes(4);
    assert!(scene.site.explain("web").contains("held     released by ann: we move it"));
    agent.kill();
    let mut agent = scene.site.start();
    agent.passes(4);
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    assert!(scene.site.explain("web").contains("released by ann"));
    told(&scene, &["adopt", "web", "--by", "bob"]);
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 15");
    agent.stop();
    scene.replays();
}

#[test]
fn a_database_that_is_handed_back_loses_our_replicas_and_keeps_all_others() {
    let cloud = Cloud::start();
    cloud.moto.make_database("orders");
    let theirs = [("DBInstanceIdentifier", "reporting"), ("SourceDBInstanceIdentifier", "orders")];
    cloud.moto.rds("CreateDBInstanceReadReplica", &theirs);
    let scene = Scene::new("act", cloud, Page::Text("connections 83\n".to_owned()), &[ORDERS]);
    scene.site.write("add.rhai", ADD);
    let mut agent = scene.site.start();
    assert_eq!(agent.action()["fields"]["action"], "add replica orders-sp-1");
    agent.passes(2);
    told(&scene, &["release", "orders", "the DBAs take over", "--remove-replicas", "--by", "ann"]);
    agent.until("the removal", |line| line["fields"]["action"] == "remove replica orders-sp-1");
    agent.until("the end of it", |line| {
        line["fields"]["reason"] == "released by ann: the DBAs take over"
    });
    agent.passes(3);
    agent.stop();
    assert_eq!(scene.cloud.proxy.count("DeleteDBInstance"), 1);
    let left = scene.cloud.moto.rds("DescribeDBInstances", &[]);
    assert!(left.contains("reporting") && !left.contains("orders-sp-1"), "{left}");
    scene.replays();
}

#[test]
fn an_order_for_a_target_that_is_not_there_or_cannot_be_meant_is_refused() {
    let scene = Scene::fleet(10, 60.0, &[GROUP, HOLD_CPU]);
    for (order, why) in [
        (&["release", "wbe", "x"][..], "there is no target `wbe`"),
        (&["adopt", "wbe"], "there is no target `wbe`"),
        (&["release", "web", " "], "say why"),
        (&["release", "web", "x", "--remove-replicas"], "`web` is a group"),
    ] {
        let output = scene.site.run(order);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(why), "{said}");
        assert_eq!(output.status.code(), Some(1), "{said}");
    }
}

/// What a command says, of a site that is no scene's.
#[track_caller]
fn said(site: &Site, arguments: &[&str]) -> String {
    let output = site.run(arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn a_setting_and_a_job_that_were_handed_back_are_never_written_to() {
    let (service, _page, site) = pool_and_certificate("connections 90\nleft 20\n");
    for target in ["pool", "renew"] {
        said(&site, &["release", target, "we move it", "--by", "ann"]);
    }
    let mut agent = site.start();
    agent.passes(4);
    agent.kill();
    let mut agent = site.start();
    agent.passes(4);
    assert!(service.writes().is_empty(), "{:?}", service.writes());
    for target in ["pool", "renew"] {
        assert!(site.explain(target).contains("released by ann: we move it"));
        said(&site, &["adopt", target, "--by", "bob"]);
        agent.action();
    }
    agent.stop();
    assert_eq!(service.document("/settings/pool"), json!({ "max": 20 }));
    assert_eq!((service.runs("/settings/renew"), service.writes().len()), (1, 2));
    crate::scene::replays(&site);
}
