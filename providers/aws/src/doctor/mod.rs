//! A look around before work: what lacks, and who else is at our targets. Changes nothing.
//!
//! Every call that the agent makes to look is tried once, so that a permission that lacks
//! is found here and not at night. Calls that change something are not tried.

mod database;
mod group;
mod rollout;
mod traffic;

use crate::{
    Aws, Dial, Resource,
    databases::Databases,
    fault::{CallError, Fault},
    groups::Groups,
    rivals,
    storage::Storage,
};
use aws_sdk_autoscaling::types::{ScalingPolicy, ScheduledUpdateGroupAction};
use setpoint_control::{Finding, Severity, Sorted};
use setpoint_core::{FailureKind, Range, TargetName, Volume};
use std::collections::BTreeMap;

/// A target as the doctor looks at it.
#[derive(Clone, Debug)]
pub struct Patient {
    /// What it is.
    pub resource: Resource,
    /// The sizes that the operator allows.
    pub range: Range,
    /// Whether its members are picked by name, and drained.
    pub drained: bool,
}

/// What is known of a whole region's groups, for each of them to be judged by.
struct Ward {
    policies: Vec<ScalingPolicy>,
    scheduled: Vec<ScheduledUpdateGroupAction>,
}

impl Aws {
    /// What is to be said about this provider and `targets`, worst last.
    pub async fn examine(&self, targets: &BTreeMap<TargetName, Patient>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let provider = format!("provider {}", self.name());
        match self.identity().await {
            Ok(who) => {
                findings.push(Finding::new(Severity::Note, &provider, format!("calls as {who}")))
            }
            Err(error) => findings.push(failed(&provider, "sts", &error)),
        }
        let is_group = |patient: &Patient| matches!(patient.resource, Resource::Group(_));
        let ward = if targets.values().any(is_group) {
            self.ward(&provider, &mut findings).await
        } else {
            Ward { policies: Vec::new(), scheduled: Vec::new() }
        };
        for (name, patient) in targets {
            let about = format!("target {name}");
            match &patient.resource {
                Resource::Group(group) => {
                    let found = self.group(&about, group, patient, &ward).await;
                    findings.extend(found);
                }
                Resource::Storage(id) => {
                    let looked = Storage::new(self.rds().clone()).look(id).await;
                    findings.extend(volume(&about, "rds", looked, patient.range));
                }
                Resource::Volume(id) => {
                    let found = self.look_at_volume(id).await;
                    findings.extend(volume(&about, "ec2", found, patient.range));
                }
                Resource::Database(id) => findings.extend(self.database(&about, id).await),
                Resource::Setting(dial) => {
                    let found = self.setting(&about, dial, patient.range).await;
                    findings.extend(found);
                }
                Resource::Traffic(records) => {
                    findings.extend(traffic::findings(&about, self.route53().look(records).await));
                }
                Resource::Rollout(own) => {
                    let looked = self.looking_at_rollouts().look(own).await;
                    findings.extend(rollout::findings(&about, own, looked));
                }
            }
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    async fn identity(&self) -> Result<String, CallError> {
        let request = self.sts().client().get_caller_identity().send();
        let answer = self.sts().call("GetCallerIdentity", request).await?;
        Ok(answer.arn.unwrap_or_else(|| "somebody without a name".to_owned()))
    }

    /// What there is in the region besides groups.
    async fn ward(&self, provider: &str, findings: &mut Vec<Finding>) -> Ward {
        let api = self.autoscaling();
        let mut or_say = |error: CallError| findings.push(failed(provider, "autoscaling", &error));
        let policies = rivals::policies(api).await.unwrap_or_else(|error| {
            or_say(error);
            Vec::new()
        });
        let pages = api.client().describe_scheduled_actions().max_records(100).into_paginator();
        let pages = pages.items().send();
        let scheduled = api.call("DescribeScheduledActions", pages.try_collect()).await;
        let scheduled = scheduled.unwrap_or_else(|error| {
            or_say(error);
            Vec::new()
        });
        Ward { policies, scheduled }
    }

    async fn group(&self, about: &str, name: &str, patient: &Patient, ward: &Ward) -> Vec<Finding> {
        let groups = Groups::new(self.autoscaling().clone());
        let described = match groups.describe_one(name).await {
            Ok(described) => described,
            Err(fault) => return vec![not_seen(about, "autoscaling", &fault)],
        };
        let mut findings = group::findings(about, &described, patient.range);
        if patient.drained {
            findings.extend(group::drains(about, &described));
        }
        findings.extend(group::others(about, name, ward));
        for error in groups.trial(name).await {
            findings.push(failed(about, "autoscaling", &error));
        }
        if let Ok(seen) = groups.look(name, &described).await {
            let busy = seen.busy.map(|why| format!("it is busy: {why}"));
            let short = seen.shortfall.map(|why| format!("it is short of members: {why}"));
            let found = busy.into_iter().chain(short);
            findings.extend(found.map(|why| Finding::new(Severity::Warning, about, why)));
        }
        findings
    }

    async fn setting(&self, about: &str, dial: &Dial, range: Range) -> Vec<Finding> {
        let described = Groups::new(self.autoscaling().clone()).describe_one(dial.group()).await;
        let read = described.and_then(|group| dial.read(&group));
        let found = match read {
            Ok(found) => found,
            Err(fault @ (Fault::Stale(_) | Fault::Refused(_))) => {
                let help = "it is changed where it is, and never made: give the group one first";
                return vec![not_seen(about, "autoscaling", &fault).help(help)];
            }
            Err(fault) => return vec![not_seen(about, "autoscaling", &fault)],
        };
        let value = found.value;
        let outside = (range.clamp(value) != value).then(|| {
            let message = format!("it is {value}, outside of {range}: it will be set into it");
            Finding::new(Severity::Warning, about, message)
        });
        let busy = found.busy.map(|why| Finding::new(Severity::Warning, about, why));
        outside.into_iter().chain(busy).collect()
    }

    async fn look_at_volume(&self, id: &str) -> Result<Volume, Fault> {
        let found = self.looking_at_volumes().look(&[id]).await?.remove(id);
        found.ok_or_else(|| Fault::Stale(format!("there is no volume {id}")))
    }

    async fn database(&self, about: &str, id: &str) -> Vec<Finding> {
        let databases = Databases::new(self.rds().clone());
        match databases.find(id).await {
            Ok(found) => {
                let mut findings = database::findings(about, &found);
                if let Err(fault) = databases.look(id).await {
                    findings.push(not_seen(about, "rds", &fault));
                }
                findings
            }
            Err(fault) => vec![not_seen(about, "rds", &fault)],
        }
    }
}

/// What is to be said about a volume, or about why it cannot be looked at.
fn volume(about: &str, service: &str, looked: Result<Volume, Fault>, range: Range) -> Vec<Finding> {
    let found = match looked {
        Ok(found) => found,
        Err(fault @ (Fault::Stale(_) | Fault::Refused(_))) => {
            let help = "`id` is an EBS volume (vol-…) or the identifier of a database instance, \
                        in the provider's region and account";
            return vec![not_seen(about, service, &fault).help(help)];
        }
        Err(fault) => return vec![not_seen(about, service, &fault)],
    };
    let (size, most) = (found.size, range.max());
    let over = (size >= most).then(|| {
        let message = format!("it has {size} GiB of the {most} that are allowed: it cannot grow");
        Finding::new(Severity::Warning, about, message).help("raise `max`")
    });
    let busy = found.busy.map(|why| {
        Finding::new(Severity::Warning, about, format!("it is left alone just now: {why}"))
    });
    let paused = found
        .paused
        .map(|why| Finding::new(Severity::Note, about, format!("a tag pauses it: {why}")));
    over.into_iter().chain(busy).chain(paused).collect()
}

fn not_seen(about: &str, service: &str, fault: &Fault) -> Finding {
    match fault {
        Fault::Call(error) => failed(about, service, error),
        Fault::Stale(why) | Fault::Refused(why) => Finding::new(Severity::Problem, about, why),
        Fault::Late(_) => Finding::new(Severity::Unreachable, about, fault.to_string()),
    }
}

/// A call that did not come off, with the permission that lacks if it is that.
fn failed(about: &str, service: &str, error: &CallError) -> Finding {
    if error.is_forbidden() {
        let help = format!("allow {service}:{}", error.name());
        return Finding::new(Severity::NotPermitted, about, error.to_string()).help(help);
    }
    if error.is_unknown_action() {
        // A place that does not know the action, as some emulators, has nothing to tell by it.
        return Finding::new(Severity::Note, about, error.to_string());
    }
    let severity = match error.kind() {
        FailureKind::Unavailable | FailureKind::Throttled { .. } => Severity::Unreachable,
        FailureKind::Stale | FailureKind::Refused => Severity::Problem,
    };
    Finding::new(severity, about, error.to_string())
}

/// What is said of those who write a group, and what to do.
const SIZE: (&str, &str) = (
    "another size",
    "leave the desired size out of it: `ignore_changes` in Terraform, no DesiredCapacity in CloudFormation",
);

/// Who else writes a resource with these tags, by what tools put on what they make: `what` their
/// next run may set, and what helps.
fn owners<'a>(
    about: &str,
    mut tags: impl Iterator<Item = (&'a str, &'a str)>,
    (what, help): (&str, &str),
) -> Option<Finding> {
    let tool = tags.find_map(|(key, value)| {
        let lower = format!("{key}={value}").to_lowercase();
        if key == "aws:cloudformation:stack-name" {
            Some(format!("CloudFormation's stack {value}"))
        } else if lower.contains("terraform") || lower.contains("opentofu") {
            Some(format!("Terraform (tag {key} = {value})"))
        } else if lower.contains("pulumi") {
            Some(format!("Pulumi (tag {key} = {value})"))
        } else {
            None
        }
    })?;
    let message = format!("it is written by {tool}, whose next run may set {what}");
    Some(Finding::new(Severity::Warning, about, message).help(help))
}
