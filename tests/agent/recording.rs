//! What an agent read, frozen as a test that `setpoint-sim` runs.

use crate::scene::{EAGER_GROUP, HOLD_CPU, Scene, pool_and_certificate};
use std::{fs, process::Command};
use support::Page;

#[test]
fn what_was_read_is_a_test_that_passes_and_says_what_was_missing() {
    let policy = format!("{HOLD_CPU}params = {{ goal = \"50%\" }}\n");
    let scene = Scene::fleet(10, 50.0, &[EAGER_GROUP, &policy]);
    let mut agent = scene.site.start();
    agent.passes(3);
    scene.page.show(Page::Gone);
    agent.passes(2);
    scene.page.show_value("cpu", 75);
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 15");
    agent.stop();

    let out = scene.site.config().with_file_name("frozen.test.toml");
    let name = out.display().to_string();
    let output = scene.site.run(&["record", "--last", "10m", "--out", &name]);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("passes of cpu") && said.contains("missing: cpu in "), "{said}");
    let text = fs::read_to_string(&out).expect("it was written");
    for part in [
        "policy = \"target-cpu.rhai\"",
        "cpu = \"50x",
        " _",
        "75",
        "at = 10, ready = 10, min = 2, max = 200",
        "goal = \"50%\"",
        "# Done by the agent: web resize 10 -> 15 at ",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }

    // What is read there leads to the same.
    let at = text.split_once("resize 10 -> 15 at ").and_then(|(_, rest)| rest.split_once('.'));
    let at = at.expect("it is told when").0;
    let claim = format!("expect = [{{ at = \"{at}\", actions = [\"fleet scale_to 15\"] }}]\n");
    fs::write(&out, text.replace("[test.inputs]", &format!("{claim}[test.inputs]")))
        .expect("there is room for a small file");
    let sim = support::program("setpoint-sim");
    let output = Command::new(sim).args(["test", &name]).output().expect("the program starts");
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));

    let again = scene.site.run(&["record", "--out", &name]);
    assert_eq!(again.status.code(), Some(1), "nothing is written over");
}

#[test]
fn what_was_read_of_a_setting_and_a_job_is_a_test_that_does_the_same() {
    let (service, page, site) = pool_and_certificate("connections 60\nleft 90\n");
    let mut agent = site.start();
    agent.passes(3);
    page.show(Page::Text("connections 90\nleft 20\n".to_owned()));
    agent.action();
    agent.passes(2);
    agent.stop();
    assert_eq!((service.runs("/settings/renew"), service.writes().len()), (1, 2));

    let out = site.config().with_file_name("frozen.test.toml");
    let name = out.display().to_string();
    let output = site.run(&["record", "--last", "10m", "--out", &name]);
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    let text = fs::read_to_string(&out).expect("it was written");
    for part in [
        "pool = { at = 40, min = 5, max = 100, settle = \"0s\", safe = \"high\"",
        "renew = { last = \"never\"",
        "pool >= 5 && pool <= 100",
        "# Done by the agent: pool set 40 -> 20 at ",
        "# Done by the agent: renew start at ",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let at = |what: &str| {
        let after = text.split_once(what).and_then(|(_, rest)| rest.split_once('.'));
        after.expect("it is told when").0
    };
    let (set, begun) = (at("pool set 40 -> 20 at "), at("renew start at "));
    assert_eq!(set, begun, "{text}");
    let claim = format!(
        "expect = [{{ at = \"{set}\", actions = [\"pool set_to 20\", \"renew start\"] }}]\n\
         max_actions = 2\n"
    );
    fs::write(&out, text.replace("[test.inputs]", &format!("{claim}[test.inputs]")))
        .expect("there is room for a small file");
    let sim = support::program("setpoint-sim");
    let output = Command::new(sim).args(["test", &name]).output().expect("the program starts");
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&told));
}
