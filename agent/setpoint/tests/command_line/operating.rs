//! The agent told something over its socket, or in its absence.

use crate::{
    agent::{Agent, PATIENCE, json, quick},
    command, folder, setpoint, text,
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::{UnixDatagram, UnixStream},
    },
    path::Path,
};

#[track_caller]
fn said(folder: &Path, arguments: &[&str], code: i32, wanted: &str) {
    let output = setpoint(folder, arguments);
    let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(all.contains(wanted), "{wanted:?} is not in {all:?}");
    assert_eq!(output.status.code(), Some(code), "{all}");
}

#[test]
fn a_pause_holds_from_the_pass_that_is_named_and_through_a_restart_until_resumed() {
    let folder = folder(&quick());
    let agent = Agent::start(folder.path());
    agent.pass();
    let taken = json(folder.path(), &["pause", "a drill", "--for", "2h"]);
    assert!(taken["pass"].as_u64().is_some_and(|pass| pass >= 2), "{taken}");
    let status = json(folder.path(), &["status"]);
    assert_eq!(status["paused"]["reason"], "a drill");
    assert!(status["paused"]["left_ms"].as_u64().is_some_and(|left| left > 7_100_000), "{status}");
    agent.signal("-KILL");
    drop(agent);

    // It left its socket behind, as whoever is killed does.
    assert!(folder.path().join("data/setpoint.sock").exists());
    let mut agent = Agent::start(folder.path());
    agent.pass();
    assert_eq!(json(folder.path(), &["status"])["paused"]["reason"], "a drill");
    said(folder.path(), &["status"], 0, "paused for another 1h59m");
    said(folder.path(), &["resume"], 0, "taken in by pass");
    assert_eq!(json(folder.path(), &["status"])["paused"], Value::Null);
    assert_eq!(agent.end("-TERM"), Some(0));
    assert!(!folder.path().join("data/setpoint.sock").exists());
    // Orders are in the snapshots: the passes come out the same when they are made again.
    said(folder.path(), &["journal", "verify"], 0, " 0 came out otherwise");
}

#[test]
fn a_pause_without_an_agent_is_obeyed_by_the_next_start() {
    let folder = folder(&quick());
    said(folder.path(), &["pause", "not before noon"], 0, "the next start will obey");
    said(folder.path(), &["reload"], 69, "no agent is at work");
    let mut agent = Agent::start(folder.path());
    agent.pass();
    let status = json(folder.path(), &["status"]);
    assert_eq!(status["paused"]["reason"], "not before noon");
    assert_eq!(status["paused"]["left_ms"], Value::Null);
    assert_eq!(agent.end("-TERM"), Some(0));
    said(folder.path(), &["resume"], 0, "the next start will obey");
    let mut agent = Agent::start(folder.path());
    agent.pass();
    assert_eq!(json(folder.path(), &["status"])["paused"], Value::Null);
    assert_eq!(agent.end("-TERM"), Some(0));
}

#[test]
fn nobody_waits_for_the_next_pass_to_be_obeyed() {
    // Between two passes lies an hour: an answer comes only if the order itself brings one.
    let folder = folder(&quick().replace("\"1s\"\nregion", "\"60m\"\nregion"));
    let mut agent = Agent::start(folder.path());
    agent.pass();
    assert_eq!(json(folder.path(), &["pause", "now"])["pass"], 2);
    assert_eq!(agent.end("-TERM"), Some(0));
}

#[test]
fn orders_that_make_no_sense_are_refused_and_change_nothing() {
    let folder = folder(&quick());
    let mut agent = Agent::start(folder.path());
    agent.pass();
    said(folder.path(), &["pause", "  "], 1, "say why");
    said(folder.path(), &["pause", "a drill", "--target", "wbe"], 1, "did you mean `web`?");
    said(folder.path(), &["approve", "wbe", "--to", "5"], 1, "did you mean `web`?");
    said(folder.path(), &["approve", "web"], 64, "--to");
    let path = folder.path().join("data/setpoint.sock");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for (line, why) in [
        ("{\"version\":9,\"ask\":\"status\"}\n", "version 1, not 9"),
        ("nonsense\n", "no JSON"),
        (&*("x".repeat(20_000) + "\n"), "at most 16384 bytes"),
    ] {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may be cut off before all of it is written.
        stream.write_all(line.as_bytes()).unwrap_or_default();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.contains(why), "{why:?} is not in {answer}");
    }
    // Who says nothing holds nobody up, and is cut off.
    let mut silent = UnixStream::connect(&path).unwrap();
    said(folder.path(), &["status"], 0, "at work");
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    assert_eq!(json(folder.path(), &["status"])["paused"], Value::Null);
    assert_eq!(agent.end("-TERM"), Some(0));
}

#[test]
fn systemd_hears_of_readiness_only_after_the_first_pass_and_of_life_at_every_one() {
    let folder = folder(&quick());
    let path = folder.path().join("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = command(folder.path(), &["run"]);
    let mut agent = Agent::start_as({
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "2000000");
        command
    });
    let hear = || {
        let mut message = [0; 4096];
        let length = socket.recv(&mut message).expect("systemd is told in time");
        String::from_utf8_lossy(&message[..length]).into_owned()
    };
    assert_eq!(hear(), "WATCHDOG_USEC=3000000\n", "a watchdog shorter than a pass is extended");
    assert!(hear().starts_with("STATUS=pass 1: 1 targets, 0 actions\nWATCHDOG=1"));
    assert_eq!(hear(), "READY=1\n");
    assert!(hear().starts_with("STATUS=pass 2"));
    agent.signal("-HUP");
    let mut heard = Vec::new();
    while !heard.iter().any(|said: &String| said.starts_with("READY=1")) {
        heard.push(hear());
    }
    assert!(heard.iter().any(|said| said.starts_with("RELOADING=1\nMONOTONIC_USEC=")), "{heard:?}");
    assert_eq!(agent.end("-TERM"), Some(0));
    while !hear().starts_with("STOPPING=1") {}
}

#[test]
fn a_journal_of_a_newer_program_is_refused_and_left_as_it_is() {
    let folder = folder(&quick());
    let mut agent = Agent::start(folder.path());
    agent.pass();
    assert_eq!(agent.end("-TERM"), Some(0));
    // Bytes 60 to 63 of an SQLite file are its user version, big-endian: ours is the schema.
    let path = folder.path().join("data/journal.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[63] += 1;
    fs::write(&path, &bytes).unwrap();
    for arguments in [&["run"][..], &["status"], &["pause", "why"], &["journal", "verify"]] {
        said(folder.path(), arguments, 78, "run the newer program");
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn log_lines_carry_priorities_where_systemd_reads_them_and_only_there() {
    let folder = folder(&quick().replace("data_dir = \"data\"", "data_dir = \"hold.rhai\""));
    let logged = |stream: &dyn Fn(&fs::Metadata) -> String| {
        let path = folder.path().join("log");
        let file = fs::File::create(&path).unwrap();
        let stream = stream(&file.metadata().unwrap());
        let mut command = command(folder.path(), &["run"]);
        let ended = command.env("JOURNAL_STREAM", stream).stderr(file).status().unwrap();
        assert!(!ended.success());
        fs::read_to_string(&path).unwrap()
    };
    let ours = logged(&|file| format!("{}:{}", file.dev(), file.ino()));
    assert!(ours.starts_with("<3>the journal cannot be opened error="), "{ours}");
    let others = logged(&|_| "1:1".to_owned());
    assert!(others.starts_with("{\"timestamp\""), "{others}");
}

#[test]
fn the_journal_is_listed_summed_up_and_taken_elsewhere() {
    let folder = folder(&quick());
    let mut agent = Agent::start(folder.path());
    agent.pass();
    agent.pass();
    assert_eq!(agent.end("-TERM"), Some(0));
    let path = folder.path();
    // A third pass may have begun before the agent heard that it is to end.
    let passes = json(path, &["journal", "verify"])["passes"].as_u64().unwrap();
    assert!(passes >= 2, "{passes}");
    said(path, &["journal", "query", "--target", "web"], 0, &format!("s, {passes} passes: not"));
    said(path, &["journal", "query", "--target", "other"], 0, "no decisions");
    said(path, &["journal", "query", "--until", "1h"], 0, "no decisions");
    let rows = json(path, &["journal", "query", "--since", "1h"]);
    assert_eq!(rows[0]["decision"]["target"], "web");
    said(path, &["journal", "report"], 0, &format!("{passes} × web   not observed"));
    assert_eq!(json(path, &["journal", "report"])["not_observed"]["web"], passes);
    let export = setpoint(path, &["journal", "export"]);
    let lines = text(&export.stdout).lines().map(|line| serde_json::from_str(line).unwrap());
    let kinds: Vec<String> =
        lines.map(|line: Value| line["kind"].as_str().unwrap().to_owned()).collect();
    let count = |kind: &str| kinds.iter().filter(|it| *it == kind).count() as u64;
    assert_eq!((kinds[0].as_str(), count("program")), ("program", 1));
    assert_eq!((count("pass"), count("decision")), (passes, 1));
    assert_eq!(kinds.len() as u64, passes + 2);
}
