//! Broken numbers do no harm to what is shipped, and the search would find it if they did.

use super::{folder, load};
use setpoint_sim::{
    chaos::{Harm, search, text},
    roomy::roomy,
    scenario::{self, Source},
};
use std::fs;

/// Takes silence for calm: as soon as a number is a minute old, it thinks that nobody plays.
const SILENCE_IS_CALM: &str = r#"
const POLICY = #{
    about:    "Take silence for calm",
    language: 1,
    params:   #{ each: "30/s" },
    inputs:   #{ rps: #{ unit: "per_second", max_age: "2h" } },
    targets:  #{ fleet: #{ kind: "group" } },
};

rule "serve" when m.rps.age < 1.minute { fleet.serve(m.rps, p.each); }

rule "calm" when m.rps.age >= 1.minute { fleet.scale_to(10); }
"#;

/// What is found in the holiday with this policy in it.
fn harm(policy: &str, tries: u64) -> Vec<Harm> {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("policy.rhai");
    fs::write(&file, policy).expect("a policy");
    let mut source = Source::of(&folder().join("holiday-15x.toml")).expect("it is shipped");
    source.given = vec![vec![file]];
    let scenario = roomy(|| scenario::read(&source)).expect("it is understood");
    search(&scenario, tries, 2, || {})
}

#[test]
fn numbers_that_are_missing_old_or_none_do_no_harm() {
    assert_eq!(search(&load("holiday-15x"), 8, 2, || {}), []);
}

#[test]
fn a_policy_that_takes_silence_for_calm_is_found_and_one_fault_suffices() {
    let harms = harm(SILENCE_IS_CALM, 8);
    let told = text(8, &harms);
    let [harm] = &*harms else { panic!("{told}") };
    assert_eq!(harm.faults.len(), 1, "{told}");
    assert!(told.contains("Stale") || told.contains("Dropped"), "{told}");
}
