//! Flags through the whole agent: a real page, a real file, and an application that reads it.

use std::{fs, ops::RangeInclusive, path::PathBuf};
use support::{Exporter, FlagReader, Page, Site, until};

/// Sheds when answers are slow, shows it to a quarter when they are so-so, restores when quick.
const POLICY: &str = r#"
const POLICY = #{
    about: "Shed what is optional while answers are slow", language: 1,
    inputs:  #{ p99: #{ unit: "ms" } },
    targets: #{ extras: #{ kind: "flag" } },
};
rule "shed"    when m.p99 > 800.ms { extras.turn_off().because("answers are slow"); }
rule "some"    when m.p99 > 400.ms && m.p99 < 800.ms { extras.ramp(25.percent); }
rule "restore" when m.p99 < 200.ms { extras.restore(); }
"#;

/// Laid out as nobody would who writes it by a program.
const FLAGS: &str = r#"{ "$schema": "https://flagd.dev/schema/v0/flags.json",
  "flags": {
    "other":  { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "on" },
    "extras": {
      "state": "ENABLED",   "defaultVariant": "on",
      "variants": { "on": true,
                    "off": false }
    }
  }
}
"#;

/// So many users are asked.
const USERS: u32 = 4000;
/// A quarter of them, give or take five standard deviations of a fair draw.
const A_QUARTER: RangeInclusive<u64> = 863..=1137;

struct Scene {
    page: Exporter,
    site: Site,
}

/// An agent in `mode` with a pass every second, and quick answers.
fn scene(mode: &str) -> Scene {
    let page = Exporter::start(Page::Text("p99 300\n".to_owned()));
    let site = Site::new(&format!(
        r#"region = "here"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{url}"
[providers.features]
kind = "flags"
file = "flags.json"
[targets.extras]
kind = "flag"
provider = "features"
id = "extras"
settle = "1s"
cooldown_down = "1s"
[[policies]]
name = "shed"
file = "shed.rhai"
inputs = {{ p99 = {{ source = "app", query = "p99" }} }}
targets = {{ extras = "extras" }}
"#,
        url = page.url(),
    ));
    site.write("shed.rhai", POLICY);
    site.write("flags.json", FLAGS);
    Scene { page, site }
}

impl Scene {
    fn file(&self) -> PathBuf {
        self.site.config().with_file_name("flags.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("it is there")
    }
}

/// Waits until the application shows the feature to so many of its users; every other feature
/// stays, and nothing is an error to it.
#[track_caller]
fn shown(reader: &mut FlagReader, to: RangeInclusive<u64>, nameless: bool) {
    until("the application sees the change", || {
        let seen = reader.ask("extras", USERS);
        let on = seen["on"].as_u64().unwrap_or(u64::MAX);
        if to.contains(&on) && seen["nameless"] == nameless { Ok(()) } else { Err(seen) }
    });
    assert_eq!(reader.ask("extras", USERS)["errors"], serde_json::json!([]));
    assert_eq!(reader.ask("other", USERS)["on"], USERS);
}

#[test]
fn a_feature_is_shed_ramped_and_restored_in_the_eyes_of_an_application() {
    let scene = scene("act");
    let mut reader = FlagReader::start(&scene.file());
    let all = u64::from(USERS);
    shown(&mut reader, all..=all, true);
    let mut agent = scene.site.start();
    agent.passes(3);
    scene.page.show_value("p99", 900);
    agent.action();
    shown(&mut reader, 0..=0, false);
    scene.page.show_value("p99", 600);
    agent.action();
    shown(&mut reader, A_QUARTER, false);
    let first = reader.ask("extras", USERS);
    assert_eq!(reader.ask("extras", USERS), first, "the same users at every look");
    scene.page.show_value("p99", 100);
    agent.action();
    shown(&mut reader, all..=all, true);
    assert_eq!(scene.text(), FLAGS);
    agent.passes(3);
    agent.stop();
    assert_eq!(scene.text(), FLAGS, "what is restored is left alone");
    crate::scene::replays(&scene.site);
}

#[test]
fn without_evidence_a_feature_never_comes_back_and_a_restart_forgets_nothing() {
    let scene = scene("act");
    scene.page.show_value("p99", 900);
    let mut agent = scene.site.start();
    agent.action();
    let shed = scene.text();
    scene.page.show(Page::Status(503));
    agent.passes(5);
    agent.kill();
    assert_eq!(scene.text(), shed);
    let mut agent = scene.site.start();
    agent.passes(3);
    assert_eq!(scene.text(), shed);
    let explained = scene.site.explain("extras");
    assert!(explained.contains("evidence") && explained.contains("100 % before"), "{explained}");
    scene.page.show(Page::Text("p99 100\n".to_owned()));
    agent.action();
    assert_eq!(scene.text(), FLAGS);
    agent.stop();
    crate::scene::replays(&scene.site);
}

#[test]
fn what_a_person_made_of_a_flag_meanwhile_is_theirs() {
    let scene = scene("act");
    scene.page.show_value("p99", 900);
    let mut agent = scene.site.start();
    agent.action();
    agent.passes(2);
    let theirs = FLAGS.replace(
        r#""state": "ENABLED",   "defaultVariant": "on","#,
        r#""state": "ENABLED", "targeting": {"fractional": [["on", 5], ["off", 95]]}, "defaultVariant": "off","#,
    );
    assert_ne!(theirs, FLAGS);
    // In between it is slow no more, and not yet quick: nobody asks for anything.
    scene.page.show_value("p99", 300);
    agent.passes(2);
    scene.site.write("flags.json", &theirs);
    agent.passes(2);
    for p99 in [100, 600] {
        scene.page.show_value("p99", p99);
        agent.passes(4);
        assert_eq!(scene.text(), theirs);
    }
    let explained = scene.site.explain("extras");
    assert!(explained.contains("foreign change"), "{explained}");
    agent.stop();
    crate::scene::replays(&scene.site);
}

#[test]
fn in_observe_mode_the_file_is_not_touched() {
    let scene = scene("observe");
    scene.page.show_value("p99", 900);
    let mut agent = scene.site.start();
    agent.passes(6);
    agent.stop();
    assert_eq!(scene.text(), FLAGS);
    let explained = scene.site.explain("extras");
    assert!(
        explained.contains("set 100 -> 0") && explained.contains("only observes"),
        "{explained}"
    );
}
