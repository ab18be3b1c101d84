//! The pages over TCP: they tell, and change nothing.

use crate::{
    agent::{Agent, PATIENCE, json, quick},
    folder, setpoint, text,
};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

/// The status and the body of the answer to `request`, which lacks its end.
#[track_caller]
fn ask(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("the agent listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a deadline");
    let request = format!("{request} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the agent reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the agent answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).expect("a status").to_owned();
    (status, body.to_owned())
}

fn listening(listen: &str) -> String {
    format!("{}[http]\nlisten = \"{listen}\"\n", quick())
}

#[test]
fn the_pages_tell_how_the_agent_is_and_why_it_is_not_ready() {
    let folder = folder(&listening("127.0.0.1:0"));
    let mut agent = Agent::start(folder.path());
    let address = agent.until("listening")["address"].as_str().expect("an address").to_owned();
    assert_eq!(ask(&address, "GET /healthz"), ("200".into(), "ok\n".into()));
    for _ in 0..4 {
        agent.pass();
    }
    // Nobody answers at its source: it was silent in three passes and more.
    let (status, why) = ask(&address, "GET /readyz");
    assert_eq!(status, "503");
    assert!(why.contains("policy hold could not speak in"), "{why}");

    let (_, page) = ask(&address, "GET /metrics");
    for series in [
        "setpoint_build_info{version=\"",
        "setpoint_source_failures_total{source=\"app\"}",
        "setpoint_provider_failures_total{provider=\"aws\"}",
        "setpoint_held_total{reason=\"not observed\"}",
        "setpoint_pass_duration_seconds_bucket{le=\"+Inf\"}",
        "setpoint_missing_inputs 1",
        "setpoint_epoch 1",
        "setpoint_reload_successful 1",
    ] {
        assert!(page.contains(series), "{series:?} is not in\n{page}");
    }
    let number = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).expect("a series");
        line.trim().parse::<f64>().expect("a number")
    };
    assert!(number("setpoint_passes_total ") >= 4.0);
    assert!(number("setpoint_journal_bytes ") > 10_000.0);

    let (_, status) = ask(&address, "GET /api/status");
    let status: Value = serde_json::from_str(&status).expect("the status is JSON");
    let told = json(folder.path(), &["status"]);
    assert_eq!((&status["region"], &status["epoch"]), (&told["region"], &told["epoch"]));
    assert_eq!(ask(&address, "POST /api/status").0, "405");
    assert_eq!(ask(&address, "GET /pause").0, "404");
    assert_eq!(agent.end("-TERM"), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named_and_ends_with_69() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let output = setpoint(folder(&listening(&address)).path(), &["run"]);
    assert!(text(&output.stderr).contains(&address), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(69));
    let output = setpoint(folder(&listening("192.0.2.1:9464")).path(), &["run"]);
    assert!(text(&output.stderr).contains("192.0.2.1:9464"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(78));
}
