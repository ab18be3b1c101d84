//! A bad revision harms few, and its successor comes to everybody; whoever has no rule for the one or
//! the other does not pass.

use super::{folder, holds, run};
use setpoint_sim::{
    experiment::{Experiment, Verdict, judge},
    roomy::roomy,
    scenario::{self, Measure, Source},
    world::EngineKind,
};
use std::{fs, path::PathBuf};

fn library(name: &str) -> PathBuf {
    folder().join("../../policies/library").join(name).with_extension("rhai")
}

/// The library's canary without the rule of this name.
fn without(rule: &str) -> String {
    let text = fs::read_to_string(library("canary")).expect("it is in the library");
    let start = text.find(&format!("rule \"{rule}\"")).expect("it has the rule");
    let rest = &text[start..];
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 2);
    text[..start].to_owned() + &rest[end..]
}

/// What comes of the scenario with such a canary in it: failed requests in percent, the share that the
/// last revision has at the end, and whether the gates hold.
fn with(canary: &str) -> (f64, f64, Verdict) {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("canary.rhai");
    fs::write(&file, canary).expect("a policy");
    let mut source = Source::of(&folder().join("bad-canary.toml")).expect("it is shipped");
    source.given = vec![vec![library("square-root"), file]];
    let scenario = roomy(|| scenario::read(&source)).expect("it is understood");
    let name = scenario.contestants[0].name.clone();
    let results = Experiment::new(scenario, Some(1..=1)).run(2, || {});
    let mean = |measure| results.mean(&name, measure).expect("it ran");
    (mean(Measure::Failed), mean(Measure::RolledOut), judge(&results))
}

#[test]
fn a_bad_revision_harms_few_and_its_successor_comes_to_everybody() {
    holds("bad-canary", 3);
}

#[test]
fn whoever_never_rolls_back_harms_more_than_is_allowed() {
    let (failed, _, verdict) = with(&without("failing"));
    assert!(failed > 0.05, "{failed}: the scenario shows nothing");
    assert!(!verdict.pass() && verdict.broken.is_empty(), "{verdict:?}");
}

#[test]
fn whoever_never_raises_brings_the_repaired_one_to_nobody() {
    let (failed, share, verdict) = with(&without("advance"));
    assert!(failed < 0.01, "{failed}");
    assert_eq!(share, 5.0);
    assert!(!verdict.pass() && verdict.broken.is_empty(), "{verdict:?}");
}

#[test]
fn the_very_policy_that_was_given_with_the_command_reads_what_the_scenarios_own_reads() {
    let own = fs::read_to_string(library("canary")).expect("it is in the library");
    let (failed, share, verdict) = with(&own);
    assert!(verdict.pass(), "{verdict:?}");
    let (results, _) = run("bad-canary", 1..=1, 2);
    assert_eq!(results.mean("canary", Measure::Failed), Some(failed));
    assert_eq!(results.mean("canary", Measure::RolledOut), Some(share));
}

#[test]
fn the_engine_that_cannot_tell_a_candidates_requests_is_refused() {
    let mut source = Source::of(&folder().join("bad-canary.toml")).expect("it is shipped");
    source.engine = Some(EngineKind::Des);
    let faults = roomy(|| scenario::read(&source)).expect_err("it is refused");
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|it| it.contains("takes the engine `fluid`")), "{told:?}");
}
