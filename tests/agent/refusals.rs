//! Bad input at work: a clear reason, nothing lost, and the agent goes on.

use crate::scene::{EAGER_GROUP, GROUP, HOLD_CPU, Scene};
use support::{Cloud, Moto, Page};

#[test]
fn a_page_of_a_hundred_megabytes_is_refused_and_the_agent_goes_on() {
    let scene = Scene::fleet(20, 60.0, &[EAGER_GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.passes(2);
    scene.page.show(Page::Endless(100 << 20));
    agent.passes(3);
    let explained = scene.site.explain("web");
    assert!(explained.contains("MiB") || explained.contains("bytes"), "{explained}");
    assert!(agent.peak_kib() < 128 << 10, "{} KiB", agent.peak_kib());
    scene.page.show_value("cpu", 90);
    agent.passes(2);
    agent.stop();
    assert!(scene.counted().contains_key("resize 20 -> 30"), "{:?}", scene.counted());
    scene.replays();
}

#[test]
fn refused_credentials_are_told_and_nothing_is_lost() {
    let cloud = Cloud::of(Moto::guarded_after(2));
    cloud.moto.make_group("web", 10);
    let scene = Scene::new("act", cloud, Page::Text("cpu 90\n".to_owned()), &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.passes(2);
    agent.stop();
    let explained = scene.site.explain("web");
    assert!(explained.contains("not observed"), "{explained}");
    assert!(explained.contains("the credentials were refused"), "{explained}");
    let output = scene.site.run(&["plan"]);
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    scene.replays();
}

#[test]
fn a_missing_policy_file_and_a_wrong_key_are_told_together() {
    let scene = Scene::fleet(10, 60.0, &[&GROUP.replace("max =", "mx ="), HOLD_CPU]);
    std::fs::remove_file(scene.site.config().with_file_name("target-cpu.rhai"))
        .expect("it was written above");
    let output = scene.site.run(&["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    for fault in ["setpoint.toml:", "`mx`", "did you mean `max`?", "target-cpu.rhai"] {
        assert!(said.contains(fault), "{fault:?} is not in\n{said}");
    }
}
#[test]
fn a_policy_with_three_faults_has_all_of_them_told_with_their_places() {
    let scene = Scene::fleet(10, 60.0, &[GROUP, HOLD_CPU]);
    let policy = include_str!("../../policies/library/target-cpu.rhai")
        .replace("unit: \"percent\"", "unit: \"percnt\"")
        .replace("m.cpu > 95.percent", "m.cpuu > 95")
        .replace("scale_by", "scale_bye");
    scene.site.write("target-cpu.rhai", &policy);
    let output = scene.site.run(&["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    for fault in [
        "target-cpu.rhai:11:",
        "did you mean 'percent'?",
        "target-cpu.rhai:20:",
        "did you mean 'cpu'?",
        "target-cpu.rhai:19:",
        "did you mean 'scale_by'?",
    ] {
        assert!(said.contains(fault), "{fault:?} is not in\n{said}");
    }
}
