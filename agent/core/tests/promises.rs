//! What must never happen, whatever is seen and said.
//!
//! Random fleets live through random passes; the promises are judged after each. The
//! policies are made up: what they say is part of what is random.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use proptest::{collection::vec, prelude::*};
use setpoint_core::{
    ActResult, Action, Ask, Dimension, Evaluation, Group, GroupSettings, InputKey, InputSettings,
    Memory, Moment, Opinion, Outcome, Plan, PolicyName, Quantity, Range, Reading, RuleName,
    RuleReport, RuleVerdict, Sample, Seen, Settings, Snapshot, Span, TargetName, TargetSettings,
    Timestamp, Unit, check, decide,
};
use std::collections::BTreeMap;

const EVERY: Span = Span::from_secs(15);

/// One random pass over one fleet.
#[derive(Clone, Debug)]
struct Turn {
    /// What the provider shows: none if it cannot be read.
    fleet: Option<(u32, u32)>,
    /// What CPU reads, in percent: none if it cannot be read.
    cpu: Option<f64>,
    wish: Wish,
    result: ActResult,
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
        Just(Wish::Nothing),
        (0_u32..400).prop_map(Wish::Size),
        (-50_i32..50).prop_map(Wish::By),
        (0_u32..400).prop_map(Wish::Floor),
        (0_u32..400).prop_map(Wish::Ceiling),
        Just(Wish::Track),
        Just(Wish::Skipped),
        Just(Wish::Failed),
        (0_u32..400).prop_map(Wish::Substituted),
    ];
    let result = prop_oneof![
        4 => Just(ActResult::Accepted),
        1 => Just(ActResult::Unknown),
        1 => Just(ActResult::Withheld),
    ];
    let fleet = prop::option::weighted(0.9, (0_u32..300, 0_u32..300));
    let cpu = prop::option::weighted(0.8, 0.0_f64..120.0);
    let turn = (fleet, cpu, wish, result).prop_map(|(fleet, cpu, wish, result)| Turn {
        fleet: fleet.map(|(desired, ready)| (desired, ready.min(desired))),
        cpu,
        wish,
        result,
    });
    vec(turn, 1..120)
}

struct Life {
    settings: Settings,
    memory: Memory,
    outcomes: Vec<Outcome>,
    pass: u64,
}

fn fleet() -> TargetName {
    TargetName::new("fleet")
}

fn cpu() -> InputKey {
    InputKey::of(&PolicyName::new("policy"), "cpu")
}

impl Life {
    fn new() -> Self {
        let bounds = GroupSettings::new(Range::new(10, 200).unwrap());
        let input = InputSettings::new(Unit::Percent, Span::ZERO, EVERY);
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: BTreeMap::from([(cpu(), input)]),
            targets: BTreeMap::from([(fleet(), TargetSettings::Group(bounds))]),
        };
        Self { settings, memory: Memory::default(), outcomes: Vec::new(), pass: 0 }
    }

    fn snapshot(&mut self, turn: &Turn) -> Snapshot {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).unwrap());
        let reading = match turn.cpu {
            Some(value) => Reading::Sample(Sample::new(wall, value).unwrap()),
            None => Reading::Failed("the page is gone".to_owned()),
        };
        let seen = match turn.fleet {
            Some((desired, ready)) => Seen::Group(Group { desired, ready, ..Group::default() }),
            None => Seen::Nothing("no answer".to_owned()),
        };
        Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: self.pass == 1,
            readings: BTreeMap::from([(cpu(), reading)]),
            targets: BTreeMap::from([(fleet(), seen)]),
            outcomes: std::mem::take(&mut self.outcomes),
            ..Snapshot::default()
        }
    }

    /// Lives through one turn, and gives the plan with what led to it.
    fn turn(&mut self, turn: &Turn) -> (Snapshot, Vec<Evaluation>, Plan) {
        let snapshot = self.snapshot(turn);
        self.memory.absorb(&self.settings, &snapshot);
        let evaluations = vec![evaluation(turn)];
        let plan = decide(&self.settings, &self.memory, &snapshot, &evaluations);
        self.memory.remember(&self.settings, &plan, &evaluations);
        self.outcomes = plan
            .intents()
            .map(|intent| Outcome { intent: intent.id.clone(), result: turn.result.clone() })
            .collect();
        (snapshot, evaluations, plan)
    }
}

fn evaluation(turn: &Turn) -> Evaluation {
    let share = |value| Quantity::new(value, Dimension::Ratio).unwrap();
    let ask = match (&turn.wish, turn.fleet, turn.cpu) {
        (Wish::Size(size) | Wish::Substituted(size), _, _) => Some(Ask::ScaleTo(*size)),
        (Wish::By(by), _, _) => Some(Ask::ScaleBy(*by)),
        (Wish::Floor(size), _, _) => Some(Ask::AtLeast(*size)),
        (Wish::Ceiling(size), _, _) => Some(Ask::AtMost(*size)),
        (Wish::Track, Some((desired, ready)), Some(cpu)) => Some(Ask::Track {
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
        | Wish::Substituted(_) => match ask {
            Some(_) => RuleVerdict::Fired,
            None => RuleVerdict::Quiet,
        },
    };
    let substituted = matches!(turn.wish, Wish::Substituted(_));
    let opinion = |ask| Opinion { target: fleet(), ask, line: 1, because: None, substituted };
    let rule = RuleReport {
        rule: RuleName::new("rule"),
        line: 1,
        names: [fleet()].into(),
        verdict,
        compared: Vec::new(),
        opinions: ask.into_iter().map(opinion).collect(),
        hold: None,
    };
    Evaluation { policy: PolicyName::new("policy"), rules: vec![rule], state: BTreeMap::new() }
}

fn resize(plan: &Plan) -> Option<(u32, u32)> {
    plan.intents().find_map(|intent| match intent.action {
        Action::Resize { from, to } => Some((from, to)),
        Action::AddReplica { .. } | Action::RemoveReplica { .. } => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_never_asks_for_a_size_outside_the_range(turns in turns()) {
        let mut life = Life::new();
        for turn in &turns {
            let (_, _, plan) = life.turn(turn);
            if let Some((from, to)) = resize(&plan) {
                let towards = if from > 200 { (200..from).contains(&to) } else { (10..=200).contains(&to) };
                prop_assert!(towards || (from < 10 && to > from && to <= 10), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn missing_evidence_never_shrinks_anything(turns in turns()) {
        let mut life = Life::new();
        for turn in &turns {
            let (_, _, plan) = life.turn(turn);
            let untold = matches!(turn.wish, Wish::Skipped | Wish::Failed | Wish::Substituted(_));
            if turn.cpu.is_none() || turn.fleet.is_none() || untold {
                let within = |(from, to): (u32, u32)| to < from && from <= 200;
                prop_assert!(!resize(&plan).is_some_and(within), "{plan:?}");
            }
        }
    }

    #[test]
    fn the_check_never_objects_to_what_is_decided(turns in turns()) {
        let mut life = Life::new();
        for turn in &turns {
            let (snapshot, evaluations, plan) = life.turn(turn);
            let objections = check(&life.settings, &snapshot, &evaluations, &plan);
            prop_assert!(objections.is_empty(), "{objections:?} to {plan:?}");
        }
    }

    #[test]
    fn growth_is_never_kept_waiting(turns in turns(), size in 11_u32..=200) {
        let mut life = Life::new();
        for turn in &turns {
            let _plan = life.turn(turn);
        }
        let wish = Wish::Size(size);
        let turn =
            Turn { fleet: Some((10, 3)), cpu: None, wish, result: ActResult::Accepted };
        let (_, _, plan) = life.turn(&turn);
        let open = life.memory.targets.get(&fleet()).and_then(|target| target.open.clone());
        let on_its_way = open.is_some_and(|open| open.accepted && open.size() > Some(10));
        prop_assert!(on_its_way || resize(&plan).is_some_and(|(_, to)| to > 10), "{plan:?}");
    }

    #[test]
    fn a_restart_changes_no_decision(turns in turns(), cut in 0_usize..120) {
        let mut straight = Life::new();
        let mut restarted = Life::new();
        for (number, turn) in turns.iter().enumerate() {
            if number == cut {
                let frozen = serde_json::to_string(&restarted.memory).unwrap();
                restarted.memory = serde_json::from_str(&frozen).unwrap();
            }
            let (one, other) = (straight.turn(turn), restarted.turn(turn));
            prop_assert_eq!(
                serde_json::to_string(&one.2).unwrap(),
                serde_json::to_string(&other.2).unwrap()
            );
            prop_assert_eq!(&straight.memory, &restarted.memory);
        }
    }

    #[test]
    fn every_target_ends_as_an_action_or_with_a_reason(turns in turns()) {
        let mut life = Life::new();
        for turn in &turns {
            let (_, _, plan) = life.turn(turn);
            prop_assert_eq!(plan.decisions.len(), life.settings.targets.len());
        }
    }
}
