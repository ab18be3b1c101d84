//! Everything that is in one account and region: groups, each with a world, and what is kept
//! beside them.
//!
//! The scenario's group is in the scenario's world, with its load. A group that a caller makes
//! is in a world of its own, of the same kind but without load: its members boot and fail alike.

use super::{
    super::{Pace, Shared, live},
    autoscaling::Group,
    elb::Balancer,
    fault::Fault,
    rds::Databases,
    route53::Dns,
};
use crate::world::Answer;
use setpoint_core::{Range, Span, Timestamp};
use std::{collections::BTreeMap, sync::Arc};

/// The number of the account.
pub(super) const ACCOUNT: &str = "000000000000";

/// An account in a region.
pub(super) struct Account {
    pub(super) pace: Arc<Pace>,
    /// The scenario's world: the one with load, and with the database.
    pub(super) main: Shared,
    /// The worlds of other clouds, which health checks can ask.
    pub(super) neighbours: Vec<Shared>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) databases: Databases,
    pub(super) balancer: Balancer,
    pub(super) dns: Dns,
    /// How old the worlds are in this call.
    pub(super) now: Span,
    seed: u64,
    calls: u64,
}

impl Account {
    pub(super) fn new(main: Shared, pace: Arc<Pace>, seed: u64) -> Self {
        let name = live::lock(&main).group.clone();
        let group = Group::standing(Arc::clone(&main), &name);
        let balancer = Balancer::new(&name);
        let groups = BTreeMap::from([(name, group)]);
        Self {
            pace,
            main,
            neighbours: Vec::new(),
            groups,
            databases: Databases::default(),
            balancer,
            dns: Dns::default(),
            now: Span::ZERO,
            seed,
            calls: 0,
        }
    }

    /// Begins a call: time has passed. Its id.
    pub(super) fn begin(&mut self, now: Span) -> String {
        self.now = now;
        self.calls += 1;
        for group in self.groups.values_mut() {
            group.live_until(now);
        }
        self.groups.retain(|_, group| !group.is_gone());
        format!("00000000-0000-4000-8000-{:012x}", self.calls)
    }

    /// Asks the world's API whether it takes a call.
    pub(super) fn admit(&mut self) -> Result<Answer, Fault> {
        live::lock(&self.main).world.admit().map_err(Fault::of)
    }

    /// A world without load for a group that a caller makes, as old as the others.
    pub(super) fn another_world(&self, name: &str, size: u32, range: Range) -> Shared {
        live::without_load(&self.main, name, (size, range), (self.seed, self.now))
    }

    /// The machine's time at which the worlds are so old.
    pub(super) fn outside(&self, age: Span) -> Timestamp {
        self.pace.outside(age)
    }
}
