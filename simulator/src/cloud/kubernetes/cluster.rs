//! Everything that is in a cluster: documents, and the fleets behind those that have a size.
//!
//! The scenario's group is in the scenario's world, with its load. What a caller makes is in a
//! world of its own, of the same kind but without load: its pods boot and fail alike.

use super::{
    super::{Pace, Shared, live},
    NAMESPACE, control,
    fault::Fault,
    kinds,
    store::{Key, Store},
    workload::Fleet,
};
use crate::world::Answer;
use jiff::Timestamp as Calendar;
use serde_json::{Value, json};
use setpoint_core::{Range, Span, Timestamp};
use std::sync::Arc;

/// Documents, and the fleets behind some of them.
pub(super) struct Cluster {
    pub(super) store: Store,
    pub(super) fleets: Vec<Fleet>,
    pub(super) pace: Arc<Pace>,
    /// How old the worlds are in this call.
    pub(super) now: Span,
    /// The scenario's world: its API is that of all.
    main: Shared,
    seed: u64,
}

impl Cluster {
    pub(super) fn new(main: Shared, pace: Arc<Pace>, seed: u64) -> Self {
        let (name, size, workers) = {
            let live = live::lock(&main);
            let model = live.world.model();
            (live.group.clone(), model.fleet.size, model.service.workers)
        };
        let (store, fleets, now) = (Store::default(), Vec::new(), Span::ZERO);
        let mut cluster = Self { store, fleets, pace, now, main: Arc::clone(&main), seed };
        let kind = kinds::workload("Deployment").expect("it is in the table");
        let key = Key::new(kind, NAMESPACE, &name);
        let at = cluster.stamp(Span::ZERO);
        let made = cluster.store.create(&key, deployment(&name, size, workers), &at);
        made.expect("nothing else is there");
        cluster.fleets.push(Fleet::new(key, main));
        control::run(&mut cluster);
        cluster
    }

    /// Begins a call: time has passed, and the controllers have done their work.
    pub(super) fn begin(&mut self, now: Span) {
        self.now = now;
        control::run(self);
    }

    /// Asks the world's API whether it takes a call.
    pub(super) fn admit(&mut self) -> Result<Answer, Fault> {
        let admitted = live::lock(&self.main).world.admit();
        admitted.map_err(|kind| Fault::of(kind, |span| self.pace.takes(span)))
    }

    /// A world without load for what a caller makes, as old as the others.
    pub(super) fn another_world(&self, name: &str, size: u32) -> Shared {
        let range = Range::new(0, u32::MAX).expect("0 is below");
        live::without_load(&self.main, name, (size, range), (self.seed, self.now))
    }

    /// The fleet behind a document.
    pub(super) fn fleet(&mut self, key: &Key) -> Option<&mut Fleet> {
        self.fleets.iter_mut().find(|fleet| fleet.is_of(key))
    }

    /// The machine's time at which the worlds are so old, as documents have it: whole seconds.
    pub(super) fn stamp(&self, age: Span) -> String {
        written(self.pace.outside(age), "%Y-%m-%dT%H:%M:%SZ")
    }

    /// The same to the millisecond, where a second is too long a time at a quick pace.
    pub(super) fn fine_stamp(&self, age: Span) -> String {
        written(self.pace.outside(age), "%Y-%m-%dT%H:%M:%S.%3fZ")
    }

    /// What is now, as documents have it.
    pub(super) fn present(&self) -> String {
        self.stamp(self.now)
    }
}

fn written(at: Timestamp, format: &str) -> String {
    let at = Calendar::from_millisecond(at.ms()).unwrap_or_default();
    at.strftime(format).to_string()
}

/// The document of the scenario's group. A pod requests as many cores as a member has workers.
fn deployment(name: &str, size: u32, workers: u32) -> Value {
    json!({
        "metadata": { "labels": { "app": name } },
        "spec": {
            "replicas": size,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{
                    "name": name,
                    "image": "setpoint-sim",
                    "resources": { "requests": { "cpu": workers.to_string(), "memory": "1Gi" } },
                }] },
            },
            "strategy": { "type": "RollingUpdate" },
        },
    })
}
