//! The usual way to scale read replicas: an alarm that calls a function.
//!
//! AWS does not scale the replicas of plain RDS by itself. The alarm adds one when connections
//! are above 80 % for three minutes and none is being made.

use super::{Controller, alarm::Alarm};
use crate::world::{DatabaseModel, Metric, World};
use setpoint_core::{Action, Span};

/// Connections of the fullest instance at which databases are held, as a share.
const GOAL: f64 = 0.80;
/// The most replicas a database has.
const MOST: u32 = 15;

/// The replicas with which `members` keep a database at its goal.
pub(super) fn replicas_for(database: &DatabaseModel, members: u32) -> u32 {
    let goal = GOAL * f64::from(database.max_connections);
    (0..=MOST).find(|replicas| database.fullest(members, *replicas) <= goal).unwrap_or(MOST)
}

/// Adds a replica when there is need of one.
#[derive(Debug, Default)]
pub(super) struct ReplicaAlarm {
    connections: Alarm,
}

impl Controller for ReplicaAlarm {
    fn every(&self) -> Span {
        Span::from_secs(60)
    }

    fn look(&mut self, world: &mut World) {
        self.connections.note(world.read(Metric::Connections));
        let high = self.connections.all(3, |value| value > 100.0 * GOAL);
        let Some(database) = world.database().filter(|_| high) else { return };
        if !world.is_making_a_replica() && database.replicas.len() < MOST as usize {
            let name = format!("alarm-replica-{}", database.replicas.len() + 1);
            // An answer that is lost or a no: the alarm is still there a minute later.
            drop(world.apply(&Action::AddReplica { name }));
        }
    }
}
