//! Which row tells of a pass, however often the reason changes.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_control::{Journal, Pass};
use setpoint_core::{
    Action, Decision, Guard, Held, Intent, IntentId, Memory, Moment, Plan, Program, Settings,
    Snapshot, Span, TargetName, Timestamp, Verdict,
};
use setpoint_journal::{Reader, Retention, SqliteJournal};
use std::{collections::BTreeMap, path::Path};
use tempfile::TempDir;

fn program() -> Program {
    let settings = Settings {
        region: "here".to_owned(),
        every: Span::from_secs(15),
        inputs: BTreeMap::new(),
        targets: BTreeMap::new(),
        shadows: BTreeMap::new(),
        calendars: Default::default(),
    };
    Program::new(settings, Vec::new())
}

fn target(number: usize) -> TargetName {
    TargetName::new(format!("t{number:03}"))
}

fn wall(pass: u64) -> Timestamp {
    Timestamp::from_ms(i64::try_from(pass).unwrap() * 15_000)
}

/// How a decision ends, by a letter: `a` is an action, every other a reason to hold.
fn verdict(letter: char, number: usize, pass: u64) -> Verdict {
    let (target, held) = (target(number), |guard| Held::Guard(guard, "so".into()));
    Verdict::Held(match letter {
        'a' => {
            let id = IntentId::new(format!("here/{target}/1/{pass}"));
            let action = Action::Resize { from: 1, to: 2 };
            return Verdict::Act(Intent { id, target, action });
        }
        's' => held(Guard::Stabilise),
        'c' => held(Guard::Cooldown),
        'p' => held(Guard::Projection),
        'b' => held(Guard::Budget),
        'f' => held(Guard::Flap),
        'e' => held(Guard::Evidence),
        'l' => held(Guard::Launches),
        't' => held(Guard::TooSick),
        'n' => Held::NoOpinion,
        _ => Held::AsWanted,
    })
}

fn pass(number: u64, letters: impl Iterator<Item = char>) -> Pass {
    let decision = |(n, letter)| Decision {
        target: target(n),
        seen: format!("in pass {number}"),
        wants: Vec::new(),
        guards: Vec::new(),
        asked: None,
        load: None,
        suspicion: None,
        page: None,
        verdict: verdict(letter, n, number),
    };
    let at = Moment { wall: wall(number), monotonic: Span::from_ms(number * 15_000) };
    let decisions = letters.enumerate().map(decision).collect();
    Pass {
        snapshot: Snapshot { pass: number, at, ..Snapshot::default() },
        evaluations: Vec::new(),
        plan: Plan { decisions, ..Plan::default() },
    }
}

/// Writes so many passes, in which the decision about each target is the letter that `letter`
/// gives for it and the pass.
fn live(
    path: &Path,
    retention: Retention,
    (passes, targets): (u64, usize),
    letter: &dyn Fn(u64, usize) -> char,
) {
    let (journal, _) = SqliteJournal::open(path, &program()).unwrap();
    let mut journal = journal.keeping(retention);
    for number in 1..=passes {
        let own = pass(number, (0..targets).map(|n| letter(number, n)));
        let memory = Memory {
            now: Memory::default().now + Span::from_ms(number * 15_000),
            ..Memory::default()
        };
        journal.record(&own, &memory).unwrap();
        let reader = Reader::open(path).unwrap();
        for n in (0..targets).filter(|n| number % 37 == 0 || n % 97 == 0) {
            told(&reader, None, number, n, letter);
        }
    }
}

/// The reason of that pass is the one that is told.
#[track_caller]
fn told(
    reader: &Reader,
    at: Option<Timestamp>,
    pass: u64,
    n: usize,
    letter: &dyn Fn(u64, usize) -> char,
) {
    let row = reader.decision(&target(n), at).unwrap().unwrap();
    let expected = verdict(letter(pass, n), n, pass);
    assert_eq!(row.record.decision.verdict, expected, "{n} in pass {pass}");
    assert!(row.first_pass <= pass, "{row:?}");
}

/// A number that is another for each two, and the same in every run.
fn mixed(pass: u64, n: usize) -> u64 {
    let x = (pass * 1_000 + n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40
}

#[test]
fn the_reason_of_every_pass_is_told_however_it_wavers() {
    let letters: Vec<char> = "wwwwwsssspcbfeltna".chars().collect();
    let waver = |pass: u64, n: usize| match n % 4 {
        // Steady, and now and then not.
        0 if !mixed(pass, n).is_multiple_of(50) => 'w',
        1 => ['w', 's'][(mixed(pass, n) % 2) as usize],
        2 => ['w', 's', 'p', 'c'][(mixed(pass / 3, n) % 4) as usize],
        _ => letters[mixed(pass, n) as usize % letters.len()],
    };
    // With more than 128 targets rows are written by turns.
    for (passes, targets) in [(700, 4), (120, 300)] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("journal.db");
        live(&path, Retention::default(), (passes, targets), &waver);
        let reader = Reader::open(&path).unwrap();
        for pass in 1..=passes {
            (0..targets).for_each(|n| told(&reader, Some(wall(pass)), pass, n, &waver));
        }
        if targets < 128 {
            let rows = reader.decided(None, (wall(0), wall(passes)), u32::MAX).unwrap();
            assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), passes * targets as u64);
        }
    }
}

#[test]
fn a_reason_that_comes_back_begins_no_row() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let by_turns = |pass: u64, _: usize| ['w', 's'][(pass / 3 % 2) as usize];
    live(&path, Retention::default(), (300, 1), &by_turns);
    let rows = Reader::open(&path).unwrap().history(&target(0), 1000).unwrap();
    let counts: Vec<(u64, Option<u64>)> =
        rows.iter().map(|row| (row.count, row.others())).collect();
    assert_eq!(counts, [(150, Some(147)), (150, Some(150))]);
    assert_eq!(rows[0].record.decision.seen, "in pass 299");
}

#[test]
fn what_was_let_go_of_is_not_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    // A reason that comes back once in so many passes, of which not so many are kept.
    let seldom = |pass: u64, _: usize| if pass % 900 == 899 { 's' } else { 'w' };
    let retention = Retention { age: Span::from_minutes(60), bytes: u64::MAX };
    live(&path, retention, (2000, 1), &seldom);
    let reader = Reader::open(&path).unwrap();
    told(&reader, Some(wall(1799)), 1799, 0, &seldom);
    told(&reader, None, 2000, 0, &seldom);
}
