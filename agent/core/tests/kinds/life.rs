//! One target of any kind, one made-up policy, and what comes of them pass by pass.

use proptest::{
    collection::{SizeRange, vec},
    prelude::*,
    strategy::ValueTree,
    test_runner::TestRunner,
};
use setpoint_core::{
    ActResult, Action, Ask, Calendars, Command, Evaluation, FailureKind, Guard, Held, InputKey,
    InputSettings, Memory, Moment, Opinion, Outcome, Plan, PolicyName, Reading, RuleName,
    RuleReport, RuleVerdict, Sample, Seen, Settings, Snapshot, Span, TargetName, TargetSettings,
    Timestamp, Unit, Verdict, check, decide,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const EVERY: Span = Span::from_secs(60);

/// What one rule came to.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Quiet,
    Asks(Ask),
    /// It asks, on what was put in for a missing reading.
    Supposes(Ask),
    Skipped,
    Failed,
}

/// One pass over one target.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) seen: Seen,
    /// Whether the policy's input was read.
    pub(crate) read: bool,
    pub(crate) said: Vec<Said>,
    pub(crate) command: Option<Command>,
    pub(crate) result: ActResult,
}

/// What happens in one pass: to a target of some kind as `own` says, and around it.
#[derive(Clone, Debug)]
pub(crate) struct Story<T> {
    pub(crate) unseen: bool,
    pub(crate) busy: bool,
    pub(crate) unread: bool,
    pub(crate) own: T,
    pub(crate) said: Vec<Said>,
    pub(crate) command: Option<Command>,
    pub(crate) result: ActResult,
}

impl<T: Default> Story<T> {
    /// Nothing is ill, and nothing changes but by what is said.
    pub(crate) fn calm(said: Vec<Said>) -> Self {
        let (unseen, busy, unread, own) = (false, false, false, T::default());
        Self { unseen, busy, unread, own, said, command: None, result: ActResult::Accepted }
    }
}

impl<T> Story<T> {
    /// The pass over a target that is as `seen` has it, busy for the reason that it is given.
    pub(crate) fn turn(&self, why: &str, seen: impl FnOnce(Option<String>) -> Seen) -> Turn {
        let seen = match self.unseen {
            true => Seen::Nothing("no answer".to_owned()),
            false => seen(self.busy.then(|| why.to_owned())),
        };
        let (said, command) = (self.said.clone(), self.command.clone());
        Turn { seen, read: !self.unread, said, command, result: self.result.clone() }
    }
}

/// Up to so many passes, in each of which `rules` rules come to something and `own` happens.
pub(crate) fn stories<T: std::fmt::Debug>(
    passes: usize,
    said: impl Strategy<Value = Said>,
    rules: impl Into<SizeRange>,
    own: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<Story<T>>> {
    let around = (seldom(), seldom(), seldom());
    let story = (around, own, vec(said, rules), commands(), results()).prop_map(
        |((unseen, busy, unread), own, said, command, result)| Story {
            unseen,
            busy,
            unread,
            own,
            said,
            command,
            result,
        },
    );
    vec(story, 1..passes)
}

/// The same two hundred lives in every run: bounds, and what happens.
pub(crate) fn drawn<B: Strategy, S: Strategy>(
    bounds: impl Fn() -> B,
    stories: impl Fn() -> S,
) -> impl Iterator<Item = (B::Value, S::Value)> {
    let mut runner = TestRunner::deterministic();
    (0..200).map(move |_| {
        let bounds = bounds().new_tree(&mut runner).unwrap().current();
        (bounds, stories().new_tree(&mut runner).unwrap().current())
    })
}

impl Turn {
    /// Whether what is asked for in it is done, whether or not the agent hears of it.
    pub(crate) fn takes_effect(&self) -> bool {
        matches!(self.result, ActResult::Accepted | ActResult::Unknown)
    }

    /// Whether something is missing that the policy needs.
    pub(crate) fn is_blind(&self) -> bool {
        let untold = |said: &Said| match said {
            Said::Skipped | Said::Failed | Said::Supposes(_) => true,
            Said::Quiet | Said::Asks(_) => false,
        };
        !self.read || self.said.iter().any(untold)
    }
}

pub(crate) struct Life {
    pub(crate) settings: Settings,
    pub(crate) memory: Memory,
    outcomes: Vec<Outcome>,
    pass: u64,
}

pub(crate) fn name() -> TargetName {
    TargetName::new("it")
}

fn input() -> InputKey {
    InputKey::new("policy/load")
}

impl Life {
    pub(crate) fn new(bounds: TargetSettings) -> Self {
        let load = InputSettings::new(Unit::Percent, Span::ZERO, EVERY);
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: [(input(), load)].into(),
            targets: [(name(), bounds)].into(),
            shadows: BTreeMap::new(),
            calendars: Calendars::default(),
        };
        Self { settings, memory: Memory::default(), outcomes: Vec::new(), pass: 0 }
    }

    /// Lives through one turn. Whatever is decided, the check must have nothing against it.
    #[track_caller]
    pub(crate) fn turn(&mut self, turn: &Turn) -> Plan {
        let snapshot = self.snapshot(turn);
        self.memory.absorb(&self.settings, &snapshot);
        let evaluations = vec![evaluation(&turn.said)];
        let plan = decide(&self.settings, &self.memory, &snapshot, &evaluations);
        let objections = check(&self.settings, &self.memory, &snapshot, &evaluations, &plan);
        assert!(objections.is_empty(), "{objections:?} to {plan:?}");
        assert_eq!(plan.decisions.len(), 1, "every target ends as an action or with a reason");
        self.memory.remember(&self.settings, &plan, &evaluations);
        let outcome = |id: &setpoint_core::IntentId| Outcome {
            intent: id.clone(),
            result: turn.result.clone(),
        };
        self.outcomes = plan.intents().map(|intent| outcome(&intent.id)).collect();
        plan
    }

    /// Forgets everything but what is written down.
    pub(crate) fn restart(&mut self) {
        let written = serde_json::to_string(&self.memory).unwrap();
        self.memory = serde_json::from_str(&written).unwrap();
    }

    fn snapshot(&mut self, turn: &Turn) -> Snapshot {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).unwrap());
        let load = match turn.read {
            true => Reading::Sample(Sample::new(wall, 50.0).unwrap()),
            false => Reading::Failed("the page is gone".to_owned()),
        };
        Snapshot {
            pass: self.pass,
            at: Moment { wall, monotonic: Span::from_ms(ms) },
            started: self.pass == 1,
            readings: [(input(), load)].into(),
            targets: [(name(), turn.seen.clone())].into(),
            outcomes: std::mem::take(&mut self.outcomes),
            commands: turn.command.iter().cloned().collect(),
            ..Snapshot::default()
        }
    }
}

/// One target of a kind with what becomes of it: it lives through stories.
pub(crate) trait Lives {
    type Own;

    /// What is decided in the next pass.
    fn turn(&mut self, story: &Story<Self::Own>) -> (Turn, Plan);

    fn life(&mut self) -> &mut Life;
}

/// That a restart before the pass `cut` changes neither a decision nor what is remembered.
pub(crate) fn a_restart_changes_nothing<T: Lives>(
    (mut straight, mut restarted): (T, T),
    stories: &[Story<T::Own>],
    cut: usize,
) -> Result<(), TestCaseError> {
    for (number, story) in stories.iter().enumerate() {
        if number == cut {
            restarted.life().restart();
        }
        prop_assert_eq!(straight.turn(story).1, restarted.turn(story).1);
        prop_assert_eq!(&straight.life().memory, &restarted.life().memory);
    }
    Ok(())
}

/// The guard that holds a plan's only target, if one does.
pub(crate) fn holder(plan: &Plan) -> Option<Guard> {
    match &plan.decisions[0].verdict {
        Verdict::Held(Held::Guard(guard, _)) => Some(*guard),
        Verdict::Held(_) | Verdict::Act(_) => None,
    }
}

/// That each of `guards` held something.
#[track_caller]
pub(crate) fn each_held(guards: &[Guard], holding: &BTreeSet<Guard>) {
    for guard in guards {
        assert!(holding.contains(guard), "{guard} never held anything: {holding:?}");
    }
}

fn evaluation(said: &[Said]) -> Evaluation {
    let rule = |(said, number): (&Said, u32)| {
        let (verdict, ask, substituted) = match said {
            Said::Quiet => (RuleVerdict::Quiet, None, false),
            Said::Asks(ask) => (RuleVerdict::Fired, Some(ask.clone()), false),
            Said::Supposes(ask) => (RuleVerdict::Fired, Some(ask.clone()), true),
            Said::Skipped => (RuleVerdict::Skipped { missing: "load".to_owned() }, None, false),
            Said::Failed => (RuleVerdict::Failed { message: "no".to_owned() }, None, false),
        };
        let opinion =
            |ask| Opinion { target: name(), ask, line: number, because: None, substituted };
        RuleReport {
            rule: RuleName::new(format!("rule {number}")),
            line: number,
            names: [name()].into(),
            verdict,
            compared: Vec::new(),
            facts: Vec::new(),
            opinions: ask.into_iter().map(opinion).collect(),
            says: Vec::new(),
            hold: None,
        }
    };
    let rules = said.iter().zip(1..).map(rule).collect();
    Evaluation {
        policy: PolicyName::new("policy"),
        contact: std::sync::Arc::default(),
        rules,
        state: BTreeMap::new(),
        out_of_time: false,
    }
}

/// What a plan sets something from, and to.
pub(crate) fn set(plan: &Plan) -> Option<(u32, u32)> {
    let action = action(plan)?;
    let Action::Set { from, to, .. } = action else { panic!("{action:?}") };
    Some((from, to))
}

/// What a plan does.
pub(crate) fn action(plan: &Plan) -> Option<Action> {
    plan.intents().map(|intent| intent.action.clone()).next()
}

/// Something that happens seldom.
fn seldom() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.06)
}

/// What a provider says.
fn results() -> impl Strategy<Value = ActResult> {
    prop_oneof![
        8 => Just(ActResult::Accepted),
        1 => Just(ActResult::Unknown),
        1 => Just(ActResult::Withheld),
        1 => Just(ActResult::Failed { kind: FailureKind::Refused, message: "no".to_owned() }),
    ]
}

/// What people say, seldom.
fn commands() -> impl Strategy<Value = Option<Command>> {
    let command = prop_oneof![
        1 => Just(Command::Pause { target: Some(name()), reason: "x".to_owned(), lasts: None }),
        3 => Just(Command::Resume { target: Some(name()) }),
        3 => (0_u32..120).prop_map(|to| {
            Command::Approve { target: name(), to, by: "ann".to_owned() }
        }),
    ];
    prop::option::weighted(0.06, command)
}
