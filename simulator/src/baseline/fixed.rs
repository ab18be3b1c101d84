//! Those who never scale: as many members as a load needs at the goal, and the replicas that
//! those members' connections need.

use super::{CPU_GOAL, database::replicas_for};
use crate::world::WorldModel;

/// Sizes the world for `rps` requests a second.
pub(super) fn size(world: &mut WorldModel, rps: f64) {
    let members = (rps / world.service.member_rps() / CPU_GOAL).ceil() as u32;
    world.fleet.size = world.fleet.range.clamp(members);
    if let Some(database) = &mut world.database {
        database.replicas = replicas_for(database, world.fleet.size);
    }
}
