//! The tests of the policies we ship.

use super::library;
use setpoint_sim::testing::{Suite, text};
use std::{collections::BTreeSet, fs};

#[test]
fn every_policy_of_the_library_keeps_its_promises_and_every_rule_fires() {
    let report = Suite::load(&[library()], None).unwrap().run(2, || {});
    let (passed, failed) = report.count();
    assert!(failed == 0 && report.faults().next().is_none(), "{}", text(&report));
    let (fired, rules) = report.coverage.count();
    assert!(fired == rules && rules >= 10, "{}", text(&report));
    assert!(passed >= 20, "{}", text(&report));
}

#[test]
fn no_policy_of_the_library_is_without_tests() {
    let stems = |ending: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(library()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
    };
    assert_eq!(stems(".rhai"), stems(".test.toml"));
}

#[test]
fn the_report_does_not_depend_on_how_many_run_at_once() {
    let run = |jobs| text(&Suite::load(&[library()], None).unwrap().run(jobs, || {}));
    let one = run(1);
    assert_eq!(one, run(7));
    assert_eq!(one, run(usize::MAX));
}
