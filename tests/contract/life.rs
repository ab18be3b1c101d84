//! The whole loop over a server that fails by a seed: it goes on, and gets there once.

use crate::{
    cases::done_once,
    subject::{Part, Provider, Scene, Step, Trouble, it},
};
use async_trait::async_trait;
use setpoint_control::{Act, Clock, ControlLoop, Nobody, Nowhere, Observe, Past, Ports};
use setpoint_core::{
    Action, Ask, Calendars, DatabaseSettings, Evaluation, GroupSettings, JobSettings, Memory,
    Moment, Opinion, PolicyName, Range, RolloutSettings, RuleName, RuleReport, RuleVerdict, Seen,
    SettingSettings, Settings, Snapshot, Span, TargetName, TargetSettings, Timestamp,
    TrafficSettings, VolumeSettings,
};
use setpoint_sim::chance::Chance;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// The luck that draws the faults.
const SEED: u64 = 7;
/// Passes under faults, and the most that may follow until it is done.
const FAULTY: u64 = 16;
const WELL: u64 = 30;
const EVERY: Span = Span::from_minutes(1);

pub(crate) async fn faults_end<P: Provider>(scene: &Scene<P>) {
    let kind = scene.look().await.remove(&it()).expect("it is told of");
    let clock = Passes::default();
    let mut control = wired(scene, &kind, clock.clone());
    for number in 0..FAULTY {
        let (part, trouble) = drawn::<P>(number);
        scene.server.spoil(part, trouble);
        pass(&mut control, &clock).await;
        scene.server.heal();
        assert!(scene.server.effects() <= 1, "done twice under faults, in pass {number}");
    }
    let mut left = WELL;
    while scene.server.truth() != scene.step.to {
        left = left.checked_sub(1).expect("faults are over, and it is not done");
        pass(&mut control, &clock).await;
    }
    // It is kept.
    for _ in 0..3 {
        pass(&mut control, &clock).await;
    }
    done_once(scene, "in the end").await;
}

/// One pass, which must end, with a decision about the target.
async fn pass(control: &mut ControlLoop, clock: &Passes) {
    clock.0.fetch_add(1, SeqCst);
    let passed = tokio::time::timeout(Duration::from_secs(60), control.pass()).await;
    let passed = passed.expect("no pass stops the loop");
    assert_eq!(passed.plan.decisions.len(), 1, "every target ends as an action or with a reason");
}

/// What goes wrong in this pass, by the seed. None of it takes long.
fn drawn<P: Provider>(pass: u64) -> (Part, Trouble) {
    let chance = |name| Chance::new(SEED).stream(name, pass).uniform();
    let troubles: Vec<Trouble> =
        P::troubles().into_iter().filter(|it| *it != Trouble::Hangs).collect();
    let trouble = troubles[(chance("trouble") * troubles.len() as f64) as usize];
    // A list is not changed, and only a change has an effect whose answer can be lost.
    let looks = match trouble {
        Trouble::HalfAList => true,
        Trouble::AnswerLost => false,
        Trouble::Throttled
        | Trouble::Fails(_)
        | Trouble::Hangs
        | Trouble::Behind
        | Trouble::Cut
        | Trouble::Unknown
        | Trouble::Forbidden => chance("part") < 0.3,
    };
    (if looks { Part::Looks } else { Part::Changes }, trouble)
}

/// A loop whose policy wants what the scene's step asks for, of a target of this kind.
fn wired<P: Provider>(scene: &Scene<P>, kind: &Seen, clock: Passes) -> ControlLoop {
    let settings = Settings {
        region: "here".to_owned(),
        every: EVERY,
        inputs: BTreeMap::new(),
        targets: [(it(), bounds(kind))].into(),
        shadows: BTreeMap::new(),
        calendars: Calendars::default(),
    };
    let ask = asked(&scene.step);
    let evaluate = move |_: &Settings, _: &Memory, _: &Snapshot| vec![evaluation(ask.clone())];
    let hands: Arc<dyn Act> = Arc::clone(&scene.hands) as _;
    let ports = Ports {
        clock: Box::new(clock),
        sources: Vec::new(),
        eyes: vec![Box::new(OnIt(Arc::clone(&scene.eyes)))],
        hands: [(it(), hands)].into(),
        evaluator: Box::new(evaluate),
        journal: Box::new(Nowhere),
        commands: Box::new(Nobody),
    };
    ControlLoop::new(settings, ports, Past::default())
}

/// Bounds that leave the step to the policy.
fn bounds(kind: &Seen) -> TargetSettings {
    let range = Range::new(0, 1_000).expect("it is not empty");
    let setting = SettingSettings::new(range);
    match kind {
        Seen::Group(_) => TargetSettings::Group(GroupSettings::new(range)),
        Seen::Database(_) => TargetSettings::Database(DatabaseSettings::new(range)),
        Seen::Setting(_) => TargetSettings::Setting(setting),
        Seen::Flag(_) => {
            let range = Range::new(0, 100).expect("it is not empty");
            TargetSettings::Flag(SettingSettings { range, ..setting })
        }
        Seen::Job(_) => TargetSettings::Job(JobSettings::new()),
        Seen::Volume(_) => TargetSettings::Volume(VolumeSettings::new(range)),
        Seen::Rollout(_) => TargetSettings::Rollout(RolloutSettings::new()),
        Seen::Traffic(traffic) => {
            TargetSettings::Traffic(TrafficSettings::new(traffic.destinations.keys()))
        }
        Seen::Nothing(why) => panic!("it is not seen: {why}"),
    }
}

/// What a policy says that wants what the step's action does.
fn asked(step: &Step) -> Ask {
    let to = step.to;
    match &step.action {
        Action::Route { to, .. } => Ask::Route(to.clone()),
        Action::Resize { .. } => Ask::ScaleTo(to),
        Action::AddReplica { .. } => Ask::AtLeast(to),
        Action::Set { .. } => Ask::SetTo(to),
        Action::Start { .. } => Ask::Start,
        Action::Grow { .. } => Ask::GrowTo(to),
        Action::Drain { .. }
        | Action::Retire { .. }
        | Action::Return { .. }
        | Action::Replace { .. }
        | Action::RemoveReplica { .. } => panic!("no step is taken by {}", step.action),
    }
}

fn evaluation(ask: Ask) -> Evaluation {
    let opinion = Opinion { target: it(), ask, line: 1, because: None, substituted: false };
    let rule = RuleReport {
        rule: RuleName::new("always"),
        line: 1,
        names: [it()].into(),
        verdict: RuleVerdict::Fired,
        compared: Vec::new(),
        facts: Vec::new(),
        opinions: vec![opinion],
        says: Vec::new(),
        hold: None,
    };
    Evaluation {
        policy: PolicyName::new("contract"),
        contact: Arc::default(),
        rules: vec![rule],
        state: BTreeMap::new(),
        out_of_time: false,
    }
}

/// The time of the loop: so many passes.
#[derive(Clone, Default)]
struct Passes(Arc<AtomicU64>);

#[async_trait]
impl Clock for Passes {
    fn now(&self) -> Moment {
        let monotonic = EVERY.times(self.0.load(SeqCst));
        Moment { wall: Timestamp::from_ms(1_700_000_000_000) + monotonic, monotonic }
    }

    async fn sleep_until(&self, _: Span) {}
}

/// Eyes of which the loop hears of its one target alone.
struct OnIt<E>(Arc<E>);

#[async_trait]
impl<E: Observe> Observe for OnIt<E> {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let mut seen = self.0.observe().await;
        seen.retain(|name, _| *name == it());
        seen
    }
}
