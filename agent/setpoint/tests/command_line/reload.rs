//! The configuration and the policies changed under a running agent.

use crate::{
    CONFIG, POLICY,
    agent::{Agent, json, quick},
    folder, setpoint, text,
};
use serde_json::Value;
use std::fs;

#[test]
fn good_files_are_taken_up_by_themselves_and_bad_ones_never() {
    let folder = folder(&quick());
    let policy = folder.path().join("hold.rhai");
    let mut agent = Agent::start(folder.path());
    agent.pass();
    fs::write(&policy, POLICY.replace("> 0.percent", "> 1.percent")).unwrap();
    assert_eq!(agent.until("reloaded")["by"], "changed files");

    fs::write(&policy, POLICY.replace("language: 1", "langauge: 1")).unwrap();
    let refused = agent.until("not reloaded: the last good configuration stays");
    assert!(refused["why"].as_str().unwrap().contains("hold.rhai:3:"), "{refused}");
    agent.pass();
    let status = json(folder.path(), &["status"]);
    assert!(status["refused_reload"].as_str().unwrap().contains("did you mean"), "{status}");
    assert_eq!(status["at_work"], true);

    fs::write(&policy, POLICY).unwrap();
    agent.until("reloaded");
    assert_eq!(json(folder.path(), &["status"])["refused_reload"], Value::Null);
    assert_eq!(agent.end("-TERM"), Some(0));
    let verified = json(folder.path(), &["journal", "verify"]);
    assert_eq!(verified["diverged"], Value::Array(Vec::new()), "{verified}");
}

/// Files of ours are as untrusted as any: a policy that has grown past what is read, or past
/// what a parser should be given, changes nothing.
#[test]
fn a_file_that_has_outgrown_its_limit_never_replaces_the_one_in_force() {
    let folder = folder(&quick());
    let policy = folder.path().join("hold.rhai");
    let mut agent = Agent::start(folder.path());
    agent.pass();
    let line = "// doubled, and doubled again\n";
    let grown = format!("{POLICY}{}", line.repeat(setpoint_policies::MAX_BYTES / line.len() + 1));
    fs::write(&policy, grown).unwrap();
    let refused = agent.until("not reloaded: the last good configuration stays");
    assert!(refused["why"].as_str().unwrap().contains("bytes"), "{refused}");
    agent.pass();
    assert_eq!(json(folder.path(), &["status"])["at_work"], true);
    assert_eq!(agent.end("-TERM"), Some(0));
}

#[test]
fn who_asks_for_a_reload_hears_what_came_of_it() {
    let folder = folder(CONFIG);
    let config = folder.path().join("setpoint.toml");
    let mut agent = Agent::start(folder.path());
    agent.pass();
    fs::write(&config, CONFIG.replace("max = 20", "max = 30")).unwrap();
    let output = setpoint(folder.path(), &["reload"]);
    let said = text(&output.stdout);
    assert!(said.contains("1 policy, 1 target") && said.contains("from pass 2 on"), "{said}");
    assert_eq!(agent.until("reloaded")["by"], "the socket");

    fs::write(&config, CONFIG.replace("max = 20", "max = 1")).unwrap();
    let output = setpoint(folder.path(), &["reload"]);
    assert!(text(&output.stderr).contains("setpoint.toml:15:7: C014"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));

    // Whatever the file has become, the agent can be told to stand still.
    for broken in [CONFIG.replace("max = 20", "max = "), CONFIG.replace("region", "regoin")] {
        fs::write(&config, broken).unwrap();
        let output = setpoint(folder.path(), &["pause", "the file is broken"]);
        assert!(text(&output.stdout).contains("taken in"), "{}", text(&output.stderr));
    }

    fs::write(&config, CONFIG.replace("eu-west-1", "eu-west-2")).unwrap();
    let output = setpoint(folder.path(), &["reload"]);
    let said = text(&output.stderr);
    assert!(said.contains("region cannot change without a restart"), "{said}");
    fs::write(&config, CONFIG).unwrap();
    agent.signal("-HUP");
    assert_eq!(agent.until("reloaded")["by"], "SIGHUP");
    assert_eq!(agent.end("-TERM"), Some(0));
}
