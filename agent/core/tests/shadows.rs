//! A policy that is being tried lives beside those that act, and touches nothing of theirs.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_core::{
    Ask, Calendars, Evaluation, Group, GroupSettings, InputKey, InputSettings, Memory, Moment,
    Opinion, Plan, PolicyName, Range, Reading, RuleName, RuleReport, RuleVerdict, Sample, Seen,
    Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp, Unit, check, decide,
};
use std::collections::BTreeMap;

const EVERY: Span = Span::from_secs(15);

fn fleet() -> TargetName {
    TargetName::new("fleet")
}

fn policy(name: &str, ask: Option<Ask>, verdict: RuleVerdict) -> Evaluation {
    let opinion =
        |ask| Opinion { target: fleet(), ask, line: 1, because: None, substituted: false };
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
    Evaluation {
        policy: PolicyName::new(name),
        contact: std::sync::Arc::default(),
        rules: vec![rule],
        state: BTreeMap::new(),
        out_of_time: false,
    }
}

/// A policy that asks for `size`.
fn asks(name: &str, size: u32) -> Evaluation {
    policy(name, Some(Ask::ScaleTo(size)), RuleVerdict::Fired)
}

/// A fleet of ten that never changes, between an acting policy and one that may be tried.
struct Life {
    settings: Settings,
    memory: Memory,
    pass: u64,
    /// Whether what the tried policy reads is gone.
    gone: bool,
}

impl Life {
    fn new(tried: bool) -> Self {
        let bounds = GroupSettings {
            settle: Span::ZERO,
            stabilise_down: Span::ZERO,
            ready_after: Span::from_secs(60),
            ..GroupSettings::new(Range::new(1, 200).unwrap())
        };
        // The policy that is tried may have no more than thirty.
        let own = GroupSettings { range: Range::new(1, 30).unwrap(), ..bounds.clone() };
        let own = BTreeMap::from([(fleet(), TargetSettings::Group(own))]);
        let lacks = InputSettings::new(Unit::Count, Span::ZERO, EVERY);
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: [(InputKey::new("tried/x"), lacks)].into(),
            targets: [(fleet(), TargetSettings::Group(bounds))].into(),
            calendars: Calendars::default(),
            shadows: if tried { [(PolicyName::new("tried"), own)].into() } else { [].into() },
        };
        Self { settings, memory: Memory::default(), pass: 0, gone: true }
    }

    /// One pass; all of it is frozen and thawed after it, as a journal does.
    fn pass(&mut self, evaluations: &[Evaluation]) -> Plan {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).unwrap());
        let read = match self.gone {
            true => Reading::Failed("gone".to_owned()),
            false => Reading::Sample(Sample::new(wall, 1.0).unwrap()),
        };
        let snapshot = Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: self.pass == 1,
            readings: [(InputKey::new("tried/x"), read)].into(),
            targets: [(fleet(), Seen::Group(Group { desired: 10, ready: 10, ..Group::default() }))]
                .into(),
            ..Snapshot::default()
        };
        self.memory.absorb(&self.settings, &snapshot);
        let plan = decide(&self.settings, &self.memory, &snapshot, evaluations);
        let objections = check(&self.settings, &self.memory, &snapshot, evaluations, &plan);
        assert_eq!(objections, []);
        self.memory.remember(&self.settings, &plan, evaluations);
        let frozen = serde_json::to_string(&self.memory).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&frozen).unwrap(), self.memory);
        plan
    }
}

#[test]
fn what_is_being_tried_never_changes_what_is_done() {
    let skipped = RuleVerdict::Skipped { missing: "x".to_owned() };
    let all = [
        asks("tried", 200),
        asks("tried", 1),
        policy("tried", Some(Ask::AtMost(3)), RuleVerdict::Fired),
        policy("tried", None, skipped),
    ];
    for tried in all {
        for wanted in [5, 10, 15] {
            let (mut with, mut without) = (Life::new(true), Life::new(false));
            for _ in 0..4 {
                let acts = asks("acts", wanted);
                let plan = with.pass(&[acts.clone(), tried.clone()]);
                assert_eq!(plan.decisions, without.pass(&[acts]).decisions, "{tried:?}");
                assert_eq!(
                    plan.intents().count(),
                    plan.decisions
                        .iter()
                        .filter(|it| { matches!(it.verdict, setpoint_core::Verdict::Act(_)) })
                        .count()
                );
            }
        }
    }
}

#[test]
fn what_is_being_tried_goes_its_own_way_within_its_own_bounds_and_timers() {
    let mut life = Life { gone: false, ..Life::new(true) };
    let mut sizes = |wanted: u32, passes: u32| -> Vec<(u32, i64)> {
        let pass = |_| {
            let plan = life.pass(&[asks("acts", 10), asks("tried", wanted)]);
            (plan.shadows[0].size, plan.shadows[0].divergence())
        };
        (0..passes).map(pass).collect()
    };
    // Twice as many in fifteen seconds at most, and never more than its own thirty.
    assert_eq!(sizes(50, 3), [(20, 10), (30, 20), (30, 20)]);
    // Its members serve after a minute; then its own cooldown runs, and a tenth goes at a time.
    let down = sizes(10, 60);
    assert_eq!(down[0], (30, 20));
    assert!(down.contains(&(27, 17)), "{down:?}");
    assert!(down.windows(2).all(|pair| pair[0].0 - pair[1].0 <= 3), "{down:?}");
}
