//! Every shipped scenario is understood, and its gates hold: a seed or two of it here, all of
//! them with `SETPOINT_PROVE=full`.

mod bad_input;
mod chaos;
mod failovers;
mod rollouts;

use setpoint_sim::{
    experiment::{Experiment, Results, Verdict, json, judge, table},
    roomy::roomy,
    scenario::{self, Scenario, Source},
};
use std::{
    env, fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn load(name: &str) -> Scenario {
    let path = folder().join(name).with_extension("toml");
    let read = roomy(|| scenario::read(&Source::of(&path).map_err(|_| Vec::new())?));
    read.unwrap_or_else(|faults| panic!("{name}: {faults:?}"))
}

fn run(name: &str, seeds: RangeInclusive<u64>, jobs: usize) -> (Results, Verdict) {
    let results = Experiment::new(load(name), Some(seeds)).run(jobs, || {});
    let verdict = judge(&results);
    (results, verdict)
}

fn is_full() -> bool {
    env::var("SETPOINT_PROVE").is_ok_and(|how| how == "full")
}

/// A few seeds, or all of them.
#[expect(clippy::print_stdout, reason = "the figures of the manual come from here")]
#[track_caller]
fn holds(name: &str, few: u64) {
    let full = is_full();
    let seeds = if full { load(name).seeds } else { 1..=few };
    let (results, verdict) = run(name, seeds, 2);
    let told = table(&results, &verdict);
    if full {
        println!("{told}");
    }
    assert!(verdict.pass(), "{told}");
    assert!(!verdict.gates.is_empty(), "{name} claims nothing");
}

#[test]
fn every_scenario_is_understood_and_claims_something() {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario = load(&name);
        assert_eq!(scenario.name, name);
        assert!(!scenario.gates.is_empty(), "{name} claims nothing");
        names.push(name);
    }
    assert!(names.len() >= 13, "{names:?}");
}

#[test]
fn the_holiday_is_held_and_half_of_what_the_best_rival_fails_is_not_failed() {
    holds("holiday-15x", 1);
}

#[test]
fn an_event_that_is_announced_fails_next_to_nobody() {
    holds("holiday-announced", 1);
}

#[test]
fn a_flash_is_outlived_by_shedding_and_fewer_features() {
    holds("flash-15x", 2);
}

#[test]
fn no_connection_is_refused_by_the_ladder_and_the_rule_alone_is_too_late() {
    // In one of them the rule alone is in time: a twentieth may be.
    holds("connections", 20);
}

#[test]
fn the_rule_alone_is_in_time_where_arithmetic_says_so() {
    holds("connections-slow", 2);
}

#[test]
fn features_that_are_off_come_back_and_a_fleet_by_cpu_is_locked_in() {
    holds("slow-dependency", 1);
    let (results, _) = run("slow-dependency", 1..=1, 2);
    let degraded = |policy| {
        results.mean(policy, setpoint_sim::scenario::Measure::Degraded).unwrap_or_default()
    };
    assert!(degraded("cpu-and-degrade") > 50.0, "the trap is gone: the scenario shows nothing");
}

#[test]
fn days_and_nights_cost_less_than_half_of_their_peak() {
    holds("diurnal-week", 1);
}

#[test]
fn who_comes_back_all_at_once_finds_members() {
    holds("retry-storm", 2);
}

#[test]
fn whatever_goes_wrong_around_the_agent_the_fleet_is_held() {
    holds("agent-faults", 1);
}

#[test]
fn an_empty_cache_is_outlived() {
    holds("cold-cache", 1);
}

#[test]
fn waiting_members_with_idle_cpus_are_not_taken_away() {
    holds("slack-2021", 1);
}

#[test]
fn an_agent_that_comes_back_to_no_numbers_ends_nothing() {
    holds("reddit-2016", 1);
}

#[test]
fn an_outage_is_no_empty_service() {
    holds("scryer", 1);
}

#[test]
fn equal_seeds_give_equal_bytes_on_any_number_of_threads() {
    let bytes = |jobs| {
        let (results, verdict) = run("flash-15x", 1..=2, jobs);
        json(&results, &verdict)
    };
    let one = bytes(1);
    assert!(one.starts_with("{\n  \"schema\": 1,"), "{one}");
    assert_eq!(one, bytes(2));
    assert_eq!(one, bytes(3));
}

#[test]
fn the_policies_of_the_holiday_come_to_rest_under_any_steady_load() {
    let scenario = load("holiday-15x");
    let rests = setpoint_sim::oscillation::map(&scenario, 3, 2, || {});
    assert_eq!(rests.len(), 3 * 9);
    assert_eq!(setpoint_sim::oscillation::faulty(&scenario, &rests), None);
}
