//! The decision about one database.
//!
//! Replicas come one at a time, each with the lowest free name, and go one at a time,
//! only those that we made.

use crate::{
    Action, Database, DatabaseSettings, Decision, Guard, IntentId, Memory, OpenIntent, Release,
    Replica, ReplicaState, TargetMemory, TargetName, Want,
    ballot::{Ballot, want},
    group::settle,
    guards::{Candidate, Gauntlet, Part, Ruling, cooldown, cooldown_up, evidence, range},
    region::Region,
    shared::Stage,
    sizing::size_of,
};

/// Decides about one database.
pub(crate) fn decide_database(
    target: &TargetName,
    (settings, database): (&DatabaseSettings, &Database),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    (ballot, release): (&Ballot<'_>, Option<&Release>),
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let present = database.present();
    let (brakes, allowed) = (&settings.brakes, settings.range);
    let stage = Stage { name: target, brakes, allowed, memory, past, region };
    let wants = wants(ballot, present);
    let wish = wants.first().map_or(present, |want| want.size);
    let mut gauntlet = Gauntlet::new(present, ballot.bound(wish));
    if let Some(release) = release {
        gauntlet.ask(Guard::Release, |_| leave(present, release));
    }
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, database.paused.as_deref()));
    gauntlet.ask(Guard::Range, |candidate| range(candidate, settings.range));
    let in_range = settings.range.clamp(present);
    gauntlet.ask(Guard::Evidence, |candidate| evidence(candidate, &ballot.missing, in_range));
    let asked = gauntlet.candidate.size;
    gauntlet.ask(Guard::RateLimit, one_at_a_time);
    gauntlet.ask(Guard::Launches, |candidate| stage.launches(candidate));
    gauntlet.ask(Guard::WarmUp, |candidate| in_flight(candidate, database, past));
    gauntlet.ask(Guard::Cooldown, |candidate| cool(candidate, settings, memory, past));
    stage.last(&mut gauntlet, unwell(database));
    gauntlet.ask(Guard::Ours, |candidate| removable(candidate, database));
    let verdict = gauntlet.verdict(ballot.opinions.is_empty()).map(|size| action(size, database));
    Decision {
        target: target.clone(),
        seen: describe(database, past),
        wants: wants.into_iter().chain(ballot.bounds()).collect(),
        guards: gauntlet.lines,
        asked: Some(asked),
        load: None,
        suspicion: None,
        page: gauntlet.page,
        verdict: settle(verdict, &ballot.missing, target, id),
    }
}

/// One replica fewer, as whoever handed the database back wants it.
fn leave(present: u32, release: &Release) -> Ruling {
    let note = format!("{release}; the replicas that we made go, one at a time");
    Ruling::Size(present.saturating_sub(1), note.into())
}

fn wants(ballot: &Ballot<'_>, present: u32) -> Vec<Want> {
    let mut wants: Vec<Want> = ballot
        .opinions
        .iter()
        .filter_map(|(policy, rule, opinion)| {
            let size = size_of(&opinion.ask, present, present)?.size;
            Some(want(policy, rule, opinion, size))
        })
        .collect();
    wants.sort_by_key(|want| std::cmp::Reverse(want.size));
    wants
}

fn one_at_a_time(candidate: Candidate) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    let next = size.clamp(present.saturating_sub(1), present.saturating_add(1));
    Ruling::Size(next, "one replica at a time".into())
}

fn in_flight(candidate: Candidate, database: &Database, past: &TargetMemory) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    if size == present {
        return Ruling::pass(candidate, "no change");
    }
    if let Some(busy) = &database.busy {
        return Ruling::Hold(format!("busy: {busy}").into());
    }
    if let Some(OpenIntent { intent, .. }) = &past.open
        && !repeats(&intent.action, database)
    {
        return Ruling::Hold(format!("in flight: {}", intent.action).into());
    }
    let unsettled = |replica: &&Replica| replica.state != ReplicaState::Available;
    match database.replicas.iter().find(unsettled) {
        Some(replica) => {
            Ruling::Hold(format!("{} is {}", replica.name, state(replica.state)).into())
        }
        None => Ruling::pass(candidate, "nothing in flight"),
    }
}

/// An intent whose answer was lost and which does not show is asked for again: the same
/// name, so that it can never become two.
fn repeats(action: &Action, database: &Database) -> bool {
    match action {
        Action::AddReplica { name } => {
            database.replicas.iter().all(|replica| replica.name != *name)
        }
        Action::RemoveReplica { .. }
        | Action::Resize { .. }
        | Action::Drain { .. }
        | Action::Retire { .. }
        | Action::Replace { .. }
        | Action::Return { .. }
        | Action::Set { .. }
        | Action::Start { .. }
        | Action::Grow { .. }
        | Action::Route { .. } => false,
    }
}

fn cool(
    candidate: Candidate,
    settings: &DatabaseSettings,
    memory: &Memory,
    past: &TargetMemory,
) -> Ruling {
    if !candidate.grows() {
        let (now, down) = (memory.now, settings.cooldown_down);
        return cooldown(candidate, past, now, down, settings.settle);
    }
    cooldown_up(candidate, past, memory.now, settings.cooldown_up)
}

/// Replicas that neither serve nor come nor go.
fn unwell(database: &Database) -> Part {
    let busy = database.replicas.iter().filter(|replica| replica.state == ReplicaState::Busy);
    Part { some: u32::try_from(busy.count()).unwrap_or(u32::MAX), all: database.present() }
}

/// Removal needs a replica that is ours, serves, and could not become the writer.
fn removable(candidate: Candidate, database: &Database) -> Ruling {
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for removal");
    }
    match victim(database) {
        Some(replica) => Ruling::Size(candidate.size, format!("{} is ours", replica.name).into()),
        None => Ruling::Hold("no replica of ours may be removed".into()),
    }
}

/// The replica to remove: of ours, the one made last.
fn victim(database: &Database) -> Option<&Replica> {
    database
        .replicas
        .iter()
        .filter(|r| r.ours && !r.promotable && r.state == ReplicaState::Available)
        .max_by_key(|replica| (slot(&database.source, &replica.name), &replica.name))
}

fn action(size: u32, database: &Database) -> Action {
    match victim(database) {
        Some(replica) if size < database.present() => {
            Action::RemoveReplica { name: replica.name.clone() }
        }
        _ => Action::AddReplica { name: free_name(database) },
    }
}

/// `<source>-sp-<lowest free slot>`; a replica being deleted still holds its slot.
fn free_name(database: &Database) -> String {
    let taken = |slot: &u32| {
        database.replicas.iter().any(|r| self::slot(&database.source, &r.name) == Some(*slot))
    };
    let slot = (1..).find(|slot| !taken(slot)).expect("fewer replicas than numbers");
    format!("{}-sp-{slot}", database.source)
}

/// The slot in a name that we made.
fn slot(source: &str, name: &str) -> Option<u32> {
    name.strip_prefix(source)?.strip_prefix("-sp-")?.parse().ok()
}

const fn state(state: ReplicaState) -> &'static str {
    match state {
        ReplicaState::Creating => "being created",
        ReplicaState::Available => "available",
        ReplicaState::Busy => "busy",
        ReplicaState::Deleting => "being deleted",
    }
}

/// How a database stands, in words.
pub(crate) fn describe(database: &Database, past: &TargetMemory) -> String {
    let (present, available) = (database.present(), database.available());
    let busy = database.busy.as_ref().map(|busy| format!(", busy ({busy})"));
    let failure = past.failure.as_ref().map(|text| format!(", last action failed ({text})"));
    format!(
        "{present} replicas, {available} available{}{}",
        busy.unwrap_or_default(),
        failure.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(replicas: &[(&str, bool, ReplicaState)]) -> Database {
        let replica = |(name, ours, state): &(&str, bool, ReplicaState)| Replica {
            name: (*name).to_owned(),
            ours: *ours,
            state: *state,
            promotable: false,
            lag: None,
        };
        Database {
            source: "orders".to_owned(),
            replicas: replicas.iter().map(replica).collect(),
            ..Database::default()
        }
    }

    #[test]
    fn a_new_replica_takes_the_lowest_free_slot() {
        use ReplicaState::{Available, Deleting};
        for (replicas, expected) in [
            (&[][..], "orders-sp-1"),
            (&[("orders-sp-1", true, Available)], "orders-sp-2"),
            (&[("orders-sp-2", true, Available)], "orders-sp-1"),
            (&[("orders-sp-1", true, Deleting)], "orders-sp-2"),
            (&[("orders-sp-one", false, Available)], "orders-sp-1"),
        ] {
            assert_eq!(free_name(&database(replicas)), expected, "{replicas:?}");
        }
    }

    #[test]
    fn it_never_removes_what_is_not_ours_or_does_not_serve() {
        use ReplicaState::{Available, Busy, Creating, Deleting};
        for replicas in [
            &[("reporting", false, Available)][..],
            &[("orders-sp-1", true, Creating), ("orders-sp-2", true, Busy)],
            &[("orders-sp-1", true, Deleting)],
        ] {
            assert_eq!(victim(&database(replicas)), None, "{replicas:?}");
        }
        let mut writer_to_be = database(&[("orders-sp-1", true, Available)]);
        writer_to_be.replicas[0].promotable = true;
        assert_eq!(victim(&writer_to_be), None);
    }

    #[test]
    fn it_removes_the_replica_made_last() {
        use ReplicaState::Available;
        let names = ["orders-sp-9", "orders-sp-10", "orders-sp-2"].map(|n| (n, true, Available));
        assert_eq!(victim(&database(&names)).unwrap().name, "orders-sp-10");
    }
}
