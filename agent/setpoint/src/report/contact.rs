//! Who answers for what, and where to read on: what the headers of policies tell of it.

use super::{
    line,
    style::{QUIET, in_style},
};
use serde::{Deserialize, Serialize};
use setpoint_core::{BoundPolicy, PolicyName, TargetName};
use setpoint_policies::{Header, Script};
use std::collections::{BTreeMap, BTreeSet};

/// Who answers for a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Where to read on when it calls a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runbook: Option<String>,
    /// What it has a say about.
    targets: BTreeSet<TargetName>,
}

/// Who answers for each policy whose header tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Contacts(BTreeMap<PolicyName, Contact>);

impl Contacts {
    /// What the headers of `policies` tell. A script that is bound often is read once.
    pub(crate) fn of(policies: &[BoundPolicy]) -> Self {
        let mut told: BTreeMap<&str, (Option<String>, Option<String>)> = BTreeMap::new();
        let mut contacts = BTreeMap::new();
        for policy in policies {
            let own = told.entry(&policy.source).or_insert_with(|| header(policy));
            if let (None, None) = own {
                continue;
            }
            let (owner, runbook) = own.clone();
            let targets = policy.targets.values().cloned().collect();
            contacts.insert(policy.name.clone(), Contact { owner, runbook, targets });
        }
        Self(contacts)
    }

    /// The same, but for those policies only that are `wanted`.
    pub(crate) fn only(mut self, wanted: impl Fn(&PolicyName) -> bool) -> Self {
        self.0.retain(|name, _| wanted(name));
        self
    }

    /// Every policy with its contact in words: "owner game team, runbook https://…".
    pub(crate) fn in_words(&self) -> impl Iterator<Item = (&PolicyName, String)> {
        self.0.iter().map(|(name, contact)| (name, contact.in_words()))
    }

    /// By target: who answers for what is decided about it.
    pub(super) fn by_target(&self) -> ByTarget<'_> {
        let mut by_target = ByTarget::default();
        for (name, contact) in &self.0 {
            for target in &contact.targets {
                by_target.0.entry(target).or_default().push((name, contact));
            }
        }
        by_target
    }
}

/// By target: who answers for what is decided about it.
#[derive(Default)]
pub(super) struct ByTarget<'a>(BTreeMap<&'a TargetName, Vec<(&'a PolicyName, &'a Contact)>>);

impl ByTarget<'_> {
    /// A line for each policy of `target` whose header tells.
    pub(super) fn lines(&self, text: &mut String, target: &TargetName) {
        for (policy, contact) in self.0.get(target).into_iter().flatten() {
            let told = in_style(QUIET, format_args!("{policy}: {}", contact.in_words()));
            line(text, format_args!("      {told}"));
        }
    }
}

impl Contact {
    fn in_words(&self) -> String {
        let owner = self.owner.iter().map(|owner| format!("owner {owner}"));
        let runbook = self.runbook.iter().map(|runbook| format!("runbook {runbook}"));
        owner.chain(runbook).collect::<Vec<_>>().join(", ")
    }
}

/// What a header tells. The policy was checked when the configuration was read.
fn header(policy: &BoundPolicy) -> (Option<String>, Option<String>) {
    let Ok(script) = Script::parse(&policy.file, &policy.source) else { return (None, None) };
    let Header { owner, runbook, .. } = script.header();
    (owner.clone(), runbook.clone())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A policy that is bound to one target, with more in its header.
    pub(in crate::report) fn bound(name: &str, target: &str, more: &str) -> BoundPolicy {
        let source = format!(
            "const POLICY = #{{ about: \"x\", language: 1, {more} \
             targets: #{{ fleet: #{{ kind: \"group\" }} }} }};\nrule \"r\" {{ fleet.at_least(1); }}"
        );
        BoundPolicy {
            name: PolicyName::new(name),
            file: "x.rhai".into(),
            source: source.into(),
            targets: [("fleet".to_owned(), TargetName::new(target))].into(),
            params: BTreeMap::new(),
        }
    }

    #[test]
    fn whoever_has_a_say_is_named_and_nobody_else() {
        let contacts = Contacts::of(&[
            bound("cpu", "web", "owner: \"game team\", runbook: \"https://example.org/cpu\","),
            bound("night", "web", ""),
            bound("other", "db", "owner: \"others\","),
        ]);
        let mut text = String::new();
        contacts.by_target().lines(&mut text, &TargetName::new("web"));
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(text, "      cpu: owner game team, runbook https://example.org/cpu\n");
        let json = serde_json::to_value(&contacts).unwrap();
        let expected = serde_json::json!({
            "cpu": {
                "owner": "game team", "runbook": "https://example.org/cpu", "targets": ["web"],
            },
            "other": { "owner": "others", "targets": ["db"] },
        });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Contacts>(json).unwrap(), contacts);
    }
}
