//! Nothing that a policy says may hurt the agent: no panic, no hang, no flood of memory.
//!
//! The corpus runs in a process of its own, so that what it takes can be told from what
//! the other tests take, and so that not even an abort goes unnoticed.

use crate::{
    bench::{Bench, said},
    corpus::corpus,
};
use proptest::prelude::*;
use setpoint_policies::{Fault, Script, render};
use std::{
    process::Command,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// How long one check or one evaluation may take.
const DEADLINE: Duration = Duration::from_secs(1);

/// How exactly that is measured.
const STEP: Duration = Duration::from_millis(5);

/// How much memory the whole corpus may take beyond what the engine needs.
const MOST_KIB: u64 = 64 * 1024;

/// The stack that evaluations are promised.
const STACK: usize = 2 * 1024 * 1024;

/// The passes of every policy that can run: what is read.
const PASSES: [Option<f64>; 4] = [Some(70.0), None, Some(1e300), Some(-1e300)];

#[test]
fn nothing_in_a_policy_hurts_the_agent() {
    assert!(corpus().len() >= 40, "the corpus is there");
    let own = std::env::current_exe().expect("a test has a program");
    let child = Command::new(own)
        .args(["hostile::the_corpus", "--exact", "--ignored", "--nocapture"])
        .output()
        .expect("the program starts again");
    let (out, error) =
        (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "{}\n{out}\n{error}", child.status);
    assert!(error.contains("all of it was survived"), "it really ran:\n{out}\n{error}");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
#[expect(clippy::print_stderr, reason = "the process that started this one reads it")]
fn the_corpus() {
    // Whatever is built once is built before anything is measured.
    live("warm-up", include_str!("../../library/target-cpu.rhai"), &mut |_, _| {});
    let before = most_memory_kib();
    let mut slowest = (Duration::ZERO, String::new());
    for (name, text) in corpus() {
        live(name, &text, &mut |what, took| {
            slowest = slowest.clone().max((took, format!("{what} of '{name}'")));
        });
    }
    let taken = most_memory_kib() - before;
    eprintln!("slowest: {} took about {} ms", slowest.1, slowest.0.as_millis());
    eprintln!("memory: {taken} KiB at most");
    assert!(taken <= MOST_KIB, "{taken} KiB were taken, {MOST_KIB} are allowed");
    eprintln!("all of it was survived");
}

/// Checks a policy and, if it may run, runs it; each step within the deadline.
fn live(name: &str, text: &str, took: &mut dyn FnMut(&str, Duration)) {
    let (say, heard) = mpsc::channel();
    let text = text.to_owned();
    let life = move || {
        let script = Script::parse("x.rhai", &text);
        let faults = script.as_ref().map_or_else(Clone::clone, |script| script.warnings().to_vec());
        let shown = render(&faults, &text, true);
        assert_eq!(shown.is_empty(), faults.is_empty());
        say.send("the check").expect("somebody listens");
        if let Ok(script) = script {
            let mut bench = Bench::of(script);
            for value in PASSES {
                for said in said(&bench.pass(&[("x", value), ("q", value)], (40, 40))) {
                    assert!(!said.contains("panicked"), "{said}");
                }
                say.send("an evaluation").expect("somebody listens");
            }
        }
    };
    let life = thread::Builder::new().stack_size(STACK).spawn(life).expect("a thread");
    while let Some((what, step)) = next(&heard, name) {
        took(what, step);
    }
    assert!(life.join().is_ok(), "'{name}' panicked");
}

/// The next step that was made, and about how long it took; none if there are no more.
fn next(heard: &Receiver<&'static str>, name: &str) -> Option<(&'static str, Duration)> {
    let mut waited = Duration::ZERO;
    loop {
        match heard.recv_timeout(STEP) {
            Ok(what) => return Some((what, waited)),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => waited += STEP,
        }
        assert!(waited < DEADLINE, "'{name}' took more than {} ms", DEADLINE.as_millis());
    }
}

/// The most memory that this process ever had, in KiB.
fn most_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high mark");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
}

/// The policies of the library.
const LIBRARY: [&str; 4] = [
    include_str!("../../library/rds-read-replicas.rhai"),
    include_str!("../../library/serve-requests.rhai"),
    include_str!("../../library/step.rhai"),
    include_str!("../../library/target-cpu.rhai"),
];

/// A slip of the hand.
#[derive(Clone, Debug)]
enum Slip {
    Delete(prop::sample::Index),
    Double(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Replace(prop::sample::Index, prop::sample::Index),
}

fn slip() -> impl Strategy<Value = Slip> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        index().prop_map(Slip::Delete),
        index().prop_map(Slip::Double),
        (index(), index()).prop_map(|(a, b)| Slip::Swap(a, b)),
        (index(), index()).prop_map(|(a, b)| Slip::Replace(a, b)),
    ]
}

/// Words, numbers, signs and blanks, none lost.
fn tokens(text: &str) -> Vec<&str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

fn slipped(text: &str, slips: &[Slip]) -> String {
    let mut tokens = tokens(text);
    for slip in slips {
        let n = tokens.len();
        match slip {
            Slip::Delete(at) => drop(tokens.remove(at.index(n))),
            Slip::Double(at) => tokens.insert(at.index(n), tokens[at.index(n)]),
            Slip::Swap(a, b) => tokens.swap(a.index(n), b.index(n)),
            Slip::Replace(a, b) => tokens[a.index(n)] = tokens[b.index(n)],
        }
    }
    tokens.concat()
}

/// Every fault stands within the text, so that it can be shown.
fn shown(faults: &[Fault], text: &str) {
    for fault in faults {
        assert!(text.get(fault.span.clone()).is_some(), "{fault}: {:?}", fault.span);
    }
    assert_eq!(render(faults, text, false).is_empty(), faults.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_slip_of_the_hand_makes_the_checker_or_the_engine_panic(
        which in 0..LIBRARY.len(),
        slips in prop::collection::vec(slip(), 1..6),
    ) {
        let text = slipped(LIBRARY[which], &slips);
        match Script::parse("x.rhai", &text) {
            Err(faults) => {
                prop_assert!(faults.iter().any(Fault::is_error));
                shown(&faults, &text);
            }
            Ok(script) => {
                shown(script.warnings(), &text);
                let inputs = script.header().inputs.keys().cloned().collect::<Vec<_>>();
                let readings: Vec<_> = inputs.iter().map(|name| (name.as_str(), Some(70.0))).collect();
                let mut bench = Bench::of(script);
                for _ in 0..2 {
                    for said in said(&bench.pass(&readings, (40, 40))) {
                        prop_assert!(!said.contains("panicked"), "{}", said);
                    }
                }
            }
        }
    }
}
