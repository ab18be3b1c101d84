//! Jobs through the whole agent: a real web service, a real page, starts that get lost.

use serde_json::json;
use support::{Exporter, Mood, Page, Service, Site};

const PATH: &str = "/jobs/renew";

struct Scene {
    page: Exporter,
    service: Service,
    site: Site,
}

/// An agent with a pass every second that renews a certificate; so many days are left.
fn scene(mode: &str, left: u32) -> Scene {
    let page = Exporter::start(Page::Text(format!("left {left}\n")));
    let service = Service::start(&[(PATH, json!({ "state": "never" }))]);
    let site = Site::new(&format!(
        r#"region = "here"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{}"
[providers.own]
kind = "webhook"
url = "{}"
pointer = "/state"
run = "/run"
[targets.renew]
kind = "job"
provider = "own"
id = "renew"
[[policies]]
name = "renew"
file = "certificate-renewal.rhai"
inputs = {{ left = {{ source = "app", query = "left" }} }}
targets = {{ renew = "renew" }}
"#,
        page.url(),
        service.url("/jobs/{id}"),
    ));
    let policy = include_str!("../../policies/library/certificate-renewal.rhai");
    site.write("certificate-renewal.rhai", policy);
    Scene { page, service, site }
}

#[test]
fn a_job_is_started_once_however_long_its_rule_stays_fired() {
    let scene = scene("act", 90);
    let mut agent = scene.site.start();
    agent.passes(3);
    assert!(scene.service.writes().is_empty());
    scene.page.show_value("left", 20);
    agent.action();
    agent.passes(3);
    scene.service.put(PATH, json!({ "state": "ok", "run": 1 }));
    agent.passes(4);
    agent.stop();
    assert_eq!((scene.service.runs(PATH), scene.service.writes().len()), (1, 1));
    let explained = scene.site.explain("renew");
    assert!(explained.contains("was started for already"), "{explained}");
    crate::scene::replays(&scene.site);
}

#[test]
fn a_lost_answer_and_a_killed_agent_start_it_once() {
    let scene = scene("act", 20);
    scene.service.is(Mood::Mute);
    let mut agent = scene.site.start();
    agent.action();
    agent.kill();
    scene.service.is(Mood::Fine);
    let mut agent = scene.site.start();
    agent.passes(5);
    agent.stop();
    assert_eq!(scene.service.runs(PATH), 1, "{:?}", scene.service.writes());
    crate::scene::replays(&scene.site);
}

#[test]
fn in_observe_mode_nothing_is_started() {
    let scene = scene("observe", 20);
    let mut agent = scene.site.start();
    agent.passes(4);
    agent.stop();
    assert!(scene.service.writes().is_empty());
    assert!(
        scene.site.explain("renew").contains("only observes"),
        "{}",
        scene.site.explain("renew")
    );
}
