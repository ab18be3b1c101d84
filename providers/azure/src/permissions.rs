//! The least that a role must have for these very targets: pure.
//!
//! Azure bounds a role by where it holds, not by names: it holds in the resource groups of the
//! targets and nowhere else. Nothing in it lets the agent make or delete a scale set.

use crate::{
    ScaleSetId,
    compute::{DELETE, READ, READ_MACHINES, READ_VIEW, READ_VMS, WRITE},
    insights::READ_AUTOSCALE,
    scale_set::group_path,
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
}

/// Where the role holds: the resource groups of the targets.
pub fn scopes(subscription: &str, targets: impl Iterator<Item = ScaleSetId>) -> BTreeSet<String> {
    targets.map(|id| group_path(subscription, &id.group)).collect()
}

/// The actions for `needs`, in the order of their names.
pub fn actions(needs: Needs) -> Vec<&'static str> {
    let mut actions = Vec::new();
    if needs.seen {
        actions.extend([READ, READ_VIEW, READ_MACHINES, READ_VMS, READ_AUTOSCALE]);
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
        let resized = actions(Needs { seen: true, resized: true, replaces: false });
        let changing: Vec<_> = resized.iter().filter(|it| !it.ends_with("/read")).collect();
        assert_eq!(changing, [&WRITE]);
        assert!(actions(Needs::default()).is_empty());
    }
}
