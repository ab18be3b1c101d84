//! A simulated run in a journal: explained, changed, and made again.

use setpoint_control::think;
use setpoint_core::{Decision, Reading, Sample, Verdict};
use setpoint_sim::{
    hindsight::{Candidate, Recalled, When, explained, open, recall, replay, what_if},
    journaled::journal,
    roomy::roomy,
    scenario::{Source, read},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};
use tempfile::TempDir;

/// Two hours in which the load rises and falls, and the agent is away for a while.
const SCENARIO: &str = r#"
schema    = 1
name      = "short"
starts    = "2026-12-19T08:00:00Z"
duration  = "2h"
every     = "15s"
seeds     = 1
[load]
base_rps = 300
noise    = 0.05
shape    = [["10m", 1], ["20m", 6], ["1h", 6], ["90m", 1]]
[service]
workers  = 2
mean     = "40ms"
patience = "5s"
slow     = "100ms"
[group]
name     = "web"
min      = 10
max      = 100
boot     = "2m"
[metrics]
period = "15s"
delay  = "15s"
[[fault]]
kind = "agent_restart"
at   = "25m"
for  = "3m"
[[policy]]
name  = "ours"
files = ["LIBRARY/target-cpu.rhai"]
"#;

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/library")
}

/// A folder with `run.db`.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("short.toml");
    let library = library().to_string_lossy().into_owned();
    fs::write(&path, SCENARIO.replace("LIBRARY", &library)).expect("written");
    let db = folder.path().join("run.db");
    let (name, passes) = roomy(move || {
        let scenario = read(&Source::of(&path).expect("a file")).expect("a scenario");
        journal(&scenario, 1, &db).expect("a journal")
    });
    assert!(name == "ours" && (400..=481).contains(&passes), "{passes} passes of {name}");
    folder
});

fn db() -> PathBuf {
    FOLDER.path().join("run.db")
}

fn pass(at: &str) -> Recalled {
    let when: When = at.parse().expect("a time");
    let reader = open(&db()).expect("a journal");
    recall(&reader, Some(when)).expect("readable").expect("a pass")
}

fn action(decision: &Decision) -> Option<String> {
    match &decision.verdict {
        Verdict::Act(intent) => Some(intent.action.to_string()),
        Verdict::Held(_) => None,
    }
}

#[test]
fn every_pass_comes_out_as_it_is_recorded_also_across_a_restart() {
    let replayed = roomy(|| replay(&open(&db()).expect("a journal"), None).expect("a replay"));
    assert!(replayed.diverged.is_none());
    assert!((400..=481).contains(&replayed.passes), "{} passes", replayed.passes);
}

#[test]
fn a_pass_that_was_tampered_with_is_found() {
    let other = FOLDER.path().join("tampered.db");
    fs::copy(db(), &other).expect("copied");
    let file = rusqlite::Connection::open(&other).expect("a database");
    file.execute("UPDATE passes SET plan = 'x' WHERE pass = 100", []).expect("changed");
    drop(file);
    let replayed =
        roomy(move || replay(&open(&other).expect("a journal"), None).expect("a replay"));
    assert_eq!(replayed.diverged.map(|(pass, ..)| pass), Some(100));
    assert_eq!(replayed.passes, 100, "it stops there");
}

#[test]
fn the_same_policy_decides_the_same_and_another_one_is_told_by_its_rules() {
    let (same, other) = roomy(|| {
        let path = library().join("target-cpu.rhai");
        let reader = open(&db()).expect("a journal");
        let same = replay(&reader, Some(&Candidate::read(&path).expect("a policy")));
        let changed = FOLDER.path().join("target-cpu.rhai");
        let text = fs::read_to_string(&path).expect("a policy").replace("60%", "45%");
        fs::write(&changed, text).expect("written");
        let other = replay(&reader, Some(&Candidate::read(&changed).expect("a policy")));
        (same.expect("a replay"), other.expect("a replay"))
    });
    assert_eq!((same.differing(), same.differences.len()), (0, 0));
    assert!(other.differing() > 20, "{}", other.differing());
    assert!(other.by_rule.keys().all(|rule| rule.starts_with("target-cpu, rule")), "{other}");
    let told: u64 = other.differences.iter().map(|it| it.passes).sum();
    assert!(told <= other.differing() && other.diverged.is_none());
}

#[test]
fn a_policy_that_was_never_at_work_is_asked_about() {
    let wrong = FOLDER.path().join("wrong.rhai");
    fs::write(&wrong, "const POLICY = 1;").expect("written");
    let trouble = Candidate::read(&wrong).expect_err("no policy");
    assert!(trouble.what.contains("wrong.rhai"), "{trouble}");
    assert!(open(&FOLDER.path().join("none.db")).is_err_and(|it| it.help.is_some()));
}

/// The decision about the only target, had the first input read `value`.
fn decided(pass: &Recalled, value: f64) -> Decision {
    let mut snapshot = pass.snapshot.clone();
    for reading in snapshot.readings.values_mut() {
        let Reading::Sample(sample) = reading else { continue };
        *reading = Reading::Sample(Sample::new(sample.at, value).expect("a number"));
    }
    let mut memory = pass.before.clone();
    let settings = &pass.program.settings;
    let thought = think(settings, &mut memory, &snapshot, pass.evaluator.as_ref());
    thought.plan.decisions.into_iter().next().expect("a decision")
}

#[test]
fn what_would_have_changed_it_would_have_and_nothing_nearer_would() {
    roomy(|| {
        let mut seen = 0;
        for at in ["08:05", "08:12", "08:14", "08:18", "08:40", "09:20", "09:45"] {
            let pass = pass(at);
            assert!(pass.same, "at {at}");
            let now = pass.thought.plan.decisions[0].clone();
            for tried in what_if(&pass, &now.target) {
                for change in &tried.changes {
                    let there = decided(&pass, change.would);
                    assert_ne!(action(&there), action(&now), "{at}: {change:?}");
                    let nearer = change.would + (tried.was - change.would) * 0.02;
                    assert_eq!(action(&decided(&pass, nearer)), action(&now), "{at}: {change:?}");
                    seen += 1;
                }
            }
            let text = explained(&pass, &now.target, &what_if(&pass, &now.target)).expect("a text");
            assert!(text.contains("What would have changed it"), "{text}");
        }
        assert!(seen > 5, "{seen} changes");
    });
}
