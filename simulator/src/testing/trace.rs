//! How the decisions of one pass came about, for a person with a failing test.

use setpoint_control::Pass;
use setpoint_core::{Decision, Evaluation, RuleReport, RuleVerdict, TargetName, Verdict};
use std::{collections::BTreeMap, fmt::Write as _};

/// The file of each policy, by its name.
pub(super) type Files = BTreeMap<String, String>;

/// Everything about one pass: each target with its rules, wants, guards and verdict.
pub(super) fn trace(pass: &Pass, files: &Files) -> String {
    let mut trace = Trace { text: String::new(), files };
    for decision in &pass.plan.decisions {
        trace.decision(decision, &pass.evaluations);
    }
    trace.text
}

struct Trace<'a> {
    text: String,
    files: &'a Files,
}

impl Trace<'_> {
    fn line(&mut self, what: &str, rest: &str) {
        writeln!(self.text, "{what:<9} {rest}").expect("a string takes text");
    }

    fn decision(&mut self, decision: &Decision, evaluations: &[Evaluation]) {
        let seen = if decision.seen.is_empty() { "nothing" } else { &decision.seen };
        self.line(decision.target.as_str(), seen);
        for evaluation in evaluations {
            for report in &evaluation.rules {
                if names(report, &decision.target) {
                    self.rule(evaluation.policy.as_str(), report);
                }
            }
        }
        for want in &decision.wants {
            let place = self.place(want.policy.as_str(), want.rule.as_str(), want.line);
            self.line("  wants", &format!("{}, {place}: {}", want.size, want.ask));
            if let Some(because) = &want.because {
                self.line("", &format!("because {because}"));
            }
        }
        for said in &decision.guards {
            let guard = said.guard.to_string();
            self.line("  guard", &format!("{guard:16} {:>5}   {}", said.size, said.note));
        }
        match &decision.verdict {
            Verdict::Held(held) => self.line("  held", &held.to_string()),
            Verdict::Act(intent) => self.line("  action", &intent.action.to_string()),
        }
    }

    fn rule(&mut self, policy: &str, report: &RuleReport) {
        let place = self.place(policy, report.rule.as_str(), report.line);
        self.line("", &format!("{place} {}", verdict(&report.verdict)));
        for comparison in &report.compared {
            self.line("", &format!("  line {}: {comparison}", comparison.line));
        }
        for fact in &report.facts {
            self.line("", &format!("  line {}: {}", fact.line, fact.text));
        }
    }

    fn place(&self, policy: &str, rule: &str, line: u32) -> String {
        let file = self.files.get(policy).map_or(policy, String::as_str);
        format!("rule \"{rule}\" ({file}:{line})")
    }
}

fn names(report: &RuleReport, target: &TargetName) -> bool {
    report.names.contains(target)
}

/// What became of a rule, as the end of a sentence.
pub(super) fn verdict(verdict: &RuleVerdict) -> String {
    match verdict {
        RuleVerdict::Fired => "fired".to_owned(),
        RuleVerdict::Quiet => "did not fire".to_owned(),
        RuleVerdict::Pending { held, needs } => {
            format!("is true for {held}, it must be for {needs}")
        }
        RuleVerdict::Skipped { missing } => format!("was skipped: {missing}"),
        RuleVerdict::Failed { message } => format!("failed: {message}"),
    }
}
