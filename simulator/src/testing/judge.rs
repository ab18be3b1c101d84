//! Whether passes are as a test claims.
//!
//! Nothing that goes wrong is let pass in silence: a rule that fails, an action that the
//! check refuses, a failure that met nothing and an invariant that could never be asked
//! are findings, whatever else the test claims.

use super::{
    case::{Case, Expectation, Invariant, WantedAction, WantedNotice},
    expression::Value,
    fault::{At, Place},
    run::Finding,
    stage::{Side, World},
    trace::{Files, trace, verdict},
};
use setpoint_control::Pass;
use setpoint_core::{
    Action, Held, Memory, PolicyName, RuleReport, RuleVerdict, Scalar, Span, TargetName, Verdict,
};
use std::collections::{BTreeMap, BTreeSet};

/// The most findings of one test that are told: the first of them is what matters.
const MOST: usize = 20;

/// Looks at every pass of one test.
pub(super) struct Judge<'a> {
    case: &'a Case,
    files: Files,
    findings: Vec<Finding>,
    /// What became of each invariant so far.
    invariants: Vec<Record>,
    actions: u32,
    turns: BTreeMap<TargetName, Turns>,
    /// Rules whose failure is told already.
    failed: BTreeSet<String>,
}

/// What became of an invariant.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    /// Passes in which all its names had values.
    asked: u64,
    /// Where in the findings its first breach is, and how many there were.
    breach: Option<(usize, u64)>,
}

/// How often a target changed its direction.
#[derive(Clone, Copy, Debug, Default)]
struct Turns {
    grew: Option<bool>,
    turns: u32,
}

/// One pass, with what it left behind.
#[derive(Clone, Copy)]
struct Scene<'a> {
    now: Span,
    pass: &'a Pass,
    memory: &'a Memory,
    world: &'a World,
}

impl<'a> Judge<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        let file = |policy: &setpoint_policies::Policy| {
            (policy.name().as_str().to_owned(), policy.script().file().to_string())
        };
        Self {
            case,
            files: case.policies.policies().map(file).collect(),
            findings: Vec::new(),
            invariants: vec![Record::default(); case.claims.invariants.len()],
            actions: 0,
            turns: BTreeMap::new(),
            failed: BTreeSet::new(),
        }
    }

    /// Looks at pass `index`; `world` is as it stands after its actions.
    pub(super) fn pass(&mut self, index: u64, pass: &Pass, memory: &Memory, world: &World) {
        let case = self.case;
        let scene = Scene { now: world.now(), pass, memory, world };
        for expected in case.claims.expectations.iter().filter(|it| it.pass == index) {
            self.expect(expected, scene);
        }
        for (at, invariant) in case.claims.invariants.iter().enumerate() {
            self.invariant(at, invariant, scene);
        }
        self.count(scene);
        self.trouble(scene);
    }

    /// Looks back at the whole run.
    pub(super) fn end(mut self, world: &World) -> Vec<Finding> {
        for (record, invariant) in self.invariants.iter().zip(&self.case.claims.invariants) {
            if let Some((at, more)) = record.breach
                && more > 1
                && let Some(finding) = self.findings.get_mut(at)
            {
                let passes = if more == 2 { "pass" } else { "passes" };
                finding.got.push_str(&format!(", as in {} later {passes}", more - 1));
            }
            if record.asked == 0 {
                let claim = format!("{} `{}`", invariant.key(), invariant.text);
                let got = "a name in it had no value in any pass".to_owned();
                self.findings.push(whole(&invariant.place, claim, "an answer".to_owned(), got));
            }
        }
        for failing in world.unmet() {
            let (target, from) = (&failing.target, failing.from);
            let got = format!("nothing was asked of {target} from {from} to {}", failing.until);
            let expected = "an action that fails".to_owned();
            self.findings.push(whole(&failing.place, "fail".to_owned(), expected, got));
        }
        self.findings.truncate(MOST);
        self.findings
    }

    fn find(
        &mut self,
        place: &Place,
        scene: Scene<'_>,
        claim: String,
        expected: String,
        got: String,
    ) {
        let trace = trace(scene.pass, &self.files);
        let finding = whole(place, claim, expected, got);
        self.findings.push(Finding { at: Some(scene.now), trace, ..finding });
    }

    fn expect(&mut self, expected: &Expectation, scene: Scene<'_>) {
        if let Some(wanted) = &expected.actions {
            self.actions(wanted, scene);
        }
        if let Some(wanted) = &expected.notices {
            self.notices(wanted, scene);
        }
        self.rules(expected, scene);
        for (target, words) in &expected.held {
            self.held(target.as_ref(), words, scene);
        }
        for (target, At { value, place }) in &expected.sizes {
            let got = scene.world.size(target);
            if got != Some(*value) {
                let got = got.map_or_else(|| "nothing".to_owned(), |size| size.to_string());
                self.find(place, scene, format!("size of {target}"), value.to_string(), got);
            }
        }
        for (policy, name, At { value, place }) in &expected.state {
            let got = state(scene, policy, name, self.case);
            if got.as_ref() != Some(value) {
                let claim = format!("state.{name} of {policy}");
                let got = got.map_or_else(|| "nothing".to_owned(), |value| show(&value));
                self.find(place, scene, claim, show(value), got);
            }
        }
        for (words, failed, claim) in
            [(&expected.error, true, "error"), (&expected.skipped, false, "skipped")]
        {
            if let Some(words) = words {
                self.said(words, failed, claim, scene);
            }
        }
    }

    fn actions(&mut self, wanted: &At<Vec<WantedAction>>, scene: Scene<'_>) {
        let done: Vec<WantedAction> = scene.pass.plan.intents().map(WantedAction::of).collect();
        let met = |wanted: &WantedAction| done.iter().any(|done| wanted.is_met_by(done));
        if wanted.value.len() != done.len() || !wanted.value.iter().all(met) {
            let (expected, got) = (list(&wanted.value), list(&done));
            self.find(&wanted.place, scene, "actions".to_owned(), expected, got);
        }
    }

    fn notices(&mut self, wanted: &At<Vec<WantedNotice>>, scene: Scene<'_>) {
        let told: Vec<WantedNotice> =
            scene.pass.plan.notices.iter().map(WantedNotice::of).collect();
        let met = |wanted: &WantedNotice| told.iter().any(|told| wanted.is_met_by(told));
        if wanted.value.len() != told.len() || !wanted.value.iter().all(met) {
            let (expected, got) = (list(&wanted.value), list(&told));
            self.find(&wanted.place, scene, "notices".to_owned(), expected, got);
        }
    }

    /// Each rule fired; and where actions are expected too, one of the rules is behind each.
    fn rules(&mut self, expected: &Expectation, scene: Scene<'_>) {
        for wanted in &expected.rules {
            let reports = scene.reports().filter(|(policy, it)| wanted.value.is(policy, &it.rule));
            let told: Vec<String> = reports.map(|(_, report)| verdict(&report.verdict)).collect();
            if !told.iter().any(|told| told == "fired") {
                let claim = format!("rule \"{}\"", wanted.value);
                self.find(&wanted.place, scene, claim, "fired".to_owned(), told.join("; "));
            }
        }
        let acted = expected.actions.as_ref().is_some_and(|actions| !actions.value.is_empty());
        let (Some(first), true) = (expected.rules.first(), acted) else { return };
        for decision in &scene.pass.plan.decisions {
            let (Verdict::Act(intent), Some(want)) = (&decision.verdict, decision.cause()) else {
                continue;
            };
            if !expected.rules.iter().any(|rule| rule.value.is(&want.policy, &want.rule)) {
                let claim = format!("the rule behind `{}`", WantedAction::of(intent));
                let (expected, got) =
                    (format!("\"{}\"", first.value), format!("\"{}\"", want.rule));
                self.find(&first.place, scene, claim, expected, got);
            }
        }
    }

    fn held(&mut self, target: Option<&TargetName>, words: &At<String>, scene: Scene<'_>) {
        let decisions = scene.pass.plan.decisions.iter();
        let told: Vec<String> = decisions
            .filter(|decision| target.is_none_or(|target| *target == decision.target))
            .map(|decision| match &decision.verdict {
                Verdict::Held(held) => format!("held: {held}"),
                Verdict::Act(intent) => WantedAction::of(intent).to_string(),
            })
            .collect();
        let met =
            |told: &String| told.strip_prefix("held: ").is_some_and(|t| t.contains(&words.value));
        if !told.iter().any(met) {
            let claim = target.map_or_else(|| "held".to_owned(), |target| format!("{target} held"));
            self.find(&words.place, scene, claim, format!("\"{}\"", words.value), told.join("; "));
        }
    }

    /// Some rule failed, or was skipped, in these words.
    fn said(&mut self, words: &At<String>, failed: bool, claim: &str, scene: Scene<'_>) {
        let told: Vec<String> = scene
            .reports()
            .filter_map(|(_, report)| match &report.verdict {
                RuleVerdict::Failed { message } if failed => Some(message.clone()),
                RuleVerdict::Skipped { missing } if !failed => Some(missing.clone()),
                RuleVerdict::Failed { .. }
                | RuleVerdict::Skipped { .. }
                | RuleVerdict::Fired
                | RuleVerdict::Quiet
                | RuleVerdict::Pending { .. } => None,
            })
            .collect();
        if !told.iter().any(|told| told.contains(&words.value)) {
            let none = if failed { "no rule failed" } else { "no rule was skipped" };
            let got = if told.is_empty() { none.to_owned() } else { told.join("; ") };
            let expected = format!("\"{}\"", words.value);
            self.find(&words.place, scene, claim.to_owned(), expected, got);
        }
    }

    fn invariant(&mut self, at: usize, invariant: &Invariant, scene: Scene<'_>) {
        let look = |name: &str| scene.world.look(name, Side::Asked);
        let Some(Value::Truth(truth)) = invariant.expression.value(look) else { return };
        self.invariants[at].asked += 1;
        if truth == invariant.truth {
            return;
        }
        if let Some((_, count)) = &mut self.invariants[at].breach {
            *count += 1;
            return;
        }
        self.invariants[at].breach = Some((self.findings.len(), 1));
        let names: BTreeSet<&str> =
            invariant.expression.names().iter().map(|name| name.text.as_str()).collect();
        let values = names.into_iter().filter_map(|name| Some(format!("{name} = {}", look(name)?)));
        let values = values.collect::<Vec<_>>().join(", ");
        let (claim, got) =
            (format!("{} `{}`", invariant.key(), invariant.text), format!("{truth} with {values}"));
        let expected = format!("{} after every pass", invariant.truth);
        self.find(&invariant.place, scene, claim, expected, got);
    }

    /// Counts actions and turns, and says so where there are more than claimed.
    fn count(&mut self, scene: Scene<'_>) {
        let claims = &self.case.claims;
        for intent in scene.pass.plan.intents() {
            self.actions += 1;
            if let Some(most) = &claims.max_actions
                && self.actions == most.value.saturating_add(1)
            {
                let got = format!("one more: `{}`", WantedAction::of(intent));
                let claim = "max_actions".to_owned();
                self.find(&most.place, scene, claim, format!("{} at most", most.value), got);
            }
            // One in the place of another is neither more nor fewer.
            if matches!(intent.action, Action::Replace { .. }) {
                continue;
            }
            let turns = self.turns.entry(intent.target.clone()).or_default();
            let grows = grows(&intent.action);
            let turned = turns.grew.replace(grows).is_some_and(|grew| grew != grows);
            turns.turns += u32::from(turned);
            let count = turns.turns;
            if let Some(most) = &claims.max_direction_changes
                && turned
                && count == most.value.saturating_add(1)
            {
                let got = format!("one more: `{}`", WantedAction::of(intent));
                let claim = "max_direction_changes".to_owned();
                self.find(&most.place, scene, claim, format!("{} at most", most.value), got);
            }
        }
    }

    /// What goes wrong without anybody having claimed anything about it.
    fn trouble(&mut self, scene: Scene<'_>) {
        let case = self.case;
        for (_, report) in scene.reports() {
            let RuleVerdict::Failed { message } = &report.verdict else { continue };
            let mut errors = case.claims.expectations.iter().filter_map(|it| it.error.as_ref());
            let told = errors.any(|words| message.contains(&words.value));
            if !told && self.failed.insert(report.rule.to_string()) {
                let claim = format!("rule \"{}\"", report.rule);
                let expected = "no error that no `error` of the test expects".to_owned();
                self.find(&case.place, scene, claim, expected, format!("failed: {message}"));
            }
        }
        for decision in &scene.pass.plan.decisions {
            let Verdict::Held(Held::Refused(why)) = &decision.verdict else { continue };
            if self.failed.insert(format!("refused: {}", decision.target)) {
                let claim = format!("the check of {}", decision.target);
                let expected = "no objection".to_owned();
                self.find(&case.place, scene, claim, expected, why.clone());
            }
        }
    }
}

impl<'a> Scene<'a> {
    /// Every rule of every policy.
    fn reports(self) -> impl Iterator<Item = (&'a PolicyName, &'a RuleReport)> {
        let pass = self.pass;
        pass.evaluations.iter().flat_map(|said| said.rules.iter().map(|rule| (&said.policy, rule)))
    }
}

fn grows(action: &Action) -> bool {
    match action {
        Action::Set { from, to, .. } => to > from,
        Action::Resize { .. }
        | Action::Drain { .. }
        | Action::Retire { .. }
        | Action::Replace { .. }
        | Action::Return { .. }
        | Action::AddReplica { .. }
        | Action::RemoveReplica { .. }
        | Action::Start { .. }
        | Action::Grow { .. }
        | Action::Route { .. } => !action.shrinks(),
    }
}

/// A finding about the whole run.
fn whole(place: &Place, claim: String, expected: String, got: String) -> Finding {
    let (file, line_and_column) = (place.path().to_owned(), place.line_and_column());
    Finding { at: None, claim, expected, got, file, line_and_column, trace: String::new() }
}

/// `state` as it stands; its first value where no pass has kept one yet.
fn state(scene: Scene<'_>, policy: &PolicyName, name: &str, case: &Case) -> Option<Scalar> {
    let kept = scene.memory.state.get(policy).and_then(|state| state.get(name));
    let first = || {
        let own = case.policies.policies().find(|own| own.name() == policy)?;
        own.script().header().state.get(name).cloned()
    };
    kept.cloned().or_else(first)
}

fn show(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Quantity(value) => value.to_string(),
        Scalar::Text(value) => format!("\"{value}\""),
    }
}

fn list<T: std::fmt::Display>(all: &[T]) -> String {
    let quoted: Vec<String> = all.iter().map(|one| format!("\"{one}\"")).collect();
    format!("[{}]", quoted.join(", "))
}
