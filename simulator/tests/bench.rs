//! How long simulated days take, by `setpoint-sim bench`.

use std::{fs, process::Command};

const SCENARIO: &str = r#"
schema    = 1
duration  = "10m"
baselines = ["static-peak", "step"]

[load]
base_rps = 100

[group]
min = 10
max = 20
"#;

/// What the program says of the scenario, and its exit code.
fn bench(name: &str, options: &[&str]) -> (String, Option<i32>) {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("short.toml"), SCENARIO).expect("a scenario");
    let mut command = Command::new(env!("CARGO_BIN_EXE_setpoint-sim"));
    let out = command.current_dir(&dir).arg("bench").arg(name).args(options).output();
    let out = out.expect("the program runs");
    (String::from_utf8(out.stdout).expect("text"), out.status.code())
}

#[test]
fn every_contender_takes_some_time() {
    let (said, code) = bench("short.toml", &["--times", "2", "--output", "json"]);
    assert_eq!(code, Some(0), "{said}");
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let results = said["results"].as_array().expect("a list");
    let names: Vec<&str> = results.iter().filter_map(|result| result["who"].as_str()).collect();
    assert_eq!(names, ["static-peak", "step", "oracle"]);
    for result in results {
        let of = |key: &str| result[key].as_f64().expect("a number");
        assert!(of("shortest_ms_per_day") > 0.0, "{result}");
        assert!(of("shortest_ms_per_day") <= of("ms_per_day"), "{result}");
    }
}

#[test]
fn a_table_has_a_row_for_each() {
    let (said, _) = bench("short.toml", &["--times", "1"]);
    assert_eq!(said.lines().count(), 6, "{said}");
}

#[test]
fn what_cannot_be_meant_ends_with_78() {
    assert_eq!(bench("none.toml", &[]).1, Some(78));
    let (_, code) = bench("short.toml", &["--times", "0"]);
    assert_ne!(code, Some(0));
}
