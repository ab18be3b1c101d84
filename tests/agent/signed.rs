//! A Prometheus that answers only what is signed as AWS has it, as Amazon's own does.

use crate::scene::{EAGER_GROUP, Scene};
use support::{Allowed, Cloud, Exporter, Gate, Page, Prometheus, REGION};

const PREFIX: &str = "/workspaces/ws-1";

const HOLD_CPU: &str = r#"
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = { cpu = { source = "amp", query = 'max(cpu{app=~"a|b c"})' } }
targets = { fleet = "web" }
"#;

/// A scene whose metrics are behind a gate that knows `secret`, and what it stands on.
fn behind_a_gate(secret: &str) -> (Scene, Gate, Prometheus) {
    let scraped = Exporter::start(Page::Text("cpu{app=\"b c\"} 90\n".to_owned()));
    let prometheus = Prometheus::start(&scraped);
    prometheus.wait_for_value("cpu", "90");
    let allowed = Allowed {
        secret: secret.to_owned(),
        region: REGION.to_owned(),
        service: "aps".to_owned(),
        prefix: PREFIX.to_owned(),
    };
    let gate = Gate::start(prometheus.address(), allowed);
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let url = gate.url(PREFIX);
    let source = format!("[sources.amp]\nkind = \"prometheus\"\nurl = \"{url}\"\nsigv4 = {{}}\n");
    let scene =
        Scene::new("act", cloud, Page::Text(String::new()), &[&source, EAGER_GROUP, HOLD_CPU]);
    (scene, gate, prometheus)
}

#[test]
fn every_request_is_signed_with_the_credentials_of_its_provider() {
    // What the cloud of the tests has in its credentials file.
    let (scene, gate, _prometheus) = behind_a_gate("fake");
    let mut agent = scene.site.start();
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 15");
    agent.stop();
    assert_eq!(gate.refused(), [""; 0]);
    let output = scene.site.run(&["permissions"]);
    let asked = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(asked.contains("aps:QueryMetrics"), "{asked}");
    assert!(asked.contains(&format!("arn:aws:aps:{REGION}:*:workspace/ws-1")), "{asked}");
    scene.replays();
}

#[test]
fn a_signature_with_another_key_is_refused_and_nothing_is_done() {
    let (scene, gate, _prometheus) = behind_a_gate("another word");
    let mut agent = scene.site.start();
    agent.passes(2);
    agent.stop();
    assert!(gate.refused().iter().all(|why| why == "another signature"), "{:?}", gate.refused());
    let explained = scene.site.explain("web");
    assert!(explained.contains("the credentials were refused"), "{explained}");
    assert_eq!(scene.desired(), 10);
}
