//! A member that is replaced: who goes and who does not, and what the check would never let
//! through.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_core::{
    ActResult, Action, Ask, Brakes, Calendars, Command, Evaluation, FailureKind, Group,
    GroupSettings, InputKey, InputSettings, Intent, IntentId, Member, MemberState, Memory, Moment,
    Opinion, Outcome, Per, Plan, PolicyName, Range, Reading, RuleName, RuleReport, RuleVerdict,
    Sample, Seen, Sessions, Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp, Unit,
    Verdict, check, decide,
};
use std::collections::BTreeMap;

use MemberState::{Other, Serving, Sick, Standby};

const EVERY: Span = Span::from_secs(15);

/// A group whose provider does as it is asked, and takes three passes for a new member.
struct Life {
    bounds: GroupSettings,
    memory: Memory,
    members: BTreeMap<String, MemberState>,
    /// Sessions of each member, where they are told.
    sessions: BTreeMap<String, f64>,
    boots: BTreeMap<String, u64>,
    group: Group,
    desired: u32,
    launches: u64,
    commands: Vec<Command>,
    outcomes: Vec<Outcome>,
    answer: ActResult,
    pass: u64,
    last: Option<(Snapshot, Memory)>,
}

fn web() -> TargetName {
    TargetName::new("web")
}

fn named(name: &str) -> Ask {
    Ask::Replace(name.to_owned())
}

impl Life {
    /// Members called `i-0`, `i-1` and so on.
    fn new(states: &[MemberState]) -> Self {
        let mut bounds = GroupSettings::new(Range::new(1, 20).unwrap());
        (bounds.settle, bounds.stabilise_down) = (Span::ZERO, Span::ZERO);
        (bounds.cooldown_down, bounds.replaces) = (Span::ZERO, true);
        bounds.brakes = Brakes::released();
        bounds.brakes.shortage = Span::from_minutes(15);
        let names = states.iter().enumerate();
        Self {
            bounds,
            memory: Memory::default(),
            members: names.map(|(n, state)| (format!("i-{n}"), *state)).collect(),
            sessions: BTreeMap::new(),
            boots: BTreeMap::new(),
            group: Group::default(),
            desired: u32::try_from(states.len()).unwrap(),
            launches: states.len() as u64,
            commands: Vec::new(),
            outcomes: Vec::new(),
            answer: ActResult::Accepted,
            pass: 0,
            last: None,
        }
    }

    /// The same, where every member has so many sessions.
    fn with_sessions(mut self, sessions: &[Option<f64>]) -> Self {
        self.bounds.sessions = Some(Sessions::new(InputKey::sessions_of(&web())));
        let told = sessions.iter().enumerate();
        self.sessions = told.filter_map(|(n, it)| Some((format!("i-{n}"), (*it)?))).collect();
        self
    }

    fn settings(&self) -> Settings {
        let key = InputKey::sessions_of(&web());
        let mut input = InputSettings::new(Unit::Count, Span::ZERO, EVERY);
        input.per = Some(Per::Member);
        let inputs = self.bounds.sessions.iter().map(|_| (key.clone(), input.clone())).collect();
        Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs,
            targets: [(web(), TargetSettings::Group(self.bounds.clone()))].into(),
            calendars: Calendars::default(),
            shadows: BTreeMap::new(),
        }
    }

    fn snapshot(&mut self) -> Snapshot {
        self.pass += 1;
        let wall = Timestamp::from_ms(0) + EVERY.times(self.pass);
        for (name, at) in &self.boots {
            if *at <= self.pass && self.members[name] == Other {
                self.members.insert(name.clone(), Serving);
            }
        }
        let members = self.members.iter().map(|(name, state)| Member {
            name: name.clone(),
            zone: None,
            state: *state,
        });
        let all = |wanted: MemberState| {
            u32::try_from(self.members.values().filter(|state| **state == wanted).count()).unwrap()
        };
        let group = Group {
            desired: self.desired,
            ready: all(Serving),
            unhealthy: all(Sick),
            warming: all(Other),
            members: members.collect(),
            ..self.group.clone()
        };
        let told = self.sessions.iter();
        let told = told.map(|(name, it)| (name.clone(), Sample::new(wall, *it).unwrap()));
        let readings = match self.bounds.sessions {
            Some(_) => [(InputKey::sessions_of(&web()), Reading::Each(told.collect()))].into(),
            None => BTreeMap::new(),
        };
        Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: EVERY.times(self.pass) },
            started: self.pass == 1,
            readings,
            targets: [(web(), Seen::Group(group))].into(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: std::mem::take(&mut self.commands),
            ..Snapshot::default()
        }
    }

    /// A pass in which this is asked for: what is done, in words.
    fn asks(&mut self, asks: &[Ask]) -> String {
        let (settings, snapshot) = (self.settings(), self.snapshot());
        self.memory.absorb(&settings, &snapshot);
        self.last = Some((snapshot.clone(), self.memory.clone()));
        let evaluations = [wish(asks)];
        let plan = decide(&settings, &self.memory, &snapshot, &evaluations);
        assert_eq!(check(&settings, &self.memory, &snapshot, &evaluations, &plan), []);
        self.memory.remember(&settings, &plan, &evaluations);
        for intent in plan.intents() {
            if matches!(self.answer, ActResult::Accepted | ActResult::Unknown) {
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

    fn become_of(&mut self, action: &Action) {
        if let Action::Retire { members } = action {
            self.members.retain(|name, _| !members.contains(name));
            return;
        }
        let Action::Replace { member, drained, .. } = action else { panic!("{action}") };
        match drained {
            true => drop(self.members.insert(member.clone(), Standby)),
            false => drop(self.members.remove(member)),
        }
        self.launch();
    }

    fn launch(&mut self) {
        let name = format!("i-{}", self.launches);
        self.launches += 1;
        self.boots.insert(name.clone(), self.pass + 3);
        self.members.insert(name, Other);
    }

    /// What the check says to `action` after the last pass.
    fn objections(&self, action: Action) -> Vec<String> {
        let (snapshot, memory) = self.last.as_ref().unwrap();
        let (target, settings) = (web(), self.settings());
        let id = IntentId::new("here/web/1/1");
        let intent = Intent { id, target: target.clone(), action };
        let plan = decide(&settings, memory, snapshot, &[]);
        let decisions = plan.decisions.into_iter();
        let decisions = decisions
            .map(|it| setpoint_core::Decision { verdict: Verdict::Act(intent.clone()), ..it });
        let plan = Plan { decisions: decisions.collect(), ..Plan::default() };
        let objections = check(&settings, memory, snapshot, &[], &plan);
        objections.into_iter().map(|it| it.why).collect()
    }
}

fn wish(asks: &[Ask]) -> Evaluation {
    let opinion = |ask: &Ask| Opinion {
        target: web(),
        ask: ask.clone(),
        line: 1,
        because: None,
        substituted: false,
    };
    let rule = RuleReport {
        rule: RuleName::new("r"),
        line: 1,
        names: [web()].into(),
        verdict: RuleVerdict::Fired,
        compared: Vec::new(),
        facts: Vec::new(),
        opinions: asks.iter().map(opinion).collect(),
        says: Vec::new(),
        hold: None,
    };
    Evaluation {
        policy: PolicyName::new("p"),
        contact: std::sync::Arc::default(),
        rules: vec![rule],
        state: BTreeMap::new(),
        out_of_time: false,
    }
}

#[test]
fn one_goes_and_nobody_else_until_another_serves_in_its_place() {
    let mut life = Life::new(&[Serving; 4]);
    assert_eq!(life.asks(&[named("i-1")]), "replace i-1");
    for _ in 0..2 {
        let held = life.asks(&[named("i-2")]);
        assert!(held.starts_with("warm-up: to replace a member: in flight"), "{held}");
    }
    assert_eq!(life.asks(&[named("i-2")]), "replace i-2");
    assert_eq!(life.members.keys().collect::<Vec<_>>(), ["i-0", "i-3", "i-4", "i-5"]);
}

#[test]
fn who_is_not_there_or_is_the_last_is_never_replaced() {
    let mut life = Life::new(&[Serving, Standby, Other]);
    life.desired = 2;
    for (name, why) in [
        ("i-9", "no member is called i-9"),
        ("i-1", "i-1 is not in service"),
        ("i-2", "i-2 is not in service"),
        ("i-0", "i-0 is the only one that serves"),
    ] {
        let held = life.asks(&[named(name)]);
        assert_eq!(held, format!("replacing: to replace a member: {why}"));
        let action = Action::Replace { from: 2, member: name.to_owned(), drained: false };
        assert!(!life.objections(action).is_empty(), "{name}");
    }
}

#[test]
fn the_unhealthy_go_one_by_one_and_are_not_waited_for() {
    let mut life = Life::new(&[Serving, Sick, Serving, Sick, Serving]);
    assert_eq!(life.asks(&[Ask::ReplaceUnhealthy]), "replace i-1");
    let mut done = Vec::new();
    for _ in 0..20 {
        let said = life.asks(&[Ask::ReplaceUnhealthy]);
        if said.starts_with("replace ") {
            done.push(said);
        }
    }
    assert_eq!(done, ["replace i-3"]);
    assert_eq!(life.asks(&[Ask::ReplaceUnhealthy]), "as wanted");
}

#[test]
fn a_size_that_must_change_comes_first() {
    let mut life = Life::new(&[Serving; 4]);
    life.answer = ActResult::Withheld;
    assert_eq!(life.asks(&[named("i-1"), Ask::ScaleTo(6)]), "resize 4 -> 6");
    assert_eq!(life.asks(&[named("i-1"), Ask::ScaleTo(4)]), "replace i-1");
}

#[test]
fn nobody_goes_who_could_not_be_bought_back() {
    let mut life = Life::new(&[Serving; 4]);
    life.group.shortfall = Some("no capacity".to_owned());
    let held = life.asks(&[named("i-1")]);
    assert!(held.starts_with("launches failing: to replace a member"), "{held}");
    let action = Action::Replace { from: 4, member: "i-1".to_owned(), drained: false };
    assert_eq!(life.objections(action), ["shrinking while members cannot be had"]);
}

#[test]
fn what_was_replaced_is_spent_of_the_budget_and_never_spent_twice() {
    for answer in [ActResult::Accepted, ActResult::Unknown] {
        let mut life = Life::new(&[Serving; 4]);
        life.bounds.brakes.budget = Brakes::new().budget;
        life.answer = answer;
        let mut replaced = 0;
        for _ in 0..200 {
            let oldest = life.members.iter().find(|(_, state)| **state == Serving).unwrap();
            let oldest = oldest.0.clone();
            replaced += u32::from(life.asks(&[named(&oldest)]).starts_with("replace"));
        }
        assert_eq!(replaced, 2, "half of four in an hour");
        let held = life.asks(&[Ask::ScaleTo(3)]);
        assert!(held.starts_with("budget"), "{held}");
    }
}

#[test]
fn a_pause_or_a_missing_leave_holds_it() {
    let mut life = Life::new(&[Serving; 4]);
    life.bounds.brakes.approve = setpoint_core::Approve::Shrink;
    let held = life.asks(&[named("i-1")]);
    assert!(held.starts_with("approval: to replace a member"), "{held}");
    life.commands = vec![Command::Approve { target: web(), to: 3, by: "me".to_owned() }];
    life.answer = ActResult::Withheld;
    assert_eq!(life.asks(&[named("i-1")]), "replace i-1");
    life.commands =
        vec![Command::Pause { target: None, reason: "a drill".to_owned(), lasts: None }];
    let held = life.asks(&[named("i-1")]);
    assert!(held.contains("a drill"), "{held}");
}

#[test]
fn with_sessions_it_is_drained_first_and_ended_by_a_later_count_only() {
    let mut life = Life::new(&[Serving; 3]).with_sessions(&[Some(2.0), Some(5.0), None]);
    let held = life.asks(&[named("i-2")]);
    assert_eq!(held, "replacing: to replace a member: the sessions of i-2 are not known");
    assert_eq!(life.asks(&[named("i-1")]), "replace i-1, drained first");
    assert_eq!(life.members["i-1"], Standby);
    for _ in 0..8 {
        let said = life.asks(&[named("i-1")]);
        assert!(!said.starts_with("retire"), "{said}");
    }
    life.sessions.insert("i-1".to_owned(), 0.0);
    let said: Vec<String> = (0..3).map(|_| life.asks(&[named("i-1")])).collect();
    assert!(said.contains(&"retire i-1".to_owned()), "{said:?}");
    assert_eq!(life.members.len(), 3);
    assert_eq!(life.members["i-3"], Serving);
}

#[test]
fn the_check_never_lets_one_be_ended_that_may_have_sessions() {
    let mut life = Life::new(&[Serving; 3]).with_sessions(&[Some(2.0), Some(0.0), None]);
    life.asks(&[]);
    for (member, drained, why) in [
        ("i-1", false, "i-1 is ended that may have sessions"),
        ("i-2", true, "the sessions of i-2 are not known"),
    ] {
        let action = Action::Replace { from: 3, member: member.to_owned(), drained };
        assert_eq!(life.objections(action), [why]);
    }
    let action = Action::Replace { from: 3, member: "i-1".to_owned(), drained: true };
    assert_eq!(life.objections(action), [""; 0]);
}

#[test]
fn one_that_was_refused_is_asked_for_again_and_spends_nothing() {
    let mut life = Life::new(&[Serving; 4]);
    let (kind, message) = (FailureKind::Refused, "no".to_owned());
    life.answer = ActResult::Failed { kind, message };
    assert_eq!(life.asks(&[named("i-1")]), "replace i-1");
    assert_eq!(life.asks(&[named("i-1")]), "replace i-1");
    assert_eq!(life.memory.targets[&web()].replaced, []);
}
