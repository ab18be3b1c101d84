//! Scenarios as scripts for k6.

use std::{fs, process::Command};
use tempfile::TempDir;

const SCENARIO: &str = r#"
schema = 1
name = "ramp"
duration = "30m"

[load]
base_rps = 100
shape = [["5m", 1], ["15m", 10]]

[group]
min = 10
max = 200
"#;

const SCRIPT: &str = "\
// Written by setpoint-sim export k6.
// The load of scenario ramp: k6 run --summary-export result.json -e URL=… SCRIPT
import http from 'k6/http';

const url = __ENV.URL || \"http://127.0.0.1:8080/\";

export const options = {
  // What `setpoint-sim verdict` compares.
  summaryTrendStats: ['avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(99)<284'],
  },
  scenarios: {
    load: {
      executor: 'ramping-arrival-rate',
      startRate: 100,
      timeUnit: '1s',
      preAllocatedVUs: 324,
      maxVUs: 5000,
      stages: [
        { target: 100, duration: '300s' },
        { target: 1000, duration: '600s' },
        { target: 1000, duration: '900s' },
      ],
    },
  },
};

export default function () {
  http.get(url, { timeout: '5000ms' });
}
";

/// Exports the scenario with more options: the code, and what was written.
fn export(scenario: &str, more: &[&str]) -> (i32, String, String) {
    let folder = TempDir::new().expect("a place for files");
    fs::write(folder.path().join("ramp.toml"), scenario).expect("a file can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_setpoint-sim"))
        .args(["export", "k6", "ramp.toml"])
        .args(more)
        .current_dir(&folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program can be run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes text");
    let code = output.status.code().expect("it ends by itself");
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_ramp_is_a_ramp() {
    assert_eq!(export(SCENARIO, &[]), (0, SCRIPT.to_owned(), String::new()));
}

#[test]
fn a_load_can_be_smaller_and_go_by_faster() {
    let (code, script, _) =
        export(SCENARIO, &["--scale", "0.1", "--speed", "6", "--url", "http://a/\"b"]);
    assert_eq!(code, 0);
    for line in [
        "startRate: 10,",
        "{ target: 100, duration: '100s' },",
        "maxVUs: 500,",
        "|| \"http://a/\\\"b\";",
    ] {
        assert!(script.contains(line), "{line} is not in\n{script}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let (code, script, error) = export(&SCENARIO.replace("base_rps", "base_rpm"), &[]);
    assert_eq!((code, &*script), (78, ""));
    assert!(error.contains("ramp.toml:7") && error.contains("base_rps"), "{error}");
    assert_eq!(export(SCENARIO, &["--speed", "0"]).0, 64);
    assert_eq!(export(SCENARIO, &["--scale", "-1"]).0, 64);
}

/// Where there is node, it reads the script; elsewhere its form above must do.
#[test]
fn it_is_javascript() {
    let folder = TempDir::new().expect("a place for files");
    let path = folder.path().join("script.mjs");
    fs::write(&path, export(SCENARIO, &[]).1).expect("a file can be written");
    match Command::new("node").arg("--check").arg(&path).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(_) => assert!(SCRIPT.matches('{').count() == SCRIPT.matches('}').count()),
    }
}
