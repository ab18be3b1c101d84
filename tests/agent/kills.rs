//! Killed at any moment, started again: nothing is done twice, nothing is forgotten.

use crate::scene::Scene;
use setpoint_core::ActResult;
use setpoint_journal::Reader;
use setpoint_sim::chance::Chance;
use std::{collections::BTreeSet, env, time::Duration};
use support::{Cloud, Page, message};

/// How often the agent is killed; `SETPOINT_PROVE=full` makes it ten times as often.
const KILLS: u64 = 50;
/// So many intents at least, or nothing was proved.
const LEAST: u32 = 10;

/// A database that gets a replica at every turn, because nothing cools it down.
const ORDERS: &str = r#"
[targets.orders]
kind = "database"
provider = "aws"
id = "orders"
max_replicas = 14
cooldown_up = "1s"
cooldown_down = "1s"
settle = "1s"

[[policies]]
name = "replicas"
file = "see-saw.rhai"
inputs = { connections = { source = "app", query = "connections" } }
targets = { db = "orders" }
"#;

/// Adds while connections are high and removes while they are low: a policy that acts at
/// every pass it can.
const SEE_SAW: &str = r#"const POLICY = #{
    about: "Follow connections up and down",
    language: 1,
    inputs: #{ connections: #{ unit: "percent" } },
    targets: #{ db: #{ kind: "database" } },
};
rule "add" when m.connections > 50.percent { db.add_replica(); }
rule "remove" when m.connections < 50.percent && db.replicas > 0 { db.remove_replica(); }
"#;

#[test]
fn killed_at_random_moments_it_never_makes_two_of_one_and_forgets_no_intent() {
    let full = env::var("SETPOINT_PROVE").is_ok_and(|how| how == "full");
    let kills = if full { 10 * KILLS } else { KILLS };
    let cloud = Cloud::start();
    cloud.moto.make_database("orders");
    let scene = Scene::new("act", cloud, Page::Text("connections 83\n".to_owned()), &[ORDERS]);
    scene.site.write("see-saw.rhai", SEE_SAW);
    let mut moment = Chance::new(20_261_124).stream("kill", 0);
    // A slow machine gets less done between two kills: it is killed on until enough was begun.
    let enough = |kill: u64| kill >= kills && has_begun_enough(&scene);
    for kill in (0..4 * kills).take_while(|kill| !enough(*kill)) {
        let high = (kill / 12).is_multiple_of(2);
        scene.page.show_value("connections", if high { 83 } else { 10 });
        let mut agent = scene.site.start();
        // One life in five may end before it has read its journal; the others while they act.
        if kill % 5 != 0 {
            agent.until("a start", |line| message(line) == "started");
        }
        agent.listen_for(Duration::from_millis((moment.uniform() * 1500.0) as u64));
        agent.kill();
    }
    let mut last = scene.site.start();
    last.passes(3);
    last.stop();
    judge(&scene);
    scene.replays();
}

/// Whether enough intents are on record.
fn has_begun_enough(scene: &Scene) -> bool {
    let reader = Reader::open(&scene.site.journal()).expect("there is a journal");
    let intents = reader.intents(LEAST).expect("the journal can be read");
    u32::try_from(intents.len()) == Ok(LEAST)
}

/// Every replica was made by one intent, and every intent is answered for.
#[track_caller]
fn judge(scene: &Scene) {
    let reader = Reader::open(&scene.site.journal()).expect("there is a journal");
    let (last_pass, _) = reader.last_pass().expect("it can be read").expect("passes were made");
    let intents = reader.intents(100_000).expect("the journal can be read");
    assert!(has_begun_enough(scene), "it was killed before it did anything: {}", intents.len());
    let mut ids = BTreeSet::new();
    let mut open = Vec::new();
    for intent in &intents {
        assert!(ids.insert(intent.id.clone()), "{} is on record twice", intent.id);
        // Without an outcome it was killed between asking and hearing. The start after it
        // looked again: there is a later pass, and what that pass saw is what counts.
        if intent.result.is_none() || intent.result == Some(ActResult::Unknown) {
            assert!(intent.pass < last_pass, "{} was neither answered nor looked after", intent.id);
            open.push(&intent.id);
        }
    }
    // What the cloud was asked for: a name is made again only after it was removed.
    let mut standing = BTreeSet::new();
    for change in scene.cloud.proxy.accepted() {
        let (action, name) = change;
        match action.as_str() {
            "CreateDBInstanceReadReplica" => {
                assert!(standing.insert(name.clone()), "two of {name}; unanswered: {open:?}");
            }
            "DeleteDBInstance" => {
                assert!(standing.remove(&name), "{name} was removed and was not there");
            }
            other => panic!("nobody asked for {other}"),
        }
    }
}
