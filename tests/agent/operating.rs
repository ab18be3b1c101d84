//! People and files change what a running agent does, against a real API: what they say
//! holds at once, and what they did not say stays.

use crate::scene::{EAGER_GROUP, GROUP, HOLD_CPU, Scene, told};
use serde_json::Value;
use setpoint_control::Clock;
use setpoint_core::Span;
use setpoint_journal::Reader;
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread,
};
use support::{Fault, MachineClock, Page, message};

/// Twelve members at most.
const SMALLER_RANGE: (&str, &str) = ("max = 200", "max = 12");

#[test]
fn a_paused_agent_sends_nothing_and_goes_on_where_it_is_resumed() {
    let scene = Scene::fleet(10, 60.0, &[GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.passes(1);
    assert!(told(&scene, &["pause", "a drill"]).contains("taken in by pass"));
    scene.page.show_value("cpu", 90);
    agent.passes(5);
    agent.kill();
    // The one that comes after it is told nothing, and knows.
    let mut agent = scene.site.start();
    agent.passes(5);
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    assert!(scene.site.explain("web").contains("paused: a drill"));
    told(&scene, &["resume"]);
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 15");
    agent.stop();
    assert_eq!(scene.desired(), 15);
    scene.replays();
}

#[test]
fn a_policy_that_is_being_tried_decides_and_changes_nothing() {
    let tried = HOLD_CPU.replace("[[policies]]", "[[policies]]\nmode = \"shadow\"");
    let scene = Scene::fleet(10, 90.0, &[GROUP, &tried]);
    let mut agent = scene.site.start();
    agent.passes(10);
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    // It goes its own way: at the second pass its fleet has the fifteen that it asked for.
    let shadow = told(&scene, &["explain", "web", "--shadow"]);
    assert!(shadow.contains("as cpu would have it") && shadow.contains("+"), "{shadow}");
    assert!(scene.site.explain("web").contains("shadow   cpu: would have "), "it is told beside");

    let config = fs::read_to_string(scene.site.config()).expect("it was written above");
    scene.site.write("setpoint.toml", &config.replace("shadow", "act"));
    assert!(told(&scene, &["reload"]).contains("reloaded: 1 policy"));
    agent.until("the first action", |line| line["fields"]["result"] == "Some(Accepted)");
    agent.stop();
    assert_eq!(scene.desired(), 15);
    scene.replays();
}

#[test]
fn a_reload_changes_what_is_written_and_nothing_that_is_remembered() {
    let scene = Scene::fleet(10, 90.0, &[EAGER_GROUP, HOLD_CPU]);
    let config = fs::read_to_string(scene.site.config()).expect("it was written above");
    let (from, to) = SMALLER_RANGE;
    scene.site.write("setpoint.toml", &config.replace(from, to));
    let mut agent = scene.site.start();
    assert_eq!(agent.action()["fields"]["action"], "resize 10 -> 12");
    scene.site.write("setpoint.toml", &config);
    told(&scene, &["reload"]);
    agent.until("more than twelve", |line| {
        let action = line["fields"]["action"].as_str();
        action.is_some_and(|action| action.starts_with("resize 12 -> "))
    });
    let status = scene.site.run(&["status", "--output", "json"]);
    let status: Value = serde_json::from_slice(&status.stdout).expect("a status for programs");
    assert_eq!(status["epoch"], 1, "a reload is no restart");
    agent.stop();
    let verified = told(&scene, &["journal", "verify"]);
    assert!(verified.contains(" 0 came out otherwise"), "{verified}");
    scene.replays();
}

#[test]
fn a_policy_that_is_being_tried_is_told_beside_the_one_that_acts_and_never_touches_it() {
    let tried = HOLD_CPU
        .replace("[[policies]]", "[[policies]]\nmode = \"shadow\"")
        .replace("name = \"cpu\"", "name = \"eager\"\nparams = { goal = \"30%\" }")
        .replace("query = \"cpu\"", "query = \"other\"");
    let scene = Scene::fleet(10, 60.0, &[EAGER_GROUP, HOLD_CPU, &tried]);
    scene.page.show(Page::Text("cpu 60\nother 60\n".to_owned()));
    let config = fs::read_to_string(scene.site.config()).expect("it was written above");
    scene.site.write("setpoint.toml", &format!("{config}[http]\nlisten = \"127.0.0.1:0\"\n"));
    let mut agent = scene.site.start();
    let listening = agent.until("an address", |line| message(line) == "listening");
    let address = listening["fields"]["address"].as_str().expect("it is named").to_owned();
    let line = agent.until("a shadow", |line| message(line) == "shadow");
    assert_eq!(line["fields"]["action"], "resize 10 -> 20");
    agent.passes(3);
    // Ten members at 60 % would be twenty at 30 %: ten more than there really are.
    let metrics = get(&address, "/metrics");
    let gauge = "setpoint_shadow_divergence{policy=\"eager\",target=\"web\"} 10\n";
    assert!(metrics.contains(gauge), "{metrics}");
    assert_eq!(scene.cloud.proxy.changes(), [""; 0]);
    // What it lacks holds nobody but itself.
    scene.page.show(Page::Text("cpu 30\n".to_owned()));
    agent.until("shrinking", |line| {
        line["fields"]["action"].as_str().is_some_and(|it| it.starts_with("resize 10 -> "))
    });
    agent.kill();
    // Its fleet is remembered.
    let mut agent = scene.site.start();
    agent.passes(2);
    // It has not been ready since its input is gone: the answer is a no.
    let status = scene.site.run(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("shadow web   eager: would have 20"), "{status}");
    agent.stop();
    scene.replays();
}

/// The body of a page.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("it takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn an_agent_that_is_told_to_stop_finishes_its_pass_however_long_its_cloud_takes() {
    let scene = Scene::fleet(10, 90.0, &[EAGER_GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.passes(1);
    // From now on the cloud takes a request and never answers: a look takes all its time.
    scene.cloud.proxy.always("DescribeAutoScalingGroups", Fault::Hang);
    agent.until("a pass that saw nothing", |line| message(line) == "held");
    agent.passes(1);
    let before = agent.said().iter().filter(|line| line.contains("\"pass\":")).count();
    let (calls, clock) = (scene.cloud.proxy.calls(), MachineClock::start());
    // A pass is under way as soon as it has asked.
    while scene.cloud.proxy.calls() == calls {
        assert!(clock.now().monotonic < Span::from_secs(60), "no other pass has begun");
        thread::yield_now();
    }
    let began = clock.now().monotonic;
    agent.stop();
    let took = clock.now().monotonic.minus(began);
    assert!(took < Span::from_secs(30), "{took}");
    let reader = Reader::open(&scene.site.journal()).expect("there is a journal");
    let (last, _) = reader.last_pass().expect("it can be read").expect("passes were made");
    assert!(last > before as u64, "the pass under way is on record: {last} after {before}");
    scene.replays();
}
