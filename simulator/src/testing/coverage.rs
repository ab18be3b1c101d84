//! Which rules fired in tests, and which never did.

use super::policy_files::Tested;
use setpoint_core::{PolicyName, RuleName};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The rules of every policy under test.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// By the file of the policy, wherever it is named from.
    policies: BTreeMap<PathBuf, PolicyCoverage>,
}

#[derive(Clone, Debug, Default)]
struct PolicyCoverage {
    /// The file, as it was named first.
    file: String,
    rules: Vec<RuleCoverage>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct RuleCoverage {
    /// Its name.
    pub name: String,
    /// The line it starts on.
    pub line: u32,
    /// Whether it fired in any pass of any test.
    pub fired: bool,
}

impl Coverage {
    /// Takes down a policy under test.
    pub(super) fn knows(&mut self, policy: &Tested) {
        let own = self.policies.entry(path(policy)).or_default();
        if own.rules.is_empty() {
            own.file = policy.script.file().to_string();
            let rule = |rule: &setpoint_policies::RuleInfo| {
                let name = rule.name.as_str().to_owned();
                RuleCoverage { name, line: rule.line, fired: false }
            };
            own.rules = policy.script.rules().iter().map(rule).collect();
        }
    }

    /// Takes down what fired in one test.
    pub(super) fn fired(&mut self, policy: &Tested, fired: &BTreeSet<(PolicyName, RuleName)>) {
        let Some(own) = self.policies.get_mut(&path(policy)) else { return };
        for rule in &mut own.rules {
            rule.fired |= fired.contains(&(policy.name.clone(), RuleName::new(&rule.name)));
        }
    }

    /// The rules of each policy, with its file.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &[RuleCoverage])> {
        self.policies.values().map(|policy| (policy.file.as_str(), policy.rules.as_slice()))
    }

    /// Rules that fired, and all there are.
    pub fn count(&self) -> (usize, usize) {
        let rules = || self.policies.values().flat_map(|policy| &policy.rules);
        (rules().filter(|rule| rule.fired).count(), rules().count())
    }

    /// The share of rules that fired, in percent; 100 where there are none.
    pub fn percent(&self) -> f64 {
        match self.count() {
            (_, 0) => 100.0,
            (fired, all) => 100.0 * fired as f64 / all as f64,
        }
    }
}

fn path(policy: &Tested) -> PathBuf {
    let file = Path::new(&**policy.script.file());
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}
