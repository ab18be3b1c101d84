//! What is forbidden of members that are named, judged from what was seen and is remembered.
//!
//! Written from the manual, not from what picks them.

use crate::{
    Action, Group, GroupSettings, InputSettings, MemberState, Memory, Sample, TargetMemory,
};
use std::collections::BTreeSet;

/// A group that is to be judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<'a> {
    pub(super) bounds: &'a GroupSettings,
    pub(super) group: &'a Group,
    /// How its sessions are read, if they are.
    pub(super) input: Option<&'a InputSettings>,
    pub(super) memory: &'a Memory,
    pub(super) past: Option<&'a TargetMemory>,
}

impl Members<'_> {
    /// Everything that is to be said against `action` because of the members it names.
    pub(super) fn against(&self, action: &Action) -> Vec<String> {
        match action {
            Action::Resize { from, to } if to < from && self.bounds.sessions.is_some() => {
                vec!["fewer members without a word on which".to_owned()]
            }
            Action::Drain { from, to, members } => {
                let mut wrong = self.all(members, |name| self.not_to_drain(name));
                if u64::from(from.saturating_sub(*to)) != members.len() as u64 {
                    wrong.push(format!("{} victims for {from} -> {to}", members.len()));
                }
                wrong
            }
            Action::Retire { members } => {
                let mut wrong = self.all(members, |name| self.not_to_retire(name));
                let share = f64::from(self.group.desired) * self.bounds.shrink.share + 1e-6;
                if members.len() as f64 > share.max(f64::from(self.bounds.shrink.count)) {
                    wrong.push(format!("{} members ended at once", members.len()));
                }
                wrong
            }
            Action::Return { from, to, members } => {
                let mut wrong = self.all(members, |name| self.not_to_return(name));
                if u64::from(to.saturating_sub(*from)) < members.len() as u64 {
                    wrong.push(format!("{} members for {from} -> {to}", members.len()));
                }
                wrong
            }
            Action::Replace { from, member, drained } => {
                let mut wrong = self
                    .all(std::slice::from_ref(member), |name| self.not_to_replace(name, *drained));
                if *from != self.group.desired {
                    wrong.push(format!(
                        "decided for {from} members, but {} are desired",
                        self.group.desired
                    ));
                }
                wrong
            }
            Action::Resize { .. }
            | Action::AddReplica { .. }
            | Action::RemoveReplica { .. }
            | Action::Set { .. }
            | Action::Start { .. }
            | Action::Grow { .. }
            | Action::Route { .. } => Vec::new(),
        }
    }

    fn all(&self, names: &[String], wrong: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let twice = names.iter().filter(|name| !seen.insert(*name));
        let twice = twice.map(|name| format!("{name} is named twice"));
        let none = names.is_empty().then(|| "nobody is named".to_owned());
        twice.chain(none).chain(names.iter().filter_map(|name| wrong(name))).collect()
    }

    fn not_to_drain(&self, name: &str) -> Option<String> {
        if self.state(name) != Some(MemberState::Serving) {
            return Some(format!("{name} is not in service"));
        }
        let on_its_way = self.past?.drains.leaving.contains_key(name);
        match (on_its_way, self.sessions(name)) {
            (true, _) => Some(format!("{name} is on its way out already")),
            (false, None) => Some(format!("the sessions of {name} are not known")),
            (false, Some(_)) => None,
        }
    }

    fn not_to_replace(&self, name: &str, drained: bool) -> Option<String> {
        let is_sick = match self.state(name) {
            Some(MemberState::Serving) => false,
            Some(MemberState::Sick) => true,
            Some(MemberState::Standby | MemberState::Other) | None => {
                return Some(format!("{name} is not in service"));
            }
        };
        if self.past.is_some_and(|past| past.open.is_some()) {
            return Some(format!("{name} is replaced while something is on its way"));
        }
        if !is_sick && self.group.ready <= 1 {
            return Some(format!("{name} is the only one that serves"));
        }
        match (self.bounds.sessions.is_some(), drained) {
            (true, true) if is_sick => None,
            (true, true) => self.not_to_drain(name),
            (false, false) => None,
            (true, false) => Some(format!("{name} is ended that may have sessions")),
            (false, true) => Some(format!("{name} is drained, and nothing tells of sessions")),
        }
    }

    fn not_to_retire(&self, name: &str) -> Option<String> {
        if self.state(name) != Some(MemberState::Standby) {
            return Some(format!("{name} is not on standby"));
        }
        let leaving = self.past.and_then(|past| past.drains.leaving.get(name));
        let Some(aside) = leaving.and_then(|leaving| leaving.aside) else {
            return Some(format!("{name} was not put on standby by us"));
        };
        match self.sessions(name) {
            None => Some(format!("the sessions of {name} are not known")),
            Some(sample) if sample.value() > 0.0 => Some(format!("{name} has sessions")),
            Some(sample) if sample.at <= aside => {
                Some(format!("the sessions of {name} were counted while it was in service"))
            }
            Some(_) => None,
        }
    }

    fn not_to_return(&self, name: &str) -> Option<String> {
        let ours = self.past.is_some_and(|past| past.drains.leaving.contains_key(name));
        let standby = self.state(name) == Some(MemberState::Standby);
        (!ours || !standby).then(|| format!("{name} was not put on standby by us"))
    }

    fn state(&self, name: &str) -> Option<MemberState> {
        let mut members = self.group.members.iter();
        members.find(|member| member.name == name).map(|member| member.state)
    }

    fn sessions(&self, name: &str) -> Option<Sample> {
        let key = &self.bounds.sessions.as_ref()?.input;
        let sample = self.memory.parts.get(key)?.of(name)?;
        let age = self.memory.last?.wall.since(sample.at);
        (age <= self.input?.max_age && sample.value() >= 0.0).then_some(sample)
    }
}
