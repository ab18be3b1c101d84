//! A decision as people read it later: with the rules that led to it.

use serde::{Deserialize, Serialize};
use setpoint_control::Pass;
use setpoint_core::{
    Decision, Guard, Held, PolicyName, RuleReport, RuleVerdict, ShadowDecision, TargetName, Verdict,
};
use std::collections::BTreeMap;

/// A decision and every rule that names its target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The decision.
    pub decision: Decision,
    /// The rules that name the target, whether or not they fired.
    pub rules: Vec<NamedRule>,
    /// What the policies would do about it that are being tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadows: Vec<ShadowDecision>,
}

/// A rule's report with its policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedRule {
    /// The policy.
    pub policy: PolicyName,
    /// The rule.
    pub report: RuleReport,
}

/// The same, lent by the pass in which it was decided, to be written.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Deciding<'a> {
    pub(crate) decision: &'a Decision,
    rules: Vec<Ruling<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shadows: Vec<&'a ShadowDecision>,
}

#[derive(Clone, Debug, Serialize)]
struct Ruling<'a> {
    policy: &'a PolicyName,
    report: &'a RuleReport,
}

impl<'a> Deciding<'a> {
    /// One for every decision of `pass`.
    pub(crate) fn of(pass: &'a Pass) -> impl Iterator<Item = Self> {
        let mut rules: BTreeMap<&TargetName, Vec<Ruling<'a>>> = BTreeMap::new();
        for evaluation in &pass.evaluations {
            for report in &evaluation.rules {
                for target in report.names.iter() {
                    let ruling = Ruling { policy: &evaluation.policy, report };
                    rules.entry(target).or_default().push(ruling);
                }
            }
        }
        let decisions = pass.plan.decisions.iter();
        let mut shadows: BTreeMap<&TargetName, Vec<&'a ShadowDecision>> = BTreeMap::new();
        for shadow in &pass.plan.shadows {
            shadows.entry(&shadow.decision.target).or_default().push(shadow);
        }
        decisions.map(move |decision| {
            let rules = rules.remove(&decision.target).unwrap_or_default();
            let shadows = shadows.remove(&decision.target).unwrap_or_default();
            Self { decision, rules, shadows }
        })
    }

    /// Whether something is done.
    pub(crate) const fn is_action(&self) -> bool {
        matches!(self.decision.verdict, Verdict::Act(_))
    }

    /// What makes two decisions the same to a reader: how they ended and which rules
    /// led there, without the numbers. An action is like no other.
    pub(crate) fn shape(&self) -> String {
        let rules = self.rules.iter().map(|rule| {
            let verdict = match rule.report.verdict {
                RuleVerdict::Fired => "fired",
                RuleVerdict::Quiet => "quiet",
                RuleVerdict::Pending { .. } => "pending",
                RuleVerdict::Skipped { .. } => "skipped",
                RuleVerdict::Failed { .. } => "failed",
            };
            format!("; {}/{} {verdict}", rule.policy, rule.report.rule)
        });
        let shadows = self.shadows.iter();
        let shadows = shadows.map(|it| format!("; shadow {} {}", it.policy, outcome(&it.decision)));
        outcome(self.decision) + &rules.chain(shadows).collect::<String>()
    }
}

/// How a decision ended, without the numbers.
fn outcome(decision: &Decision) -> String {
    match &decision.verdict {
        Verdict::Act(intent) => format!("act {}", intent.id),
        // A load that wavers about its goal is a hair off it at one pass and on it at the next.
        Verdict::Held(Held::AsWanted | Held::Guard(Guard::DeadBand, _)) => "as wanted".to_owned(),
        Verdict::Held(Held::Guard(guard, _)) => format!("held {guard}"),
        Verdict::Held(Held::NotObserved(_)) => "not observed".to_owned(),
        Verdict::Held(Held::EmptyRange(_)) => "empty range".to_owned(),
        Verdict::Held(Held::NoOpinion) => "no opinion".to_owned(),
        Verdict::Held(Held::Released(_)) => "released".to_owned(),
        Verdict::Held(Held::Refused(_)) => "refused".to_owned(),
    }
}
