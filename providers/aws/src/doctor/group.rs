//! What is to be said about one Auto Scaling group: pure.

use super::{SIZE, Ward, owners};
use crate::{group, rivals, tag};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance};
use setpoint_control::{Finding, Severity};
use setpoint_core::Range;

/// What its description tells.
pub(super) fn findings(about: &str, described: &AutoScalingGroup, range: Range) -> Vec<Finding> {
    let owner = owners(about, tag::group_pairs(described.tags()), SIZE);
    let mut findings: Vec<Finding> = owner.into_iter().collect();
    match group::read(described) {
        Ok(seen) => findings.extend(seen.own_range.and_then(|own| of_range(about, own, range))),
        Err(fault) => findings.push(Finding::new(Severity::Problem, about, fault.to_string())),
    }
    if let Some(why) = tag::paused(tag::group_pairs(described.tags())) {
        let help = format!("take the tag {} off when it may be changed again", tag::PAUSE);
        let message = format!("paused by its tag: {why}");
        findings.push(Finding::new(Severity::Warning, about, message).help(help));
    }
    if described.warm_pool_configuration().is_some() {
        let message =
            "it has a warm pool: members from it are ready sooner than `ready_after` says";
        findings.push(Finding::new(Severity::Note, about, message));
    }
    findings
}

fn of_range(about: &str, own: Range, range: Range) -> Option<Finding> {
    let Some(both) = own.narrow(range) else {
        let message = format!("no size is left: the group allows {own}, the configuration {range}");
        return Some(Finding::new(Severity::Problem, about, message).help("change one of them"));
    };
    (both != range).then(|| {
        let message = format!("the group allows {own} only, of the configuration's {range}");
        Finding::new(Severity::Warning, about, message)
            .help("the narrower holds: change the group if more is meant")
    })
}

/// What may end members of a group whose members are to be drained.
pub(super) fn drains(about: &str, described: &AutoScalingGroup) -> Vec<Finding> {
    let weighs = |one: &Instance| one.weighted_capacity().is_some_and(|weight| weight != "1");
    let weights = described.instances().iter().any(weighs).then(|| {
        let message = "its instances carry weights: with `sessions` it never shrinks";
        Finding::new(Severity::Problem, about, message)
            .help("take the weights off, or leave `sessions` out")
    });
    let mut suspended = described.suspended_processes().iter();
    let balances = !suspended.any(|one| one.process_name() == Some("AZRebalance"));
    let protects = described.new_instances_protected_from_scale_in() == Some(true);
    let rebalance = (balances && !protects).then(|| {
        let message = "AWS may end members with sessions by itself, to balance the zones";
        Finding::new(Severity::Warning, about, message).help(
            "suspend the process AZRebalance, or have new instances protected from scale-in: \
             who is drained is ended all the same",
        )
    });
    weights.into_iter().chain(rebalance).collect()
}

/// Others that change its size.
pub(super) fn others(about: &str, name: &str, ward: &Ward) -> Vec<Finding> {
    let policies = ward
        .policies
        .iter()
        .filter(|policy| policy.auto_scaling_group_name() == Some(name) && rivals::acts(policy));
    let policies = policies.map(|policy| {
        let name = policy.policy_name().unwrap_or("without a name");
        let kind = policy.policy_type().unwrap_or("SimpleScaling");
        let message = format!("another scaler acts on it: policy {name} ({kind})");
        Finding::new(Severity::Problem, about, message).help(
            "disable or delete that policy before `mode = \"act\"`: until then nothing shrinks",
        )
    });
    let scheduled =
        ward.scheduled.iter().filter(|action| action.auto_scaling_group_name() == Some(name));
    let scheduled = scheduled.map(|action| {
        let name = action.scheduled_action_name().unwrap_or("without a name");
        let when = action.recurrence().unwrap_or("once");
        let message = format!("the scheduled action {name} ({when}) changes its size too");
        Finding::new(Severity::Warning, about, message)
            .help("let it set the minimum and the maximum alone, or say it in a policy")
    });
    policies.chain(scheduled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::{SuspendedProcess, TagDescription};

    fn described(tags: &[(&str, &str)]) -> AutoScalingGroup {
        let tags = tags
            .iter()
            .map(|(key, value)| TagDescription::builder().key(*key).value(*value).build());
        AutoScalingGroup::builder()
            .min_size(1)
            .max_size(9)
            .desired_capacity(3)
            .set_tags(Some(tags.collect()))
            .build()
    }

    #[track_caller]
    fn check(tags: &[(&str, &str)], range: (u32, u32), expected: &[(&str, &str)]) {
        let range = Range::new(range.0, range.1).unwrap();
        let found = findings("target web", &described(tags), range);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (finding, (word, part)) in found.iter().zip(expected) {
            assert_eq!(finding.severity.word(), *word);
            assert!(finding.message.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn a_range_that_leaves_nothing_is_a_problem_and_a_narrower_one_a_warning() {
        check(&[], (1, 9), &[]);
        check(&[], (2, 5), &[]);
        check(&[], (2, 20), &[("warning", "the group allows 1..9 only")]);
        check(&[], (10, 20), &[("problem", "no size is left")]);
    }

    #[test]
    fn a_cloud_that_ends_members_by_itself_is_told_of() {
        let mut group = described(&[]);
        let words = |group: &AutoScalingGroup| {
            let found = drains("target web", group);
            found.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>().join("; ")
        };
        assert!(words(&group).contains("to balance the zones"));
        let process = SuspendedProcess::builder().process_name("AZRebalance").build();
        group.suspended_processes = Some(vec![process]);
        assert_eq!(words(&group), "");
        group.suspended_processes = None;
        group.new_instances_protected_from_scale_in = Some(true);
        assert_eq!(words(&group), "");
        group.instances = Some(vec![Instance::builder().weighted_capacity("4").build()]);
        assert!(words(&group).contains("never shrinks"));
    }

    #[test]
    fn tools_that_write_the_group_are_told_by_their_tags() {
        check(&[("aws:cloudformation:stack-name", "prod")], (1, 9), &[("warning", "stack prod")]);
        check(&[("ManagedBy", "Terraform")], (1, 9), &[("warning", "Terraform")]);
        check(&[("app", "web")], (1, 9), &[]);
        check(&[(tag::PAUSE, "move")], (1, 9), &[("warning", "paused by its tag: move")]);
    }
}
