//! What a start does not remember is asked for: a real Prometheus that knows the past.

use crate::scene::{EAGER_GROUP, Scene};
use setpoint_journal::Reader;
use support::{Cloud, Exporter, Page, Prometheus};

const POLICY: &str = r#"const POLICY = #{
    about: "Half as many again where five minutes were busy",
    language: 1,
    inputs: #{ cpu: #{ unit: "percent", window: "5m" } },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "busy" when m.cpu.avg(5.minutes) > 80.percent && m.cpu.peak(5.minutes) > 90.percent {
    fleet.scale_to(15);
}
"#;

const BOUND: &str = r#"
[[policies]]
name = "busy"
file = "busy.rhai"
inputs = { cpu = { source = "prom", query = "max(cpu)" } }
targets = { fleet = "web" }
"#;

#[test]
fn a_start_without_a_journal_is_never_blind_to_what_its_server_remembers() {
    let scraped = Exporter::start(Page::Text("cpu 85\n".to_owned()));
    let mut past = [85.0; 150];
    past[100..104].fill(95.0);
    let prometheus = Prometheus::with_past(&scraped, &[("cpu", &past)]);
    prometheus.wait_for_value("cpu", "85");
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let url = prometheus.url();
    let source =
        format!("[sources.prom]\nkind = \"prometheus\"\nurl = \"{url}\"\nperiod = \"15s\"\n");
    let empty = Page::Text(String::new());
    let scene = Scene::new("act", cloud, empty, &[&source, EAGER_GROUP, BOUND]);
    scene.site.write("busy.rhai", POLICY);

    let mut agent = scene.site.start();
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 15");
    agent.passes(2);
    agent.stop();
    let intents = Reader::open(&scene.site.journal()).expect("there is a journal").intents(1);
    assert_eq!(intents.expect("it can be read")[0].pass, 1, "the very first pass");
    // The samples are on record: the pass comes out the same when it is made again.
    scene.replays();

    // The journal fills what it can: nothing is asked for that it knows.
    let mut again = scene.site.start();
    again.passes(2);
    let asked = again.said().iter().any(|line| line.contains("filled from the past"));
    assert!(!asked, "{:?}", again.said());
    again.stop();
}
