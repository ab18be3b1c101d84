//! What is to be said about a rollout before work.

use super::{not_seen, owners};
use crate::{alb::Look, fault::Fault, settings::WeightedGroups};
use setpoint_control::{Finding, Severity};

/// What a look at a rollout finds, or why there was none.
pub(super) fn findings(
    about: &str,
    own: &WeightedGroups,
    looked: Result<Look, Fault>,
) -> Vec<Finding> {
    const SERVICE: &str = "elasticloadbalancing";
    let look = match looked {
        Ok(look) => look,
        Err(fault @ (Fault::Stale(_) | Fault::Refused(_))) => {
            let help = "`id` is the ARN of a rule or of a listener whose action forwards to two \
                        weighted target groups, and `stable` and `candidate` are these";
            return vec![not_seen(about, SERVICE, &fault).help(help)];
        }
        Err(fault) => return vec![not_seen(about, SERVICE, &fault)],
    };
    let mut findings: Vec<Finding> =
        look.untold.iter().map(|fault| not_seen(about, SERVICE, fault)).collect();
    let tags = look.tags.iter().map(|(key, value)| (&**key, &**value));
    let help = "leave its weights out of it: `ignore_changes = [action]` in Terraform";
    findings.extend(owners(about, tags, ("other weights", help)));
    if let (Some(why), true) = (&look.rollout.busy, look.untold.is_empty()) {
        let message = format!("nothing is raised just now: {why}");
        findings.push(Finding::new(Severity::Warning, about, message));
    }
    if let Some(why) = &look.rollout.paused {
        findings.push(Finding::new(Severity::Note, about, format!("a tag pauses it: {why}")));
    }
    if let Some(stays) = look.stays {
        let message = format!(
            "a user stays with the target group that served him for {stays}: a rollback does not \
             take back who is on the candidate"
        );
        let help = "switch the stickiness of the target groups off in the action, or shorten it; \
                    stickiness within a target group does no harm";
        findings.push(Finding::new(Severity::Warning, about, message).help(help));
    }
    if look.rollout.revision.is_none() && look.untold.is_empty() {
        let message = "nothing tells one candidate from the next";
        let help = format!(
            "after a rollback a person must resume the target; or let what deploys put the \
             revision on the candidate's target group, as its tag {}",
            own.revision_tag
        );
        findings.push(Finding::new(Severity::Note, about, message).help(help));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{Rollout, Span};

    fn look() -> Look {
        let revision = Some("v1".to_owned());
        let rollout = Rollout { share: 5, revision, ..Rollout::default() };
        Look { rollout, stays: None, tags: Vec::new(), untold: Vec::new() }
    }

    #[track_caller]
    fn check(looked: Result<Look, Fault>, expected: &[(&str, &str)]) {
        let text = || "x".to_owned();
        let own = WeightedGroups {
            rule: text(),
            stable: text(),
            candidate: text(),
            revision_tag: text(),
        };
        let found = findings("target web", &own, looked);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (finding, (word, part)) in found.iter().zip(expected) {
            assert_eq!(finding.severity.word(), *word);
            assert!(finding.message.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn who_stays_on_the_candidate_after_a_rollback_is_told_before() {
        check(Ok(look()), &[]);
        let stays = Some(Span::from_minutes(5));
        check(Ok(Look { stays, ..look() }), &[("warning", "stays with the target group")]);
    }

    #[test]
    fn what_holds_a_candidate_back_is_told_once() {
        let with = |change: fn(&mut Look)| {
            let mut look = look();
            change(&mut look);
            Ok(look)
        };
        check(
            with(|it| it.rollout.busy = Some("x".to_owned())),
            &[("warning", "nothing is raised")],
        );
        check(with(|it| it.rollout.revision = None), &[("note", "nothing tells one candidate")]);
        check(with(|it| it.rollout.paused = Some("move".to_owned())), &[("note", "move")]);
        let terraform =
            |it: &mut Look| it.tags.push(("ManagedBy".to_owned(), "Terraform".to_owned()));
        check(with(terraform), &[("warning", "may set other weights")]);
        let unread = |it: &mut Look| {
            it.untold.push(Fault::Refused("the candidate's tag is empty".to_owned()));
            it.rollout.busy = Some("its revision is not known".to_owned());
            it.rollout.revision = None;
        };
        check(with(unread), &[("problem", "tag is empty")]);
        check(Err(Fault::Stale("there is no rule".to_owned())), &[("problem", "there is no rule")]);
    }
}
