//! The whole agent before a HAProxy with a candidate among its servers: it gives the candidate its
//! share of real requests, takes it away when the candidate fails, and then leaves it alone.

use serde_json::Value;
use std::{fs, ops::RangeInclusive, time::Duration};
use support::{Agent, Exporter, Haproxy, Page, Site, Workers, message, until};

/// As far as is wanted, and back when more than a percent fails.
const POLICY: &str = r#"
const POLICY = #{
    about: "Raise a canary", language: 1,
    inputs:  #{ errors: #{ unit: "percent" }, wanted: #{ unit: "percent" } },
    targets: #{ canary: #{ kind: "rollout" } },
};
rule "raise"   when m.errors < 1.percent && canary.share < m.wanted { canary.advance(); }
rule "failing" when m.errors > 1.percent { canary.rollback().because("it fails"); }
"#;

/// So many requests are sent to see who answers.
const REQUESTS: usize = 100;

struct Scene {
    page: Exporter,
    haproxy: Haproxy,
    workers: Workers,
    site: Site,
}

/// An agent with a pass every second before three stable workers and a candidate, which is `v1`.
fn scene() -> Scene {
    let page = Exporter::start(Page::Text("errors 0\nwanted 25\n".to_owned()));
    let workers = Workers::new(4, 0.0, 0.0);
    workers.ports().iter().for_each(|port| workers.start(*port));
    workers.ports().iter().for_each(|port| workers.wait_for(*port));
    let places = workers.places();
    let servers: Vec<String> = ["canary-1", "a", "b", "c"]
        .iter()
        .zip(&places)
        .map(|(name, place)| {
            format!(
                "server {name} {place} check inter 100ms rise 1 fall 2 weight {}",
                u8::from(*name != "canary-1")
            )
        })
        .collect();
    let lines: Vec<&str> =
        std::iter::once("balance roundrobin").chain(servers.iter().map(String::as_str)).collect();
    let haproxy = Haproxy::before_web(&lines);
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{}"
timeout = "1s"
[providers.edge]
kind = "onprem"
haproxy = "{}"
[targets.checkout]
kind = "rollout"
provider = "edge"
id = "web"
candidates = ["canary-*"]
revision_file = "revision"
stages = ["10%", "25%", "100%"]
settle = "1s"
cooldown_down = "1s"
[[policies]]
name = "canary"
file = "canary.rhai"
inputs = {{ errors = {{ source = "app", query = "errors" }}, wanted = {{ source = "app", query = "wanted" }} }}
targets = {{ canary = "checkout" }}
"#,
        page.url(),
        haproxy.socket().display(),
    ));
    site.write("canary.rhai", POLICY);
    site.write("revision", "v1\n");
    Scene { page, haproxy, workers, site }
}

impl Scene {
    /// How many of so many requests the candidate answers; nobody is turned away.
    #[track_caller]
    fn reach_the_candidate(&self) -> usize {
        let candidate = self.workers.ports()[0].to_string();
        let told = (0..REQUESTS).map(|_| self.haproxy.get("/").expect("HAProxy answers"));
        let told: Vec<(u16, String)> = told.collect();
        assert!(told.iter().all(|(status, _)| *status == 200), "{told:?}");
        told.iter().filter(|(_, port)| *port == candidate).count()
    }

    #[track_caller]
    fn errors(&self, percent: u32) {
        self.page.show(Page::Text(format!("errors {percent}\nwanted 25\n")));
    }
}

/// 15 to 35 percent of the requests.
const A_QUARTER: RangeInclusive<usize> = 15..=35;

fn is_action(line: &Value, action: &str) -> bool {
    line["fields"]["action"] == action
}

#[track_caller]
fn action(agent: &mut Agent, action: &str) {
    agent.until(action, |line| is_action(line, action));
}

#[test]
fn a_candidate_has_its_share_of_real_requests_and_one_that_fails_is_rolled_back_for_good() {
    let scene = scene();
    assert_eq!(scene.reach_the_candidate(), 0);
    let mut agent = scene.site.start();
    action(&mut agent, "set 0 -> 10");
    action(&mut agent, "set 10 -> 25");
    agent.passes(1);
    let reached = scene.reach_the_candidate();
    assert!(A_QUARTER.contains(&reached), "{reached} of {REQUESTS}");

    // What it said during the requests is of before.
    agent.listen_for(Duration::ZERO);
    scene.errors(50);
    let mut passes = 0;
    let mut waiting = true;
    while waiting {
        let line = agent
            .until("a rollback", |line| message(line) == "pass" || is_action(line, "set 25 -> 0"));
        waiting = message(&line) == "pass";
        passes += u32::from(waiting);
    }
    assert!(passes <= 2, "{passes} passes until it was rolled back");
    agent.passes(1);
    assert_eq!(scene.reach_the_candidate(), 0);

    // Without traffic it fails no more: that is no evidence of anything.
    scene.errors(0);
    agent.passes(4);
    agent.kill();
    let mut agent = scene.site.start();
    agent.passes(4);
    assert_eq!(scene.reach_the_candidate(), 0, "an aborted rollout is not retried by itself");
    let explained = scene.site.explain("checkout");
    assert!(explained.contains("condemned") && explained.contains("it fails"), "{explained}");

    scene.site.write("revision", "v2\n");
    action(&mut agent, "set 0 -> 10");
    agent.stop();
}

#[test]
fn a_person_who_resumes_has_it_tried_again_and_a_candidate_that_is_down_is_not_raised() {
    let scene = scene();
    let mut agent = scene.site.start();
    action(&mut agent, "set 0 -> 10");
    scene.errors(50);
    agent.until("a rollback", |line| {
        line["fields"]["action"].as_str().is_some_and(|it| it.ends_with("-> 0"))
    });
    scene.errors(0);
    agent.passes(3);
    scene.workers.stop(scene.workers.ports()[0]);
    until("HAProxy sees it", || {
        let servers = scene.haproxy.servers("web");
        if servers.iter().any(|(_, state)| state == "DOWN") { Ok(()) } else { Err(servers) }
    });
    let resumed = scene.site.run(&["resume", "--target", "checkout"]);
    assert!(resumed.status.success(), "{resumed:?}");
    agent.passes(3);
    let explained = scene.site.explain("checkout");
    assert!(explained.contains("no candidate is up"), "{explained}");
    scene.workers.start(scene.workers.ports()[0]);
    action(&mut agent, "set 0 -> 10");
    agent.stop();
}

#[test]
fn a_revision_that_cannot_be_read_keeps_the_share_where_it_is_but_not_from_a_rollback() {
    let scene = scene();
    let mut agent = scene.site.start();
    action(&mut agent, "set 0 -> 10");
    action(&mut agent, "set 10 -> 25");
    let file = scene.site.config().with_file_name("revision");
    fs::remove_file(file).expect("it was written");
    scene.page.show(Page::Text("errors 0\nwanted 100\n".to_owned()));
    agent.passes(4);
    let explained = scene.site.explain("checkout");
    assert!(explained.contains("its revision is not known"), "{explained}");
    scene.errors(50);
    action(&mut agent, "set 25 -> 0");
    agent.stop();
    assert_eq!(scene.reach_the_candidate(), 0);
}
