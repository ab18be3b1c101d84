//! `fit` on files: what it prints, and how it ends.

use super::{made_up::USUAL, program::Folder, week::POLICY};
use serde_json::Value;
use setpoint_sim::history::write;

fn week() -> String {
    String::from_utf8(write(&USUAL.history())).expect("a table is text")
}

#[test]
fn a_file_is_fitted_and_every_figure_has_its_error() {
    let folder = Folder::new().with("week.csv", &week());
    let ended = folder.run(&["fit", "week.csv"]);
    assert_eq!((ended.code, &*ended.err), (0, ""), "{}", ended.out);
    for told in ["capacity per member   50", "± ", "boot time             median 1", "launches)"] {
        assert!(ended.out.contains(told), "{told} is not in\n{}", ended.out);
    }
    let ended = folder.run(&["fit", "week.csv", "--output", "json"]);
    let fit: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(fit["conclusive"], true);
    assert!((fit["capacity"]["rps"].as_f64().unwrap() - 50.0).abs() < 0.5, "{}", ended.out);
    assert_eq!(fit["feed"], Value::Null, "a table without stamps tells nothing of them");
}

#[test]
fn a_history_that_tells_too_little_is_no_success() {
    let folder = Folder::new().with("week.csv", "time,load,ready\n0,1,1\n60,2,1\n120,2,1\n");
    let ended = folder.run(&["fit", "week.csv"]);
    assert_eq!(ended.code, 1, "{}", ended.out);
    assert!(ended.out.contains("inconclusive"), "{}", ended.out);
}

#[test]
fn what_is_not_understood_ends_with_its_code() {
    let folder = Folder::new()
        .with("bad.csv", "time,load\n0,1\n60,-1\n")
        .with("bad.toml", "url = \"http://127.0.0.1:1\"\n[queries]\ncpus = 'a'\n");
    let check = |arguments: &[&str], code: i32, said: &str| {
        let ended = folder.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    };
    check(&["fit", "bad.csv"], 78, "bad.csv:3: load: -1 is below zero");
    check(&["fit", "gone.csv"], 78, "gone.csv cannot be read: No such file");
    check(&["fit"], 64, "there is no history to look at");
    check(&["fit", "bad.csv", "--query", "load=a"], 64, "a file or a server, not both");
    check(&["fit", "bad.csv", "--column", "cpus=a"], 64, "the columns are load, ready");
    check(
        &["fit", "--queries", "bad.toml"],
        78,
        "bad.toml:3:1: error[T009]: there is no column `cpus`; did you mean `cpu`?",
    );
    check(&["import", "--query", "a"], 64, "which server is to be asked?");
    check(&["import", "--prometheus", "localhost"], 64, "'localhost' is no address of a server");
    check(&["import", "--prometheus", "http://127.0.0.1:1"], 64, "nothing is asked of the server");
    check(
        &["import", "--prometheus", "http://127.0.0.1:1", "--query", "a"],
        69,
        "http://127.0.0.1:1/api/v1/query_range",
    );
    check(
        &["import", "--prometheus", "http://127.0.0.1:1", "--query", "a", "--step", "10ms"],
        64,
        "a step is a second or more",
    );
    check(
        &[
            "import",
            "--prometheus",
            "http://127.0.0.1:1",
            "--query",
            "a",
            "--step",
            "1s",
            "--last",
            "1000d",
        ],
        64,
        "choose a longer --step",
    );
}

#[test]
fn what_was_fitted_is_a_scenario_that_runs() {
    let folder = Folder::new().with("week.csv", &week());
    let arguments = ["fit", "week.csv", "--write", "web.toml", "--price", "0.085"];
    let ended = folder.run(&arguments);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.err.ends_with("written: web.toml and web.csv\n"), "{}", ended.err);
    let ended = folder.run(&["run", "web.toml", "--policy", POLICY, "--output", "json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let results: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(results["results"][0]["policy"], "target-cpu");
    assert!(results["results"][0]["cost"].as_f64().unwrap() > 1.0, "{}", ended.out);
}

#[test]
fn a_history_that_tells_too_little_is_never_written_as_a_scenario() {
    let folder = Folder::new().with("week.csv", "time,load,ready\n0,1,1\n60,2,1\n120,2,1\n");
    assert_eq!(folder.run(&["fit", "week.csv", "--write", "web.toml"]).code, 1);
    assert!(!folder.path("web.toml").exists());
}
#[test]
fn a_policy_is_tried_on_a_file_and_its_faults_are_shown() {
    let folder = Folder::new().with("week.csv", &week()).with("bad.rhai", "rule 1");
    let own = "const POLICY = #{ about: \"x\", language: 1, params: #{ goal: \"60%\" },\n\
               inputs: #{ busy: #{ unit: \"percent\" } }, targets: #{ web: #{ kind: \"group\" } } };\n\
               rule \"hold\" { web.track(m.busy, p.goal); }\n";
    let folder = folder.with("own.rhai", own);
    let hours = |goal: &str| {
        let goal = format!("goal={goal}");
        let own =
            ["backtest", "week.csv", "--policy", "own.rhai", "--input", "busy=cpu", "--param"];
        let ended = folder.run(&[&own[..], &[&goal, "--output", "json"]].concat());
        assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
        let said: Value = serde_json::from_str(&ended.out).unwrap();
        said["results"][1]["member_hours"].as_f64().unwrap()
    };
    let (calm, busy) = (hours("40%"), hours("70%"));
    assert!(calm > 1.5 * busy, "{calm} and {busy}");
    let ended = folder.run(&["backtest", "week.csv", "--policy", POLICY, "--output", "json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&said["conclusive"], said["results"].as_array().unwrap().len()), (&true.into(), 2));
    let ended = folder.run(&["backtest", "week.csv", "--policy", "bad.rhai"]);
    assert_eq!(ended.code, 78, "{}", ended.err);
    assert!(ended.err.contains("bad.rhai:1"), "{}", ended.err);
    assert_eq!(folder.run(&["backtest", "week.csv"]).code, 64);
    let ended = folder.run(&["backtest", "week.csv", "--policy", "gone.rhai"]);
    assert_eq!(ended.code, 78, "{}", ended.err);
}
