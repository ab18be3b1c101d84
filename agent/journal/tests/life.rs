//! A life written down, cut short, and gone on with.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_control::{Evaluator, Journal, Pass, Past, think};
use setpoint_core::{
    ActResult, Action, Ask, BoundPolicy, Calendars, Command, Evaluation, Group, GroupSettings,
    InputKey, InputSettings, Memory, Moment, Opinion, Outcome, PolicyName, Program, Range, Reading,
    RuleName, RuleReport, RuleVerdict, Sample, Seen, Settings, Snapshot, Span, TargetName,
    TargetSettings, Timestamp, Unit,
};
use setpoint_journal::{
    LeftOrder, OpenError, Reader, Retention, SqliteJournal, hash, leave_order, replay,
};
use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{self, Stdio},
};
use tempfile::TempDir;

const EVERY: Span = Span::from_secs(15);

fn fleet() -> TargetName {
    TargetName::new("fleet")
}

fn input() -> InputKey {
    InputKey::new("p/x")
}

fn program() -> Program {
    let bounds = GroupSettings::new(Range::new(1, 500).unwrap());
    let settings = Settings {
        region: "here".to_owned(),
        every: EVERY,
        inputs: BTreeMap::from([(input(), InputSettings::new(Unit::Count, Span::ZERO, EVERY))]),
        targets: BTreeMap::from([(fleet(), TargetSettings::Group(bounds))]),
        shadows: BTreeMap::new(),
        calendars: Calendars::default(),
    };
    let policy = BoundPolicy {
        name: PolicyName::new("p"),
        file: "p.rhai".into(),
        source: "the size that x says".into(),
        targets: BTreeMap::new(),
        params: BTreeMap::new(),
    };
    Program::new(settings, vec![policy])
}

/// A policy without a language: the size is what `x` reads.
fn evaluator() -> Box<dyn Evaluator> {
    Box::new(|_: &Settings, memory: &Memory, _: &Snapshot| {
        let latest = memory.windows.get(&input()).and_then(|window| window.samples().last());
        let asked = latest.map(|sample| sample.value() as u32);
        let opinion = |size| Opinion {
            target: fleet(),
            ask: Ask::ScaleTo(size),
            line: 1,
            because: None,
            substituted: false,
        };
        let rule = RuleReport {
            rule: RuleName::new("size"),
            line: 1,
            names: [fleet()].into(),
            verdict: if asked.is_some() { RuleVerdict::Fired } else { RuleVerdict::Quiet },
            compared: Vec::new(),
            facts: Vec::new(),
            opinions: asked.map(opinion).into_iter().collect(),
            says: Vec::new(),
            hold: None,
        };
        vec![Evaluation {
            policy: PolicyName::new("p"),
            contact: std::sync::Arc::default(),
            rules: vec![rule],
            state: BTreeMap::new(),
            out_of_time: false,
        }]
    })
}

/// A fleet that always becomes what was asked for, under a demand that comes and goes.
struct Life {
    memory: Memory,
    pass: u64,
    size: u32,
    outcomes: Vec<Outcome>,
    started: bool,
}

impl Life {
    fn new(past: Past, size: u32) -> Self {
        let Past { memory, pass, outcomes } = past;
        Self { memory, pass, size, outcomes, started: true }
    }

    fn snapshot(&mut self) -> Snapshot {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).unwrap());
        let wave = 50.0 + 40.0 * (self.pass as f64 / 40.0).sin();
        // The page is gone now and then.
        let reading = match self.pass % 11 {
            0 => Reading::Failed("gone".to_owned()),
            _ => Reading::Sample(Sample::new(wall, wave.round()).unwrap()),
        };
        let group = Group { desired: self.size, ready: self.size, ..Group::default() };
        Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: std::mem::take(&mut self.started),
            readings: BTreeMap::from([(input(), reading)]),
            targets: BTreeMap::from([(fleet(), Seen::Group(group))]),
            outcomes: std::mem::take(&mut self.outcomes),
            ..Snapshot::default()
        }
    }

    /// One pass; `sent` hears of every intent that is on record, before it takes effect.
    fn pass(&mut self, journal: &mut dyn Journal, mut sent: impl FnMut(&str)) {
        let snapshot = self.snapshot();
        let settings = program().settings;
        let thought = think(&settings, &mut self.memory, &snapshot, evaluator().as_ref());
        let pass = Pass { snapshot, evaluations: thought.evaluations, plan: thought.plan };
        journal.record(&pass, &self.memory).unwrap();
        for intent in pass.plan.intents() {
            sent(intent.id.as_str());
            if let Action::Resize { to, .. } = intent.action {
                self.size = to;
            }
            journal.outcome(intent, &ActResult::Accepted).unwrap();
            let (intent, result) = (intent.id.clone(), ActResult::Accepted);
            self.outcomes.push(Outcome { intent, result });
        }
    }
}

fn open(path: &Path) -> (SqliteJournal, Past) {
    let (journal, restored) = SqliteJournal::open(path, &program()).unwrap();
    let (past, trouble) = restored.past(|_| Ok(evaluator()));
    assert_eq!(trouble, None);
    (journal, past)
}

fn assert_replays(path: &Path) -> u64 {
    let replayed = replay(&Reader::open(path).unwrap(), |_| Ok(evaluator())).unwrap();
    assert!(replayed.diverged.is_empty(), "{:?}", replayed.diverged);
    assert!(replayed.other_deciders.is_empty());
    replayed.passes
}

#[test]
fn a_restart_remembers_what_a_life_without_one_does() {
    let folder = TempDir::new().unwrap();
    let (straight, broken) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let (mut journal, past) = open(&straight);
    let mut life = Life::new(past, 10);
    let (mut first, past) = open(&broken);
    let mut half = Life::new(past, 10);
    for _ in 0..137 {
        life.pass(&mut journal, |_| {});
        half.pass(&mut first, |_| {});
    }
    let size = half.size;
    drop((half, first));
    let (mut second, past) = open(&broken);
    let mut rest = Life::new(past, size);
    // The outcomes of the last pass are heard once, whoever lives to hear them.
    assert_eq!(rest.memory, life.memory);
    assert_eq!(rest.outcomes, life.outcomes);
    rest.started = false;
    for _ in 0..200 {
        life.pass(&mut journal, |_| {});
        rest.pass(&mut second, |_| {});
    }
    assert_eq!(hash(&rest.memory), hash(&life.memory));
    assert_eq!(assert_replays(&broken), 337);
    assert_eq!(assert_replays(&straight), 337);
}

#[test]
fn decisions_that_come_out_the_same_are_one_row() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, past) = open(&path);
    let mut life = Life::new(past, 10);
    for _ in 0..300 {
        life.pass(&mut journal, |_| {});
    }
    let reader = Reader::open(&path).unwrap();
    let history = reader.history(&fleet(), 1000).unwrap();
    assert_eq!(history.iter().map(|row| row.count).sum::<u64>(), 300);
    assert!(history.len() < 200, "{}", history.len());
    assert_eq!(reader.last_pass().unwrap().unwrap().0, 300);
    assert_eq!(reader.targets().unwrap(), [fleet()]);
    assert_eq!(reader.program().unwrap(), Some(program()));
    let early = reader.decision(&fleet(), Some(Timestamp::from_ms(60_000))).unwrap().unwrap();
    assert!(early.first_pass <= 4 && early.last_pass >= 4, "{early:?}");
    assert_eq!(reader.decision(&fleet(), Some(Timestamp::from_ms(1))).unwrap(), None);
    assert!(
        reader.intents(1000).unwrap().iter().all(|row| row.result == Some(ActResult::Accepted))
    );
}

#[test]
fn an_intent_without_an_outcome_counts_as_unknown() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, past) = open(&path);
    let mut life = Life::new(past, 1);
    let snapshot = life.snapshot();
    let thought = think(&program().settings, &mut life.memory, &snapshot, evaluator().as_ref());
    let pass = Pass { snapshot, evaluations: thought.evaluations, plan: thought.plan };
    journal.record(&pass, &life.memory).unwrap();
    assert_eq!(pass.plan.intents().count(), 1);
    drop(journal);
    let (_journal, past) = open(&path);
    assert_eq!(past.outcomes.len(), 1);
    assert_eq!(past.outcomes[0].result, ActResult::Unknown);
}

#[test]
fn nobody_elses_file_is_touched() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    fs::write(&path, "my notes on autoscaling, not a database at all").unwrap();
    let before = fs::read(&path).unwrap();
    let refused = SqliteJournal::open(&path, &program()).err().unwrap();
    assert!(matches!(refused, OpenError::NotOurs { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    drop(other);
    let refused = SqliteJournal::open(&path, &program()).err().unwrap();
    assert!(refused.to_string().contains("made by another program"), "{refused}");
}

#[test]
fn a_newer_a_damaged_and_a_shared_journal_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, past) = open(&path);
    let second = SqliteJournal::open(&path, &program()).err().unwrap();
    assert!(matches!(second, OpenError::InUse(_)), "{second}");
    let mut life = Life::new(past, 10);
    for _ in 0..50 {
        life.pass(&mut journal, |_| {});
    }
    drop(journal);

    let copy = folder.path().join("newer.db");
    fs::copy(&path, &copy).unwrap();
    let connection = rusqlite::Connection::open(&copy).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(&copy).unwrap();
    let newer = SqliteJournal::open(&copy, &program()).err().unwrap();
    assert!(matches!(newer, OpenError::Newer { found: 99, .. }), "{newer}");
    assert_eq!(fs::read(&copy).unwrap(), before, "a newer program's file is not ours to change");

    let bytes = fs::read(&path).unwrap();
    let cut = folder.path().join("cut.db");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = SqliteJournal::open(&cut, &program()).err().unwrap();
    assert!(matches!(damaged, OpenError::NotOurs { .. }), "{damaged}");
    assert!(matches!(Reader::open(&folder.path().join("none.db")), Err(OpenError::Absent(_))));
}

/// The file as the first version wrote it: without orders.
fn make_older(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let older = "DROP TABLE orders; ALTER TABLE decisions DROP COLUMN runs; \
                 PRAGMA user_version = 1;";
    connection.execute_batch(older).unwrap();
}

#[test]
fn an_older_journal_is_read_as_it_is_and_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, past) = open(&path);
    let mut life = Life::new(past, 10);
    for _ in 0..20 {
        life.pass(&mut journal, |_| {});
    }
    drop(journal);
    make_older(&path);
    let before = fs::read(&path).unwrap();
    assert_eq!(Reader::open(&path).unwrap().last_pass().unwrap().unwrap().0, 20);
    assert_eq!(fs::read(&path).unwrap(), before, "who only reads upgrades nothing");
    let (mut journal, past) = open(&path);
    assert_eq!(past.memory, life.memory);
    life.pass(&mut journal, |_| {});
    drop(journal);
    assert_eq!(assert_replays(&path), 21);
}

#[test]
fn an_order_that_was_left_is_there_until_a_pass_that_took_it_in_is_on_disk() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let command = Command::Pause { target: None, reason: "a drill".to_owned(), lasts: None };
    let order = LeftOrder { at: Timestamp::from_ms(7), command };
    leave_order(&path, &order).unwrap();
    for _ in 0..2 {
        // A start that dies before its first pass.
        let (_journal, restored) = SqliteJournal::open(&path, &program()).unwrap();
        assert_eq!(restored.orders(), std::slice::from_ref(&order));
    }
    let (mut journal, restored) = SqliteJournal::open(&path, &program()).unwrap();
    let refused = leave_order(&path, &order).unwrap_err();
    assert!(matches!(refused, OpenError::InUse(_)), "an agent at work must be told itself");
    let mut life = Life::new(restored.past(|_| Ok(evaluator())).0, 10);
    life.pass(&mut journal, |_| {});
    drop(journal);
    let (_journal, restored) = SqliteJournal::open(&path, &program()).unwrap();
    assert_eq!(restored.orders(), []);
}

#[test]
fn passes_made_by_another_program_are_made_again_by_that_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, past) = open(&path);
    let mut life = Life::new(past, 10);
    for _ in 0..5 {
        life.pass(&mut journal, |_| {});
    }
    let mut other = program();
    other.policies[0].source = "the size that x says, in other words".into();
    journal.adopt(&other).unwrap();
    for _ in 0..5 {
        life.pass(&mut journal, |_| {});
    }
    drop(journal);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.program().unwrap(), Some(other));
    let built = std::cell::RefCell::new(Vec::new());
    let build = |program: &Program| {
        built.borrow_mut().push(program.policies[0].source.clone());
        Ok(evaluator())
    };
    let replayed = replay(&reader, build).unwrap();
    assert_eq!((replayed.passes, replayed.diverged.len()), (10, 0));
    assert_eq!(built.into_inner().len(), 2);
}

#[test]
fn the_past_is_let_go_of_only_up_to_a_checkpoint() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (journal, past) = open(&path);
    let hours = Retention { age: Span::from_minutes(180), bytes: u64::MAX };
    let mut journal = journal.keeping(hours);
    let mut life = Life::new(past, 10);
    for _ in 0..3000 {
        life.pass(&mut journal, |_| {});
    }
    drop(journal);
    // 3,000 passes are 12.5 hours: at least three are left, and they still fold.
    let left = assert_replays(&path);
    assert!((720..1300).contains(&left), "{left}");
    assert_eq!(open(&path).1.memory, life.memory);
}

/// Killed at random moments, the agent has never sent what is not on record.
#[test]
fn a_kill_at_any_moment_loses_no_intent() {
    if let Ok(path) = env::var("SETPOINT_JOURNAL_VICTIM") {
        return live_until_killed(Path::new(&path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let mut announced = Vec::new();
    for round in 0..50_usize {
        let mut child = process::Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_kill_at_any_moment_loses_no_intent", "--nocapture"])
            .env("SETPOINT_JOURNAL_VICTIM", &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A moment that differs from round to round: after so many intents were announced.
        let wanted = 1 + (round * 7) % 13;
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ids = said.filter_map(|line| line.split_once("sending ").map(|(_, id)| id.to_owned()));
        announced.extend(ids.take(wanted));
        child.kill().unwrap();
        child.wait().unwrap();
        let reader = Reader::open(&path).unwrap();
        let known = reader.intents(100_000).unwrap();
        for id in &announced {
            assert!(known.iter().any(|row| row.id.as_str() == id), "{id} was sent, not recorded");
        }
    }
    assert!(announced.len() >= 50);
    assert_replays(&path);
}

fn live_until_killed(path: &Path) {
    let (mut journal, past) = open(path);
    let mut life = Life::new(past, 10);
    let mut out = std::io::stdout();
    loop {
        life.pass(&mut journal, |id| writeln!(out, "\nsending {id}").unwrap());
    }
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, past) = open(&path);
    let mut life = Life::new(past, 10);
    for _ in 0..20 {
        life.pass(&mut journal, |_| {});
    }
    journal.limit_pages(Some(1)).unwrap();
    let mut failed = 0;
    let before = life.memory.clone();
    for _ in 0..200 {
        let snapshot = life.snapshot();
        let thought = think(&program().settings, &mut life.memory, &snapshot, evaluator().as_ref());
        let pass = Pass { snapshot, evaluations: thought.evaluations, plan: thought.plan };
        failed += u32::from(journal.record(&pass, &life.memory).is_err());
        life.memory = before.clone();
        life.pass -= 1;
        if failed > 0 {
            break;
        }
        life.pass += 1;
    }
    assert!(failed > 0, "the disk never filled up");
    journal.limit_pages(None).unwrap();
    life.pass(&mut journal, |_| {});
    let last = Reader::open(&path).unwrap().last_pass().unwrap().unwrap().0;
    assert_eq!(last, life.pass);
}
