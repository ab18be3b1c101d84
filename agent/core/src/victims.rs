//! Which members of a group go, which have gone far enough, and which come back.
//!
//! Nobody is picked whose sessions are not known, and nobody is ended who may still have one:
//! a member is taken out of service first, and ended by what was measured after that. All of
//! it is pure; what is remembered is in `drains.rs`. See docs/decisions/0006.

use crate::{
    Group, Leaving, Member, MemberState, Memory, Sample, Sessions, Short, Span, TargetMemory,
    absorb::{is_fresh, is_not_ahead},
    defaults::DRAIN_AT_ONCE,
    drains::state,
    guards::{Candidate, Ruling},
    plan::listed,
};
use std::collections::BTreeMap;

/// The members of one group, and what is known of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crew<'a> {
    pub(crate) group: &'a Group,
    pub(crate) settings: &'a Sessions,
    pub(crate) memory: &'a Memory,
    pub(crate) past: &'a TargetMemory,
    /// The age beyond which a sample of sessions counts as missing.
    pub(crate) max_age: Span,
}

/// The members that are to go, and why these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Victims {
    pub(crate) names: Vec<String>,
    pub(crate) note: String,
}

impl Victims {
    /// Keeps whoever is not named: the size follows from the names, never the other way.
    pub(crate) fn rule(&self, candidate: Candidate) -> Ruling {
        if !candidate.shrinks() {
            return Ruling::pass(candidate, "only for shrinking");
        }
        match u32::try_from(self.names.len()).unwrap_or(u32::MAX) {
            0 => Ruling::Hold(self.note.clone().into()),
            named => {
                Ruling::Size(candidate.present.saturating_sub(named), self.note.clone().into())
            }
        }
    }
}

impl<'a> Crew<'a> {
    /// Whom to take out of service so that `wanted` fewer are in it: idle ones first, then
    /// those with the fewest sessions, and of equals one in the fullest zone.
    pub(crate) fn victims(&self, wanted: u32) -> Victims {
        let serving: Vec<&Member> = self.serving().collect();
        let mut known: Vec<(&Member, f64)> = serving
            .iter()
            .filter(|member| self.may_go(member))
            .filter_map(|member| Some((*member, self.sessions(&member.name)?.value())))
            .collect();
        let idle = known.iter().filter(|(_, sessions)| *sessions == 0.0).count();
        let mut zones = zones(&serving);
        let mut picked: Vec<(&Member, f64)> = Vec::new();
        for _ in 0..wanted.min(DRAIN_AT_ONCE) {
            let members_of = |it: &(&Member, f64)| zones.get(&it.0.zone).copied();
            let first = (0..known.len()).min_by(|a, b| {
                let (a, b) = (&known[*a], &known[*b]);
                let fullest = members_of(b).cmp(&members_of(a));
                a.1.total_cmp(&b.1).then(fullest).then(a.0.name.cmp(&b.0.name))
            });
            let Some(first) = first else { break };
            let chosen = known.swap_remove(first);
            zones.entry(&chosen.0.zone).and_modify(|members| *members -= 1);
            picked.push(chosen);
        }
        let note = note(&picked, (idle, serving.len(), known.len() + picked.len()));
        Victims { names: picked.into_iter().map(|(member, _)| member.name.clone()).collect(), note }
    }

    /// Members on standby that have finished what they had, at most `most` of them.
    pub(crate) fn done(&self, most: usize) -> Vec<String> {
        let done = self.aside().filter(|(name, leaving)| {
            leaving.is_done(self.sessions(name)) && !leaving.is_awaited(self.memory.now)
        });
        done.take(most).map(|(name, _)| name.to_owned()).collect()
    }

    /// Members on standby that have not finished by their deadline, or of which nothing is
    /// known by then: at most `most` of them.
    pub(crate) fn overdue(&self, most: usize) -> Vec<String> {
        let now = self.memory.now;
        let late = self.aside().filter(|(name, leaving)| {
            let done = leaving.is_done(self.sessions(name));
            let late = now.since(leaving.since) >= self.settings.drain;
            late && !done && !leaving.is_awaited(now)
        });
        late.take(most).map(|(name, _)| name.to_owned()).collect()
    }

    /// Members on standby that may serve again at once, at most `most`: the busiest first,
    /// since they would be the last to finish.
    pub(crate) fn reserve(&self, most: usize) -> Vec<String> {
        let now = self.memory.now;
        let mut back: Vec<(&str, Option<f64>)> = self
            .aside()
            .filter(|(_, leaving)| !leaving.is_awaited(now))
            .map(|(name, _)| (name, self.sessions(name).map(Sample::value)))
            .collect();
        // Of whom nothing is known may be the busiest.
        let load = |sessions: &Option<f64>| sessions.unwrap_or(f64::INFINITY);
        back.sort_by(|(a, of_a), (b, of_b)| load(of_b).total_cmp(&load(of_a)).then(a.cmp(b)));
        back.truncate(most.min(DRAIN_AT_ONCE as usize));
        back.into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// Who is on the way out, in a few words: "draining i-1 (3 sessions, 2m of 10m)".
    pub(crate) fn in_words(&self) -> Option<String> {
        let on_standby = |member: &&Member| member.state == MemberState::Standby;
        let standing = self.group.members.iter().filter(on_standby);
        let foreign = standing.filter(|it| !self.past.drains.leaving.contains_key(&it.name));
        let leaving = self.past.drains.leaving.iter();
        let ours: Vec<String> = leaving.map(|(name, it)| self.of_one(name, it)).collect();
        let ours = (!ours.is_empty()).then(|| format!("draining {}", listed(&ours)));
        let foreign = match foreign.count() {
            0 => None,
            n => Some(format!("{n} on standby that we did not put there")),
        };
        let parts: Vec<String> = ours.into_iter().chain(foreign).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn of_one(&self, name: &str, leaving: &Leaving) -> String {
        let Some(_) = leaving.aside else { return format!("{name} (not yet on standby)") };
        let (ago, within) = (self.memory.now.since(leaving.since), self.settings.drain);
        let what = match self.sessions(name) {
            Some(_) if leaving.retired.is_some() => "on its way out".to_owned(),
            Some(sample) => count(sample.value()),
            None => "sessions not known".to_owned(),
        };
        format!("{name} ({what}, {ago} of {within})")
    }

    fn serving(&self) -> impl Iterator<Item = &'a Member> {
        self.group.members.iter().filter(|member| member.state == MemberState::Serving)
    }

    /// Whether it is neither on its way out nor just back.
    fn may_go(&self, member: &Member) -> bool {
        let drains = &self.past.drains;
        !drains.leaving.contains_key(&member.name) && !drains.spared.contains_key(&member.name)
    }

    /// Those of ours that are seen on standby, in the order of their names.
    fn aside(&self) -> impl Iterator<Item = (&'a str, &'a Leaving)> {
        let (members, leaving) = (&self.group.members, self.past.drains.leaving.iter());
        let aside = |name: &str| state(members, name) == Some(MemberState::Standby);
        leaving.map(|(name, leaving)| (name.as_str(), leaving)).filter(move |(name, _)| aside(name))
    }

    /// How many sessions a member has, if that was told not too long ago and makes sense.
    pub(crate) fn sessions(&self, name: &str) -> Option<Sample> {
        let now = self.memory.last?.wall;
        let sample = self.memory.parts.get(&self.settings.input)?.of(name)?;
        let fresh = is_fresh(sample, self.max_age, now).and(is_not_ahead(sample, now));
        fresh.ok().filter(|()| sample.value() >= 0.0).map(|()| sample)
    }
}

fn zones<'a>(members: &[&'a Member]) -> BTreeMap<&'a Option<String>, u32> {
    let mut zones = BTreeMap::new();
    for member in members {
        *zones.entry(&member.zone).or_insert(0) += 1;
    }
    zones
}

/// "2 of 12 idle: i-1, i-2", and who goes that is not.
fn note(picked: &[(&Member, f64)], (idle, serving, known): (usize, usize, usize)) -> String {
    if picked.is_empty() {
        return match serving {
            0 => "the provider names no member in service".to_owned(),
            _ if known == 0 => format!("of none of {serving} members the sessions are known"),
            _ => "nobody may go".to_owned(),
        };
    }
    let names = |wanted: &dyn Fn(f64) -> bool| -> Vec<String> {
        let some = picked.iter().filter(|(_, sessions)| wanted(*sessions));
        let said = |(member, sessions): &(&Member, f64)| match *sessions {
            0.0 => member.name.clone(),
            busy => format!("{} ({})", member.name, count(busy)),
        };
        some.map(said).collect()
    };
    let (resting, busy) = (names(&|it| it == 0.0), names(&|it| it != 0.0));
    let first = match resting.as_slice() {
        [] => format!("none of {serving} is idle"),
        some => format!("{idle} of {serving} idle: {}", listed(some)),
    };
    let unknown = match serving - known {
        0 => String::new(),
        n => format!("; {n} not known or left alone"),
    };
    let busy = match busy.as_slice() {
        [] => String::new(),
        some => format!("; fewest sessions: {}", listed(some)),
    };
    format!("{first}{busy}{unknown}")
}

fn count(sessions: f64) -> String {
    match sessions {
        1.0 => "1 session".to_owned(),
        n => format!("{} sessions", Short(n)),
    }
}

#[cfg(test)]
mod tests;
