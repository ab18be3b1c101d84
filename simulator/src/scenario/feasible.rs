//! What arithmetic alone refuses: set-ups in which no policy could hold the objective.

use super::Scenario;
use crate::world::{DatabaseModel, EngineKind, Service};

/// Why a scenario cannot come out well; nothing if it can.
pub(super) fn objections(scenario: &Scenario) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(too_much_load(scenario));
    if let Some(database) = &scenario.world.database {
        all.extend(too_many_writers(scenario, database));
    }
    all.extend(uncounted(scenario));
    all.extend(too_much_beside(scenario));
    if scenario.every > scenario.length {
        let (every, length) = (scenario.every, scenario.length);
        all.push(format!("a pass every {every} is never made within {length}"));
    }
    all
}

/// All members at work all the time, with every feature off, and still not enough.
fn too_much_load(scenario: &Scenario) -> Option<String> {
    let world = &scenario.world;
    let saves = world.degradation.map_or(0.0, |model| model.saves);
    let Service { workers, mean, .. } = world.service;
    let each = world.service.member_rps() / (1.0 - saves).max(f64::MIN_POSITIVE);
    let (most, peak) = (world.fleet.range.max(), world.load.base_rps * world.load.shape.peak());
    let needed = peak / each;
    (needed > f64::from(most)).then(|| {
        let off = if saves > 0.0 { " with all features off" } else { "" };
        format!(
            "at its peak the load is {peak:.0} requests a second; a member serves {each:.0}{off} \
             ({workers} at a time, {mean} each), so {needed:.0} are needed without any to spare, and \
             the group has at most {most}"
        )
    })
}

/// Who follows every request does not tell whose answer it was.
fn uncounted(scenario: &Scenario) -> Option<String> {
    let (rollout, engine) = (&scenario.world.rollout, scenario.world.engine);
    (rollout.is_some() && engine == EngineKind::Des).then(|| {
        "the engine `des` does not tell a candidate's requests from others, so that a [rollout] \
         takes the engine `fluid`"
            .to_owned()
    })
}

/// What a standby has not, it would have to have: it could not serve without.
fn too_much_beside(scenario: &Scenario) -> Option<String> {
    let world = &scenario.world;
    let standby = world.standby.as_ref()?;
    let beside = [
        ("[database]", world.database.is_some()),
        ("[cache]", world.cache.is_some()),
        ("[rollout]", world.rollout.is_some()),
    ];
    let section = beside.iter().find(|(_, is_there)| *is_there)?.0;
    Some(format!("the standby `{}` has no {section}: leave one of the two out", standby.name))
}

/// Writes cannot be spread over replicas: one instance takes all of them.
fn too_many_writers(scenario: &Scenario, database: &DatabaseModel) -> Option<String> {
    let fewest = f64::from(scenario.world.fleet.range.min());
    let writes = fewest * (1.0 - database.read_share);
    let takes = f64::from(database.max_connections);
    (writes > takes).then(|| {
        format!(
            "{fewest:.0} members, the least there are, with one connection each, of which {:.0} % \
             write, ask the writer for {writes:.0}; it takes {takes:.0}, and replicas do not help",
            100.0 * (1.0 - database.read_share)
        )
    })
}
