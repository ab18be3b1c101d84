//! What must never happen, whatever is seen and said.
//!
//! Random fleets live through random passes; the promises are judged after each. The
//! policies are made up: what they say is part of what is random. A fleet becomes what
//! was asked for, until somebody else moves it.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use proptest::{collection::vec, prelude::*, strategy::ValueTree};
use setpoint_core::{
    ActResult, Action, Approve, Ask, Calendars, Command, Dimension, Evaluation, FailureKind, Group,
    GroupSettings, InputKey, InputSettings, Memory, Moment, Opinion, Outcome, Plan, PolicyName,
    Quantity, Range, Reading, Role, RuleName, RuleReport, RuleVerdict, Sample, Seen, Settings,
    Snapshot, Span, TargetName, TargetSettings, Timestamp, Unit, check, decide,
};
use std::collections::BTreeMap;

const EVERY: Span = Span::from_secs(60);

/// One random pass over one fleet.
#[derive(Clone, Debug)]
struct Turn {
    /// How the fleet stands: none if it cannot be read.
    fleet: Option<Stands>,
    /// What CPU reads, in percent: none if it cannot be read.
    cpu: Option<f64>,
    /// Errors a second.
    errors: f64,
    unhealthy: u32,
    /// Whether members cannot be had.
    short: bool,
    /// Whether its tag asks for a pause.
    tagged: bool,
    command: Option<Command>,
    wish: Wish,
    result: ActResult,
}

#[derive(Clone, Debug)]
enum Stands {
    /// As it was asked to, all ready.
    AsAsked,
    /// As somebody else wants it: desired and ready.
    Moved(u32, u32),
}

#[derive(Clone, Debug)]
enum Wish {
    Nothing,
    Size(u32),
    By(i32),
    Floor(u32),
    Ceiling(u32),
    Track,
    Skipped,
    Failed,
    Substituted(u32),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let wish = prop_oneof![
        1 => Just(Wish::Nothing),
        3 => (0_u32..100).prop_map(Wish::Size),
        2 => (0_u32..400).prop_map(Wish::Size),
        3 => (-50_i32..20).prop_map(Wish::By),
        1 => (0_u32..400).prop_map(Wish::Floor),
        2 => (0_u32..400).prop_map(Wish::Ceiling),
        4 => Just(Wish::Track),
        1 => Just(Wish::Skipped),
        1 => Just(Wish::Failed),
        1 => (0_u32..400).prop_map(Wish::Substituted),
    ];
    let result = prop_oneof![
        8 => Just(ActResult::Accepted),
        1 => Just(ActResult::Unknown),
        1 => Just(ActResult::Withheld),
        1 => Just(ActResult::Failed { kind: FailureKind::Refused, message: "no".to_owned() }),
    ];
    let stands = prop_oneof![
        20 => Just(Stands::AsAsked),
        1 => (0_u32..300, 0_u32..300).prop_map(|(desired, ready)| {
            Stands::Moved(desired, ready.min(desired))
        }),
    ];
    let command = prop_oneof![
        1 => Just(Command::Pause { target: None, reason: "x".to_owned(), lasts: None }),
        1 => Just(Command::Pause { target: Some(fleet()), reason: "x".to_owned(), lasts: None }),
        3 => Just(Command::Resume { target: None }),
        3 => Just(Command::Resume { target: Some(fleet()) }),
        3 => (0_u32..200).prop_map(|to| {
            Command::Approve { target: fleet(), to, by: "ann".to_owned() }
        }),
    ];
    let rare = |one_in: u32| prop_oneof![one_in => Just(false), 1 => Just(true)];
    let around = (
        prop::option::weighted(0.95, stands),
        prop::option::weighted(0.95, 0.0_f64..120.0),
        prop_oneof![5 => Just(0.0), 1 => 0.0_f64..10.0],
        prop_oneof![5 => Just(0_u32), 1 => 0_u32..100],
        (rare(20), rare(40)),
        prop::option::weighted(0.06, command),
    );
    let turn = (around, wish, result).prop_map(|(around, wish, result)| {
        let (fleet, cpu, errors, unhealthy, (short, tagged), command) = around;
        Turn { fleet, cpu, errors, unhealthy, short, tagged, command, wish, result }
    });
    vec(turn, 1..120)
}

/// Bounds with every brake as by default, or all so quick that much happens in a life.
fn bounds() -> impl Strategy<Value = GroupSettings> {
    (any::<bool>(), any::<bool>()).prop_map(|(quick, asks)| {
        let mut bounds = GroupSettings::new(Range::new(10, 200).unwrap());
        if quick {
            bounds.settle = Span::ZERO;
            bounds.stabilise_down = EVERY;
            bounds.cooldown_down = EVERY;
            bounds.shrink.share = 0.5;
            bounds.brakes.foreign_respect = EVERY.times(2);
            bounds.brakes.shortage = EVERY.times(2);
            bounds.brakes.drop.hold = EVERY;
        }
        bounds.brakes.approve = if asks { Approve::Shrink } else { Approve::Nothing };
        bounds
    })
}

struct Life {
    settings: Settings,
    memory: Memory,
    outcomes: Vec<Outcome>,
    pass: u64,
    /// Desired and ready.
    stands: (u32, u32),
}

/// What one pass came to.
struct Came {
    /// What was remembered when it was decided.
    memory: Memory,
    snapshot: Snapshot,
    evaluations: Vec<Evaluation>,
    plan: Plan,
}

fn fleet() -> TargetName {
    TargetName::new("fleet")
}

fn input(name: &str) -> InputKey {
    InputKey::of(&PolicyName::new("policy"), name)
}

impl Life {
    fn new(bounds: &GroupSettings) -> Self {
        let cpu = InputSettings::new(Unit::Percent, Span::ZERO, EVERY);
        let errors = InputSettings { role: Role::Errors, ..cpu.clone() };
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: BTreeMap::from([(input("cpu"), cpu), (input("errors"), errors)]),
            targets: BTreeMap::from([(fleet(), TargetSettings::Group(bounds.clone()))]),
            shadows: BTreeMap::new(),
            calendars: Calendars::default(),
        };
        let (memory, outcomes) = (Memory::default(), Vec::new());
        Self { settings, memory, outcomes, pass: 0, stands: (100, 100) }
    }

    fn snapshot(&mut self, turn: &Turn) -> Snapshot {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).unwrap());
        let sample = |value| Reading::Sample(Sample::new(wall, value).unwrap());
        let cpu = turn.cpu.map_or(Reading::Failed("the page is gone".to_owned()), sample);
        if let Some(Stands::Moved(desired, ready)) = turn.fleet {
            self.stands = (desired, ready);
        }
        let (desired, ready) = self.stands;
        let seen = match turn.fleet {
            Some(_) => Seen::Group(Group {
                desired,
                ready,
                unhealthy: turn.unhealthy.min(desired),
                shortfall: turn.short.then(|| "no capacity".to_owned()),
                paused: turn.tagged.then(|| "hands off".to_owned()),
                ..Group::default()
            }),
            None => Seen::Nothing("no answer".to_owned()),
        };
        Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: self.pass == 1,
            readings: [(input("cpu"), cpu), (input("errors"), sample(turn.errors))].into(),
            targets: [(fleet(), seen)].into(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: turn.command.iter().cloned().collect(),
            ..Snapshot::default()
        }
    }

    /// Lives through one turn, and gives the plan with what led to it.
    fn turn(&mut self, turn: &Turn) -> Came {
        let snapshot = self.snapshot(turn);
        self.memory.absorb(&self.settings, &snapshot);
        let evaluations = vec![evaluation(turn, self.stands)];
        let plan = decide(&self.settings, &self.memory, &snapshot, &evaluations);
        let memory = self.memory.clone();
        self.memory.remember(&self.settings, &plan, &evaluations);
        let outcome = |id: &setpoint_core::IntentId| Outcome {
            intent: id.clone(),
            result: turn.result.clone(),
        };
        self.outcomes = plan.intents().map(|intent| outcome(&intent.id)).collect();
        if let (Some((_, to)), ActResult::Accepted | ActResult::Unknown) =
            (resize(&plan), &turn.result)
        {
            self.stands = (to, to);
        }
        Came { memory, snapshot, evaluations, plan }
    }
}

fn evaluation(turn: &Turn, (desired, ready): (u32, u32)) -> Evaluation {
    let share = |value| Quantity::new(value, Dimension::Ratio).unwrap();
    let ask = match (&turn.wish, &turn.fleet, turn.cpu) {
        (Wish::Size(size) | Wish::Substituted(size), _, _) => Some(Ask::ScaleTo(*size)),
        (Wish::By(by), _, _) => Some(Ask::ScaleBy(*by)),
        (Wish::Floor(size), _, _) => Some(Ask::AtLeast(*size)),
        (Wish::Ceiling(size), _, _) => Some(Ask::AtMost(*size)),
        (Wish::Track, Some(_), Some(cpu)) => Some(Ask::Track {
            value: share(cpu / 100.0),
            goal: share(0.6),
            load: f64::from(ready) * cpu / 100.0,
            unready: desired - ready,
        }),
        (Wish::Track | Wish::Nothing | Wish::Skipped | Wish::Failed, _, _) => None,
    };
    let verdict = match turn.wish {
        Wish::Skipped => RuleVerdict::Skipped { missing: "cpu".to_owned() },
        Wish::Failed => RuleVerdict::Failed { message: "division by zero".to_owned() },
        Wish::Nothing => RuleVerdict::Quiet,
        Wish::Size(_)
        | Wish::By(_)
        | Wish::Floor(_)
        | Wish::Ceiling(_)
        | Wish::Track
        | Wish::Substituted(_) => ask.as_ref().map_or(RuleVerdict::Quiet, |_| RuleVerdict::Fired),
    };
    let substituted = matches!(turn.wish, Wish::Substituted(_));
    let opinion = |ask| Opinion { target: fleet(), ask, line: 1, because: None, substituted };
    let rule = RuleReport {
        rule: RuleName::new("rule"),
        line: 1,
        names: [fleet()].into(),
        verdict,
        compared: Vec::new(),
        facts: Vec::new(),
        opinions: ask.into_iter().map(opinion).collect(),
        says: Vec::new(),
        hold: None,
    };
    let (policy, rules, state) = (PolicyName::new("policy"), vec![rule], BTreeMap::new());
    Evaluation { policy, contact: std::sync::Arc::default(), rules, state, out_of_time: false }
}

fn resize(plan: &Plan) -> Option<(u32, u32)> {
    plan.intents().find_map(|intent| {
        let Action::Resize { from, to } = intent.action else { return None };
        Some((from, to))
    })
}

fn within_range(from: u32, to: u32) -> bool {
    (10..=200).contains(&to) || (200..from).contains(&to) || (from + 1..10).contains(&to)
}

/// A turn in which all is as ill as can be, and a fleet of ten is asked to have `size`.
fn worst(size: u32) -> Turn {
    Turn {
        fleet: Some(Stands::Moved(10, 3)),
        cpu: None,
        errors: 99.0,
        unhealthy: 7,
        short: true,
        tagged: false,
        command: Some(Command::Resume { target: Some(fleet()) }),
        wish: Wish::Size(size),
        result: ActResult::Accepted,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_never_asks_for_a_size_outside_the_range(bounds in bounds(), turns in turns()) {
        let mut life = Life::new(&bounds);
        for turn in &turns {
            if let Some((from, to)) = resize(&life.turn(turn).plan) {
                prop_assert!(within_range(from, to), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn missing_evidence_never_shrinks_anything(bounds in bounds(), turns in turns()) {
        let mut life = Life::new(&bounds);
        for turn in &turns {
            let plan = life.turn(turn).plan;
            let untold = matches!(turn.wish, Wish::Skipped | Wish::Failed | Wish::Substituted(_));
            if turn.cpu.is_none() || turn.fleet.is_none() || untold {
                let within = |(from, to): (u32, u32)| to < from && from <= 200;
                prop_assert!(!resize(&plan).is_some_and(within), "{plan:?}");
            }
        }
    }

    #[test]
    fn the_check_never_objects_to_what_is_decided(bounds in bounds(), turns in turns()) {
        let mut life = Life::new(&bounds);
        for turn in &turns {
            let Came { memory, snapshot, evaluations, plan } = life.turn(turn);
            let objections = check(&life.settings, &memory, &snapshot, &evaluations, &plan);
            prop_assert!(objections.is_empty(), "{objections:?} to {plan:?}");
        }
    }

    #[test]
    fn growth_is_never_kept_waiting(bounds in bounds(), turns in turns(), size in 11_u32..=200) {
        let mut life = Life::new(&bounds);
        for turn in &turns {
            life.turn(turn);
        }
        let resume = Command::Resume { target: None };
        life.turn(&Turn { command: Some(resume), wish: Wish::Nothing, ..worst(size) });
        let plan = life.turn(&worst(size)).plan;
        let open = life.memory.targets.get(&fleet()).and_then(|target| target.open.clone());
        let on_its_way = open.is_some_and(|open| open.accepted && open.size() > Some(10));
        prop_assert!(on_its_way || resize(&plan).is_some_and(|(_, to)| to > 10), "{plan:?}");
    }

    #[test]
    fn nothing_at_all_is_done_while_paused(bounds in bounds(), turns in turns()) {
        let mut life = Life::new(&bounds);
        let (mut region, mut own) = (false, false);
        for turn in &turns {
            match &turn.command {
                Some(Command::Pause { target, .. } | Command::Resume { target }) => {
                    let paused = matches!(turn.command, Some(Command::Pause { .. }));
                    if target.is_some() { own = paused } else { region = paused }
                }
                Some(
                    Command::Approve { .. } | Command::Release { .. } | Command::Adopt { .. },
                )
                | None => {}
            }
            let plan = life.turn(turn).plan;
            prop_assert!(!(region || own || turn.tagged) || resize(&plan).is_none(), "{plan:?}");
        }
    }

    #[test]
    fn a_target_that_was_handed_back_is_left_alone_until_it_is_adopted(
        bounds in bounds(), turns in turns(), said in vec((0_usize..120, any::<bool>()), 1..6),
    ) {
        let mut life = Life::new(&bounds);
        let mut released = false;
        let order = |release: bool| {
            let (target, by, reason) = (fleet(), "ann".to_owned(), "x".to_owned());
            if !release { return Command::Adopt { target, by } }
            Command::Release { target, by, reason, remove_replicas: true }
        };
        for (number, turn) in turns.iter().enumerate() {
            let said = said.iter().find(|(at, _)| *at == number).map(|(_, release)| *release);
            released = said.unwrap_or(released);
            let command = said.map(order).or_else(|| turn.command.clone());
            let plan = life.turn(&Turn { command, ..turn.clone() }).plan;
            prop_assert!(!released || resize(&plan).is_none(), "{plan:?}");
        }
    }

    #[test]
    fn the_budget_of_an_hour_is_never_exceeded(bounds in bounds(), turns in turns()) {
        let mut life = Life::new(&bounds);
        let mut gone: Vec<(usize, u32, u32)> = Vec::new();
        for (minute, turn) in turns.iter().enumerate() {
            let sent = !matches!(turn.result, ActResult::Withheld | ActResult::Failed { .. });
            let Some((from, to)) = resize(&life.turn(turn).plan) else { continue };
            let hour: Vec<_> = gone.iter().filter(|(at, ..)| minute - at < 60).collect();
            if to < from {
                let largest = hour.iter().map(|(_, from, _)| *from).fold(from, u32::max);
                let spent: u32 = hour.iter().map(|(_, from, to)| from.saturating_sub(*to)).sum();
                let most = (largest / 2).max(1);
                prop_assert!(spent + (from - to) <= most, "{from} -> {to} after {hour:?}");
            }
            if sent {
                gone.push((minute, from, to));
            }
        }
    }

    #[test]
    fn nothing_shrinks_further_than_was_approved(mut bounds in bounds(), turns in turns()) {
        bounds.brakes.approve = Approve::Shrink;
        let mut life = Life::new(&bounds);
        let mut approved = None;
        for (minute, turn) in turns.iter().enumerate() {
            if let Some(Command::Approve { to, .. }) = &turn.command {
                approved = Some((minute, *to));
            }
            let valid = approved.filter(|(at, _)| minute - at < 30).map(|(_, to)| to);
            if let Some((from, to)) = resize(&life.turn(turn).plan) {
                prop_assert!(to > from || valid.is_some_and(|valid| to >= valid), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn a_restart_changes_no_decision(bounds in bounds(), turns in turns(), cut in 0_usize..120) {
        let mut straight = Life::new(&bounds);
        let mut restarted = Life::new(&bounds);
        for (number, turn) in turns.iter().enumerate() {
            if number == cut {
                let frozen = serde_json::to_string(&restarted.memory).unwrap();
                restarted.memory = serde_json::from_str(&frozen).unwrap();
            }
            let (one, other) = (straight.turn(turn), restarted.turn(turn));
            prop_assert_eq!(
                serde_json::to_string(&one.plan).unwrap(),
                serde_json::to_string(&other.plan).unwrap()
            );
            prop_assert_eq!(&straight.memory, &restarted.memory);
        }
    }

    #[test]
    fn every_target_ends_as_an_action_or_with_a_reason(bounds in bounds(), turns in turns()) {
        let mut life = Life::new(&bounds);
        for turn in &turns {
            let plan = life.turn(turn).plan;
            prop_assert_eq!(plan.decisions.len(), life.settings.targets.len());
        }
    }
}

/// A property that holds because nothing ever happens is none.
#[test]
fn these_lives_do_shrink_and_every_brake_does_hold_something() {
    use setpoint_core::{Guard, Held, Verdict};
    use std::collections::BTreeSet;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut shrunk, mut holding) = (0, BTreeSet::new());
    for _ in 0..200 {
        let (bounds, turns) = (bounds(), turns());
        let bounds = bounds.new_tree(&mut runner).unwrap().current();
        let turns = turns.new_tree(&mut runner).unwrap().current();
        let mut life = Life::new(&bounds);
        for turn in &turns {
            let plan = life.turn(turn).plan;
            shrunk += u32::from(resize(&plan).is_some_and(|(from, to)| to < from));
            if let Verdict::Held(Held::Guard(guard, _)) = &plan.decisions[0].verdict {
                holding.insert(*guard);
            }
        }
    }
    assert!(shrunk > 100, "{shrunk} actions shrank something");
    for guard in [
        Guard::Pause,
        Guard::Launches,
        Guard::SuspiciousDrop,
        Guard::TooSick,
        Guard::Foreign,
        Guard::Flap,
        Guard::Budget,
        Guard::Approval,
    ] {
        assert!(holding.contains(&guard), "{guard} never held anything: {holding:?}");
    }
}

#[test]
fn an_older_memory_is_remembered_as_far_as_it_goes() {
    let bounds = GroupSettings::new(Range::new(10, 200).unwrap());
    let mut life = Life::new(&bounds);
    life.turn(&worst(20));
    let mut written = serde_json::to_value(&life.memory).unwrap();
    for key in ["pauses", "approvals"] {
        written.as_object_mut().unwrap().remove(key);
    }
    let target = &mut written["targets"]["fleet"].as_object_mut().unwrap();
    target.remove("noticed");
    target["open"].as_object_mut().unwrap().remove("change");
    let read: Memory = serde_json::from_value(written).unwrap();
    assert!(read.targets.contains_key(&fleet()));
}
