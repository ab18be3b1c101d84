//! What one evaluation sees, and what it leaves behind.
//!
//! Native functions of Rhai take only their arguments, so the evaluation under way
//! stands in a thread-local: put there by [`within`], taken out again when it ends.

use super::{missing, reading::Reading, rollout::Progress};
use crate::policy::Policy;
use rhai::EvalAltResult;
use setpoint_core::{
    Calendars, Comparison, Fact, InputKey, InputSettings, Memory, NoAnswer, Opinion, Parts,
    Quantity, Range, ReadyHistory, RuleReport, Saying, Scalar, Seen, Settings, Snapshot, Span,
    TargetMemory, TargetName, TargetSettings, Tick, Timestamp, Walk, Window,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// A result as Rhai's functions give it.
pub(crate) type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// A host's patience with one policy: the host has a clock, policies do not.
#[derive(Clone)]
pub(crate) struct Watchdog {
    pub(crate) clock: Arc<dyn Fn() -> Span + Send + Sync>,
    pub(crate) limit: Span,
}

impl Watchdog {
    /// Counts from now.
    pub(crate) fn start(&self) -> Deadline {
        let until = (self.clock)() + self.limit;
        Deadline { clock: Arc::clone(&self.clock), until, is_over: false }
    }
}

/// When a host's patience with the evaluation under way ends.
pub(crate) struct Deadline {
    clock: Arc<dyn Fn() -> Span + Send + Sync>,
    until: Span,
    /// Once it is over it stays over.
    pub(crate) is_over: bool,
}

impl Deadline {
    /// Whether it is over by now.
    pub(crate) fn look(&mut self) -> bool {
        self.is_over = self.is_over || (self.clock)() > self.until;
        self.is_over
    }
}

/// The evaluation under way.
pub(crate) struct Context {
    pub(crate) wall: Timestamp,
    pub(crate) tick: Tick,
    pub(crate) elapsed: Span,
    pub(crate) hold_limit: Span,
    pub(crate) inputs: Vec<Input>,
    pub(crate) targets: Vec<Target>,
    pub(crate) calendars: Calendars,
    pub(crate) policy: Arc<Policy>,
    pub(crate) holds: Vec<Option<setpoint_core::Hold>>,
    pub(crate) state: BTreeMap<String, Scalar>,
    pub(crate) deadline: Option<Deadline>,
    /// The reports of the rules that have run.
    pub(crate) rules: Vec<RuleReport>,
    /// What the rule under way has compared and recorded so far.
    pub(crate) compared: Vec<Comparison>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) opinions: Vec<Opinion>,
    pub(crate) says: Vec<Saying>,
    /// Whether the rule under way has used what `.or(…)` put in.
    pub(crate) substituted: bool,
}

/// One input as this pass has it.
pub(crate) struct Input {
    pub(crate) name: Arc<str>,
    pub(crate) settings: Option<InputSettings>,
    pub(crate) window: Option<Arc<Window>>,
    /// The values of each member or zone, where it has one of each.
    pub(crate) parts: Option<Arc<Parts>>,
    /// What the source said instead of a reading.
    pub(crate) silence: Option<String>,
}

impl Input {
    /// How it is read and judged.
    pub(crate) fn bound(&self) -> Outcome<&InputSettings> {
        let name = &self.name;
        let unbound = || format!("the input '{name}' is not bound by the configuration").into();
        self.settings.as_ref().ok_or_else(unbound)
    }

    /// Whether it has a value of each member or zone.
    pub(crate) fn is_of_each(&self) -> bool {
        self.settings.as_ref().is_some_and(|settings| settings.per.is_some())
    }

    /// Why there is no answer, in the words of the source where it had any.
    pub(crate) fn why(&self, no_answer: &NoAnswer) -> Arc<str> {
        let name = &self.name;
        match &self.silence {
            Some(silence) => format!("{name}: {no_answer}; {silence}").into(),
            None => format!("{name}: {no_answer}").into(),
        }
    }
}

/// One target as this pass has it.
pub(crate) struct Target {
    pub(crate) name: Arc<str>,
    pub(crate) seen: Seen,
    pub(crate) range: Range,
    pub(crate) in_flight: bool,
    /// Of a job: whether it has been running for longer than it may.
    pub(crate) stuck: bool,
    /// Of a rollout: its stages, and what became of its candidate before.
    pub(crate) progress: Progress,
    pub(crate) ready: Arc<ReadyHistory>,
}

thread_local! {
    static UNDER_WAY: RefCell<Option<Context>> = const { RefCell::new(None) };
    /// The operations of the evaluation under way, if there is one.
    static OPERATIONS: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Counts an operation of the evaluation under way, and tells how many there were.
pub(super) fn operation() -> Option<u64> {
    let operations = OPERATIONS.get()? + 1;
    OPERATIONS.set(Some(operations));
    Some(operations)
}

/// Runs `body` with `context` under way, and gives the context back.
pub(crate) fn within<T>(context: Context, body: impl FnOnce() -> T) -> (T, Option<Context>) {
    UNDER_WAY.with(|slot| slot.replace(Some(context)));
    OPERATIONS.set(Some(0));
    let result = body();
    OPERATIONS.set(None);
    (result, UNDER_WAY.with(RefCell::take))
}

/// Takes the context of an evaluation that panicked.
pub(crate) fn abandon() {
    OPERATIONS.set(None);
    UNDER_WAY.with(|slot| slot.try_borrow_mut().map(|mut slot| slot.take()).ok());
}

/// Looks at the evaluation under way, or adds to it.
pub(crate) fn with<T>(look: impl FnOnce(&mut Context) -> T) -> Outcome<T> {
    UNDER_WAY.with(|slot| match slot.borrow_mut().as_mut() {
        Some(context) => Ok(look(context)),
        None => Err("no evaluation is under way".into()),
    })
}

static NOTHING_READY: LazyLock<Arc<ReadyHistory>> = LazyLock::new(Arc::default);

/// What every policy of a pass is evaluated on, asked in the order of names.
pub(crate) struct Given<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) snapshot: &'a Snapshot,
    calendars: &'a Calendars,
    inputs: Walk<'a, InputKey, InputSettings>,
    windows: Walk<'a, InputKey, Arc<Window>>,
    bounds: Walk<'a, TargetName, TargetSettings>,
    seen: Walk<'a, TargetName, Seen>,
    past: Walk<'a, TargetName, TargetMemory>,
}

impl<'a> Given<'a> {
    /// `memory` has absorbed `snapshot`.
    pub(crate) fn of(settings: &'a Settings, memory: &'a Memory, snapshot: &'a Snapshot) -> Self {
        Self {
            memory,
            snapshot,
            calendars: &settings.calendars,
            inputs: Walk::through(&settings.inputs),
            windows: Walk::through(&memory.windows),
            bounds: Walk::through(&settings.targets),
            seen: Walk::through(&snapshot.targets),
            past: Walk::through(&memory.targets),
        }
    }
}

impl Context {
    /// What `policy` sees of a pass.
    pub(crate) fn new(
        policy: &Arc<Policy>,
        given: &mut Given<'_>,
        deadline: Option<Deadline>,
    ) -> Self {
        let (memory, snapshot) = (given.memory, given.snapshot);
        let input = |(name, key): &(Arc<str>, InputKey)| Input {
            name: Arc::clone(name),
            settings: given.inputs.get(key).cloned(),
            window: given.windows.get(key).cloned(),
            parts: given.memory.parts.get(key).cloned(),
            silence: memory.missing.get(key).cloned(),
        };
        let inputs: Vec<Input> = policy.inputs.iter().map(input).collect();
        let target = |(name, target): &(Arc<str>, TargetName)| Target::new(name, target, given);
        let targets = policy.targets.iter().map(target).collect();
        let state = memory.state.get(&policy.name);
        let mut own = policy.script.header().state.clone();
        for (name, value) in state.into_iter().flatten() {
            if let Some(slot) = own.get_mut(name) {
                *slot = value.clone();
            }
        }
        Self {
            wall: snapshot.at.wall,
            tick: memory.now,
            elapsed: memory.elapsed,
            hold_limit: hold_limit(&inputs),
            inputs,
            targets,
            calendars: given.calendars.clone(),
            holds: policy.holds.iter().map(|key| memory.holds.get(key).copied()).collect(),
            policy: Arc::clone(policy),
            state: own,
            deadline,
            rules: Vec::with_capacity(policy.holds.len()),
            compared: Vec::new(),
            facts: Vec::new(),
            opinions: Vec::new(),
            says: Vec::new(),
            substituted: false,
        }
    }
}

/// How long a hold may stand still for want of data: as long as the oldest sample may be.
fn hold_limit(inputs: &[Input]) -> Span {
    let ages = inputs.iter().filter_map(|input| input.settings.as_ref());
    ages.map(|input| input.max_age).max().unwrap_or(Span::from_secs(90))
}

impl Target {
    fn new(name: &Arc<str>, target: &TargetName, given: &mut Given<'_>) -> Self {
        let silence = || Seen::Nothing("its provider said nothing of it".to_owned());
        let any = || Range::new(0, u32::MAX).expect("zero is not above the largest number");
        let bounds = given.bounds.get(target);
        let range = bounds.map_or_else(any, TargetSettings::range);
        let past = given.past.get(target);
        Self {
            name: Arc::clone(name),
            seen: given.seen.get(target).cloned().unwrap_or_else(silence),
            range,
            in_flight: past.is_some_and(|past| past.open.is_some()),
            stuck: match (bounds, past) {
                (Some(TargetSettings::Job(job)), Some(past)) => past.is_stuck(job, given.memory),
                _ => false,
            },
            progress: progress(bounds, past, given.seen.get(target)),
            ready: past.map_or_else(|| Arc::clone(&NOTHING_READY), |past| Arc::clone(&past.ready)),
        }
    }

    /// Why nothing is known of the target, as an error.
    pub(crate) fn unseen(&self) -> Box<EvalAltResult> {
        let why = if let Seen::Nothing(why) = &self.seen { why } else { "it is of another kind" };
        missing(format!("{} is not observed: {why}", self.name))
    }
}

fn progress(
    bounds: Option<&TargetSettings>,
    past: Option<&TargetMemory>,
    seen: Option<&Seen>,
) -> Progress {
    let (Some(TargetSettings::Rollout(bounds)), Some(Seen::Rollout(rollout))) = (bounds, seen)
    else {
        return Progress::default();
    };
    let verdict = |past: &TargetMemory| {
        past.noticed.candidates.verdict(rollout.revision.as_deref()).is_some()
    };
    Progress { stages: bounds.stages.clone(), condemned: past.is_some_and(verdict) }
}

/// One side of a comparison, for the record.
pub(crate) fn term(of: &Reading, value: Quantity) -> setpoint_core::Term {
    setpoint_core::Term { label: of.label.clone(), value, of: of.of.clone() }
}
