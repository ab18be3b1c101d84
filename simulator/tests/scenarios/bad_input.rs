//! What cannot be meant is told with its place, and ends with the right code.

use std::{fs, path::Path, process::Command};

const GOOD: &str = r#"
schema    = 1
duration  = "1h"
baselines = ["static-peak"]
[load]
base_rps = 300
[group]
min = 10
max = 200
"#;

/// What stands in the good file, what in its place, and what is said of it.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "base_rps = 300",
        "base_rsp = 300",
        "x.toml:6:1: error[T004]: `load` has no key `base_rsp`; did you mean `base_rps`?",
    ),
    (
        "base_rps = 300",
        "shape = [[\"1h\", -1]]",
        "x.toml:6:17: error[T007]: a load cannot be below zero",
    ),
    ("base_rps = 300", "shape = [[\"2h\", 1], [\"1h\", 2]]", "the times of a shape must ascend"),
    ("base_rps = 300", "base_rps = nan", "`base_rps` is nan, which is no number"),
    ("\"1h\"", "\"3653d\"", "x.toml:3:13: error[T007]: `duration` is 3653d, and takes up to 366d"),
    (
        "base_rps = 300",
        "trace = { file = \"gap.csv\" }",
        "gap.csv:3: `v` is \"\", which is no number; leave out the row: a gap holds the load before it",
    ),
    (
        "base_rps = 300",
        "trace = { file = \"back.csv\" }",
        "back.csv:3: the times do not ascend; sort the rows by time",
    ),
    (
        "base_rps = 300",
        "trace = { file = \"nan.csv\" }",
        "nan.csv:3: `v` is \"NaN\", which is no number",
    ),
    ("base_rps = 300", "trace = { file = \"none.csv\" }", "none.csv cannot be read"),
    ("min = 10", "min = 300", "`min` is 300, above `max`, which is 200"),
    (
        "\"static-peak\"",
        "\"static-peek\"",
        "there is no baseline \"static-peek\"; did you mean `static-peak`?",
    ),
    (
        "base_rps = 300",
        "base_rps = 30000",
        "at its peak the load is 30000 requests a second; a member serves 50 (2 at a time, 40ms each), so 600 are needed",
    ),
    ("schema    = 1", "schema    = 2", "`schema` is 2, and only 1 is known"),
    (
        "max = 200",
        "max = 200\n[[fault]]\nkind = \"zone_down\"\nat = \"1m\"\nzone = 3",
        "`fault` has no `for`; write `for = \"10m\"`",
    ),
    (
        "max = 200",
        "max = 200\n[metrics]\nwindow = \"20s\"",
        "`window` is 20s, and is one `period` (15s) or several, at most 1h",
    ),
    (
        "max = 200",
        "max = 200\n[rollout]\nstages = [25, 5]\n[[rollout.revision]]\nname = \"v2\"\nat = \"10m\"",
        "`stages` are shares in percent, each larger than the one before; write them as [5, 25, 50, 100]",
    ),
    (
        "max = 200",
        "max = 200\n[rollout]\n[[rollout.revision]]\nat = \"10m\"",
        "`revision` has no `name`; write `name = \"v2\"`",
    ),
    (
        "max = 200",
        "max = 200\n[rollout]\n",
        "`rollout` has no `revision`; write `[[rollout.revision]]` and in it `at = \"10h\"`",
    ),
    (
        "max = 200",
        "max = 200\n[standby]\nmin = 1\nmax = 9\n",
        "`traffic` is missing; write `[traffic]`, and in it nothing or `ttl = \"60s\"`",
    ),
    (
        "max = 200",
        "max = 200\n[traffic]\n",
        "`standby` is missing; write `[standby]` and in it `min = 2`",
    ),
    (
        "max = 200",
        "max = 200\n[standby]\nmin = 1\nmax = 9\n[traffic]\nmain = \"a\"\nstandby = \"a\"",
        "both destinations are called `a`",
    ),
    (
        "max = 200",
        "max = 200\n[cache]\n[standby]\nmin = 1\nmax = 9\n[traffic]\n",
        "the standby `standby` has no [cache]: leave one of the two out",
    ),
];

/// What the program says of a scenario, and its exit code.
fn run(folder: &Path, text: &str) -> (String, Option<i32>) {
    let path = folder.join("x.toml");
    fs::write(&path, text).expect("a folder that takes files");
    let output = Command::new(env!("CARGO_BIN_EXE_setpoint-sim"))
        .current_dir(folder)
        .args(["run", "x.toml"])
        .output()
        .expect("the program runs");
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (said, output.status.code())
}

#[test]
fn every_fault_is_told_with_its_line_and_ends_with_78() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gap.csv"), "t,v\n0,10\n60,\n").unwrap();
    fs::write(folder.path().join("back.csv"), "t,v\n60,10\n0,5\n").unwrap();
    fs::write(folder.path().join("nan.csv"), "t,v\n0,10\n60,NaN\n").unwrap();
    for (good, bad, expected) in FAULTS {
        let (said, code) = run(folder.path(), &GOOD.replace(good, bad));
        assert!(said.contains(expected), "{bad}: {said}");
        assert_eq!(code, Some(78), "{bad}: {said}");
    }
}

#[test]
fn a_file_of_ten_gigabytes_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("huge.csv")).unwrap();
    // A hole: it takes no room.
    file.set_len(10_000_000_000).unwrap();
    let text = GOOD.replace("base_rps = 300", "trace = { file = \"huge.csv\" }");
    let (said, code) = run(folder.path(), &text);
    assert!(said.contains("huge.csv has 10000000000 bytes"), "{said}");
    assert!(said.contains("thin it out first"), "{said}");
    assert_eq!(code, Some(78));
}

#[test]
fn a_policy_that_fails_at_hour_three_is_told_and_the_results_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let policy = r#"
const POLICY = #{
    about: "Fails after three hours", language: 1,
    inputs: #{ rps: #{ unit: "per_second" } }, targets: #{ fleet: #{ kind: "group" } },
    state: #{ passes: 0 },
};
rule "count" {
    state.passes += 1;
    let left = 720 - state.passes;
    fleet.scale_to(if left == 0 { 100 / left } else { 12 });
}
"#;
    fs::write(folder.path().join("late.rhai"), policy).unwrap();
    let text = GOOD.replace("\"1h\"", "\"4h\"") + "[[policy]]\nfiles = [\"late.rhai\"]\n";
    let (said, code) = run(folder.path(), &text);
    assert!(
        said.contains("FAIL late: seed 1, 2h59m: late: rule `count` in line 7 failed"),
        "{said}"
    );
    assert!(said.contains("static-peak"), "the results are gone: {said}");
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn who_is_unknown_and_a_scenario_without_anybody_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let (said, code) = run(folder.path(), &GOOD.replace("baselines = [\"static-peak\"]", ""));
    assert!(said.contains("nobody runs"), "{said}");
    assert_eq!(code, Some(64));
}
