//! Defects of other autoscalers, each as a test of what must not happen here.
//!
//! Source of 1 to 6: Nomad Autoscaler at commit `ede4e617`, read file by file: `policy/`,
//! `policyeval/`, `plugins/builtin/strategy/target-value/`. Nothing of it is used here.

use setpoint_control::{Thought, think};
use setpoint_core::{
    ActResult, Action, Calendars, Evaluation, FailureKind, Group, GroupSettings, Guard, Held,
    InputKey, InputSettings, IntentId, Memory, Moment, Outcome, PolicyName, Range, Reading,
    RuleVerdict, Sample, Seen, Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp,
    Verdict,
};
use setpoint_policies::{Policies, Policy, Script};
use std::{collections::BTreeMap, sync::Arc};

const EVERY: Span = Span::from_secs(15);

const POLICY: &str = r#"const POLICY = #{
    about: "CPU, and requests beside it",
    language: 1,
    inputs: #{ cpu: #{ unit: "percent", window: "5m" }, rps: #{ unit: "per_second" } },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "cpu" { fleet.track(m.cpu, 60.percent); }
rule "requests" { fleet.serve(m.rps, 100.per_second); }
"#;

const PEAK: &str = "rule \"peak\" when m.cpu.peak(1.minute) > 95.percent { fleet.at_least(30); }\n";

/// One fleet, its policy and its memory, pass by pass.
struct Fleet {
    settings: Settings,
    policies: Policies,
    memory: Memory,
    pass: u64,
    desired: u32,
    outcomes: Vec<Outcome>,
    restarted: bool,
}

fn name() -> TargetName {
    TargetName::new("fleet")
}

fn key(input: &str) -> InputKey {
    InputKey::of(&PolicyName::new("p"), input)
}

impl Fleet {
    /// A fleet of `desired` within 10 to 200 that shrinks as soon as it may.
    fn new(desired: u32, policy: &str) -> Self {
        let script = Script::parse("p.rhai", policy).expect("the policy is well-formed");
        let inputs: BTreeMap<InputKey, InputSettings> = script
            .header()
            .inputs
            .iter()
            .map(|(input, header)| (key(input), header.settings(EVERY)))
            .collect();
        let bound = BTreeMap::from([("fleet".to_owned(), name())]);
        let policy = Policy::bind(Arc::new(script), PolicyName::new("p"), &bound, BTreeMap::new());
        let bounds = GroupSettings {
            stabilise_down: Span::ZERO,
            settle: Span::ZERO,
            ..GroupSettings::new(Range::new(10, 200).expect("10 is below 200"))
        };
        let targets = BTreeMap::from([(name(), TargetSettings::Group(bounds))]);
        Self {
            settings: Settings {
                region: "here".to_owned(),
                every: EVERY,
                inputs,
                targets,
                shadows: BTreeMap::new(),
                calendars: Calendars::default(),
            },
            policies: Policies::new(vec![policy.expect("all of it is bound")]),
            memory: Memory::default(),
            pass: 0,
            desired,
            outcomes: Vec::new(),
            restarted: true,
        }
    }

    /// One pass with these readings.
    fn pass(&mut self, cpu: Said, rps: Said) -> Thought {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(1_800_000_000_000) + Span::from_ms(ms);
        let group = Group { desired: self.desired, ready: self.desired, ..Group::default() };
        let snapshot = Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: std::mem::take(&mut self.restarted),
            readings: [(key("cpu"), cpu.reading(wall)), (key("rps"), rps.reading(wall))].into(),
            targets: [(name(), Seen::Group(group))].into(),
            outcomes: std::mem::take(&mut self.outcomes),
            ..Snapshot::default()
        };
        let policies = &self.policies;
        let evaluate =
            |settings: &Settings, memory: &Memory, snapshot: &Snapshot| -> Vec<Evaluation> {
                policies.evaluate(settings, memory, snapshot)
            };
        think(&self.settings, &mut self.memory, &snapshot, &evaluate)
    }

    /// The provider's answer to `thought`, heard at the next pass; what was accepted stands.
    fn answer(&mut self, thought: &Thought, result: ActResult) {
        if let (ActResult::Accepted, Ok((_, to))) = (&result, size(thought)) {
            self.desired = to;
        }
        let intents = thought.plan.intents().map(|intent| intent.id.clone());
        let outcome = |intent: IntentId| Outcome { intent, result: result.clone() };
        self.outcomes = intents.map(outcome).collect();
    }
}

/// What a source says of one input.
#[derive(Clone, Copy)]
enum Said {
    Value(f64),
    Absent(&'static str),
    Failed(&'static str),
}

impl Said {
    fn reading(self, at: Timestamp) -> Reading {
        match self {
            Self::Value(value) => Reading::Sample(Sample::new(at, value).expect("it is finite")),
            Self::Absent(why) => Reading::Absent(why.to_owned()),
            Self::Failed(why) => Reading::Failed(why.to_owned()),
        }
    }
}

/// The resize that was decided, or why there is none.
fn size(thought: &Thought) -> Result<(u32, u32), Held> {
    match &thought.plan.decisions[0].verdict {
        Verdict::Act(intent) => match intent.action {
            Action::Resize { from, to } => Ok((from, to)),
            Action::Drain { .. }
            | Action::Retire { .. }
            | Action::Replace { .. }
            | Action::Return { .. }
            | Action::AddReplica { .. }
            | Action::RemoveReplica { .. }
            | Action::Set { .. }
            | Action::Start { .. }
            | Action::Grow { .. }
            | Action::Route { .. } => panic!("{intent:?}"),
        },
        Verdict::Held(held) => Err(held.clone()),
    }
}

const REFUSED: Said = Said::Failed("connection refused");

/// 1. There a failing query aborts the whole policy, whatever the others say.
#[test]
fn a_failing_query_never_stops_growth_by_another() {
    let mut fleet = Fleet::new(10, POLICY);
    let thought = fleet.pass(REFUSED, Said::Value(2000.0));
    assert_eq!(size(&thought), Ok((10, 20)), "{thought:?}");
}

/// 2. There a fleet outside its range stays there while its metric cannot be read.
#[test]
fn a_fleet_below_its_range_is_brought_back_without_any_metric() {
    let mut fleet = Fleet::new(4, POLICY);
    let thought = fleet.pass(REFUSED, REFUSED);
    assert_eq!(size(&thought), Ok((4, 8)), "within one step: {thought:?}");
    fleet.answer(&thought, ActResult::Accepted);
    let thought = fleet.pass(REFUSED, REFUSED);
    assert_eq!(size(&thought), Ok((8, 10)), "{thought:?}");
    fleet.answer(&thought, ActResult::Accepted);
    let thought = fleet.pass(REFUSED, REFUSED);
    assert!(matches!(size(&thought), Err(Held::Guard(Guard::Evidence, _))), "{thought:?}");
}

/// 3. There a refused connection restarts every policy and forgets its cooldowns.
#[test]
fn an_outage_of_the_source_forgets_no_cooldown() {
    let mut fleet = Fleet::new(20, POLICY);
    let thought = fleet.pass(Said::Value(20.0), Said::Value(100.0));
    assert_eq!(size(&thought), Ok((20, 18)), "{thought:?}");
    fleet.answer(&thought, ActResult::Accepted);
    for _ in 0..4 {
        fleet.pass(REFUSED, REFUSED);
    }
    let thought = fleet.pass(Said::Value(20.0), Said::Value(100.0));
    assert!(matches!(size(&thought), Err(Held::Guard(Guard::Cooldown, _))), "{thought:?}");
}

/// 4. There the first pass with work to do after a restart ends the cooldown.
#[test]
fn a_restart_ends_no_cooldown() {
    let mut fleet = Fleet::new(20, POLICY);
    let thought = fleet.pass(Said::Value(20.0), Said::Value(100.0));
    fleet.answer(&thought, ActResult::Accepted);
    fleet.pass(Said::Value(20.0), Said::Value(100.0));
    fleet.restarted = true;
    let thought = fleet.pass(Said::Value(20.0), Said::Value(100.0));
    assert!(matches!(size(&thought), Err(Held::Guard(Guard::Cooldown, _))), "{thought:?}");
}

/// 5. There an action that the cloud would not take on starts a cooldown all the same.
#[test]
fn an_action_that_was_refused_starts_no_cooldown() {
    let mut fleet = Fleet::new(20, POLICY);
    let low = (Said::Value(20.0), Said::Value(100.0));
    let thought = fleet.pass(low.0, low.1);
    assert_eq!(size(&thought), Ok((20, 18)), "{thought:?}");
    let message = "an instance refresh is under way".to_owned();
    fleet.answer(&thought, ActResult::Failed { kind: FailureKind::Stale, message });
    let thought = fleet.pass(low.0, low.1);
    assert_eq!(size(&thought), Ok((20, 18)), "{thought:?}");
}

/// 6. There one NaN anywhere in the range fails the query.
#[test]
fn one_absent_sample_spoils_no_window() {
    let mut fleet = Fleet::new(20, &format!("{POLICY}{PEAK}"));
    for cpu in [97.0, 60.0, 60.0, 60.0] {
        fleet.pass(Said::Value(cpu), Said::Value(100.0));
    }
    let thought = fleet.pass(Said::Absent("NaN"), Said::Value(100.0));
    let verdict = &thought.evaluations[0].rules[2].verdict;
    assert_eq!(*verdict, RuleVerdict::Fired, "{thought:?}");
    assert_eq!(size(&thought), Ok((20, 30)), "{thought:?}");
}

/// There a goal of zero multiplies the fleet by the value of the metric.
#[test]
fn a_goal_of_zero_sizes_nothing() {
    // Written out as `0.percent` the checker refuses it before anything runs.
    let policy =
        POLICY.replace("fleet.track(m.cpu, 60.percent)", "fleet.track(m.cpu, m.cpu - m.cpu)");
    let mut fleet = Fleet::new(10, &policy);
    let thought = fleet.pass(Said::Value(5.0), Said::Value(1000.0));
    let failed = &thought.evaluations[0].rules[0].verdict;
    assert!(matches!(failed, RuleVerdict::Failed { .. }), "{failed:?}");
    assert!(size(&thought).is_err(), "{thought:?}");
}
