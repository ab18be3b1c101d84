//! What all policies together say of each target.
//!
//! The largest size any rule asks for wins; `at_least` raises it, `at_most` lowers
//! both, the range holds over all. A rule that did not fire has no opinion and never
//! vetoes growth, but one that was skipped or failed forbids shrinking every target it
//! names.

use crate::{
    Ask, Evaluation, InputKey, Memory, Opinion, PolicyName, Role, RuleReport, RuleVerdict,
    Settings, TargetName, Want,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was said of one target.
#[derive(Debug, Default)]
pub(crate) struct Ballot<'a> {
    /// Every opinion of a fired rule, in the order of policies and rules.
    pub(crate) opinions: Vec<(&'a PolicyName, &'a RuleReport, &'a Opinion)>,
    /// Why the target must not shrink, if it must not.
    pub(crate) missing: Vec<String>,
    /// The inputs that say how much goes wrong, of every policy that names the target.
    pub(crate) errors: Vec<&'a InputKey>,
}

impl Ballot<'_> {
    /// The floor under the size: the largest `at_least`.
    pub(crate) fn floor(&self) -> Option<u32> {
        self.opinions.iter().filter_map(|(_, _, opinion)| floor(&opinion.ask)).max()
    }

    /// The ceiling over the size: the smallest `at_most`.
    pub(crate) fn ceiling(&self) -> Option<u32> {
        self.opinions.iter().filter_map(|(_, _, opinion)| ceiling(&opinion.ask)).min()
    }

    /// The size within floor and ceiling; the ceiling holds over the floor.
    pub(crate) fn bound(&self, size: u32) -> u32 {
        let raised = self.floor().map_or(size, |floor| size.max(floor));
        self.ceiling().map_or(raised, |ceiling| raised.min(ceiling))
    }
}

impl<'a> Ballot<'a> {
    /// The same without opinions: a person's word stands in their place. What is missing is
    /// missing all the same.
    pub(crate) fn silenced(&self) -> Ballot<'a> {
        Ballot { opinions: Vec::new(), missing: self.missing.clone(), errors: self.errors.clone() }
    }
}

impl Ballot<'_> {
    /// What each floor and ceiling asks for, for the record.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = Want> + '_ {
        self.opinions.iter().filter_map(|(policy, rule, opinion)| {
            let size = floor(&opinion.ask).or_else(|| ceiling(&opinion.ask))?;
            Some(want(policy, rule, opinion, size))
        })
    }
}

/// One opinion, for the record, with the size that comes of it.
pub(crate) fn want(policy: &PolicyName, rule: &RuleReport, opinion: &Opinion, size: u32) -> Want {
    Want {
        policy: policy.clone(),
        rule: rule.rule.clone(),
        line: opinion.line,
        size,
        ask: opinion.ask.to_string(),
        because: opinion.because.clone(),
    }
}

fn floor(ask: &Ask) -> Option<u32> {
    if let Ask::AtLeast(size) = ask { Some(*size) } else { None }
}

fn ceiling(ask: &Ask) -> Option<u32> {
    if let Ask::AtMost(size) = ask { Some(*size) } else { None }
}

/// Sorts what the policies said by target.
pub(crate) fn count<'a>(
    settings: &'a Settings,
    evaluations: impl IntoIterator<Item = &'a Evaluation>,
    memory: &Memory,
) -> BTreeMap<&'a TargetName, Ballot<'a>> {
    let (unread, errors) = (unread_inputs(memory), error_inputs(settings));
    let mut ballots: BTreeMap<&TargetName, Ballot<'_>> = BTreeMap::new();
    for evaluation in evaluations {
        let policy = &evaluation.policy;
        for rule in &evaluation.rules {
            let problem = problem(policy, rule);
            for name in problem.iter().flat_map(|_| rule.names.iter()) {
                ballots.entry(name).or_default().missing.extend(problem.clone());
            }
            for opinion in &rule.opinions {
                let ballot = ballots.entry(&opinion.target).or_default();
                ballot.missing.extend(substitute(policy, rule, opinion));
                ballot.opinions.push((policy, rule, opinion));
            }
        }
        let unread = unread.get(policy.as_str()).map_or(&[][..], Vec::as_slice);
        let errors = errors.get(policy.as_str()).map_or(&[][..], Vec::as_slice);
        if unread.is_empty() && errors.is_empty() && !evaluation.failed() {
            continue;
        }
        let named: BTreeSet<&TargetName> =
            evaluation.rules.iter().flat_map(|rule| rule.names.iter()).collect();
        for name in named {
            let ballot = ballots.entry(name).or_default();
            ballot.errors.extend(errors);
            ballot
                .missing
                .extend(unread.iter().map(|(key, why)| format!("{}: {why}", key.input())));
            if evaluation.failed() && ballot.missing.is_empty() {
                ballot.missing.push(format!("a rule of {policy} failed"));
            }
        }
    }
    ballots
}

/// The inputs without a reading in this pass, by policy.
fn unread_inputs(memory: &Memory) -> BTreeMap<&str, Vec<(&InputKey, &String)>> {
    let mut unread: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (key, why) in &memory.missing {
        unread.entry(key.policy()).or_default().push((key, why));
    }
    unread
}

/// The inputs that say how much goes wrong, by policy.
fn error_inputs(settings: &Settings) -> BTreeMap<&str, Vec<&InputKey>> {
    let mut errors: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (key, _) in settings.inputs.iter().filter(|(_, input)| input.role == Role::Errors) {
        errors.entry(key.policy()).or_default().push(key);
    }
    errors
}

/// Why `rule` forbids shrinking, if it does.
fn problem(policy: &PolicyName, rule: &RuleReport) -> Option<String> {
    let name = &rule.rule;
    match &rule.verdict {
        RuleVerdict::Skipped { missing } => {
            Some(format!("rule \"{name}\" of {policy} was skipped for {missing}"))
        }
        RuleVerdict::Failed { message } => {
            Some(format!("rule \"{name}\" of {policy} failed: {message}"))
        }
        RuleVerdict::Fired | RuleVerdict::Quiet | RuleVerdict::Pending { .. } => None,
    }
}

/// An opinion that rests on `.or(…)` forbids shrinking too.
fn substitute(policy: &PolicyName, rule: &RuleReport, opinion: &Opinion) -> Option<String> {
    let name = &rule.rule;
    opinion.substituted.then(|| {
        format!("rule \"{name}\" of {policy} rests on what .or(…) put in, or on some of each")
    })
}
