//! A policy that takes too long fails alone, and fails the same way whenever its pass is made
//! again.

use setpoint_core::{
    BoundPolicy, Evaluation, Memory, POLICY_TRIPS, PolicyName, Program, Settings, Snapshot, Span,
    TargetName,
};
use setpoint_policies::Policies;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Some thousand operations.
const SLOW: &str = "let n = 0; for i in 0..1000 { n += i; } fleet.at_least(5);";
const QUICK: &str = "fleet.at_least(5);";

fn policy(name: &str, file: &str, body: &str) -> BoundPolicy {
    let source = format!(
        "const POLICY = #{{ about: \"x\", language: 1, inputs: #{{}}, \
         targets: #{{ fleet: #{{ kind: \"group\" }} }} }};\nrule \"r\" {{ {body} }}"
    );
    BoundPolicy {
        name: PolicyName::new(name),
        file: file.into(),
        source: source.into(),
        targets: BTreeMap::from([("fleet".to_owned(), TargetName::new(name))]),
        params: BTreeMap::new(),
    }
}

fn policies(bound: &[BoundPolicy]) -> Policies {
    let settings = Settings {
        region: "here".to_owned(),
        every: Span::from_secs(15),
        inputs: BTreeMap::new(),
        targets: BTreeMap::new(),
        shadows: BTreeMap::new(),
        calendars: Default::default(),
    };
    Policies::from_program(&Program::new(settings, bound.to_vec())).expect("it is fine")
}

/// What they say when a look at the clock takes a millisecond, and how often it was looked at.
fn evaluate(bound: &[BoundPolicy], limit: u64) -> (Vec<Evaluation>, u64) {
    let looks = Arc::new(AtomicU64::new(0));
    let clock = {
        let looks = Arc::clone(&looks);
        move || Span::from_ms(looks.fetch_add(1, Ordering::Relaxed))
    };
    let watched = policies(bound).watched_by(clock, Span::from_ms(limit));
    (said(&watched, Snapshot::default()), looks.load(Ordering::Relaxed))
}

fn said(policies: &Policies, snapshot: Snapshot) -> Vec<Evaluation> {
    let settings = Settings {
        region: "here".to_owned(),
        every: Span::from_secs(15),
        inputs: BTreeMap::new(),
        targets: BTreeMap::new(),
        shadows: BTreeMap::new(),
        calendars: Default::default(),
    };
    policies.evaluate(&settings, &Memory::default(), &snapshot)
}

#[test]
fn a_policy_that_takes_too_long_fails_alone() {
    let bound =
        [policy("a", "quick", QUICK), policy("b", "slow", SLOW), policy("c", "quick", QUICK)];
    let (evaluations, _) = evaluate(&bound, 10);
    let late: Vec<bool> = evaluations.iter().map(|it| it.out_of_time).collect();
    assert_eq!(late, [false, true, false]);
    let failed: Vec<bool> = evaluations.iter().map(Evaluation::failed).collect();
    assert_eq!(failed, late, "what fails shrinks nothing");
    let (patient, _) = evaluate(&bound, 1000);
    assert!(patient.iter().all(|it| !it.out_of_time && !it.failed()));
}

#[test]
fn a_pass_in_which_a_policy_ran_out_of_time_is_the_same_when_it_is_made_again() {
    let bound = [policy("a", "quick", QUICK), policy("b", "slow", SLOW)];
    let (evaluations, _) = evaluate(&bound, 10);
    let late = evaluations.iter().filter(|it| it.out_of_time).map(|it| it.policy.clone());
    // Without a clock, as a replay has none.
    let snapshot = Snapshot { tripped: late.collect(), ..Snapshot::default() };
    assert_eq!(said(&policies(&bound), snapshot), evaluations);
}

#[test]
fn a_slow_script_never_takes_its_time_for_each_group_of_a_fleet() {
    let mut bound: Vec<BoundPolicy> =
        (0..1000).map(|n| policy(&format!("slow-{n:04}"), "slow", SLOW)).collect();
    bound.push(policy("zz", "quick", QUICK));
    let (evaluations, looks) = evaluate(&bound, 10);
    assert!(looks <= u64::from(POLICY_TRIPS) * 15 + 10, "{looks} looks at the clock");
    let late = evaluations.iter().filter(|it| it.out_of_time).count();
    assert_eq!(late, 1000, "whoever is not asked any more has failed as well");
    assert!(!evaluations[1000].failed(), "another script has its own time");
}

#[test]
fn a_script_is_compiled_once_however_many_groups_it_is_bound_to() {
    let bound: Vec<BoundPolicy> =
        (0..3).map(|n| policy(&format!("p{n}"), "quick", QUICK)).collect();
    let policies = policies(&bound);
    let scripts: Vec<_> = policies.policies().map(|policy| Arc::clone(policy.script())).collect();
    assert!(scripts.iter().all(|script| Arc::ptr_eq(script, &scripts[0])));
}
