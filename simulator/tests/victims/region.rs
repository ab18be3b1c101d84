//! A region whose members have sessions, and an agent at work in it that may be killed.
//!
//! The loop, the policy's engine, the decision and the check are the agent's own. Around them
//! everything goes wrong that may: samples are lost and late, the source and the provider fail
//! for a while, answers are lost, and the agent is killed before and after it asks.

use async_trait::async_trait;
use futures::executor::block_on;
use setpoint_control::{
    Act, Clock, ControlLoop, Evaluator, Journal, JournalError, MetricSource, Nobody, Observe, Pass,
    Past, Ports, ProviderError,
};
use setpoint_core::{
    ActResult, Action, Brakes, Calendars, FailureKind, GroupSettings, InputKey, InputSettings,
    Intent, Memory, Moment, Outcome, Per, PolicyName, Range, Reading, Seen, Sessions, Settings,
    Snapshot, Span, TargetName, TargetSettings, Timestamp, Unit,
};
use setpoint_policies::{Policies, Policy, Script};
use setpoint_sim::{
    chance::{Chance, Spread, Stream},
    world::{
        ApiModel, Clients, Ended, EngineKind, FeedModel, FleetModel, Load, Metric, Service,
        SessionsModel, Shape, Tariff, World, WorldModel,
    },
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The time from one pass to the next.
pub(crate) const EVERY: Span = Span::from_secs(15);

const POLICY: &str = r#"
const POLICY = #{
    about: "Serve", language: 1,
    inputs: #{ rps: #{ unit: "per_second" } },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "size" { fleet.serve(m.rps, 30.per_second); }
"#;

fn fleet() -> TargetName {
    TargetName::new("fleet")
}

fn policy_name() -> PolicyName {
    PolicyName::new("serve")
}

/// How badly things go, each a share of what may go wrong so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    /// Asking a provider kills the agent, half of the times after the provider has done it.
    pub(crate) killed: f64,
    /// An answer is lost; half of the times the provider has done it.
    pub(crate) unanswered: f64,
    /// A look fails.
    pub(crate) unseen: f64,
    /// The source of sessions stops answering, for a while.
    pub(crate) silent: f64,
}

/// What the region and its agent share.
struct Inner {
    world: World,
    trouble: Trouble,
    luck: Stream,
    /// Until when the source of sessions is silent.
    silent: Span,
    killed: bool,
    /// What the journal holds: memory and pass, and the intents of it with their outcomes.
    written: Past,
    came: Came,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Came {
    /// How often the size went down, and by how many members together.
    pub(crate) scale_ins: usize,
    pub(crate) drained: u32,
    /// Members put back into service, by growth or by their deadline.
    pub(crate) returned: u32,
    /// How often the agent was killed.
    pub(crate) kills: usize,
    /// Members ended, each with the sessions that were cut off by it.
    pub(crate) ended: Vec<Ended>,
    /// Passes in which growth was asked for.
    pub(crate) growths: usize,
}

/// The region, behind each of the loop's ports.
#[derive(Clone)]
pub(crate) struct Region(Arc<Mutex<Inner>>);

impl Region {
    /// A region as `seed` has it.
    pub(crate) fn new(seed: u64, trouble: Trouble) -> Self {
        let chance = Chance::new(seed);
        let inner = Inner {
            world: World::new(scenario(&mut chance.stream("scenario", 0)), seed),
            trouble,
            luck: chance.stream("trouble", 0),
            silent: Span::ZERO,
            killed: false,
            written: Past::default(),
            came: Came::default(),
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an agent with `bounds` work in it for `length`.
    pub(crate) fn lives(&self, bounds: &GroupSettings, length: Span) -> Came {
        let settings = settings(bounds.clone());
        let mut agent = self.agent(&settings);
        let end = self.inner().world.now().monotonic + length;
        while self.inner().world.now().monotonic < end {
            let pass = block_on(agent.pass());
            self.judge(&pass);
            let mut away = EVERY;
            if std::mem::take(&mut self.inner().killed) {
                agent = self.agent(&settings);
                let inner = &mut *self.inner();
                inner.came.kills += 1;
                away = Span::from_secs(1 + (inner.luck.uniform() * 240.0) as u64);
            }
            let inner = &mut *self.inner();
            let next = inner.world.now().monotonic + away;
            inner.world.advance_to(next);
        }
        let inner = self.inner();
        Came { ended: inner.world.ended().to_vec(), ..inner.came.clone() }
    }

    /// An agent at its start: it knows what the journal holds, and nothing else.
    fn agent(&self, settings: &Settings) -> ControlLoop {
        let ports = Ports {
            clock: Box::new(self.clone()),
            sources: vec![Box::new(self.clone())],
            eyes: vec![Box::new(self.clone())],
            hands: [(fleet(), Arc::new(self.clone()) as Arc<dyn Act>)].into(),
            evaluator: Box::new(Rules(policies())),
            journal: Box::new(self.clone()),
            commands: Box::new(Nobody),
        };
        ControlLoop::new(settings.clone(), ports, self.inner().written.clone())
    }

    /// What holds in every pass: growth is asked for whole, at once, whoever is draining, and
    /// the check has nothing to object to.
    fn judge(&self, pass: &Pass) {
        let decision = &pass.plan.decisions[0];
        let text = format!("{decision:?}");
        assert!(!text.contains("refused by the check") && !text.contains("Refused("), "{text}");
        let Some(Seen::Group(group)) = pass.snapshot.targets.get(&fleet()) else { return };
        let wanted = decision.guards.last().map_or(group.desired, |line| line.size);
        if wanted <= group.desired {
            return;
        }
        let asked = pass.plan.intents().next().map(|intent| &intent.action);
        match asked {
            Some(Action::Resize { to, .. } | Action::Return { to, .. }) if *to == wanted => {}
            other => panic!("{wanted} are wanted, and {other:?} is done: {decision:#?}"),
        }
        self.inner().came.growths += 1;
    }
}

impl Inner {
    fn happens(&mut self, share: f64) -> bool {
        self.luck.uniform() < share
    }

    /// Carries an action out, and counts what it came to.
    fn carry_out(&mut self, action: &Action) -> Result<(), ProviderError> {
        let before = self.world.group();
        let done = self.world.apply(action);
        let after = self.world.group();
        let aside = |group: &setpoint_core::Group| {
            let named =
                |it: &&setpoint_core::Member| it.state == setpoint_core::MemberState::Standby;
            group.members.iter().filter(named).count()
        };
        if after.desired < before.desired {
            let fewer = before.desired - after.desired;
            self.came.scale_ins += 1;
            self.came.drained += fewer;
            if let Action::Drain { members, .. } = action {
                assert!(fewer as usize <= members.len(), "{fewer} fewer by {action}");
            }
        }
        if let Action::Return { .. } = action {
            self.came.returned += (aside(&before) - aside(&after)) as u32;
        }
        done.map_err(|refusal| error(action, refusal.kind, &refusal.message))
    }
}

fn error(action: &Action, kind: FailureKind, why: &str) -> ProviderError {
    let (provider, operation) = ("world".to_owned(), action.to_string());
    ProviderError { provider, operation, kind, source: why.to_owned().into() }
}

#[async_trait]
impl Clock for Region {
    fn now(&self) -> Moment {
        self.inner().world.now()
    }

    async fn sleep_until(&self, deadline: Span) {
        self.inner().world.advance_to(deadline);
    }
}

#[async_trait]
impl MetricSource for Region {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let inner = &mut *self.inner();
        if inner.happens(inner.trouble.silent) {
            inner.silent = now.monotonic + Span::from_secs((inner.luck.uniform() * 300.0) as u64);
        }
        let sessions = match now.monotonic < inner.silent {
            true => Reading::Failed("connection refused".to_owned()),
            false => inner.world.sessions(),
        };
        let rps = inner.world.read(Metric::Rps);
        [(InputKey::of(&policy_name(), "rps"), rps), (InputKey::sessions_of(&fleet()), sessions)]
            .into()
    }
}

#[async_trait]
impl Observe for Region {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let inner = &mut *self.inner();
        let seen = match inner.happens(inner.trouble.unseen) {
            true => Seen::Nothing("no answer within 10s".to_owned()),
            false => Seen::Group(inner.world.group()),
        };
        [(fleet(), seen)].into()
    }
}

#[async_trait]
impl Act for Region {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let inner = &mut *self.inner();
        let lost = || error(&intent.action, FailureKind::Unavailable, "connection reset");
        let first = inner.happens(0.5);
        if inner.happens(inner.trouble.killed) {
            inner.killed = true;
            if first {
                drop(inner.carry_out(&intent.action));
            }
            return Err(lost());
        }
        if inner.happens(inner.trouble.unanswered) {
            if first {
                drop(inner.carry_out(&intent.action));
            }
            return Err(lost());
        }
        inner.carry_out(&intent.action)
    }
}

impl Journal for Region {
    fn record(&mut self, pass: &Pass, memory: &Memory) -> Result<(), JournalError> {
        // Until an answer is written down, an intent counts as one whose answer was lost.
        let unknown =
            |intent: &Intent| Outcome { intent: intent.id.clone(), result: ActResult::Unknown };
        self.inner().written = Past {
            memory: memory.clone(),
            pass: pass.snapshot.pass,
            outcomes: pass.plan.intents().map(unknown).collect(),
        };
        Ok(())
    }

    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError> {
        let inner = &mut *self.inner();
        if !inner.killed {
            let mut known = inner.written.outcomes.iter_mut();
            if let Some(outcome) = known.find(|outcome| outcome.intent == intent.id) {
                outcome.result = result.clone();
            }
        }
        Ok(())
    }
}

struct Rules(Policies);

impl Evaluator for Rules {
    fn evaluate(
        &self,
        settings: &Settings,
        memory: &Memory,
        snapshot: &Snapshot,
    ) -> Vec<setpoint_core::Evaluation> {
        self.0.evaluate(settings, memory, snapshot)
    }
}

fn policies() -> Policies {
    let script = Arc::new(Script::parse("serve.rhai", POLICY).expect("the policy is sound"));
    let bound = [("fleet".to_owned(), fleet())].into();
    let policy = Policy::bind(script, policy_name(), &bound, BTreeMap::new());
    Policies::new(vec![policy.expect("all of it is bound")])
}

fn settings(bounds: GroupSettings) -> Settings {
    let rps = InputSettings::new(Unit::PerSecond, Span::ZERO, EVERY);
    let mut sessions = InputSettings::new(Unit::Count, Span::ZERO, EVERY);
    sessions.per = Some(Per::Member);
    sessions.max_age = Span::from_secs(150);
    Settings {
        region: "here".to_owned(),
        every: EVERY,
        inputs: [
            (
                InputKey::of(&policy_name(), "rps"),
                InputSettings { max_age: Span::from_secs(150), ..rps },
            ),
            (InputKey::sessions_of(&fleet()), sessions),
        ]
        .into(),
        targets: [(fleet(), TargetSettings::Group(bounds))].into(),
        calendars: Calendars::default(),
        shadows: BTreeMap::new(),
    }
}

/// Bounds as `seed` has them: quick ones, so that much happens. The members are picked by
/// name, or by the provider.
pub(crate) fn bounds(seed: u64, by_name: bool) -> GroupSettings {
    let mut luck = Chance::new(seed).stream("bounds", 0);
    let mut bounds = GroupSettings::new(Range::new(4, 80).expect("4 is less than 80"));
    bounds.settle = Span::ZERO;
    bounds.stabilise_down = Span::from_secs((luck.uniform() * 120.0) as u64);
    bounds.cooldown_down = Span::from_secs((luck.uniform() * 120.0) as u64);
    bounds.shrink.share = 0.1 + 0.4 * luck.uniform();
    bounds.confirm_within = Span::from_minutes(5);
    bounds.brakes = Brakes::released();
    if by_name {
        let mut sessions = Sessions::new(InputKey::sessions_of(&fleet()));
        sessions.drain = Span::from_secs(60 + (luck.uniform() * 900.0) as u64);
        sessions.spare = Span::from_secs(60 + (luck.uniform() * 900.0) as u64);
        bounds.sessions = Some(sessions);
    }
    bounds
}

/// A fleet whose traffic goes up and down, with people who stay for a while.
fn scenario(luck: &mut Stream) -> WorldModel {
    let minutes = |n: f64| Span::from_secs((n * 60.0) as u64);
    let mut at = 0.0;
    let mut points = Vec::new();
    while at < 600.0 {
        points.push((minutes(at), 0.2 + 1.8 * luck.uniform()));
        at += 4.0 + 20.0 * luck.uniform();
    }
    let period = Span::from_secs([5, 15, 30][(luck.uniform() * 3.0) as usize]);
    let feed = FeedModel::new(period, Span::from_secs((luck.uniform() * 60.0) as u64));
    let sessions = SessionsModel {
        per_second: 0.01 + 0.3 * luck.uniform(),
        length: Spread { median: minutes(0.5 + 12.0 * luck.uniform()), sigma: luck.uniform() },
        lost: 0.4 * luck.uniform(),
        lets_go: Span::from_secs((luck.uniform() * 60.0) as u64),
    };
    let tariff = Tariff { per_hour: 0.085, least: minutes(1.0) };
    WorldModel {
        starts: Timestamp::from_ms(1_797_638_400_000),
        load: Load::new(300.0 + 900.0 * luck.uniform(), Shape::Points(points), 0.05),
        service: Service { workers: 2, ..Service::USUAL },
        clients: Clients::RESIGNED,
        engine: EngineKind::Fluid,
        fleet: FleetModel {
            sessions: Some(sessions),
            ..FleetModel::new(
                10 + (luck.uniform() * 40.0) as u32,
                Range::new(4, 80).expect("4 is less than 80"),
                Spread { median: minutes(1.5), sigma: 0.3 },
                tariff,
            )
        },
        database: None,
        cache: None,
        degradation: None,
        rollout: None,
        standby: None,
        feed,
        faults: Vec::new(),
        api: ApiModel { burst: 100, per_second: 1.0, unavailable: 0.02, latency: Span::ZERO },
    }
}
