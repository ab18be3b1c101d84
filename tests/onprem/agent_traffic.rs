//! The whole agent before two sites of one's own: one dies, the other gets members first and then
//! the users, and when the first is back they return in steps. All requests are real.

use serde_json::Value;
use std::collections::BTreeSet;
use support::{Agent, Haproxy, QUICK_CHECKS, Site, Workers, until};

const POLICY: &str = include_str!("../../policies/library/failover.rhai");

/// So many requests are sent to see who answers.
const REQUESTS: usize = 40;

struct Scene {
    /// Where users come in: to the main site, whose worker is the first, or to the standby.
    front: Haproxy,
    standby: Haproxy,
    /// The main site's.
    main: Workers,
    spare: Workers,
    site: Site,
}

fn scene() -> Scene {
    let (main, spare) = (Workers::new(1, 0.0, 0.0), Workers::new(3, 0.0, 0.0));
    main.start(main.ports()[0]);
    main.wait_for(main.ports()[0]);
    let http = "mode http\n  option httpchk GET /";
    let standby = Haproxy::start(http, "spare", "backend spare\n  balance roundrobin\n");
    // A standby that has nobody answers 503: it is not healthy.
    let servers = format!(
        "backend users\n  balance roundrobin\n  option redispatch\n  server main {} check {QUICK_CHECKS} weight 1\n\
         \x20 server standby 127.0.0.1:{} check {QUICK_CHECKS} weight 0\n",
        main.places()[0],
        standby.front(),
    );
    let front = Haproxy::start(http, "users", &servers);
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[providers.edge]
kind = "onprem"
haproxy = "{}"
[providers.standby]
kind = "onprem"
haproxy = "{}"
[targets.front]
kind = "traffic"
provider = "edge"
id = "users"
destinations = {{ main = "main", standby = "standby" }}
settle = "1s"
cooldown_down = "1s"
[targets.spare]
kind = "group"
provider = "standby"
id = "spare"
min = 1
max = 3
settle = "1s"
server = ["inter", "100ms", "rise", "1", "fall", "2"]
{}
[[policies]]
file = "failover.rhai"
targets = {{ front = "front", spare = "spare" }}
params = {{ carries = 3, rests = 1, healthy_for = "2s" }}
"#,
        front.socket().display(),
        standby.socket().display(),
        spare.keys(),
    ));
    site.write("failover.rhai", POLICY);
    Scene { front, standby, main, spare, site }
}

impl Scene {
    /// The ports of those who answer; nobody is turned away.
    #[track_caller]
    fn who_answers(&self) -> BTreeSet<String> {
        let told = (0..REQUESTS).map(|_| self.front.get("/").expect("HAProxy answers"));
        let told: Vec<(u16, String)> = told.collect();
        assert!(told.iter().all(|(status, _)| *status == 200), "{told:?}");
        told.into_iter().map(|(_, port)| port).collect()
    }

    fn ports(workers: &Workers) -> BTreeSet<String> {
        workers.ports().iter().map(u16::to_string).collect()
    }
}

fn action_of(line: &Value) -> &str {
    line["fields"]["action"].as_str().unwrap_or_default()
}

/// The target and the action, of the next one.
fn next(agent: &mut Agent) -> (String, String) {
    let line = agent.action();
    let target = line["fields"]["target"].as_str().unwrap_or_default();
    (target.to_owned(), action_of(&line).to_owned())
}

#[test]
fn users_of_a_dead_site_go_where_there_is_room_for_them_and_come_back_in_steps() {
    let scene = scene();
    let mut agent = scene.site.start();
    until("the standby rests", || match scene.standby.servers("spare").len() {
        1 => Ok(()),
        other => Err(other),
    });
    agent.passes(2);
    assert_eq!(scene.who_answers(), Scene::ports(&scene.main));

    scene.main.stop(scene.main.ports()[0]);
    let (target, action) = next(&mut agent);
    assert_eq!(target, "spare", "capacity first, not: {action}");
    let (target, action) = until_route(&mut agent);
    assert_eq!((&*target, &*action), ("front", "route main 100 -> 0, standby 0 -> 100"));
    let serving = scene.standby.servers("spare");
    let up = serving.iter().filter(|(_, state)| state == "UP").count();
    assert_eq!(up, 3, "before anybody is sent there: {serving:?}");
    agent.passes(1);
    assert_eq!(scene.who_answers(), Scene::ports(&scene.spare));

    scene.main.start(scene.main.ports()[0]);
    for main in [20, 40, 60, 80, 100] {
        let (_, action) = until_route(&mut agent);
        let (was, standby) = (main - 20, 100 - main);
        assert_eq!(
            action,
            format!("route main {was} -> {main}, standby {} -> {standby}", 100 - was)
        );
    }
    agent.passes(1);
    assert_eq!(scene.who_answers(), Scene::ports(&scene.main));
    let explained = scene.site.explain("front");
    assert!(explained.contains("main 100 %, standby 0 %"), "{explained}");
    agent.stop();
}

/// The next route.
fn until_route(agent: &mut Agent) -> (String, String) {
    loop {
        let (target, action) = next(agent);
        if target == "front" {
            return (target, action);
        }
    }
}
