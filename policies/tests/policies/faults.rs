//! What is wrong with a policy is told, all of it and in its place, and nothing else.
//!
//! `faults/*.rhai` are policies; the lines `//~` at their ends are what is to be said of
//! them, one fault a line. Run with `SETPOINT_BLESS=1` to write these lines anew, and
//! read what changed.

use crate::bench::{Bench, said};
use setpoint_policies::{FAULTS, Fault, FaultId, MAX_BYTES, Script, language, render, text_of};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Everything that is said of a policy, warnings too.
fn faults(source: &str) -> Vec<Fault> {
    match Script::parse("x.rhai", source) {
        Ok(script) => script.warnings().to_vec(),
        Err(faults) => faults,
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The policies in a folder, by their paths.
fn policies(name: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder(name)).expect("a readable folder");
    let mut files: Vec<(PathBuf, String)> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "rhai"))
        .map(|path| (path.clone(), fs::read_to_string(path).expect("a readable policy")))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has policies");
    files
}

/// What a file says that is to be said of it, and the rest of it.
fn split(text: &str) -> (&str, &str) {
    let end = text.find("//~").unwrap_or(text.len());
    text.split_at(end)
}

#[test]
fn every_fault_is_told_in_its_place_and_no_other() {
    let mut wrong = String::new();
    for (path, text) in policies("tests/faults") {
        let (source, expected) = split(&text);
        let mut told = String::new();
        for fault in faults(source) {
            let Fault { line, column, id, message, help, .. } = fault;
            write!(told, "//~ {line}:{column} {id} {message}").expect("a string takes text");
            let help = help.map(|help| format!("; {help}")).unwrap_or_default();
            writeln!(told, "{help}").expect("a string takes text");
        }
        if told != expected {
            if std::env::var_os("SETPOINT_BLESS").is_some() {
                fs::write(&path, format!("{source}{told}")).expect("a writable policy");
            }
            let name = path.display();
            writeln!(wrong, "{name}: expected\n{expected}but found\n{told}").expect("text");
        }
    }
    assert!(wrong.is_empty(), "{wrong}SETPOINT_BLESS=1 writes what is found");
}

#[test]
fn the_library_has_no_fault_and_no_warning() {
    for (path, text) in policies("library") {
        assert_eq!(faults(&text), [], "{}", path.display());
    }
}

/// What is common must be short: without its comments a policy fits fifteen lines.
#[test]
fn no_policy_of_the_library_is_longer_than_fifteen_lines() {
    let counts = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    for (path, text) in policies("library") {
        let lines = text.lines().filter(counts).count();
        assert!(lines <= 15, "{}: {lines} lines", path.display());
    }
}

/// Not even an odd policy that is right may be faulted, and what the checker lets through
/// must not fail for a reason that it could have known.
#[test]
fn a_policy_without_a_fault_has_no_rule_that_fails() {
    let text = fs::read_to_string(folder("tests/faults/silent.rhai")).expect("a readable policy");
    let mut bench = Bench::new(&text);
    let readings =
        [("cpu", Some(70.0)), ("p99", Some(300.0)), ("rps", Some(90.0)), ("queue", Some(50.0))];
    for pass in 0..50 {
        let evaluation = bench.pass(&readings, (40, 40));
        for (rule, said) in evaluation.rules.iter().zip(said(&evaluation)) {
            assert!(!said.starts_with("failed"), "pass {pass}, {}: {said}", rule.rule);
            assert!(pass < 45 || !said.starts_with("skipped"), "{}: {said}", rule.rule);
        }
    }
}

/// Policies too large to stand in a file.
fn large() -> [String; 3] {
    let rules: String =
        (0..120).map(|n| format!("rule \"{n}\" {{ fleet.at_least(x{n}); }}\n")).collect();
    let header = "const POLICY = #{ about: \"x\", language: 1, targets: #{ fleet: #{ kind: \
                  \"group\" } } };\n";
    ["x".repeat(MAX_BYTES + 1), "\n".repeat(20_000), format!("{header}{rules}")]
}

#[test]
fn no_kind_of_fault_is_listed_and_never_found() {
    let mut found: BTreeSet<FaultId> = BTreeSet::new();
    let files = policies("tests/faults").into_iter().map(|(_, text)| split(&text).0.to_owned());
    for source in files.chain(large()) {
        found.extend(faults(&source).iter().map(|fault| fault.id));
    }
    found.extend(text_of("x.rhai", b"caf\xe9").err().map(|fault| fault.id));
    let missing: Vec<&FaultId> = FAULTS.iter().filter(|id| !found.contains(*id)).collect();
    assert!(missing.is_empty(), "no case has {missing:?}");
}

#[test]
fn a_hundred_faults_are_enough() {
    let [_, _, many] = large();
    let faults = faults(&many);
    assert_eq!(faults.len(), 101);
    assert!(faults.iter().any(|fault| fault.id == FaultId::TooMany));
}

#[test]
fn text_that_is_not_utf_8_is_told_where() {
    let fault = text_of("x.rhai", b"one\ntwo caf\xe9\n").unwrap_err();
    assert_eq!((fault.id, fault.line, fault.column), (FaultId::NotText, 2, 8));
    assert_eq!(text_of("x.rhai", "é".as_bytes()), Ok("é"));
}

#[test]
fn words_of_the_language_are_known_to_the_checker_by_their_table_alone() {
    let names: BTreeSet<_> = language::WORDS.iter().map(|word| (word.on, word.name)).collect();
    assert_eq!(names.len(), language::WORDS.len(), "a word stands in the table twice");
    for (on, name) in language::NOT_YET {
        assert!(!names.contains(&(*on, *name)), "{name} is both there and not yet there");
    }
}

#[test]
fn a_fault_is_shown_with_its_line_a_caret_and_what_to_do() {
    let source = "const POLICY = #{ about: \"x\", language: 1, inputs: #{ cpu: #{ unit: \
                  \"percent\" } }, targets: #{ fleet: #{ kind: \"group\" } } };\n\
                  rule \"hot\" when m.cpu > 66 {\n    flet.scale_to(3);\n}\n";
    let shown = render(&faults(source), source, false);
    let expected = "\
error[P050]: cannot compare m.cpu (a share) with the plain number 66
 --> x.rhai:2:25
  |
2 | rule \"hot\" when m.cpu > 66 {
  |                         ^^
  |
  = help: write it as 66.percent

error[P033]: unknown name 'flet'
 --> x.rhai:3:5
  |
3 |     flet.scale_to(3);
  |     ^^^^
  |
  = help: did you mean 'fleet'?

";
    assert_eq!(shown, expected);
}
