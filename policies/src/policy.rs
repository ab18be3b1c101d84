//! Scripts bound to targets and parameters, and their evaluation.

use crate::{
    check::check_with,
    engine::{Context, Given, Watchdog, abandon, message, within},
    fault::Fault,
    header::{Header, ParamValue},
    script::Script,
};
use rhai::EvalAltResult;
use setpoint_core::{
    BoundPolicy, Contact, Evaluation, HoldKey, InputKey, Memory, POLICY_TRIPS, PolicyName, Program,
    RuleReport, RuleVerdict, Settings, Snapshot, Span, TargetName,
};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// A script bound to the targets and parameters of one place.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) name: PolicyName,
    pub(crate) script: Arc<Script>,
    /// Inputs in the order of their names, with the keys of their windows.
    pub(crate) inputs: Vec<(Arc<str>, InputKey)>,
    /// Targets in the order of the header's names, with what they are here.
    pub(crate) targets: Vec<(Arc<str>, TargetName)>,
    /// All of them, shared by all that the script is bound to with the same.
    pub(crate) params: Arc<BTreeMap<String, ParamValue>>,
    /// For every rule, its hold timer and the targets it names.
    pub(crate) holds: Vec<HoldKey>,
    pub(crate) names: Vec<Arc<[TargetName]>>,
}

impl Policy {
    /// Binds `script`: `targets` by the header's names, `params` in place of its defaults.
    ///
    /// Fails with everything that is not bound, that the header does not declare, or that
    /// is wrong with the script when its parameters are these.
    pub fn bind(
        script: Arc<Script>,
        name: PolicyName,
        targets: &BTreeMap<String, TargetName>,
        params: BTreeMap<String, ParamValue>,
    ) -> Result<Self, Vec<String>> {
        let settled = settled(&script, params);
        let mut wrong = unbound(script.header(), targets);
        match settled {
            Ok(params) if wrong.is_empty() => Ok(Self::place(script, name, targets, params)),
            Ok(_) => Err(wrong),
            Err(others) => {
                wrong.extend(others);
                Err(wrong)
            }
        }
    }

    /// Binds what was found to fit together.
    fn place(
        script: Arc<Script>,
        name: PolicyName,
        targets: &BTreeMap<String, TargetName>,
        params: Arc<BTreeMap<String, ParamValue>>,
    ) -> Self {
        let header = script.header();
        let targets = header.targets.keys().filter_map(|own| {
            targets.get(own).map(|target| (Arc::from(own.as_str()), target.clone()))
        });
        let targets: Vec<(Arc<str>, TargetName)> = targets.collect();
        let inputs = header.inputs.keys();
        let inputs =
            inputs.map(|own| (Arc::from(own.as_str()), InputKey::of(&name, own))).collect();
        let holds = script
            .rules()
            .iter()
            .map(|rule| HoldKey::new(format!("{name}/{}#{:016x}", rule.name, rule.hash)));
        let names = script.rules().iter().map(|rule| {
            let named =
                |(own, _): &&(Arc<str>, TargetName)| rule.targets.iter().any(|t| **t == **own);
            targets.iter().filter(named).map(|(_, target)| target.clone()).collect()
        });
        let (holds, names) = (holds.collect(), names.collect());
        Self { name, inputs, targets, params, holds, names, script }
    }

    /// Parses and binds again what a journal kept.
    pub fn from_bound(bound: &BoundPolicy) -> Result<Self, Vec<String>> {
        Known::default().policy(bound)
    }

    /// The policy's name.
    pub const fn name(&self) -> &PolicyName {
        &self.name
    }

    /// Its script.
    pub const fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// Its inputs, by their names in the script, with the keys of their windows.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &InputKey)> {
        self.inputs.iter().map(|(name, key)| (&**name, key))
    }
}

/// What is wrong with `targets` for a policy with this header.
fn unbound(header: &Header, targets: &BTreeMap<String, TargetName>) -> Vec<String> {
    let missing = header.targets.keys().filter(|own| !targets.contains_key(*own));
    let unknown = targets.keys().filter(|other| !header.targets.contains_key(*other));
    let missing = missing.map(|own| format!("the target '{own}' is not bound"));
    missing.chain(unknown.map(|it| format!("the policy declares no target '{it}'"))).collect()
}

/// All the parameters of `script` where `given` replace its defaults.
///
/// Fails with everything that the header does not declare, or that is wrong with the script
/// when its parameters are these.
fn settled(
    script: &Script,
    given: BTreeMap<String, ParamValue>,
) -> Result<Arc<BTreeMap<String, ParamValue>>, Vec<String>> {
    let header = script.header();
    let mut wrong = Vec::new();
    for (param, value) in &given {
        match header.params.get(param) {
            None => wrong.push(format!("the policy declares no parameter '{param}'")),
            Some(own) if own.kind() != value.kind() => {
                wrong.push(format!("the parameter '{param}' is not {}", own.kind()));
            }
            Some(_) => {}
        }
    }
    if wrong.is_empty() && !given.is_empty() {
        let faults = check_with(script.file(), script.source(), &given).err();
        wrong.extend(
            faults.iter().flatten().filter(|fault| fault.is_error()).map(|fault| {
                format!("with these parameters, line {}: {}", fault.line, fault.message)
            }),
        );
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut all = header.params.clone();
    all.extend(given);
    Ok(Arc::new(all))
}

/// What a journal's policies have in common: a script with its parameters is checked once,
/// however many groups of a fleet it is bound to.
#[derive(Default)]
struct Known<'a> {
    scripts: BTreeMap<(&'a str, &'a str), Arc<Script>>,
    params: BTreeMap<Written<'a>, Arc<BTreeMap<String, ParamValue>>>,
}

/// A file, its text, and parameters as they are written.
type Written<'a> = ((&'a str, &'a str), &'a BTreeMap<String, String>);

impl<'a> Known<'a> {
    fn policy(&mut self, bound: &'a BoundPolicy) -> Result<Policy, Vec<String>> {
        let script = self.script(bound)?;
        let params = self.params(&script, bound)?;
        let wrong = unbound(script.header(), &bound.targets);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Policy::place(script, bound.name.clone(), &bound.targets, params))
    }

    fn script(&mut self, bound: &'a BoundPolicy) -> Result<Arc<Script>, Vec<String>> {
        let key = (&*bound.file, &*bound.source);
        if let Some(script) = self.scripts.get(&key) {
            return Ok(Arc::clone(script));
        }
        let lines = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        let script = Arc::new(Script::parse(&bound.file, &bound.source).map_err(lines)?);
        self.scripts.insert(key, Arc::clone(&script));
        Ok(script)
    }

    fn params(
        &mut self,
        script: &Script,
        bound: &'a BoundPolicy,
    ) -> Result<Arc<BTreeMap<String, ParamValue>>, Vec<String>> {
        let key = ((&*bound.file, &*bound.source), &bound.params);
        if let Some(params) = self.params.get(&key) {
            return Ok(Arc::clone(params));
        }
        let (mut wrong, mut given) = (Vec::new(), BTreeMap::new());
        for (name, text) in &bound.params {
            match script.header().params.get(name).map(|own| own.parse_like(text)) {
                Some(Ok(value)) => drop(given.insert(name.clone(), value)),
                Some(Err(why)) => wrong.push(why),
                None => wrong.push(format!("the policy declares no parameter '{name}'")),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let params = settled(script, given)?;
        self.params.insert(key, Arc::clone(&params));
        Ok(params)
    }
}

/// All policies at work.
#[derive(Clone)]
pub struct Policies {
    list: Vec<Arc<Policy>>,
    watchdog: Option<Watchdog>,
}

/// What is said of a policy that ran out of time, then and whenever its pass is made again.
const OUT_OF_TIME: &str = "it ran out of time when this pass was made";

/// The scripts that ran out of time in this pass, with how often. A script that is bound to a
/// thousand groups would otherwise take the time of a thousand.
#[derive(Default)]
struct Trips<'a>(BTreeMap<&'a str, u32>);

impl<'a> Trips<'a> {
    fn count(&mut self, policy: &'a Policy) {
        *self.0.entry(policy.script.source()).or_default() += 1;
    }

    fn are_over(&self, policy: &Policy) -> bool {
        self.0.get(&**policy.script.source()).is_some_and(|trips| *trips >= POLICY_TRIPS)
    }
}

impl Policies {
    /// These policies, in the order of their names.
    pub fn new(policies: Vec<Policy>) -> Self {
        let mut list: Vec<_> = policies.into_iter().map(Arc::new).collect();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        Self { list, watchdog: None }
    }

    /// The policies that a journal kept.
    pub fn from_program(program: &Program) -> Result<Self, Vec<String>> {
        let mut known = Known::default();
        let policies: Result<Vec<Policy>, _> =
            program.policies.iter().map(|bound| known.policy(bound)).collect();
        Ok(Self::new(policies?))
    }

    /// Under a host's clock, asked every few operations: a policy that takes longer than
    /// `limit` fails, and its evaluation says so. The host records that as a fact, for
    /// replay to obey.
    #[must_use]
    pub fn watched_by(self, clock: impl Fn() -> Span + Send + Sync + 'static, limit: Span) -> Self {
        Self { watchdog: Some(Watchdog { clock: Arc::new(clock), limit }), ..self }
    }

    /// The policies, in the order of their names.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.list.iter().map(|policy| &**policy)
    }

    /// What every policy makes of a pass. `memory` has absorbed `snapshot`.
    ///
    /// Equal arguments give equal answers. Needs 2 MiB of stack.
    pub fn evaluate(
        &self,
        settings: &Settings,
        memory: &Memory,
        snapshot: &Snapshot,
    ) -> Vec<Evaluation> {
        let mut given = Given::of(settings, memory, snapshot);
        let mut trips = Trips::default();
        let mut evaluations = Vec::with_capacity(self.list.len());
        for policy in &self.list {
            if snapshot.tripped.contains(&policy.name) || trips.are_over(policy) {
                evaluations.push(policy.out_of_time());
                continue;
            }
            let deadline = self.watchdog.as_ref().map(Watchdog::start);
            let evaluation = policy.evaluate(Context::new(policy, &mut given, deadline));
            if evaluation.out_of_time {
                trips.count(policy);
            }
            evaluations.push(evaluation);
        }
        evaluations
    }
}

impl Policy {
    /// Runs the script. Whatever goes wrong stays within this policy.
    fn evaluate(&self, context: Context) -> Evaluation {
        let run = || within(context, || self.script.run());
        let ended = catch_unwind(AssertUnwindSafe(run));
        let Ok((result, Some(context))) = ended else {
            abandon();
            return self.failed("the policy engine panicked");
        };
        let mut context = context;
        if let Err(error) = result {
            context.fail_rest(&error);
        }
        if context.deadline.is_some_and(|deadline| deadline.is_over) {
            return self.out_of_time();
        }
        let Context { rules, state, .. } = context;
        let (policy, contact) = (self.name.clone(), self.contact());
        let evaluation = Evaluation { policy, contact, rules, state, out_of_time: false };
        if evaluation.failed() {
            return Evaluation { state: BTreeMap::new(), ..evaluation };
        }
        evaluation
    }

    /// What is said of it when it ran out of time: the same then and in a replay, however far
    /// it came.
    fn out_of_time(&self) -> Evaluation {
        Evaluation { out_of_time: true, ..self.failed(OUT_OF_TIME) }
    }

    /// An evaluation in which every rule failed.
    fn failed(&self, message: &str) -> Evaluation {
        let rules = self.script.rules().iter().zip(&self.names).map(|(rule, names)| RuleReport {
            rule: rule.name.clone(),
            line: rule.line,
            names: Arc::clone(names),
            verdict: RuleVerdict::Failed { message: message.to_owned() },
            compared: Vec::new(),
            facts: Vec::new(),
            opinions: Vec::new(),
            says: Vec::new(),
            hold: None,
        });
        let (policy, rules, state) = (self.name.clone(), rules.collect(), BTreeMap::new());
        Evaluation { policy, contact: self.contact(), rules, state, out_of_time: false }
    }

    fn contact(&self) -> Arc<Contact> {
        Arc::clone(self.script.contact())
    }
}

impl Context {
    /// An error outside every rule fails the rules that have not run.
    fn fail_rest(&mut self, error: &EvalAltResult) {
        self.compared.clear();
        self.facts.clear();
        self.opinions.clear();
        self.says.clear();
        while self.rules.len() < self.policy.holds.len() {
            self.report(RuleVerdict::Failed { message: message(error) }, None);
        }
    }
}
