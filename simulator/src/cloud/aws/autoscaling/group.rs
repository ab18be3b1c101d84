//! One group: what is kept of it, and how it follows its world.

use super::{
    super::{
        super::live::{self, LiveWorld, Shared},
        account::Account,
        ask::Ask,
        fault::Fault,
    },
    activity::{Activity, What},
    hooks::{Hook, Moving, Waiting},
    processes::Process,
    tags::Tag,
};
use crate::{chance::fnv1a, world::Member};
use setpoint_core::Span;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::MutexGuard,
};

/// How long a member is on its way out.
const LEAVING: Span = Span::from_secs(30);
/// From the word that a member is unhealthy until it is ended.
const HEALING: Span = Span::from_secs(10);

/// A member on its way out: the world has forgotten it already.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    pub(super) member: Member,
    /// Until when a lifecycle hook holds it.
    pub(super) held: Option<Span>,
    pub(super) until: Span,
}

/// A group.
pub(in super::super) struct Group {
    pub(super) name: String,
    live: Shared,
    pub(super) made: Span,
    /// What its members are launched from, as the caller named it.
    pub(super) launched_from: (&'static str, String),
    pub(super) tags: BTreeMap<String, Tag>,
    /// In the time of the world, in seconds.
    pub(super) cooldown: u32,
    pub(super) grace: u32,
    pub(super) health_check: String,
    pub(super) protects_new: bool,
    pub(super) protected: BTreeSet<u64>,
    /// Members that were said to be unhealthy, and when.
    pub(super) sick: BTreeMap<u64, Span>,
    pub(super) suspended: BTreeSet<Process>,
    pub(super) hooks: BTreeMap<String, Hook>,
    pub(super) waiting: Vec<Waiting>,
    /// Newest last.
    pub(super) activities: Vec<Activity>,
    pub(super) leaving: Vec<Leaving>,
    known: BTreeMap<u64, Member>,
    told_short: Option<Span>,
    /// When a caller last gave it a size.
    pub(super) sized: Option<Span>,
    pub(super) deleting: bool,
}

impl Group {
    /// The group of a world: its members stand already.
    pub(in super::super) fn standing(live: Shared, name: &str) -> Self {
        let members = live::lock(&live).world.members().to_vec();
        let known = members.into_iter().map(|member| (member.number, member)).collect();
        Self { known, ..Self::new(live, name, Span::ZERO) }
    }

    /// A group that was made now: whoever is in its world was launched for it.
    pub(super) fn new(live: Shared, name: &str, made: Span) -> Self {
        Self {
            name: name.to_owned(),
            live,
            made,
            launched_from: ("LaunchConfigurationName", "setpoint-sim".to_owned()),
            tags: BTreeMap::new(),
            cooldown: 300,
            grace: 0,
            health_check: "EC2".to_owned(),
            protects_new: false,
            protected: BTreeSet::new(),
            sick: BTreeMap::new(),
            suspended: BTreeSet::new(),
            hooks: BTreeMap::new(),
            waiting: Vec::new(),
            activities: Vec::new(),
            leaving: Vec::new(),
            known: BTreeMap::new(),
            told_short: None,
            sized: None,
            deleting: false,
        }
    }

    /// Its world, for a look or a change.
    pub(super) fn live(&self) -> MutexGuard<'_, LiveWorld> {
        live::lock(&self.live)
    }

    /// Lets time pass, and does what is to be done by then.
    pub(in super::super) fn live_until(&mut self, now: Span) {
        self.live().advance_to(now);
        self.note(now, "a difference between the desired and the actual capacity");
        self.end_waits(now);
        self.heal(now);
        self.trim(now, "a difference between the desired and the actual capacity");
        self.leaving.retain(|leaving| now < leaving.until);
    }

    /// Whether it was deleted and nobody is left.
    pub(in super::super) fn is_gone(&self) -> bool {
        self.deleting && self.leaving.is_empty() && self.live().world.members().is_empty()
    }

    /// Ends those that are too many, but for the protected ones: the newest first.
    pub(super) fn trim(&mut self, now: Span, cause: &str) {
        if self.suspended.contains(&Process::Terminate) {
            return;
        }
        let mut live = self.live();
        let serving = live.world.members().iter().filter(|member| member.aside.is_none());
        let excess = serving.clone().count().saturating_sub(live.world.desired() as usize);
        let may_go = serving.map(|it| it.number).filter(|it| !self.protected.contains(it));
        let mut numbers: Vec<u64> = may_go.collect();
        let going = numbers.split_off(numbers.len().saturating_sub(excess));
        if !going.is_empty() {
            live.world.end(&going);
            drop(live);
            self.note(now, cause);
        }
    }

    /// Ends those that were said to be unhealthy a while ago; others come in their place.
    fn heal(&mut self, now: Span) {
        if self.suspended.contains(&Process::ReplaceUnhealthy)
            || self.suspended.contains(&Process::Terminate)
        {
            return;
        }
        let old = self.sick.iter().filter(|(_, since)| **since + HEALING <= now);
        let old: Vec<u64> = old.map(|(number, _)| *number).collect();
        if !old.is_empty() {
            self.live().world.end(&old);
            self.note(now, "an instance was taken out of service after a failed health check");
        }
    }

    /// Tells what changed since the last time, for this cause.
    pub(super) fn note(&mut self, now: Span, cause: &str) {
        let (members, shortfall) = {
            let live = self.live();
            (live.world.members().to_vec(), live.world.shortfall())
        };
        for member in &members {
            match self.known.insert(member.number, *member) {
                None => self.came(*member, cause),
                Some(before) if before.serves != member.serves => self.moved(*member),
                Some(_) => {}
            }
        }
        let gone: Vec<Member> = self
            .known
            .extract_if(.., |number, _| members.iter().all(|member| member.number != *number))
            .map(|(_, member)| member)
            .collect();
        gone.into_iter().for_each(|member| self.went(member, now, cause));
        if let Some((at, why)) = shortfall.filter(|(at, _)| self.told_short != Some(*at)) {
            self.told_short = Some(at);
            // A launch that came to nothing is told by its own activity.
            if why.contains("capacity") {
                self.tell(What::Nobody, at, at, cause, Some(why));
            }
        }
    }

    fn came(&mut self, member: Member, cause: &str) {
        if self.protects_new {
            self.protected.insert(member.number);
        }
        self.tell(What::Launch(member.number), member.launched, member.serves, cause, None);
        if let Some(held) = self.hold(member.number, Moving::In, member.launched) {
            let serves = held.max(member.serves);
            self.waiting.push(Waiting { boots: member.serves, ..self.wait_of(&member, held) });
            self.live().world.have_serve_at(member.number, serves);
            let mut member = member;
            member.serves = serves;
            self.known.insert(member.number, member);
            self.moved(member);
        }
    }

    /// Its launch takes another time than was thought.
    fn moved(&mut self, member: Member) {
        let launch = What::Launch(member.number);
        if let Some(activity) = self.activities.iter_mut().rfind(|it| it.what == launch) {
            activity.until = member.serves;
        }
    }

    fn went(&mut self, member: Member, now: Span, cause: &str) {
        let number = member.number;
        self.protected.remove(&number);
        self.sick.remove(&number);
        self.waiting.retain(|waiting| waiting.number != number);
        let launch = What::Launch(number);
        let launched = self.activities.iter_mut().rfind(|it| it.what == launch);
        if member.fails() && member.serves <= now {
            if let Some(launch) = launched {
                launch.failed = Some("the instance failed its health check after its launch");
            }
            return;
        }
        if let Some(launch) = launched.filter(|launch| now < launch.until) {
            launch.until = now;
            launch.cancelled = true;
        }
        let held = self.hold(number, Moving::Out, now);
        if let Some(held) = held {
            let wait = self.wait_of(&member, held);
            self.waiting.push(Waiting { moving: Moving::Out, ..wait });
        }
        let until = held.unwrap_or(now) + LEAVING;
        self.leaving.push(Leaving { member, held, until });
        self.tell(What::Terminate(number), now, until, cause, None);
    }

    fn wait_of(&self, member: &Member, until: Span) -> Waiting {
        Waiting { number: member.number, moving: Moving::In, until, boots: member.serves }
    }

    /// Writes an activity down.
    pub(super) fn tell(
        &mut self,
        what: What,
        start: Span,
        until: Span,
        cause: &str,
        failed: Option<&'static str>,
    ) -> &Activity {
        let nth = self.activities.len() as u64 + 1;
        let id = fnv1a(self.name.bytes().chain(nth.to_le_bytes()));
        self.activities.push(Activity {
            id: format!("{:08x}-{:04x}-4000-8000-{nth:012x}", id >> 32, id & 0xffff),
            what,
            start,
            until,
            cause: cause.to_owned(),
            failed,
            cancelled: false,
        });
        self.activities.last().expect("it was pushed just now")
    }

    /// The instance id of a member.
    pub(super) fn id(&self, number: u64) -> String {
        format!("i-{:08x}{number:09x}", fnv1a(self.name.bytes()) >> 32)
    }

    /// The member with this instance id, if it is in the group.
    pub(super) fn member(&self, id: &str) -> Option<Member> {
        let number = self.id(0);
        let number = id.strip_prefix(&number[..10]).map(|nth| u64::from_str_radix(nth, 16));
        let Some(Ok(number)) = number else { return None };
        self.known.get(&number).copied()
    }

    /// The members that are there, in the order of their launches.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.known.values()
    }
}

impl Account {
    /// The group that `AutoScalingGroupName` names, to look at.
    pub(super) fn see(&self, ask: &Ask) -> Result<&Group, Fault> {
        let name = ask.must("AutoScalingGroupName")?;
        let group = self.groups.get(name);
        group.ok_or_else(|| Fault::validation(format!("AutoScalingGroup name not found - {name}")))
    }

    /// The group that `AutoScalingGroupName` names.
    pub(super) fn group(&mut self, ask: &Ask) -> Result<&mut Group, Fault> {
        let name = ask.must("AutoScalingGroupName")?;
        let group = self.groups.get_mut(name);
        group.ok_or_else(|| Fault::validation(format!("AutoScalingGroup name not found - {name}")))
    }

    /// The same, to change it. One that is being deleted takes no changes.
    pub(super) fn group_to_change(&mut self, ask: &Ask) -> Result<&mut Group, Fault> {
        let group = self.group(ask)?;
        if group.deleting {
            let message = format!("{} is being deleted", group.name);
            return Err(Fault::sender("ResourceContention", message));
        }
        Ok(group)
    }

    /// The group with the member that has this instance id, and that member.
    pub(super) fn group_of(&mut self, id: &str) -> Result<(&mut Group, Member), Fault> {
        let mut groups = self.groups.values_mut();
        let found = groups.find_map(|group| group.member(id).map(|member| (group, member)));
        found.ok_or_else(|| Fault::validation(format!("Instance Id not found - {id}")))
    }
}
