//! A day in the journal: how many bytes it takes for each target.
//!
//! The loop's thinking and the journal are the real ones; time and the groups are made up, so
//! that a day takes less than a minute.

use crate::{figure, is_long};
use setpoint_control::{Evaluator, Journal, Pass, Thought, think};
use setpoint_core::{
    ActResult, Action, BoundPolicy, Evaluation, Group, GroupSettings, InputKey, InputSettings,
    Memory, Moment, Outcome, PolicyName, Program, Range, Reading, Sample, Seen, Settings, Snapshot,
    Span, TargetName, TargetSettings, Timestamp, Unit,
};
use setpoint_journal::{Reader, SqliteJournal, replay};
use setpoint_policies::Policies;
use std::{collections::BTreeMap, f64::consts::TAU, fs, path::Path};

const EVERY: Span = Span::from_secs(15);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a target may take of the journal, in bytes a day.
const MOST: u64 = 100_000;

/// What passes take besides, whatever the number of targets, in bytes a day.
const REGION: u64 = 2_500_000;

/// How the load of a group goes.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// About the same all day: nothing is ever done.
    Steady,
    /// Three times as much in the evening as in the morning, and as unsteady as the other.
    Changing,
    /// About the same all day, and from one pass to the next off by more than the dead-band.
    Wavering,
}

impl Load {
    /// The load of a group, in members that are exactly at their goal.
    fn at(self, number: usize, ms: u64) -> f64 {
        let (n, minutes) = (number as f64, ms as f64 / 60_000.0);
        // Neither repeats within a day, and each sample has all its digits.
        let noise = (n * 1.7 + minutes * 4.1).sin() * (n * 0.3 + minutes * 0.77).sin();
        match self {
            Self::Steady => 20.0 + 1.2 * noise,
            Self::Changing => {
                let day = (TAU * (ms as f64 / DAY_MS as f64) + n * 0.05).sin();
                20.0 + 10.0 * day + 1.2 * noise
            }
            Self::Wavering => 20.0 + 2.4 * noise,
        }
    }
}

fn name(number: usize) -> TargetName {
    TargetName::new(format!("web/g{number:05}"))
}

fn program(targets: usize) -> Program {
    let policy = |n| BoundPolicy {
        name: PolicyName::new(format!("cpu/g{n:05}")),
        file: "target-cpu.rhai".into(),
        source: include_str!("../../policies/library/target-cpu.rhai").into(),
        targets: [("fleet".to_owned(), name(n))].into(),
        params: BTreeMap::new(),
    };
    let range = Range::new(2, 200).expect("2 is less than 200");
    let group = TargetSettings::Group(GroupSettings::new(range));
    let input = InputSettings::new(Unit::Percent, Span::from_minutes(10), EVERY);
    let settings = Settings {
        region: "here".to_owned(),
        every: EVERY,
        inputs: (0..targets).map(|n| (input_of(n), input.clone())).collect(),
        targets: (0..targets).map(|n| (name(n), group.clone())).collect(),
        shadows: BTreeMap::new(),
        calendars: Default::default(),
    };
    Program::new(settings, (0..targets).map(policy).collect())
}

fn input_of(number: usize) -> InputKey {
    InputKey::of(&PolicyName::new(format!("cpu/g{number:05}")), "cpu")
}

struct Asked(Policies);

impl Evaluator for Asked {
    fn evaluate(&self, settings: &Settings, memory: &Memory, seen: &Snapshot) -> Vec<Evaluation> {
        self.0.evaluate(settings, memory, seen)
    }
}

fn evaluator(program: &Program) -> Result<Box<dyn Evaluator>, String> {
    let policies = Policies::from_program(program).map_err(|wrong| wrong.join("; "))?;
    Ok(Box::new(Asked(policies)))
}

/// Writes so many hours of so many targets, and gives how many actions there were.
fn live(path: &Path, load: Load, targets: usize, hours: u64) -> usize {
    let program = program(targets);
    let (mut journal, _) = SqliteJournal::open(path, &program).expect("there is room for a file");
    let evaluator = evaluator(&program).expect("the policy is of the library");
    let (mut memory, mut sizes) = (Memory::default(), vec![20_u32; targets]);
    let (mut outcomes, mut actions) = (Vec::new(), 0);
    for number in 1..=(hours * 60 * 60 * 1000 / EVERY.ms()) {
        let ms = number * EVERY.ms();
        let wall = Timestamp::from_ms(1_700_000_000_000) + Span::from_ms(ms);
        let reading = |n: usize| {
            // The source is scraped some seconds before it is asked.
            let at = wall - Span::from_ms(4_321);
            let cpu = (60.0 * load.at(n, ms) / f64::from(sizes[n])).min(100.0);
            (input_of(n), Reading::Sample(Sample::new(at, cpu).expect("it is a number")))
        };
        let seen = |n: usize| {
            let group = Group { desired: sizes[n], ready: sizes[n], ..Group::default() };
            (name(n), Seen::Group(group))
        };
        let snapshot = Snapshot {
            pass: number,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: number == 1,
            readings: (0..targets).map(reading).collect(),
            targets: (0..targets).map(seen).collect(),
            outcomes: std::mem::take(&mut outcomes),
            ..Snapshot::default()
        };
        let Thought { evaluations, plan, .. } =
            think(&program.settings, &mut memory, &snapshot, evaluator.as_ref());
        let pass = Pass { snapshot, evaluations, plan };
        journal.record(&pass, &memory).expect("there is room for a pass");
        for intent in pass.plan.intents() {
            let Action::Resize { to, .. } = intent.action else { continue };
            let number =
                (0..targets).find(|n| name(*n) == intent.target).expect("it is one of ours");
            sizes[number] = to;
            journal.outcome(intent, &ActResult::Accepted).expect("there is room for a word");
            outcomes.push(Outcome { intent: intent.id.clone(), result: ActResult::Accepted });
            actions += 1;
        }
    }
    actions
}

/// How large the journal of so many hours is; its passes must come out the same when made again.
#[track_caller]
fn size(load: Load, targets: usize, hours: u64) -> (u64, usize) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("journal.db");
    let actions = live(&path, load, targets, hours);
    let reader = Reader::open(&path).expect("it was just written");
    let replayed = replay(&reader, evaluator).expect("it can be read");
    assert!(replayed.diverged.is_empty(), "{:?}", replayed.diverged);
    assert_eq!(replayed.passes, hours * 240);
    (fs::metadata(&path).expect("it was just written").len(), actions)
}

/// What the hours after the first `from` take, up to `to`.
#[track_caller]
fn check(load: Load, targets: usize, (from, to): (u64, u64), acts: Option<bool>) {
    let before = if from == 0 { (0, 0) } else { size(load, targets, from) };
    let after = size(load, targets, to);
    let (bytes, actions) = (after.0 - before.0, (after.1 - before.1) as u64);
    assert!(acts.is_none_or(|acts| acts == (actions > 0)), "{load:?}: {actions} actions");
    let (n, hours) = (targets as u64, to - from);
    let (day, share) = (bytes * 24 / hours, actions * 24 / hours / n);
    let what = format!("{load:?}: journal of {targets} targets over {hours} h");
    let each = day.saturating_sub(REGION) / n;
    let told = format!("{} kB a day, {} kB a target, {share} actions", day / 1000, each / 1000);
    figure(&what, &told);
    assert!(day <= MOST * n + REGION, "{what}: {told}");
}

#[test]
fn a_target_never_takes_more_of_the_journal_than_a_hundred_kilobytes_a_day() {
    let (targets, hours) = if is_long() { (100, (0, 24)) } else { (30, (1, 2)) };
    check(Load::Steady, targets, hours, Some(false));
    check(Load::Changing, targets, hours, Some(true));
    // It comes to rest at its peaks.
    check(Load::Wavering, targets, hours, None);
}
