//! Settings through the whole agent: a real web service, a real file, a real page.

use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use support::{Exporter, Mood, Page, Service, Site};

/// Caps the pool when the database is short of connections, and frees it when it is not.
const POLICY: &str = r#"
const POLICY = #{
    about: "Cap the pool while connections are short", language: 1,
    inputs:  #{ connections: #{ unit: "percent" } },
    targets: #{ pool: #{ kind: "setting", safe: "high" } },
};
rule "cap"  when m.connections > 80.percent { pool.set_to(20).because("others need some too"); }
rule "free" when m.connections < 50.percent { pool.set_to(40); }
"#;

const BOUND: &str = r#"
[[policies]]
name = "cap"
file = "cap.rhai"
inputs = { connections = { source = "app", query = "connections" } }
targets = { pool = "pool" }
"#;

struct Scene {
    page: Exporter,
    site: Site,
}

/// An agent in `mode` with a pass every second, with this provider and this id of the pool.
fn scene(mode: &str, provider: &str, id: &str) -> Scene {
    let page = Exporter::start(Page::Text("connections 60\n".to_owned()));
    let site = Site::new(&format!(
        r#"region = "here"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{url}"
[providers.own]
{provider}
[targets.pool]
kind = "setting"
provider = "own"
id = "{id}"
min = 5
max = 100
settle = "1s"
cooldown_down = "1s"
{BOUND}"#,
        url = page.url(),
    ));
    site.write("cap.rhai", POLICY);
    Scene { page, site }
}

fn service() -> (Service, String) {
    let service = Service::start(&[("/settings/pool", json!({ "max": 40 }))]);
    let url = service.url("/settings/{id}");
    (service, format!("kind = \"webhook\"\nurl = \"{url}\"\npointer = \"/max\""))
}

#[test]
fn a_pool_behind_a_web_service_is_capped_and_freed_again() {
    let (service, provider) = service();
    let scene = scene("act", &provider, "pool");
    let mut agent = scene.site.start();
    agent.passes(3);
    scene.page.show_value("connections", 90);
    agent.action();
    assert_eq!(service.document("/settings/pool"), json!({ "max": 20 }));
    scene.page.show_value("connections", 30);
    agent.action();
    assert_eq!(service.document("/settings/pool"), json!({ "max": 40 }));
    agent.passes(2);
    agent.stop();
    assert_eq!(service.writes().len(), 2, "{:?}", service.writes());
    let explained = scene.site.explain("pool");
    assert!(explained.contains("set to 40"), "{explained}");
    crate::scene::replays(&scene.site);
}

#[test]
fn a_lost_answer_is_no_second_write() {
    let (service, provider) = service();
    let scene = scene("act", &provider, "pool");
    service.is(Mood::Mute);
    let mut agent = scene.site.start();
    agent.passes(3);
    scene.page.show_value("connections", 90);
    agent.action();
    agent.passes(5);
    agent.stop();
    assert_eq!(service.document("/settings/pool"), json!({ "max": 20 }));
    assert_eq!(service.writes().len(), 1, "{:?}", service.writes());
    crate::scene::replays(&scene.site);
}

#[test]
fn without_evidence_a_pool_is_never_capped() {
    let (service, provider) = service();
    let scene = scene("act", &provider, "pool");
    scene.page.show(Page::Status(503));
    let mut agent = scene.site.start();
    agent.passes(5);
    agent.stop();
    assert!(service.writes().is_empty());
    assert!(scene.site.explain("pool").contains("evidence"), "{}", scene.site.explain("pool"));
}

#[test]
fn in_observe_mode_nothing_is_written() {
    let (service, provider) = service();
    let scene = scene("observe", &provider, "pool");
    scene.page.show_value("connections", 90);
    let mut agent = scene.site.start();
    agent.passes(6);
    agent.stop();
    assert!(service.writes().is_empty());
    let explained = scene.site.explain("pool");
    assert!(
        explained.contains("set 40 -> 20") && explained.contains("only observes"),
        "{explained}"
    );
}

/// A folder of settings beside the agent's own.
fn folder(site: &Site) -> PathBuf {
    site.config().parent().map(Path::to_owned).expect("a file is in a folder")
}

#[test]
fn a_key_of_a_file_is_set_and_all_else_of_it_stays() {
    let scene = scene("act", "kind = \"file\"\nfolder = \".\"", "limits.toml#/pool/max");
    let file = folder(&scene.site).join("limits.toml");
    scene.site.write("limits.toml", "# agreed in spring\n[pool]\nmax = 40 # of 100\n");
    let mut agent = scene.site.start();
    agent.passes(3);
    scene.page.show_value("connections", 90);
    agent.action();
    let text = || fs::read_to_string(&file).expect("it is there");
    assert_eq!(text(), "# agreed in spring\n[pool]\nmax = 20 # of 100\n");
    scene.page.show_value("connections", 30);
    agent.action();
    assert_eq!(text(), "# agreed in spring\n[pool]\nmax = 40 # of 100\n");
    agent.stop();
    crate::scene::replays(&scene.site);
}
