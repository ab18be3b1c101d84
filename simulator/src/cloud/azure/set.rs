//! One scale set: what is kept of it, and how it follows its world.

use super::super::{
    Shared,
    live::{self, LiveWorld},
};
use crate::world::Member;
use serde_json::{Value, json};
use setpoint_core::Span;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::MutexGuard,
};

/// How long an instance is on its way out.
const LEAVING: Span = Span::from_secs(30);

/// An instance on its way out: the world has forgotten it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub(super) member: Member,
    pub(super) until: Span,
}

/// What an instance is to be kept from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Protection {
    pub(super) from_scale_in: bool,
    pub(super) from_actions: bool,
}

/// A scale set. An instance is a member of its world, and its id is the member's number.
pub(super) struct ScaleSet {
    pub(super) name: String,
    live: Shared,
    pub(super) made: Span,
    /// Everything of its document that is a caller's to say, but for the capacity.
    pub(super) model: Value,
    /// How often the model was changed.
    pub(super) version: u64,
    pub(super) protected: BTreeMap<u64, Protection>,
    pub(super) leaving: Vec<Leaving>,
    pub(super) deleting: bool,
    /// Whether the first operation of a set that a caller made is not over.
    pub(super) creating: bool,
    /// Whether the last operation that gave it a size came to nothing.
    pub(super) failed: bool,
    known: BTreeMap<u64, Member>,
}

impl ScaleSet {
    /// The set of a world. Whoever is in it already stands.
    pub(super) fn new(live: Shared, name: &str, made: Span, model: Value) -> Self {
        let members = live::lock(&live).world.members().to_vec();
        Self {
            name: name.to_owned(),
            live,
            made,
            model,
            version: 1,
            protected: BTreeMap::new(),
            leaving: Vec::new(),
            deleting: false,
            creating: false,
            failed: false,
            known: members.into_iter().map(|member| (member.number, member)).collect(),
        }
    }

    /// Its world, for a look or a change.
    pub(super) fn live(&self) -> MutexGuard<'_, LiveWorld> {
        live::lock(&self.live)
    }

    /// How many instances are wanted.
    pub(super) fn capacity(&self) -> u32 {
        self.live().world.desired()
    }

    /// The instances that are there, in the order of their ids.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.known.values()
    }

    /// Whether it was deleted and nobody is left.
    pub(super) fn is_gone(&self) -> bool {
        self.deleting && self.leaving.is_empty()
    }

    /// Whether everybody who is wanted serves, and nobody else is there.
    pub(super) fn is_settled(&self, now: Span) -> bool {
        self.leaving.is_empty()
            && self.excess() == 0
            && self.known.len() >= self.capacity() as usize
            && self.members().all(|member| member.serves <= now)
    }

    /// The version of its model, as conditions have it.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// Lets time pass, and does what is to be done by then.
    pub(super) fn live_until(&mut self, now: Span) {
        self.live().advance_to(now);
        self.note(now);
        self.trim(now);
        self.leaving.retain(|leaving| now < leaving.until);
    }

    /// Wants so many instances from now on.
    pub(super) fn resize(&mut self, wanted: u32, now: Span) {
        self.live().world.ask_for(wanted);
        self.note(now);
        self.trim(now);
    }

    /// Ends these instances, and wants so many fewer.
    pub(super) fn delete_instances(&mut self, numbers: &[u64], now: Span) {
        let fewer = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let wanted = self.capacity().saturating_sub(fewer);
        let mut live = self.live();
        live.world.end(numbers);
        live.world.ask_for(wanted);
        drop(live);
        self.note(now);
    }

    /// Ends everything.
    pub(super) fn delete(&mut self, now: Span) {
        let all: Vec<u64> = self.known.keys().copied().collect();
        self.live().world.ask_for(0);
        self.live().world.end(&all);
        self.note(now);
        self.deleting = true;
    }

    /// How many are too many and may go.
    fn excess(&self) -> usize {
        let excess = self.known.len().saturating_sub(self.capacity() as usize);
        excess.min(self.known.keys().filter(|number| self.may_go(**number)).count())
    }

    fn may_go(&self, number: u64) -> bool {
        self.protected.get(&number).is_none_or(|kept| !kept.from_scale_in)
    }

    /// Ends those that are too many, by the default policy: zones are kept alike, and of a zone
    /// the highest id goes first.
    fn trim(&mut self, now: Span) {
        let mut going = BTreeSet::new();
        for _ in 0..self.excess() {
            let stays = || self.members().filter(|member| !going.contains(&member.number));
            let crowd = |zone: u32| stays().filter(|member| member.zone == zone).count();
            let goes = stays()
                .filter(|member| self.may_go(member.number))
                .max_by_key(|member| (crowd(member.zone), member.number))
                .map(|member| member.number);
            going.extend(goes);
        }
        if !going.is_empty() {
            let going: Vec<u64> = going.into_iter().collect();
            self.live().world.end(&going);
            self.note(now);
        }
    }

    /// Takes notice of who came and who went since the last time.
    fn note(&mut self, now: Span) {
        let members = self.live().world.members().to_vec();
        let here: BTreeMap<u64, Member> =
            members.into_iter().map(|member| (member.number, member)).collect();
        let before = std::mem::replace(&mut self.known, here);
        for (number, member) in before {
            if self.known.contains_key(&number) {
                continue;
            }
            self.protected.remove(&number);
            // Who came to nothing was repaired away, and was never in anybody's way.
            if !(member.fails() && member.serves <= now) {
                self.leaving.push(Leaving { member, until: now + LEAVING });
            }
        }
    }
}

/// What is kept of the scenario's own set.
pub(super) fn standing_model(zones: u32) -> Value {
    let zones: Vec<String> = (1..=zones).map(|zone| zone.to_string()).collect();
    json!({
        "location": super::LOCATION,
        "tags": {},
        "sku": { "name": super::SIZE, "tier": "Standard" },
        "zones": zones,
        "properties": {
            "orchestrationMode": "Uniform",
            "singlePlacementGroup": false,
            "overprovision": false,
            "platformFaultDomainCount": 1,
            "upgradePolicy": { "mode": "Manual" },
            "automaticRepairsPolicy": { "enabled": true },
            "virtualMachineProfile": {
                "osProfile": { "computerNamePrefix": "sim" },
                "storageProfile": { "osDisk": { "createOption": "FromImage" } },
            },
        },
    })
}
