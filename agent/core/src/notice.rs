//! What people are told: pages, tickets and remarks.
//!
//! A rule that fires may say something to people besides what it asks of targets, and a guard
//! or the check may find that a person must look. Each is a *notice* with a key. It is raised
//! once, stays open for as long as what called for it goes on, and is resolved when that ends:
//! a rule that stays fired pages once, and again only after it was quiet. A pass that could not
//! tell ends nothing.
//!
//! Which notices are open is part of [`Memory`], so it survives a restart and a replay raises
//! the same ones in the same passes. Sending them is no affair of the core.

use crate::{
    Decision, Evaluation, Held, Memory, Objection, Plan, PolicyName, RuleName, RuleVerdict,
    Settings, TargetName, Tick, Verdict,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// How urgently people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It is worth knowing.
    Say,
    /// Somebody must look, in working hours.
    Ticket,
    /// Somebody must look now.
    Page,
}

impl NoticeKind {
    /// Every kind with its word in policies, the least urgent first.
    pub const NAMES: [(&'static str, Self); 3] =
        [("say", Self::Say), ("ticket", Self::Ticket), ("page", Self::Page)];

    /// Its word in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Say => "say",
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a rule says to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// How urgently.
    pub kind: NoticeKind,
    /// In the author's words.
    pub text: String,
    /// The line of the script.
    pub line: u32,
}

/// Who answers for a policy, and where to read on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where to read on when it calls a person.
    pub runbook: Option<String>,
}

impl Contact {
    /// Whether neither is told.
    pub const fn is_nobody(&self) -> bool {
        self.owner.is_none() && self.runbook.is_none()
    }
}

/// Whether a notice begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeChange {
    /// What calls for it has begun.
    Raised,
    /// What called for it is over.
    Resolved,
}

/// Something people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What tells it from every other: told twice under one key, it is one thing.
    pub key: String,
    /// How urgently.
    pub kind: NoticeKind,
    /// Whether it begins or ends.
    pub change: NoticeChange,
    /// What, as it was when it was raised.
    pub text: String,
    /// The policy it comes of, where one can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyName>,
    /// The rule it comes of, where one can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// The target it is about, if a guard or the check calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetName>,
    /// Who answers for the policy.
    #[serde(default)]
    pub contact: Contact,
}

/// `page cpu/slow: players wait`, `resolved: page …`.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.change == NoticeChange::Resolved {
            f.write_str("resolved: ")?;
        }
        write!(f, "{} ", self.kind)?;
        match (&self.policy, &self.rule, &self.target) {
            (_, _, Some(target)) => write!(f, "{target}")?,
            (Some(policy), Some(rule), None) => write!(f, "{policy}/{rule}")?,
            _ => f.write_str(&self.key)?,
        }
        write!(f, ": {}", self.text)
    }
}

/// A notice that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenNotice {
    /// When it was raised.
    pub since: Tick,
    /// The notice.
    pub notice: Notice,
}

/// What people are to be told of a pass: what begins, and what is over, in the order of keys.
///
/// `plan` is the one that was checked, and `objections` are what the check said of it. Policies
/// that are being tried tell nobody.
pub fn notices(
    settings: &Settings,
    memory: &Memory,
    evaluations: &[Evaluation],
    (plan, objections): (&Plan, &[Objection]),
) -> Vec<Notice> {
    let acting: Vec<&Evaluation> =
        evaluations.iter().filter(|it| !settings.shadows.contains_key(&it.policy)).collect();
    let mut called: BTreeMap<String, Notice> = BTreeMap::new();
    said(&acting, &mut called);
    found((plan, objections), &acting, &mut called);
    let goes_on = |open: &Notice| called.contains_key(&open.key) || untold(open, &acting, plan);
    let over = memory.notices.values().map(|open| &open.notice).filter(|open| !goes_on(open));
    let over = over.map(|open| Notice { change: NoticeChange::Resolved, ..open.clone() });
    let over: Vec<Notice> = over.collect();
    let begins = called.into_values().filter(|it| !memory.notices.contains_key(&it.key));
    let mut all: Vec<Notice> = over.into_iter().chain(begins).collect();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

/// What fired rules say. Two of one kind in one rule are told apart by their order.
fn said(acting: &[&Evaluation], called: &mut BTreeMap<String, Notice>) {
    for evaluation in acting {
        for report in &evaluation.rules {
            let mut so_far: BTreeMap<NoticeKind, u32> = BTreeMap::new();
            for Saying { kind, text, .. } in &report.says {
                let count = so_far.entry(*kind).or_default();
                *count += 1;
                let (policy, rule) = (&evaluation.policy, &report.rule);
                let own = format!("{policy}/{rule}/{kind}");
                let key = if *count == 1 { own } else { format!("{own}#{count}") };
                let notice = Notice {
                    key: key.clone(),
                    kind: *kind,
                    change: NoticeChange::Raised,
                    text: text.clone(),
                    policy: Some(policy.clone()),
                    rule: Some(rule.clone()),
                    target: None,
                    contact: (*evaluation.contact).clone(),
                };
                called.insert(key, notice);
            }
        }
    }
}

/// What guards and the check want a person to look at.
fn found(
    (plan, objections): (&Plan, &[Objection]),
    acting: &[&Evaluation],
    called: &mut BTreeMap<String, Notice>,
) {
    for decision in &plan.decisions {
        let target = &decision.target;
        let objection = objections.iter().find(|objection| objection.target == *target);
        let refused = objection.map(|it| format!("the check refuses an action: {}", it.why));
        for (what, text) in [("guard", decision.page.clone()), ("check", refused)] {
            let Some(text) = text else { continue };
            let key = format!("{target}/{what}");
            let cause = decision.cause();
            let notice = Notice {
                key: key.clone(),
                kind: NoticeKind::Page,
                change: NoticeChange::Raised,
                text,
                policy: cause.map(|want| want.policy.clone()),
                rule: cause.map(|want| want.rule.clone()),
                target: Some(target.clone()),
                contact: answerable(decision, acting),
            };
            called.insert(key, notice);
        }
    }
}

/// Who answers for a decision: for the policy whose rule it came of, or else for another that
/// wanted something of the target.
fn answerable(decision: &Decision, acting: &[&Evaluation]) -> Contact {
    let wants = decision.cause().into_iter().chain(&decision.wants);
    let own = wants.filter_map(|want| acting.iter().find(|own| own.policy == want.policy));
    let contacts = own.map(|evaluation| &*evaluation.contact);
    contacts.into_iter().find(|contact| !contact.is_nobody()).cloned().unwrap_or_default()
}

/// Whether this pass cannot tell if what called for an open notice is over.
fn untold(open: &Notice, acting: &[&Evaluation], plan: &Plan) -> bool {
    if let Some(target) = &open.target {
        let decision = plan.decisions.iter().find(|decision| decision.target == *target);
        return decision.is_some_and(|decision| {
            matches!(decision.verdict, Verdict::Held(Held::NotObserved(_)))
        });
    }
    let (Some(policy), Some(rule)) = (&open.policy, &open.rule) else { return false };
    let own = acting.iter().filter(|evaluation| evaluation.policy == *policy);
    let mut reports = own.flat_map(|evaluation| &evaluation.rules).filter(|it| it.rule == *rule);
    reports.any(|report| match report.verdict {
        RuleVerdict::Skipped { .. } | RuleVerdict::Failed { .. } => true,
        RuleVerdict::Fired | RuleVerdict::Quiet | RuleVerdict::Pending { .. } => false,
    })
}

impl Memory {
    /// Keeps which notices are open.
    pub(crate) fn remember_notices(&mut self, notices: &[Notice]) {
        for notice in notices {
            match notice.change {
                NoticeChange::Raised => {
                    let open = OpenNotice { since: self.now, notice: notice.clone() };
                    self.notices.insert(notice.key.clone(), open);
                }
                NoticeChange::Resolved => drop(self.notices.remove(&notice.key)),
            }
        }
    }
}
