//! The gate of load tests: what it lets pass, what it refuses, what it says.

use serde_json::{Value, json};
use std::{fs, process::Command};
use tempfile::TempDir;

/// What k6 gives to `handleSummary`.
fn summary(p99: f64, failed: u64, of: u64) -> Value {
    json!({
        "metrics": {
            "http_req_duration": {
                "type": "trend", "contains": "time",
                "values": { "avg": p99 / 3.0, "med": p99 / 4.0, "p(95)": p99 / 1.5, "p(99)": p99 },
                "thresholds": { "p(99)<900": { "ok": true } },
            },
            "http_req_failed": {
                "type": "rate", "contains": "default",
                "values": { "rate": failed as f64 / of as f64, "passes": failed, "fails": of - failed },
            },
            "http_reqs": {
                "type": "counter", "contains": "default",
                "values": { "count": of, "rate": of as f64 / 60.0 },
            },
        },
        "root_group": {}, "options": {}, "state": { "testRunDurationMs": 60000.0 },
    })
}

/// The same as `--summary-export` writes it.
fn exported(p99: f64, failed: u64, of: u64) -> Value {
    json!({
        "root_group": {},
        "metrics": {
            "http_req_duration": { "avg": p99 / 3.0, "p(99)": p99, "thresholds": { "p(99)<900": false } },
            "http_req_failed": { "value": 0.0, "passes": failed, "fails": of - failed },
            "http_reqs": { "count": of, "rate": of as f64 / 60.0 },
        },
    })
}

/// What `run --output json` prints, of one policy.
fn ours(first: usize, failed: &[f64]) -> Value {
    let result = |(seed, failed): (usize, &f64)| json!({ "policy": "web", "seed": first + seed, "failed_pct": failed, "cost": 60.0 });
    json!({
        "schema": 1,
        "scenario": { "name": "holiday", "hash": "1f", "seeds": [first, first + failed.len() - 1] },
        "results": failed.iter().enumerate().map(result).collect::<Vec<_>>(),
        "verdict": { "pass": true, "gates": [] },
    })
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

/// Runs the gate in a folder with these files; those named `a…` are the baseline.
fn gate(files: &[(&str, String)], limits: &[&str]) -> Ended {
    let folder = TempDir::new().expect("a place for files");
    let mut command = Command::new(env!("CARGO_BIN_EXE_setpoint-sim"));
    command.arg("verdict").current_dir(&folder).env("NO_COLOR", "1");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file can be written");
        command.args([if name.starts_with('a') { "--baseline" } else { "--candidate" }, name]);
    }
    command.args(limits);
    let output = command.output().expect("the program can be run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes text");
    let (code, out, err) = (output.status.code(), text(output.stdout), text(output.stderr));
    Ended { code: code.expect("it ends by itself"), out, err }
}

fn two(old: &Value, new: &Value, limits: &[&str]) -> Ended {
    gate(&[("a.json", old.to_string()), ("b.json", new.to_string())], limits)
}

#[test]
fn a_limit_is_kept_or_not_whatever_form_k6_wrote() {
    for form in [summary, exported] {
        let judge =
            |p99: f64, limit| two(&form(200.0, 5, 9000), &form(p99, 5, 9000), &["--max", limit]);
        assert_eq!(judge(249.0, "p99=+50ms").code, 0);
        assert_eq!(judge(251.0, "p99=+50ms").code, 1);
        assert_eq!(judge(219.0, "p99=+10%").code, 0);
        assert_eq!(judge(221.0, "p99=+10%").code, 1);
        assert_eq!(judge(900.0, "rps=-5%").code, 0);
    }
}

#[test]
fn failures_that_chance_explains_are_no_regression_and_others_are() {
    let judge = |failed: u64, more: &[&str]| {
        let limits = [&["--max", "failed=+0.1%"], more].concat();
        two(&summary(200.0, 10, 10_000), &summary(200.0, failed, 10_000), &limits)
    };
    let noise = judge(24, &[]);
    assert_eq!(noise.code, 0, "{}", noise.out);
    assert!(noise.out.contains("ok, noise"), "{}", noise.out);
    assert_eq!(judge(24, &["--strict"]).code, 1);
    assert_eq!(judge(60, &[]).code, 1);
    assert!(judge(60, &[]).out.contains("BEYOND"));
    assert_eq!(judge(10, &["--strict"]).code, 0, "{}", judge(10, &["--strict"]).out);
}

#[test]
fn a_text_says_what_it_rests_on() {
    let limits = ["--max", "p99=+50ms", "--max", "failed=+0.1%"];
    let ended = two(&summary(200.0, 10, 10_000), &summary(290.0, 12, 10_000), &limits);
    assert_eq!(
        ended.out,
        "measure  baseline  candidate  limit                    resting on\n\
         p99      200 ms    290 ms     250 ms   BEYOND          nothing is known of its noise\n\
         failed   0.100 %   0.120 %    0.200 %  ok, not proved  10000 and 10000 samples, change \
         from -0.061 % to 0.102 % (95 % each)\n\
         verdict: no, 1 of 2 limits not kept\n",
        "{}",
        ended.out
    );
}

#[test]
fn seeds_are_paired_so_that_their_luck_is_no_difference() {
    let luck: Vec<f64> = (0..20).map(|seed| f64::from(seed % 5)).collect();
    let moved = |by: f64| luck.iter().map(|failed| failed + by).collect::<Vec<f64>>();
    let judge = |first: usize, by: f64| {
        two(&ours(1, &luck), &ours(first, &moved(by)), &["--max", "failed=+0.1%"])
    };
    assert_eq!(judge(1, 0.09).code, 0);
    let beyond = judge(1, 0.2);
    assert_eq!(beyond.code, 1, "{}", beyond.out);
    assert!(beyond.out.contains("20 paired seeds"), "{}", beyond.out);
    // Other seeds are other luck, and this difference may be chance.
    let apart = judge(101, 0.2);
    assert_eq!(apart.code, 0, "{}", apart.out);
    assert!(apart.out.contains("20 and 20 seeds"), "{}", apart.out);
}

#[test]
fn several_runs_tell_of_their_own_noise() {
    let files = |news: [f64; 3]| {
        let mut files: Vec<(String, String)> = Vec::new();
        for (i, p99) in [190.0, 200.0, 210.0].iter().enumerate() {
            files.push((format!("a{i}.json"), summary(*p99, 1, 9000).to_string()));
        }
        for (i, p99) in news.iter().enumerate() {
            files.push((format!("b{i}.json"), summary(*p99, 1, 9000).to_string()));
        }
        files
    };
    let judge = |news| {
        let files = files(news);
        let files: Vec<(&str, String)> = files.iter().map(|(n, t)| (&**n, t.clone())).collect();
        gate(&files, &["--max", "p99=+20ms"])
    };
    assert_eq!(judge([195.0, 225.0, 270.0]).code, 0, "noise");
    let beyond = judge([255.0, 260.0, 270.0]);
    assert_eq!(beyond.code, 1);
    assert!(beyond.out.contains("3 and 3 runs"), "{}", beyond.out);
}

#[test]
fn programs_get_every_figure() {
    let limits = ["--max", "failed=+0.1%", "--output", "json"];
    let ended = two(&summary(200.0, 10, 10_000), &summary(200.0, 60, 10_000), &limits);
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(said["schema"], 1);
    assert_eq!(said["pass"], false);
    let limit = &said["limits"][0];
    assert_eq!((&limit["measure"], &limit["outcome"]), (&json!("failed"), &json!("beyond")));
    assert!((limit["change"].as_f64().unwrap() - 0.5).abs() < 1e-9);
    assert!(limit["change_low"].as_f64().unwrap() > 0.3);
}

#[test]
fn times_under_another_load_are_told_to_be() {
    let ended = two(&summary(200.0, 1, 9000), &summary(120.0, 1, 3000), &["--max", "p99=+50ms"]);
    assert!(ended.out.contains("note: the candidate served 67 % fewer requests"), "{}", ended.out);
}

#[track_caller]
fn refused(files: &[(&str, String)], limits: &[&str], code: i32, expected: &str) {
    let ended = gate(files, limits);
    assert_eq!((ended.code, &*ended.err), (code, expected));
    assert_eq!(ended.out, "", "no answer beside a refusal");
}

#[test]
fn what_is_not_understood_is_said_and_never_taken_for_a_pass() {
    let good = summary(200.0, 1, 9000).to_string();
    let p99: &[&str] = &["--max", "p99=+50ms"];
    let other = |text: &str| [("a.json", good.clone()), ("b.json", text.to_owned())];
    refused(
        &other("{\"p99\": 3}"),
        p99,
        78,
        "error: b.json is no result of a load test that is known here\nhelp: give what k6 writes \
         with --summary-export or handleSummary, or what `setpoint-sim run --output json` prints\n",
    );
    refused(
        &other("{\"metrics\":\n {]"),
        p99,
        78,
        "error: b.json:2:3: this is no JSON: key must be a string at line 2 column 3\n",
    );
    refused(
        &other("{\"type\":\"Metric\",\"data\":{}}\n{\"type\":\"Point\"}"),
        p99,
        78,
        "error: b.json is k6's stream of single samples\nhelp: give what k6 writes with \
         --summary-export or handleSummary\n",
    );
    refused(
        &other("{\"metrics\":{\"http_req_duration\":{\"avg\":3,\"p(95)\":5}}}"),
        p99,
        78,
        "error: b.json has no measure `p99`\nhelp: k6 writes it where it is asked to: export const \
         options = { summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)'] }\n",
    );
    refused(
        &other(&good),
        &["--max", "faild=+1%"],
        78,
        "error: a.json has no measure `faild`\nhelp: did you mean `failed`?\n",
    );
    refused(
        &other(&good),
        &["--max", "p99=+50"],
        64,
        "error: --max p99=+50: `p99` is a time\nhelp: write its limit like +50ms, +10% or x1.1\n",
    );
    refused(
        &other(&ours(1, &[0.0]).to_string()),
        &["--max", "failed=+1%"],
        78,
        "error: a.json and b.json are of different tools\nhelp: compare k6 with k6, or `run` with `run`\n",
    );
    assert_eq!(gate(&other(&good), &["--max", "p99"]).code, 64);
    assert_eq!(gate(&other(&good), &["--max", "p99=+5ms", "--confidence", "100"]).code, 64);
}

#[test]
fn of_several_policies_one_must_be_named() {
    let mut result = ours(1, &[0.0, 0.1]);
    result["results"][1]["policy"] = json!("other");
    let files = [("a.json", result.to_string()), ("b.json", result.to_string())];
    refused(
        &files,
        &["--max", "failed=+1%"],
        64,
        "error: a.json has results of several policies: other, web\nhelp: say which is meant: \
         --policy NAME\n",
    );
    assert_eq!(gate(&files, &["--max", "failed=+1%", "--policy", "web"]).code, 0);
    assert_eq!(gate(&files, &["--max", "failed=+1%", "--policy", "wob"]).code, 78);
}

/// What the simulator itself prints is read, and a run against itself is no regression.
#[test]
fn a_run_is_judged_by_what_it_printed() {
    let scenario = "schema = 1\nduration = \"20m\"\nseeds = 4\n[load]\nbase_rps = 300\n\
                    [group]\nmin = 6\nmax = 60\n";
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/library/target-cpu.rhai");
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("calm.toml"), scenario).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_setpoint-sim"))
        .args(["run", "calm.toml", "--policy", policy, "--output", "json"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let files = [("a.json", printed.clone()), ("b.json", printed)];
    let limits =
        ["--policy", "target-cpu", "--max", "failed=+0.01%", "--max", "cost=+1%", "--strict"];
    let ended = gate(&files, &limits);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("4 paired seeds"), "{}", ended.out);
}
