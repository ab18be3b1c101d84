//! Notices through the whole agent: a real page, a real web service that is told, and what
//! becomes of them when it is down or the agent is killed.

use serde_json::Value;
use support::{Agent, Exporter, Mood, Page, Service, Site, message};

const POLICY: &str = r#"
const POLICY = #{ about: "x", language: 1, owner: "game team", runbook: "https://wiki.example/slow",
    inputs: #{ p99: #{ unit: "ms" } } };
rule "slow" when m.p99 > 800.ms { page(`players wait: p99 is ${m.p99}`); say("slow"); }
"#;

struct Scene {
    page: Exporter,
    service: Service,
    site: Site,
}

fn scene(mode: &str, policy_mode: &str) -> Scene {
    let page = Exporter::start(Page::Text("p99 100\n".to_owned()));
    let service = Service::start(&[]);
    let site = Site::new(&format!(
        r#"region = "here"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{}"
[notices]
default = "ops"
[notices.ops]
kind = "webhook"
url = "{}"
[[policies]]
name = "web"
file = "web.rhai"
mode = "{policy_mode}"
inputs = {{ p99 = {{ source = "app", query = "p99" }} }}
"#,
        page.url(),
        service.url("/in"),
    ));
    site.write("web.rhai", POLICY);
    Scene { page, service, site }
}

/// What the service was told: kind, change, and whether it was open before the start.
fn told(service: &Service) -> Vec<(String, String, bool)> {
    let text = |body: &Value, key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let one = |write: support::Write| {
        let body = write.body;
        (text(&body, "kind"), text(&body, "change"), body["again"] == true)
    };
    service.writes().into_iter().map(one).collect()
}

fn page(change: &str, again: bool) -> (String, String, bool) {
    ("page".to_owned(), change.to_owned(), again)
}

fn until_sent(agent: &mut Agent) {
    agent.until("a notice is sent", |line| message(line) == "sent");
}

#[test]
fn a_page_is_sent_once_and_resolved_when_its_rule_is_quiet() {
    let scene = scene("act", "act");
    let mut agent = scene.site.start();
    agent.passes(2);
    scene.page.show_value("p99", 900);
    until_sent(&mut agent);
    agent.passes(3);
    assert_eq!(told(&scene.service), [page("raised", false)], "once, and no remark");
    let status = scene.site.run(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("open: page web/slow: players wait: p99 is 900 ms"), "{status}");
    scene.page.show_value("p99", 100);
    until_sent(&mut agent);
    agent.stop();
    assert_eq!(told(&scene.service), [page("raised", false), page("resolved", false)]);
    let body = &scene.service.writes()[0].body;
    assert_eq!(body["text"], "players wait: p99 is 900 ms");
    assert_eq!((&body["owner"], &body["policy"]), (&"game team".into(), &"web".into()));
    crate::scene::replays(&scene.site);
}

#[test]
fn a_killed_agent_raises_nothing_anew_but_tells_of_what_is_open_once_more() {
    let scene = scene("act", "act");
    scene.page.show_value("p99", 900);
    let mut agent = scene.site.start();
    until_sent(&mut agent);
    agent.kill();
    let mut agent = scene.site.start();
    until_sent(&mut agent);
    agent.passes(3);
    assert_eq!(told(&scene.service), [page("raised", false), page("raised", true)]);
    scene.page.show_value("p99", 100);
    until_sent(&mut agent);
    agent.stop();
    assert_eq!(told(&scene.service).last(), Some(&page("resolved", false)));
    crate::scene::replays(&scene.site);
}

#[test]
fn a_receiver_that_is_down_delays_no_pass_and_is_told_when_it_is_back() {
    let scene = scene("act", "act");
    scene.service.is(Mood::Answers(503));
    scene.page.show_value("p99", 900);
    let mut agent = scene.site.start();
    agent.until("it is not sent", |line| message(line) == "the notice is not sent yet");
    agent.passes(3);
    scene.service.is(Mood::Fine);
    until_sent(&mut agent);
    agent.stop();
    assert!(told(&scene.service).iter().all(|told| *told == page("raised", false)));
    crate::scene::replays(&scene.site);
}

#[test]
fn nobody_is_told_by_an_agent_or_a_policy_that_only_observes() {
    for (mode, policy_mode) in [("observe", "act"), ("act", "observe"), ("act", "shadow")] {
        let scene = scene(mode, policy_mode);
        scene.page.show_value("p99", 900);
        let mut agent = scene.site.start();
        agent.passes(4);
        let logged = agent.said().iter().any(|line| line.contains("a person must look"));
        assert_eq!(logged, policy_mode != "shadow", "{mode} {policy_mode}");
        agent.stop();
        assert!(scene.service.writes().is_empty(), "{mode} {policy_mode}");
    }
}

#[test]
fn another_receiver_takes_over_with_a_reload() {
    let scene = scene("act", "act");
    let mut agent = scene.site.start();
    agent.passes(2);
    let other = Service::start(&[]);
    let config = std::fs::read_to_string(scene.site.config()).expect("it is there");
    let config = config.replace(&scene.service.url("/in"), &other.url("/in"));
    std::fs::write(scene.site.config(), config).expect("there is room");
    agent.until("it is reloaded", |line| message(line) == "reloaded");
    scene.page.show_value("p99", 900);
    until_sent(&mut agent);
    agent.stop();
    assert!(scene.service.writes().is_empty());
    assert_eq!(told(&other), [page("raised", false)]);
}
