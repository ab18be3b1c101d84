//! What is behind a document that has a size: pods, each in the place of a member of a world.
//!
//! A pod is there as soon as it is wanted. It has a member once the world has launched one, and
//! none while the world cannot, or when its member came to nothing: then it is the pod that
//! waits, or that crashes, until another member takes its place.

use super::{
    super::{
        Shared,
        live::{self, LiveWorld},
    },
    store::Key,
};
use crate::{chance::fnv1a, world::Member};
use serde_json::Value;
use setpoint_core::Span;
use std::sync::MutexGuard;

/// How long a pod is on its way out.
const GRACE: Span = Span::from_secs(30);
/// How long after it was told the lack of room is told of those who wait.
const TOLD: Span = Span::from_minutes(5);
/// What the world says where it has no room.
const NO_ROOM: &str = "no capacity in any zone";
/// The letters that names of pods end with.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A pod.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) name: String,
    /// When it was made.
    pub(super) made: Span,
    /// Whose place it has, if anybody's.
    pub(super) member: Option<Member>,
    /// The hash of what it was made from.
    pub(super) revision: String,
    /// How often its member came to nothing.
    pub(super) crashes: u32,
    /// From when on it is on its way out.
    pub(super) leaves: Option<Span>,
    /// Whether it was told that there is no room for it.
    pub(super) told: bool,
}

impl Slot {
    /// Whether it serves at `now`.
    pub(super) fn is_ready(&self, now: Span) -> bool {
        self.leaves.is_none() && self.member.is_some_and(|member| member.serves <= now)
    }
}

/// The pods of one document.
pub(super) struct Fleet {
    pub(super) key: Key,
    live: Shared,
    /// In the order in which they were made.
    pub(super) slots: Vec<Slot>,
    /// Those on their way out.
    pub(super) leaving: Vec<Slot>,
    made: u64,
    /// Whether its document was deleted.
    pub(super) deleted: bool,
}

impl Fleet {
    /// The pods of the document of `key`, which are the members of a world.
    pub(super) fn new(key: Key, live: Shared) -> Self {
        let (slots, leaving) = (Vec::new(), Vec::new());
        Self { key, live, slots, leaving, made: 0, deleted: false }
    }

    pub(super) fn is_of(&self, key: &Key) -> bool {
        let own = &self.key;
        !self.deleted
            && (own.kind, &own.namespace, &own.name) == (key.kind, &key.namespace, &key.name)
    }

    /// Its world, for a look or a change.
    pub(super) fn live(&self) -> MutexGuard<'_, LiveWorld> {
        live::lock(&self.live)
    }

    /// Whether it was deleted and nobody is left.
    pub(super) fn is_gone(&self) -> bool {
        self.deleted && self.leaving.is_empty()
    }

    /// Whether there is no room for more at `now`.
    pub(super) fn lacks_room(&self, now: Span) -> bool {
        let told = self.live().world.shortfall();
        told.is_some_and(|(at, why)| why == NO_ROOM && now.minus(at) < TOLD)
    }

    /// Lets time pass, and does what is to be done by then to have `desired` pods, all of them
    /// made from `revision`.
    pub(super) fn follow(&mut self, now: Span, desired: u32, revision: &str) {
        self.live().advance_to(now);
        self.leaving.retain(|slot| slot.leaves.is_none_or(|at| now < at + GRACE));
        if self.deleted {
            return;
        }
        self.part_from_members(now);
        self.resize(now, desired);
        self.roll(now, desired, revision);
        self.meet_members(revision, now);
        while self.slots.len() < count(desired) {
            self.add(None, revision, now);
        }
    }

    /// Ends pods until there are no more than `desired`, and wants that many members.
    fn resize(&mut self, now: Span, desired: u32) {
        let over = self.slots.len().saturating_sub(count(desired));
        if self.live().world.desired() != desired {
            self.live().world.ask_for(desired);
        }
        let mut order: Vec<usize> = (0..self.slots.len()).collect();
        if self.key.kind.name == "StatefulSet" {
            order.sort_by_key(|at| std::cmp::Reverse(ordinal(&self.slots[*at].name)));
        } else {
            // As a ReplicaSet does: those that do not serve first, then the newest.
            order.sort_by_key(|at| (self.slots[*at].is_ready(now), std::cmp::Reverse(*at)));
        }
        let goes: Vec<String> =
            order.into_iter().take(over).map(|at| self.slots[at].name.clone()).collect();
        self.end(&goes, now);
    }

    /// Puts these pods on their way out, with their members.
    pub(super) fn end(&mut self, names: &[String], now: Span) {
        if names.is_empty() {
            return;
        }
        let gone: Vec<Slot> =
            self.slots.extract_if(.., |slot| names.contains(&slot.name)).collect();
        let numbers: Vec<u64> = gone.iter().filter_map(|slot| Some(slot.member?.number)).collect();
        self.live().world.end(&numbers);
        self.leaving.extend(gone.into_iter().map(|slot| Slot { leaves: Some(now), ..slot }));
    }

    /// Ends everything: the document is gone.
    pub(super) fn delete(&mut self, now: Span) {
        self.live().world.ask_for(0);
        let all: Vec<String> = self.slots.iter().map(|slot| slot.name.clone()).collect();
        self.end(&all, now);
        self.deleted = true;
    }

    /// Has members launched that are missing, at once.
    pub(super) fn relaunch(&mut self) {
        let mut live = self.live();
        let desired = live.world.desired();
        live.world.ask_for(desired);
    }

    /// Replaces pods that were made from something else, as many at once as may be missing.
    fn roll(&mut self, now: Span, desired: u32, revision: &str) {
        let old = |slot: &&Slot| slot.revision != revision;
        if !self.slots.iter().any(|slot| old(&slot)) {
            return;
        }
        let ready = self.slots.iter().filter(|slot| slot.is_ready(now)).count();
        let missing = count(desired).saturating_sub(ready);
        let may = (count(desired) / 4).max(1).saturating_sub(missing);
        let waiting = self.slots.iter().filter(|slot| old(slot) && !slot.is_ready(now));
        let waiting: Vec<String> = waiting.map(|slot| slot.name.clone()).collect();
        let serving = self.slots.iter().filter(|slot| old(slot) && slot.is_ready(now)).take(may);
        let names: Vec<String> = serving.map(|slot| slot.name.clone()).chain(waiting).collect();
        self.end(&names, now);
        self.relaunch();
    }

    /// Lets go of members that the world has no longer.
    fn part_from_members(&mut self, now: Span) {
        let members = self.live().world.members().to_vec();
        let there = |number: u64| members.iter().find(|member| member.number == number).copied();
        self.slots.retain_mut(|slot| {
            let Some(before) = slot.member else { return true };
            slot.member = there(before.number);
            if slot.member.is_none() && before.fails() && before.serves <= now {
                slot.crashes += 1;
                return true;
            }
            // Whoever is lost otherwise is lost with its node.
            slot.member.is_some()
        });
    }

    /// Gives every new member a pod: one that waits, else a new one.
    fn meet_members(&mut self, revision: &str, now: Span) {
        let members = self.live().world.members().to_vec();
        for member in members {
            let known = |slot: &Slot| slot.member.is_some_and(|it| it.number == member.number);
            if self.slots.iter().any(known) {
                continue;
            }
            match self.slots.iter_mut().find(|slot| slot.member.is_none()) {
                Some(slot) => slot.member = Some(member),
                None => self.add(Some(member), revision, now),
            }
        }
    }

    fn add(&mut self, member: Option<Member>, revision: &str, now: Span) {
        let name = if self.key.kind.name == "StatefulSet" {
            let all = || self.slots.iter().chain(&self.leaving);
            let taken = |number: &u32| all().any(|slot| ordinal(&slot.name) == Some(*number));
            let free = (0..).find(|number| !taken(number)).unwrap_or_default();
            format!("{}-{free}", self.key.name)
        } else {
            format!("{}-{revision}-{}", self.key.name, letters(&self.key.name, self.made))
        };
        self.made += 1;
        let made = member.map_or(now, |member| member.launched);
        let (revision, crashes) = (revision.to_owned(), 0);
        self.slots.push(Slot { name, made, member, revision, crashes, leaves: None, told: false });
    }
}

/// The hash of what pods are made from.
pub(super) fn revision(document: &Value) -> String {
    let text = document["spec"]["template"].to_string();
    format!("{:010x}", fnv1a(text.bytes()) & 0xff_ffff_ffff)
}

/// The five letters of the `number`-th pod of `name`: never the same twice.
fn letters(name: &str, number: u64) -> String {
    let base = LETTERS.len() as u64;
    let space = base.pow(5);
    // A step that shares no factor with the space goes through all of it.
    let mut rest = (fnv1a(name.bytes()) % space + number * 7_654_321) % space;
    let letter = |_| {
        let letter = LETTERS[(rest % base) as usize];
        rest /= base;
        char::from(letter)
    };
    (0..5).map(letter).collect()
}

fn ordinal(name: &str) -> Option<u32> {
    name.rsplit_once('-')?.1.parse().ok()
}

const fn count(number: u32) -> usize {
    number as usize
}
