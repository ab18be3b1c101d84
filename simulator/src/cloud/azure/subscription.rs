//! Everything that is in a subscription: scale sets, each with a world, the servers of the scenario's
//! database, and what is kept beside them.
//!
//! The scenario's group is in the scenario's world, with its load. A set that a caller makes is in
//! a world of its own, of the same kind but without load: its instances boot and fail alike.

use super::{
    super::{Pace, Shared, live},
    fault::Fault,
    operation::Operation,
    postgres,
    set::{self, ScaleSet},
    traffic,
};
use crate::world::Answer;
use jiff::Timestamp as Calendar;
use serde_json::Value;
use setpoint_core::{Range, Span};
use std::{collections::BTreeMap, sync::Arc};

/// Whoever asks, by whatever subscription, finds the same things.
pub(super) struct Subscription {
    pub(super) pace: Arc<Pace>,
    /// How old the worlds are in this call.
    pub(super) now: Span,
    /// By their names in small letters.
    pub(super) sets: BTreeMap<String, ScaleSet>,
    pub(super) operations: Vec<Operation>,
    /// How many operations were begun.
    pub(super) begun: u64,
    /// The settings of Azure's own autoscaler, by their names in small letters. Nobody acts on them.
    pub(super) settings: BTreeMap<String, Value>,
    /// Where users would be sent.
    pub(super) profiles: traffic::Profiles,
    /// What callers called servers besides.
    pub(super) server_tags: postgres::Tags,
    /// The scenario's world: its API is that of all, and its database is here.
    pub(super) main: Shared,
    seed: u64,
    calls: u64,
}

impl Subscription {
    pub(super) fn new(main: Shared, pace: Arc<Pace>, seed: u64) -> Self {
        let (name, zones) = {
            let live = live::lock(&main);
            (live.group.clone(), live.world.model().fleet.zones)
        };
        let model = set::standing_model(zones);
        let set = ScaleSet::new(Arc::clone(&main), &name, Span::ZERO, model);
        Self {
            pace,
            now: Span::ZERO,
            sets: BTreeMap::from([(name.to_ascii_lowercase(), set)]),
            operations: Vec::new(),
            begun: 0,
            settings: BTreeMap::new(),
            profiles: BTreeMap::new(),
            server_tags: BTreeMap::new(),
            main,
            seed,
            calls: 0,
        }
    }

    /// Begins a call: time has passed. Its id.
    pub(super) fn begin(&mut self, now: Span) -> String {
        self.now = now;
        self.calls += 1;
        self.sets.values_mut().for_each(|set| set.live_until(now));
        self.sets.retain(|_, set| !set.is_gone());
        self.look_after_operations();
        format!("00000000-0000-4000-9000-{:012x}", self.calls)
    }

    /// Asks the world's API whether it takes a call.
    pub(super) fn admit(&mut self) -> Result<Answer, Fault> {
        let admitted = live::lock(&self.main).world.admit();
        admitted.map_err(|kind| Fault::of(kind, |span| self.pace.takes(span)))
    }

    /// A world without load for a set that a caller makes, as old as the others.
    pub(super) fn another_world(&self, name: &str, size: u32) -> Shared {
        let range = Range::new(0, u32::MAX).expect("0 is below");
        live::without_load(&self.main, name, (size, range), (self.seed, self.now))
    }

    /// Instances that the subscription's quota has room for, in each set.
    pub(super) fn quota(&self) -> u32 {
        live::lock(&self.main).world.range().max()
    }

    /// The set of this name, to look at.
    pub(super) fn see(&self, name: &str) -> Result<&ScaleSet, Fault> {
        let set = self.sets.get(&name.to_ascii_lowercase());
        set.ok_or_else(|| Fault::not_found(super::SETS, name))
    }

    /// The set of this name, to change it. One that is being deleted takes no changes.
    pub(super) fn set_to_change(&mut self, name: &str) -> Result<&mut ScaleSet, Fault> {
        let set = self.sets.get_mut(&name.to_ascii_lowercase());
        let set = set.ok_or_else(|| Fault::not_found(super::SETS, name))?;
        if set.deleting {
            return Err(Fault::not_allowed(format!(
                "Operation is not allowed on VM scale set '{name}' since it is marked for \
                 deletion. You can only retry the Delete operation (or wait for an ongoing one to \
                 complete)."
            )));
        }
        Ok(set)
    }

    /// Whether something goes on with this set.
    pub(super) fn is_busy(&self, set: &ScaleSet) -> bool {
        let key = set.name.to_ascii_lowercase();
        self.operations.iter().any(|it| it.set == key && it.is_under_way())
    }

    /// The machine's time at which the worlds are so old, as documents have it.
    pub(super) fn stamp(&self, age: Span) -> String {
        stamp(self.pace.outside(age))
    }
}

/// A moment as documents have it.
pub(super) fn stamp(at: setpoint_core::Timestamp) -> String {
    let at = Calendar::from_millisecond(at.ms()).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
