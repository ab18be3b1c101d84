//! One test, run: the real control loop in the small world of the test.

use super::{case::Case, judge::Judge, stage::Stage};
use setpoint_control::{Act, ControlLoop, Evaluator, Nobody, Nowhere, Pass, Past, Ports};
use setpoint_core::{Memory, PolicyName, RuleName, RuleVerdict, Settings, Snapshot, Span};
use std::{collections::BTreeSet, sync::Arc};

/// How a test ended.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    /// Passes made.
    pub(super) passes: u64,
    /// What was not as claimed; empty if the test passed.
    pub(super) findings: Vec<Finding>,
    /// Every rule that fired in any pass.
    pub(super) fired: BTreeSet<(PolicyName, RuleName)>,
}

/// Something that was not as claimed.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The time since the first pass; none if it is about the whole run.
    pub at: Option<Span>,
    /// The claim: "actions", "always `fleet >= 10`".
    pub claim: String,
    /// What was claimed.
    pub expected: String,
    /// What came of it.
    pub got: String,
    /// The file of the claim.
    pub file: String,
    /// Line and column of the claim, from 1.
    pub line_and_column: (usize, usize),
    /// How the decisions of that pass came about.
    pub trace: String,
}

/// Runs `case`. Needs the stack that policies need, 2 MiB.
pub(super) fn run(case: &Case) -> Ran {
    let stage = Stage::new(&case.model, case.start, case.settings.every);
    let past = Past { memory: case.memory.clone(), ..Past::default() };
    let mut agent = ControlLoop::new(case.settings.clone(), ports(case, &stage), past);
    let mut judge = Judge::new(case);
    let mut fired = BTreeSet::new();
    for index in 0..=case.last {
        stage.world().turn_to(index);
        let pass = futures::executor::block_on(agent.pass());
        note_fired(&mut fired, &pass);
        judge.pass(index, &pass, agent.memory(), &stage.world());
    }
    let findings = judge.end(&stage.world());
    Ran { passes: case.last + 1, findings, fired }
}

fn ports(case: &Case, stage: &Stage) -> Ports {
    let hands: Arc<dyn Act> = Arc::new(stage.clone());
    let policies = case.policies.clone();
    let evaluator: Box<dyn Evaluator> =
        Box::new(move |settings: &Settings, memory: &Memory, snapshot: &Snapshot| {
            policies.evaluate(settings, memory, snapshot)
        });
    let targets = case.model.targets.keys();
    Ports {
        clock: Box::new(stage.clone()),
        sources: vec![Box::new(stage.clone())],
        eyes: vec![Box::new(stage.clone())],
        hands: targets.map(|name| (name.clone(), Arc::clone(&hands))).collect(),
        evaluator,
        journal: Box::new(Nowhere),
        commands: Box::new(Nobody),
    }
}

fn note_fired(fired: &mut BTreeSet<(PolicyName, RuleName)>, pass: &Pass) {
    for evaluation in &pass.evaluations {
        for report in &evaluation.rules {
            if report.verdict == RuleVerdict::Fired {
                fired.insert((evaluation.policy.clone(), report.rule.clone()));
            }
        }
    }
}
