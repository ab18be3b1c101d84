//! Scripts bound to targets and parameters, and their evaluation.

use crate::{
    check::check_with,
    engine::{Context, ENGINE, Given, Watchdog, abandon, message, within},
    fault::Fault,
    header::ParamValue,
    script::{Script, scope},
};
use rhai::{EvalAltResult, Scope};
use setpoint_core::{
    BoundPolicy, Evaluation, HoldKey, InputKey, Memory, PolicyName, Program, RuleReport,
    RuleVerdict, Settings, Snapshot, TargetName,
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
    pub(crate) params: BTreeMap<String, ParamValue>,
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
        let header = script.header();
        let mut wrong = Vec::new();
        for own in header.targets.keys().filter(|own| !targets.contains_key(*own)) {
            wrong.push(format!("the target '{own}' is not bound"));
        }
        for other in targets.keys().filter(|other| !header.targets.contains_key(*other)) {
            wrong.push(format!("the policy declares no target '{other}'"));
        }
        for (param, value) in &params {
            match header.params.get(param) {
                None => wrong.push(format!("the policy declares no parameter '{param}'")),
                Some(own) if own.kind() != value.kind() => {
                    wrong.push(format!("the parameter '{param}' is not {}", own.kind()));
                }
                Some(_) => {}
            }
        }
        if wrong.is_empty() && !params.is_empty() {
            let faults = check_with(script.file(), script.source(), &params).err();
            wrong.extend(faults.iter().flatten().filter(|fault| fault.is_error()).map(|fault| {
                format!("with these parameters, line {}: {}", fault.line, fault.message)
            }));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let targets = header.targets.keys().filter_map(|own| {
            targets.get(own).map(|target| (Arc::from(own.as_str()), target.clone()))
        });
        let targets: Vec<(Arc<str>, TargetName)> = targets.collect();
        let inputs = header.inputs.keys();
        let inputs =
            inputs.map(|own| (Arc::from(own.as_str()), InputKey::of(&name, own))).collect();
        let mut all = header.params.clone();
        all.extend(params);
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
        Ok(Self { name, inputs, targets, params: all, holds, names, script })
    }

    /// Parses and binds again what a journal kept.
    pub fn from_bound(bound: &BoundPolicy) -> Result<Self, Vec<String>> {
        let lines = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        let script = Script::parse(&bound.file, &bound.source).map_err(lines)?;
        let mut wrong = Vec::new();
        let mut params = BTreeMap::new();
        for (name, text) in &bound.params {
            match script.header().params.get(name).map(|own| own.parse_like(text)) {
                Some(Ok(value)) => drop(params.insert(name.clone(), value)),
                Some(Err(why)) => wrong.push(why),
                None => wrong.push(format!("the policy declares no parameter '{name}'")),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Self::bind(Arc::new(script), bound.name.clone(), &bound.targets, params)
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

/// All policies at work.
#[derive(Clone)]
pub struct Policies {
    list: Vec<(Arc<Policy>, Scope<'static>)>,
    watchdog: Option<Watchdog>,
}

impl Policies {
    /// These policies, in the order of their names.
    pub fn new(policies: Vec<Policy>) -> Self {
        let ready = |policy: Policy| {
            let scope = scope(policy.script.header());
            (Arc::new(policy), scope)
        };
        let mut list: Vec<_> = policies.into_iter().map(ready).collect();
        list.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Self { list, watchdog: None }
    }

    /// The policies that a journal kept.
    pub fn from_program(program: &Program) -> Result<Self, Vec<String>> {
        let policies: Result<Vec<Policy>, _> =
            program.policies.iter().map(Policy::from_bound).collect();
        Ok(Self::new(policies?))
    }

    /// With a host's "out of time", asked every few operations. A policy that trips
    /// it fails; the host records that as a fact, for replay to obey.
    #[must_use]
    pub fn with_watchdog(self, watchdog: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { watchdog: Some(Arc::new(watchdog)), ..self }
    }

    /// The policies, in the order of their names.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.list.iter().map(|(policy, _)| &**policy)
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
        let one = |(policy, scope): &(Arc<Policy>, Scope<'static>)| {
            if snapshot.tripped.contains(&policy.name) {
                return policy.failed("ran out of time when this pass was made");
            }
            let watchdog = self.watchdog.clone();
            policy.evaluate(scope, Context::new(policy, &mut given, watchdog))
        };
        self.list.iter().map(one).collect()
    }
}

impl Policy {
    /// Runs the script. Whatever goes wrong stays within this policy.
    fn evaluate(&self, scope: &Scope<'static>, context: Context) -> Evaluation {
        let program = self.script.program();
        let run = || within(context, || ENGINE.run_ast_with_scope(&mut scope.clone(), program));
        let ended = catch_unwind(AssertUnwindSafe(run));
        let Ok((result, Some(context))) = ended else {
            abandon();
            return self.failed("the policy engine panicked");
        };
        let mut context = context;
        if let Err(error) = result {
            context.fail_rest(&error);
        }
        let Context { rules, state, .. } = context;
        let evaluation = Evaluation { policy: self.name.clone(), rules, state };
        if evaluation.failed() {
            return Evaluation { state: BTreeMap::new(), ..evaluation };
        }
        evaluation
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
            hold: None,
        });
        Evaluation { policy: self.name.clone(), rules: rules.collect(), state: BTreeMap::new() }
    }
}

impl Context {
    /// An error outside every rule fails the rules that have not run.
    fn fail_rest(&mut self, error: &EvalAltResult) {
        self.compared.clear();
        self.facts.clear();
        self.opinions.clear();
        while self.rules.len() < self.policy.holds.len() {
            self.report(RuleVerdict::Failed { message: message(error) }, None);
        }
    }
}
