//! The least that a role must have for these very targets: pure.
//!
//! Azure bounds a role by where it holds, not by names: it holds in the resource groups of the
//! targets and nowhere else. Nothing in it lets the agent make or delete a scale set; where it adds
//! replicas it may make and delete servers, and what it deletes is told by our tag alone.

use crate::{
    MetricQuery,
    compute::{DELETE, READ, READ_MACHINES, READ_VIEW, READ_VMS, WRITE},
    insights::READ_AUTOSCALE,
    metrics::READ_METRICS,
    postgres,
    scale_set::group_path,
    traffic,
};
use std::collections::BTreeSet;

/// What the targets of a provider ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Whether any is looked at.
    pub seen: bool,
    /// Whether any is resized.
    pub resized: bool,
    /// Whether machines are replaced.
    pub replaces: bool,
    /// Whether databases are looked at.
    pub databases: bool,
    /// Whether replicas are added and removed.
    pub replicates: bool,
    /// Whether anybody asks where users are sent.
    pub traffic: bool,
    /// Whether users are sent elsewhere.
    pub routes: bool,
    /// Whether metrics are read.
    pub measured: bool,
}

/// Where the role holds: the resource groups of the targets, `groups`, and of what is measured.
pub fn scopes<'a>(
    subscription: &str,
    groups: impl Iterator<Item = &'a str>,
    measured: impl Iterator<Item = &'a MetricQuery>,
) -> BTreeSet<String> {
    let groups = groups.map(|group| group_path(subscription, group));
    groups.chain(measured.map(|query| query.group(subscription))).collect()
}

/// The actions for `needs`, in the order of their names.
pub fn actions(needs: Needs) -> Vec<&'static str> {
    let mut actions = Vec::new();
    if needs.seen {
        actions.extend([READ, READ_VIEW, READ_MACHINES, READ_VMS, READ_AUTOSCALE]);
    }
    if needs.databases {
        let looking = [postgres::READ, postgres::READ_REPLICAS, postgres::READ_CONFIGURATION];
        actions.extend(looking);
        actions.push(postgres::READ_ENDPOINTS);
    }
    if needs.replicates {
        actions.extend([postgres::WRITE, postgres::DELETE]);
    }
    if needs.traffic {
        actions.push(traffic::READ);
    }
    if needs.routes {
        actions.push(traffic::WRITE);
    }
    if needs.measured {
        actions.push(READ_METRICS);
    }
    if needs.resized || needs.replaces {
        actions.push(WRITE);
    }
    if needs.replaces {
        actions.push(DELETE);
    }
    actions.sort_unstable();
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_may_change_nothing_and_what_resizes_may_end_no_machine() {
        let seen = actions(Needs { seen: true, ..Needs::default() });
        assert!(seen.len() == 5 && seen.iter().all(|action| action.ends_with("/read")), "{seen:?}");
        let resized = actions(Needs { seen: true, resized: true, ..Needs::default() });
        let changing: Vec<_> = resized.iter().filter(|it| !it.ends_with("/read")).collect();
        assert_eq!(changing, [&WRITE]);
        let kept = actions(Needs { databases: true, ..Needs::default() });
        assert!(kept.len() == 4 && kept.iter().all(|action| action.ends_with("/read")), "{kept:?}");
        let replicates = actions(Needs { databases: true, replicates: true, ..Needs::default() });
        let changing: Vec<_> = replicates.iter().filter(|it| !it.ends_with("/read")).collect();
        assert_eq!(changing, [&postgres::DELETE, &postgres::WRITE]);
        let routed = actions(Needs { traffic: true, ..Needs::default() });
        assert_eq!(routed, [traffic::READ]);
        let routes = actions(Needs { traffic: true, routes: true, ..Needs::default() });
        assert_eq!(routes, [traffic::READ, traffic::WRITE]);
        assert!(actions(Needs::default()).is_empty());
    }
}
