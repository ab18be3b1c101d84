//! A policy that takes too long: it fails, its targets do not shrink, and nobody else notices.

use crate::scene::{EAGER_GROUP, HOLD_CPU, Scene};
use support::{Cloud, Page, message};

const SLOW_POLICY: &str = r#"
[[policies]]
name = "slow"
file = "slow.rhai"
targets = { fleet = "web" }
"#;

/// Cuts a text into pieces, within all the limits of the language: a fifth of a second of work,
/// an eighth where it is optimised. Only the clock can end it.
const SLOW: &str = r#"const POLICY = #{
    about: "Takes its time",
    language: 1,
    inputs: #{},
    targets: #{ fleet: #{ kind: "group" } },
};
rule "slow" {
    let text = "";
    text.pad(1990, "a,");
    let n = 0;
    for i in 0..2000 { n += text.split(",").len(); }
    fleet.at_least(2);
}
"#;

#[test]
fn a_policy_that_takes_too_long_shrinks_nothing_of_its_own_and_keeps_nobody_waiting() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 20);
    cloud.moto.make_group("other", 20);
    let page = Page::Text("cpu 30\n".to_owned());
    let both = [EAGER_GROUP, HOLD_CPU].concat();
    let other = both.replace("web", "other").replace("name = \"cpu\"", "name = \"other\"");
    let scene = Scene::new("act", cloud, page, &[&both, &other, SLOW_POLICY]);
    scene.site.write("slow.rhai", SLOW);
    let mut agent = scene.site.start();
    agent.until("the slow policy's end", |line| message(line).starts_with("out of time"));
    // The other fleet shrinks as far as a tenth at a time takes it.
    for _ in 0..2 {
        let action = agent.action();
        assert_eq!(action["fields"]["target"], "other", "{action}");
    }
    agent.passes(2);
    agent.stop();
    let changes = scene.cloud.proxy.changes();
    assert!(changes.iter().all(|call| call.contains("AutoScalingGroupName=other")), "{changes:?}");
    let explained = scene.site.explain("web");
    assert!(explained.contains("it ran out of time when this pass was made"), "{explained}");
    scene.replays();
}
