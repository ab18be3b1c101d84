//! The program as people and scripts meet it: what it prints where, and how it ends.

#[cfg(feature = "aws")]
mod agent;
#[cfg(feature = "aws")]
mod http;
#[cfg(feature = "aws")]
mod operating;
#[cfg(feature = "aws")]
mod reload;

use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

const POLICY: &str = r#"const POLICY = #{
    about: "Hold CPU at its set point",
    language: 1,
    params: #{ goal: "60%" },
    inputs: #{ cpu: #{ unit: "percent", window: "10m" } },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "hold" when m.cpu > 0.percent { fleet.track(m.cpu, p.goal); }
rule "saturated" when m.cpu > 95.percent { fleet.scale_by(50.percent); }
"#;

const CONFIG: &str = r#"region = "eu-west-1"
data_dir = "data"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:1/metrics"
timeout = "1s"
[providers.aws]
kind = "aws"
endpoint = "http://127.0.0.1:1"
[targets.web]
kind = "group"
provider = "aws"
id = "web-asg"
min = 2
max = 20
[[policies]]
file = "hold.rhai"
inputs = { cpu = { source = "app", query = "avg(cpu)" } }
targets = { fleet = "web" }
"#;

fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (name, content) in [("setpoint.toml", config), ("hold.rhai", POLICY)] {
        fs::write(folder.path().join(name), content).expect("there is room for a small file");
    }
    folder
}

/// Runs the program in `folder`.
fn setpoint(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the program starts")
}

/// The program in `folder`, with made-up credentials for whatever cloud it calls.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_setpoint"));
    command.args(arguments).current_dir(folder);
    command.env("AWS_ACCESS_KEY_ID", "made-up").env("AWS_SECRET_ACCESS_KEY", "made-up");
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints text")
}

/// Runs the program on a good configuration; it must end with `code` and say `said`.
#[track_caller]
fn check(arguments: &[&str], code: i32, said: &str) {
    let output = setpoint(folder(CONFIG).path(), arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(out.contains(said) || err.contains(said), "{said:?} is not in\n{out}{err}");
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_64() {
    check(&["chekc"], 64, "check");
    check(&["check", "--confg", "x"], 64, "--config");
    check(&["check", "--output", "jsn"], 64, "json");
    check(&[], 64, "Usage");
    check(&["explain"], 64, "TARGET");
}

#[test]
fn help_and_version_are_answers() {
    check(&["--help"], 0, "Check the configuration and its policies, offline");
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_good_configuration_is_one_line_of_answer_and_no_complaint() {
    let output = setpoint(folder(CONFIG).path(), &["check"]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        text(&output.stdout),
        "ok: 1 policy, 1 target, 1 source, 1 provider; mode observe, a pass every 15s\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn faults_are_complaints_with_their_lines_and_end_with_78() {
    let config = CONFIG.replace("max = 20", "max = 1").replace("fleet = ", "fleat = ");
    let output = setpoint(folder(&config).path(), &["check"]);
    let complaints = text(&output.stderr);
    assert_eq!(text(&output.stdout), "");
    assert!(complaints.contains("error[C014]"), "{complaints}");
    assert!(complaints.contains("--> setpoint.toml:15:7"), "{complaints}");
    assert!(complaints.contains("did you mean `fleet`?"), "{complaints}");
    assert!(complaints.ends_with("3 errors\n"), "{complaints}");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn every_command_refuses_a_broken_configuration() {
    let commands: [&[&str]; 6] =
        [&["run"], &["plan"], &["status"], &["explain", "web"], &["doctor"], &["permissions"]];
    for command in commands {
        let output = setpoint(folder("region = 7").path(), command);
        assert_eq!(output.status.code(), Some(78), "{command:?}");
        assert!(text(&output.stderr).contains("error[C008]"), "{command:?}");
    }
}

#[test]
fn faults_are_data_for_programs() {
    let config = CONFIG.replace("every", "evry").replace("region", "regoin");
    let output = setpoint(folder(&config).path(), &["check", "--output", "json"]);
    let answer: Value = serde_json::from_str(text(&output.stdout)).unwrap();
    assert_eq!(answer["ok"], false);
    let unknown =
        &answer["faults"].as_array().unwrap().iter().find(|it| it["id"] == "C006").unwrap();
    assert_eq!((&unknown["line"], &unknown["column"]), (&1.into(), &1.into()));
    assert_eq!(unknown["help"], "did you mean `region`?");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
#[cfg(feature = "aws")]
fn permissions_are_a_policy_that_writes_only_what_the_configuration_may_write() {
    for (config, sids) in [
        (CONFIG.to_owned(), vec!["Look"]),
        (format!("mode = \"act\"\n{CONFIG}"), vec!["Look", "Resize"]),
    ] {
        let output = setpoint(folder(&config).path(), &["permissions"]);
        let policy: Value = serde_json::from_str(text(&output.stdout)).unwrap();
        assert_eq!(policy["Version"], "2012-10-17");
        let statements = policy["Statement"].as_array().unwrap();
        let found: Vec<&str> = statements.iter().map(|it| it["Sid"].as_str().unwrap()).collect();
        assert_eq!(found, sids, "{policy:#}");
        let writes = statements.iter().filter(|it| it["Sid"] != "Look");
        for statement in writes {
            let resources = statement["Resource"].as_array().unwrap();
            let named = |arn: &Value| arn.as_str().unwrap().ends_with("/web-asg");
            assert!(resources.iter().all(named), "{statement:#}");
        }
    }
}

#[test]
fn a_missing_configuration_says_how_to_name_one() {
    let empty = tempfile::tempdir().unwrap();
    let output = setpoint(empty.path(), &["check", "--config", "nowhere.toml"]);
    assert!(text(&output.stderr).contains("nowhere.toml does not exist"));
    assert!(text(&output.stderr).contains("--config FILE"));
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn shells_and_man_get_what_they_read() {
    check(&["completions", "bash"], 0, "_setpoint()");
    check(&["completions", "tcsh"], 64, "tcsh");
    check(&["man"], 0, ".TH setpoint 1");
    check(&["man", "pause"], 0, "the next one who looks wants to know");
    check(&["man", "puase"], 64, "no such command");
    check(&["journal", "query", "--since", "soon"], 64, "2026-11-23T14:02:15Z");
    check(&["pause", "why", "--for", "a while"], 64, "30m");
}

#[test]
fn nothing_is_coloured_that_is_not_seen_on_a_terminal() {
    let output = setpoint(folder("region = 7").path(), &["check"]);
    assert!(!text(&output.stderr).contains('\u{1b}'));
}
