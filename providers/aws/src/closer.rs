//! Which groups are looked at more closely in a pass.
//!
//! Refreshes and activities are told of one group a call. Asking about every group at every
//! pass would make calls grow with targets, where everything else grows with pages. So a few
//! groups have their turn at each pass: first those that change, whose description gives
//! away that something is going on, then the rest in turn. What was found out of a group
//! stands until its next turn; before anything is taken from it, it is asked again
//! (`resize.rs`).

use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance, LifecycleState as Life};
use setpoint_core::Group;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How many have their turn at a pass. Where there are no more, all are looked at at every pass.
pub(crate) const A_PASS: usize = 5;

/// Of those, how many go to groups on which nothing seems to be going on.
const IN_TURN: usize = 1;

/// What a closer look found, or why it found nothing.
pub(crate) type Found = Result<Closely, String>;

/// What is told of one group a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closely {
    /// Why it should be left alone.
    pub(crate) busy: Option<String>,
    /// The cloud's reason for being short of members.
    pub(crate) shortfall: Option<String>,
}

/// What was found out by closer looks, and when.
#[derive(Debug, Default)]
pub(crate) struct Closer(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    look: u64,
    known: BTreeMap<String, (u64, Found)>,
}

impl Closer {
    /// Whose turn it is, of groups by their names, each with whether it [is changing](is_changing).
    pub(crate) fn turns<'a>(&self, groups: impl Iterator<Item = (&'a str, bool)>) -> Vec<&'a str> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut changing, mut quiet) = (Vec::new(), Vec::new());
        for (name, changes) in groups {
            let known = state.known.get(name);
            // What is going on, or could not be found out, is asked about until it is over.
            let open =
                known.is_some_and(|(_, found)| !matches!(found, Ok(it) if it.busy.is_none()));
            let turn = (known.map_or(0, |(look, _)| *look), name);
            if changes || open { &mut changing } else { &mut quiet }.push(turn);
        }
        changing.sort_unstable();
        quiet.sort_unstable();
        let kept = IN_TURN.min(quiet.len());
        let first = changing.len().min(A_PASS - kept);
        let turns = changing.into_iter().take(first);
        turns.chain(quiet.into_iter().take(A_PASS - first)).map(|(_, name)| name).collect()
    }

    /// Keeps what a look at `name` found.
    pub(crate) fn note(&self, name: &str, found: Found) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.look += 1;
        let look = state.look;
        state.known.insert(name.to_owned(), (look, found));
    }

    /// What the last look at `name` found; nothing, before the first.
    pub(crate) fn known(&self, name: &str) -> Found {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.get(name).map_or_else(|| Ok(Closely::default()), |(_, found)| found.clone())
    }
}

/// Whether the description of a group gives away that something is going on: members on
/// their way in or out, or of more than one version, as a refresh makes them.
pub(crate) fn is_changing(described: &AutoScalingGroup, group: &Group) -> bool {
    let members = described.instances();
    let settled = |one: &Instance| one.lifecycle_state() == Some(&Life::InService);
    let version = |one: &'_ Instance| {
        let template = one.launch_template().and_then(|it| it.version().map(str::to_owned));
        (template, one.launch_configuration_name().map(str::to_owned))
    };
    let first = members.first().map(version);
    group.ready != group.desired
        || !members.iter().all(settled)
        || members.iter().any(|one| Some(version(one)) != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks `passes` times at `quiet` groups called a0, a1, … and `changing` ones called b0, …
    fn looks(closer: &Closer, passes: usize, quiet: usize, changing: usize) -> Vec<Vec<String>> {
        let of = |prefix: &str, count| (0..count).map(|n| format!("{prefix}{n}")).collect();
        let (quiet, changing): (Vec<String>, Vec<String>) = (of("a", quiet), of("b", changing));
        let all = || {
            let quiet = quiet.iter().map(|name| (name.as_str(), false));
            quiet.chain(changing.iter().map(|name| (name.as_str(), true)))
        };
        let mut looks = Vec::new();
        for _ in 0..passes {
            let turns = closer.turns(all());
            turns.iter().for_each(|name| closer.note(name, Ok(Closely::default())));
            looks.push(turns.into_iter().map(str::to_owned).collect());
        }
        looks
    }

    #[test]
    fn no_group_is_passed_over_for_ever() {
        let closer = Closer::default();
        let mut seen: Vec<String> = looks(&closer, 12, 12, 9).concat();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 21, "{seen:?}");
    }

    #[test]
    fn calls_never_grow_with_groups() {
        for (quiet, changing) in [(1000, 0), (0, 1000), (500, 500), (1000, 1)] {
            for turns in looks(&Closer::default(), 3, quiet, changing) {
                assert_eq!(turns.len(), A_PASS, "{quiet} quiet, {changing} changing");
            }
        }
    }

    #[test]
    fn where_there_are_few_all_are_looked_at_at_every_pass() {
        for (quiet, changing) in [(5, 0), (0, 5), (2, 3), (4, 1), (1, 0)] {
            for turns in looks(&Closer::default(), 3, quiet, changing) {
                assert_eq!(turns.len(), quiet + changing, "{quiet} quiet, {changing} changing");
            }
        }
    }

    #[test]
    fn a_group_that_changes_never_waits_for_those_that_do_not() {
        for turns in looks(&Closer::default(), 5, 100, 2) {
            assert!(turns.contains(&"b0".to_owned()) && turns.contains(&"b1".to_owned()));
        }
    }

    #[test]
    fn what_was_going_on_is_asked_about_until_it_is_over() {
        let closer = Closer::default();
        let all = || ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, false)).into_iter();
        let busy = Closely { busy: Some("a refresh".to_owned()), shortfall: None };
        closer.note("c", Ok(busy.clone()));
        closer.note("d", Err("no answer".to_owned()));
        for _ in 0..3 {
            let turns = closer.turns(all());
            assert!(turns.contains(&"c") && turns.contains(&"d"), "{turns:?}");
        }
        assert_eq!(closer.known("c"), Ok(busy));
        assert!(closer.known("d").is_err(), "it counts as not seen");
    }
}
