//! A group whose members are picked by name: what is done in which pass, and what the check
//! would never let through.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_core::{
    ActResult, Action, Ask, Brakes, Calendars, Command, Evaluation, FailureKind, Group,
    GroupSettings, InputKey, InputSettings, Intent, IntentId, Member, MemberState, Memory, Moment,
    Opinion, Outcome, Per, Plan, PolicyName, Range, Reading, RuleName, RuleReport, RuleVerdict,
    Sample, Seen, Sessions, Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp, Unit,
    Verdict, check, decide,
};
use std::collections::BTreeMap;

use MemberState::{Serving, Standby};

const EVERY: Span = Span::from_secs(15);

/// A group that becomes what is asked of it, if its provider will.
struct Life {
    settings: Settings,
    memory: Memory,
    /// Members with their state and their sessions, none where nothing is told of them.
    members: BTreeMap<String, (MemberState, Option<f64>)>,
    group: Group,
    commands: Vec<Command>,
    outcomes: Vec<Outcome>,
    answer: ActResult,
    pass: u64,
}

fn web() -> TargetName {
    TargetName::new("web")
}

impl Life {
    /// A group of members with so many sessions each: `i-0`, `i-1` and so on.
    fn new(sessions: &[f64]) -> Self {
        let key = InputKey::sessions_of(&web());
        let mut input = InputSettings::new(Unit::Count, Span::ZERO, EVERY);
        input.per = Some(Per::Member);
        let mut bounds = GroupSettings::new(Range::new(1, 20).unwrap());
        (bounds.settle, bounds.stabilise_down) = (Span::ZERO, Span::ZERO);
        (bounds.cooldown_down, bounds.shrink.share) = (Span::ZERO, 0.5);
        bounds.brakes = Brakes::released();
        bounds.brakes.shortage = Span::from_minutes(15);
        bounds.sessions = Some(Sessions::new(key.clone()));
        let member = |(n, sessions): (usize, &f64)| (format!("i-{n}"), (Serving, Some(*sessions)));
        Self {
            settings: Settings {
                region: "here".to_owned(),
                every: EVERY,
                inputs: [(key, input)].into(),
                targets: [(web(), TargetSettings::Group(bounds))].into(),
                calendars: Calendars::default(),
                shadows: BTreeMap::new(),
            },
            memory: Memory::default(),
            members: sessions.iter().enumerate().map(member).collect(),
            group: Group::default(),
            commands: Vec::new(),
            outcomes: Vec::new(),
            answer: ActResult::Accepted,
            pass: 0,
        }
    }

    fn size(&self) -> u32 {
        let serving = self.members.values().filter(|(state, _)| *state == Serving);
        u32::try_from(serving.count()).unwrap()
    }

    fn snapshot(&mut self) -> Snapshot {
        self.pass += 1;
        let wall = Timestamp::from_ms(0) + EVERY.times(self.pass);
        let members = self.members.iter().map(|(name, (state, _))| Member {
            name: name.clone(),
            zone: None,
            state: *state,
        });
        let (desired, members) = (self.size(), members.collect());
        let group = Group { desired, ready: desired, members, ..self.group.clone() };
        let told = self.members.iter().filter_map(|(name, (_, sessions))| {
            Some((name.clone(), Sample::new(wall, (*sessions)?).unwrap()))
        });
        Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: EVERY.times(self.pass) },
            started: self.pass == 1,
            readings: [(InputKey::sessions_of(&web()), Reading::Each(told.collect()))].into(),
            targets: [(web(), Seen::Group(group))].into(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: std::mem::take(&mut self.commands),
            ..Snapshot::default()
        }
    }

    /// A pass in which `size` members are wanted: what is done, in words.
    fn wants(&mut self, size: u32) -> String {
        let snapshot = self.snapshot();
        self.memory.absorb(&self.settings, &snapshot);
        let evaluations = [wish(size)];
        let plan = decide(&self.settings, &self.memory, &snapshot, &evaluations);
        let objections = check(&self.settings, &self.memory, &snapshot, &evaluations, &plan);
        assert_eq!(objections, []);
        self.memory.remember(&self.settings, &plan, &evaluations);
        let intents: Vec<Intent> = plan.intents().cloned().collect();
        for intent in &intents {
            if self.answer == ActResult::Accepted {
                self.become_of(&intent.action);
            }
            let (intent, result) = (intent.id.clone(), self.answer.clone());
            self.outcomes.push(Outcome { intent, result });
        }
        match &plan.decisions[0].verdict {
            Verdict::Act(intent) => intent.action.to_string(),
            Verdict::Held(held) => held.to_string(),
        }
    }

    /// So many passes in which `size` members are wanted: what was done in the last of them.
    fn wants_for(&mut self, passes: usize, size: u32) -> String {
        (0..passes).map(|_| self.wants(size)).last().unwrap()
    }

    fn become_of(&mut self, action: &Action) {
        let mut put = |names: &[String], state| {
            for name in names {
                self.members.get_mut(name).unwrap().0 = state;
            }
        };
        match action {
            Action::Drain { members, .. } => put(members, Standby),
            Action::Return { members, .. } => put(members, Serving),
            Action::Retire { members } => {
                self.members.retain(|name, _| !members.contains(name));
            }
            Action::Resize { .. }
            | Action::Replace { .. }
            | Action::AddReplica { .. }
            | Action::RemoveReplica { .. }
            | Action::Set { .. }
            | Action::Start { .. }
            | Action::Grow { .. }
            | Action::Route { .. } => {}
        }
        if let Action::Resize { to, .. } | Action::Return { to, .. } = action {
            for n in 100..100 + to.saturating_sub(self.size()) {
                self.members.insert(format!("i-{n}"), (Serving, None));
            }
        }
    }

    fn sessions(&mut self, name: &str, sessions: Option<f64>) {
        self.members.get_mut(name).unwrap().1 = sessions;
    }
}

fn wish(size: u32) -> Evaluation {
    let (target, ask) = (web(), Ask::ScaleTo(size));
    let rule = RuleReport {
        rule: RuleName::new("rule"),
        line: 1,
        names: [web()].into(),
        verdict: RuleVerdict::Fired,
        compared: Vec::new(),
        facts: Vec::new(),
        opinions: vec![Opinion { target, ask, line: 1, because: None, substituted: false }],
        says: Vec::new(),
        hold: None,
    };
    Evaluation {
        policy: PolicyName::new("policy"),
        contact: std::sync::Arc::default(),
        rules: vec![rule],
        state: BTreeMap::new(),
        out_of_time: false,
    }
}

#[test]
fn idle_ones_are_drained_and_ended_by_what_is_counted_after_that() {
    let mut life = Life::new(&[2.0, 0.0, 0.0, 5.0]);
    assert_eq!(life.wants(2), "drain i-1, i-2 (4 -> 2)");
    assert_eq!(life.wants(2), "as wanted", "the first look at standby is no evidence yet");
    assert_eq!(life.wants(2), "retire i-1");
    assert_eq!(life.wants(2), "retire i-2", "no more at once than a step");
    assert_eq!(life.wants(2), "as wanted");
    assert_eq!(life.members.len(), 2);
}

/// Nomad's autoscaler let one slow drain keep all others waiting (its bug 672).
#[test]
fn a_slow_drain_keeps_neither_growth_nor_others_waiting() {
    let mut life = Life::new(&[9.0, 9.0, 3.0, 8.0, 9.0, 9.0]);
    assert_eq!(life.wants(5), "drain i-2 (6 -> 5)");
    life.wants_for(2, 5);
    life.sessions("i-3", Some(0.0));
    assert_eq!(life.wants(4), "drain i-3 (5 -> 4)");
    assert_eq!(life.wants_for(2, 4), "retire i-3");
    life.sessions("i-2", Some(1.0));
    assert_eq!(life.wants(6), "return i-2 (4 -> 6)", "who is there serves first, one is launched");
    assert_eq!(life.size(), 6);
}

#[test]
fn who_does_not_finish_is_put_back_and_left_alone_for_a_while() {
    let mut life = Life::new(&[1.0, 2.0, 3.0]);
    assert_eq!(life.wants(2), "drain i-0 (3 -> 2)");
    assert_eq!(life.wants_for(39, 2), "as wanted", "up to its deadline");
    assert_eq!(life.wants(2), "return i-0 (2 -> 3)");
    life.sessions("i-0", Some(0.0));
    assert_eq!(life.wants(2), "drain i-1 (3 -> 2)", "another one is picked, though it is busier");
}

#[test]
fn who_is_not_heard_of_any_more_is_put_back_and_never_ended() {
    let mut life = Life::new(&[0.0, 2.0]);
    assert_eq!(life.wants(1), "drain i-0 (2 -> 1)");
    life.sessions("i-0", None);
    let said: Vec<String> = (0..40).map(|_| life.wants(1)).collect();
    assert!(said.iter().all(|said| !said.contains("retire")), "{said:?}");
    assert_eq!(said.last().unwrap(), "return i-0 (1 -> 2)");
}

#[test]
fn under_a_pause_nobody_is_ended_and_nobody_put_back() {
    let mut life = Life::new(&[0.0, 2.0]);
    life.wants(1);
    let pause = Command::Pause { target: Some(web()), reason: "war".to_owned(), lasts: None };
    life.commands.push(pause);
    let said: Vec<String> = (0..100).map(|_| life.wants(1)).collect();
    assert!(said.iter().all(|said| said == "pause: this target is paused: war"), "{said:?}");
    life.commands.push(Command::Resume { target: Some(web()) });
    assert_eq!(life.wants(1), "retire i-0");
}

#[test]
fn while_members_cannot_be_had_nobody_on_standby_is_ended() {
    let mut life = Life::new(&[0.0, 2.0]);
    life.wants(1);
    life.group.shortfall = Some("no capacity".to_owned());
    let said: Vec<String> = (0..20).map(|_| life.wants(1)).collect();
    assert!(said.iter().all(|said| !said.contains("retire")), "{said:?}");
    assert_eq!(life.wants(2), "return i-0 (1 -> 2)", "it is needed, and there");
}

/// Nomad's autoscaler left nodes drained that its cloud would not let go (its bug 911).
#[test]
fn what_the_provider_refuses_leaves_nobody_on_the_way_out() {
    let mut life = Life::new(&[0.0, 2.0]);
    let (kind, message) = (FailureKind::Refused, "no".to_owned());
    life.answer = ActResult::Failed { kind, message };
    assert_eq!(life.wants(1), "drain i-0 (2 -> 1)");
    life.wants(2);
    assert!(life.memory.targets[&web()].drains.leaving.is_empty());
    life.answer = ActResult::Accepted;
    assert_eq!(life.wants(1), "drain i-0 (2 -> 1)");
}

#[test]
fn who_cannot_be_put_back_keeps_growth_waiting_for_one_pass_at_most() {
    let mut life = Life::new(&[0.0, 2.0]);
    life.wants(1);
    life.wants(1);
    let (kind, message) = (FailureKind::Refused, "no".to_owned());
    life.answer = ActResult::Failed { kind, message };
    assert_eq!(life.wants(2), "return i-0 (1 -> 2)");
    assert_eq!(life.wants(2), "resize 1 -> 2");
}

#[test]
fn somebody_elses_standby_is_nobody_of_ours() {
    let mut life = Life::new(&[2.0, 2.0, 0.0]);
    life.members.get_mut("i-2").unwrap().0 = Standby;
    assert_eq!(life.wants_for(50, 2), "as wanted");
    assert_eq!(life.wants(3), "resize 2 -> 3", "not even growth takes it");
    assert_eq!(life.members["i-2"].0, Standby);
}

/// What the check says of `action` when `i-0` and `i-1` serve somebody, `i-2` nobody, of `i-3`
/// nothing is known, and `i-4` was drained with somebody left on it.
#[track_caller]
fn refused(action: Action, words: &str) {
    let mut life = Life::new(&[1.0, 1.0, 0.0, 0.0, 0.5]);
    life.sessions("i-3", None);
    for name in ["i-0", "i-1"] {
        life.sessions(name, Some(3.0));
    }
    life.sessions("i-2", Some(3.0));
    assert_eq!(life.wants(4), "drain i-4 (5 -> 4)");
    life.wants(4);
    life.sessions("i-2", Some(0.0));
    let snapshot = life.snapshot();
    life.memory.absorb(&life.settings, &snapshot);
    let evaluations = [wish(4)];
    let mut plan: Plan = decide(&life.settings, &life.memory, &snapshot, &evaluations);
    let id = IntentId::new("here/web/1/99");
    plan.decisions[0].verdict = Verdict::Act(Intent { id, target: web(), action });
    let objections = check(&life.settings, &life.memory, &snapshot, &evaluations, &plan);
    let said: Vec<&str> = objections.iter().map(|objection| &*objection.why).collect();
    match words {
        "" => assert_eq!(said, Vec::<&str>::new()),
        words => assert!(said.iter().any(|said| said.contains(words)), "{said:?}"),
    }
}

fn named(members: &[&str]) -> Vec<String> {
    members.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_check_lets_nobody_be_ended_who_may_have_a_session() {
    let retire = |members: &[&str]| Action::Retire { members: named(members) };
    refused(retire(&["i-4"]), "i-4 has sessions");
    refused(retire(&["i-2"]), "i-2 is not on standby");
    refused(retire(&["i-9"]), "i-9 is not on standby");
    refused(retire(&[]), "nobody is named");
    refused(retire(&["i-4", "i-4"]), "i-4 is named twice");
}

#[test]
fn the_check_counts_the_victims_and_asks_what_is_known_of_each() {
    let drain = |to, members: &[&str]| Action::Drain { from: 4, to, members: named(members) };
    refused(drain(3, &["i-2"]), "");
    refused(drain(3, &["i-2", "i-0"]), "2 victims for 4 -> 3");
    refused(drain(2, &["i-2"]), "1 victims for 4 -> 2");
    refused(drain(3, &["i-3"]), "the sessions of i-3 are not known");
    refused(drain(3, &["i-4"]), "i-4 is not in service");
    refused(Action::Resize { from: 4, to: 3 }, "without a word on which");
}

#[test]
fn the_check_lets_only_our_own_come_back() {
    let back = |to, members: &[&str]| Action::Return { from: 4, to, members: named(members) };
    refused(back(5, &["i-4"]), "");
    refused(back(5, &["i-2"]), "i-2 was not put on standby by us");
    refused(back(4, &["i-4"]), "a change to what is");
    refused(back(21, &["i-4"]), "21 is above 20");
}
