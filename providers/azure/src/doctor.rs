//! A look around before work: what lacks, and who else is at our targets. Changes nothing.
//!
//! Every call that looking takes is tried once. Those that change something are not: Azure is
//! asked what it would permit.

use crate::{
    Azure, ScaleSetId,
    compute::{DELETE, WRITE},
    eyes::look,
    fault::{Asked, CallError, Fault},
    insights::autoscale_settings,
    rivals::{self, Rival},
    tag::PAUSE,
};
use serde::Deserialize;
use setpoint_control::{Finding, Severity, Sorted};
use setpoint_core::{FailureKind, Group, Range, TargetName};
use std::collections::{BTreeMap, BTreeSet};

/// A target as the doctor looks at it.
#[derive(Clone, Debug)]
pub struct Patient {
    /// Which scale set it is.
    pub id: ScaleSetId,
    /// The sizes that the operator allows.
    pub range: Range,
    /// Whether it may be resized.
    pub acts: bool,
    /// Whether its machines may be replaced.
    pub replaces: bool,
}

/// What somebody may do, as Azure lists it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
}

impl Azure {
    /// What is to be said about this provider and `targets`, worst last.
    pub async fn examine(&self, targets: &BTreeMap<TargetName, Patient>) -> Vec<Finding> {
        let settings = self.settings();
        let (provider, subscription) =
            (format!("provider {}", settings.name), &settings.subscription);
        let mut findings = Vec::new();
        let mut rivals = Vec::new();
        let groups: BTreeSet<&str> = targets.values().map(|it| &*it.id.group).collect();
        for group in groups {
            match autoscale_settings(self.arm(), subscription, group).await {
                Ok(read) => {
                    let words = format!("Azure, subscription {subscription}, group {group}");
                    findings.push(Finding::new(Severity::Note, &provider, words));
                    rivals.extend(rivals::in_force(&read));
                }
                Err(error) => findings.push(failed(&provider, &error)),
            }
        }
        for (name, patient) in targets {
            findings.extend(self.patient(&format!("target {name}"), patient, &rivals).await);
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    async fn patient(&self, about: &str, patient: &Patient, rivals: &[Rival]) -> Vec<Finding> {
        let compute = self.compute();
        let (set, group) = match look(&compute, &patient.id, true).await {
            Ok(seen) => seen,
            Err(fault) => return vec![not_seen(about, &fault)],
        };
        let mut findings = findings(about, &group, patient.range);
        if set.etag.is_none() {
            let words =
                "it has no entity tag: a size that somebody sets at the same moment is lost";
            findings.push(Finding::new(Severity::Warning, about, words));
        }
        let path = patient.id.path(&self.settings().subscription);
        findings.extend(rivals.iter().filter(|rival| rival.is_of(&path)).map(|rival| {
            let message = format!("another scaler acts on it: {}", rival.who);
            Finding::new(Severity::Problem, about, message)
                .help("disable or delete it before `mode = \"act\"`: until then nothing shrinks")
        }));
        let mut changes = Vec::new();
        if patient.acts {
            changes.push(compute.asked(&patient.id, "resize", WRITE));
        }
        if patient.acts && patient.replaces {
            changes.push(compute.asked(&patient.id, "delete machines of", DELETE));
        }
        findings.extend(self.may(about, &path, changes).await);
        findings
    }

    /// What of `calls` Azure would not permit; nothing where it cannot be asked that.
    pub(crate) async fn may(&self, about: &str, path: &str, calls: Vec<Asked>) -> Vec<Finding> {
        let asked = Asked {
            words: "list what is permitted".to_owned(),
            action: "Microsoft.Authorization/permissions/read",
            scope: path.to_owned(),
        };
        let place = format!("{path}/providers/Microsoft.Authorization/permissions");
        let version = [("api-version", "2022-04-01")];
        let listed = self.arm().list::<Permission>(&asked, &place, &version);
        let Ok(permissions) = listed.await else { return Vec::new() };
        let lacking = calls.into_iter().filter(|call| !permits(&permissions, call.action));
        let finding = |call: Asked| {
            let message = format!("{} is not allowed", call.words);
            let help = format!("give it a role with {} on {}", call.action, call.scope);
            Finding::new(Severity::NotPermitted, about, message).help(help)
        };
        lacking.map(finding).collect()
    }
}

/// Whether one of `permissions` has `action`, and does not take it away again.
fn permits(permissions: &[Permission], action: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    permissions.iter().any(|it| any(&it.actions) && !any(&it.not_actions))
}

/// Whether `action` is one of those that `pattern` stands for: `*` is anything, case is nothing.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    false
}

/// What a scale set and its machines tell.
fn findings(about: &str, group: &Group, range: Range) -> Vec<Finding> {
    let warning = |message: String| Finding::new(Severity::Warning, about, message);
    let mut findings = Finding::of_group(about, group, range);
    findings.extend(group.paused.as_ref().map(|why| {
        warning(format!("paused by its tag: {why}"))
            .help(format!("take the tag {PAUSE} off when it may be changed again"))
    }));
    findings
}

pub(crate) fn not_seen(about: &str, fault: &Fault) -> Finding {
    match fault {
        Fault::Call(error) => failed(about, error),
        Fault::Stale(why) | Fault::Refused(why) => Finding::new(Severity::Problem, about, why),
        Fault::Late(_) => Finding::new(Severity::Unreachable, about, fault.to_string()),
    }
}

/// A call that did not come off, with what would allow it if it is that.
pub(crate) fn failed(about: &str, error: &CallError) -> Finding {
    if error.is_forbidden() {
        let Asked { action, scope, .. } = &*error.asked;
        let help = format!("give it a role with {action} on {scope}");
        return Finding::new(Severity::NotPermitted, about, error.to_string()).help(help);
    }
    if error.is_without_token() {
        return Finding::new(Severity::NotPermitted, about, error.to_string())
            .help("see how Azure knows the agent in docs/azure.md");
    }
    let severity = match error.kind() {
        FailureKind::Unavailable | FailureKind::Throttled { .. } => Severity::Unreachable,
        FailureKind::Stale | FailureKind::Refused => Severity::Problem,
    };
    Finding::new(severity, about, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_allows_what_its_patterns_stand_for_and_nothing_that_it_takes_away() {
        for (pattern, expected) in [
            ("*", true),
            ("*/read", false),
            ("Microsoft.Compute/*", true),
            ("microsoft.compute/virtualmachinescalesets/WRITE", true),
            ("Microsoft.Compute/*/write", true),
            ("Microsoft.Compute/virtualMachines/*", false),
            ("Microsoft.Compute/virtualMachineScaleSets", false),
            ("", false),
        ] {
            assert_eq!(matches(pattern, WRITE), expected, "{pattern}");
        }
        let role = |not: &str| Permission {
            actions: vec!["*".to_owned()],
            not_actions: vec![not.to_owned()],
        };
        assert!(permits(&[role("Microsoft.Authorization/*/write")], WRITE));
        assert!(!permits(&[role("Microsoft.Compute/*")], WRITE));
        assert!(!permits(&[], WRITE));
    }
}
