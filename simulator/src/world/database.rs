//! The database: a writer, read replicas that take long to make, and a limit on
//! the connections each of them takes.
//!
//! Every ready member keeps a pool of connections open. The part of it that writes
//! goes to the writer; the part that reads is spread evenly over the writer and the
//! replicas. What an instance does not take is refused, and the requests that would
//! have used those connections fail.

use super::bill::{Rent, Tariff};
use crate::chance::{Chance, Spread};
use setpoint_core::{Database as Seen, Replica as SeenReplica, ReplicaState, Span};

/// The database as it stands at the start of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseModel {
    /// Its name; replica names are made from it.
    pub name: String,
    /// Replicas at the start, all available and not ours.
    pub replicas: u32,
    /// Connections one instance takes.
    pub max_connections: u32,
    /// Connections each ready member keeps open.
    pub pool: u32,
    /// The share of them that only reads, 0 to 1.
    pub read_share: f64,
    /// How often a member tries again for each connection it lacks.
    pub retry: Span,
    /// From asking for a replica until it serves.
    pub lead: Spread,
    /// From asking for a removal until the replica is gone.
    pub removal: Span,
    /// What an instance costs.
    pub tariff: Tariff,
}

impl DatabaseModel {
    /// Connections that the fullest instance is asked for, by `members` members and with `replicas` replicas.
    pub fn fullest(&self, members: u32, replicas: u32) -> f64 {
        let all = f64::from(members) * f64::from(self.pool);
        all * (1.0 - self.read_share) + all * self.read_share / f64::from(replicas + 1)
    }
}

/// A read replica of the database.
#[derive(Clone, Debug)]
pub struct Replica {
    /// Its name.
    pub name: String,
    /// Whether it was made in the course of the run.
    pub ours: bool,
    /// When it was asked for.
    pub asked: Span,
    /// From when on it serves.
    pub serves: Span,
    /// When it will be gone, once its removal was asked for.
    pub gone: Option<Span>,
}

impl Replica {
    fn state(&self, now: Span) -> ReplicaState {
        match self.gone {
            Some(_) => ReplicaState::Deleting,
            None if self.serves <= now => ReplicaState::Available,
            None => ReplicaState::Creating,
        }
    }
}

/// How the connections of one second were placed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Connections {
    /// Asked for, over all instances.
    pub(super) asked: f64,
    /// Refused, over all instances.
    pub(super) refused: f64,
    /// Asked of the fullest instance, as a share of what it takes: above 1 it refuses.
    pub(super) fullest: f64,
}

impl Connections {
    /// The share of connections that were refused, 0 to 1.
    pub(super) fn refused_share(&self) -> f64 {
        if self.asked > 0.0 { self.refused / self.asked } else { 0.0 }
    }
}

/// The database in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct Database {
    model: DatabaseModel,
    /// Connections each ready member may keep open: the model's, unless that was changed.
    pool: u32,
    replicas: Vec<Replica>,
    made: u64,
    chance: Chance,
    rent: Rent,
}

impl Database {
    pub(super) fn new(model: DatabaseModel, chance: Chance) -> Self {
        let replicas = (0..model.replicas)
            .map(|slot| Replica {
                name: format!("{}-standing-{}", model.name, slot + 1),
                ours: false,
                asked: Span::ZERO,
                serves: Span::ZERO,
                gone: None,
            })
            .collect();
        Self { replicas, made: 0, rent: Rent::new(model.tariff), pool: model.pool, model, chance }
    }

    /// Replicas that serve.
    pub(super) fn available(&self, now: Span) -> u32 {
        let serving = self.replicas.iter().filter(|r| r.state(now) == ReplicaState::Available);
        u32::try_from(serving.count()).expect("a database has few replicas")
    }

    /// Its replicas, in the order in which they were made.
    pub(super) fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    /// Begins to remove the replica of this name, whoever made it. False if there is none.
    pub(super) fn drop_replica(&mut self, name: &str, now: Span) -> bool {
        let found = self.replicas.iter_mut().find(|replica| replica.name == name);
        found.is_some_and(|replica| {
            replica.gone.get_or_insert(now + self.model.removal);
            true
        })
    }

    /// Whether a replica is being made.
    pub(super) fn is_making(&self, now: Span) -> bool {
        self.replicas.iter().any(|replica| replica.state(now) == ReplicaState::Creating)
    }

    /// What the provider says of the database.
    pub(super) fn seen(&self, now: Span) -> Seen {
        let mut replicas: Vec<SeenReplica> = self
            .replicas
            .iter()
            .map(|replica| SeenReplica {
                name: replica.name.clone(),
                ours: replica.ours,
                state: replica.state(now),
                promotable: false,
                lag: (replica.serves <= now).then_some(Span::from_ms(50)),
            })
            .collect();
        replicas.sort_by(|a, b| a.name.cmp(&b.name));
        Seen {
            source: self.model.name.clone(),
            replicas,
            max_connections: Some(self.model.max_connections),
            busy: None,
            paused: None,
        }
    }

    /// Begins to make a replica of this name, unless there is one.
    pub(super) fn add(&mut self, name: &str, now: Span) {
        if self.replicas.iter().any(|replica| replica.name == name) {
            return;
        }
        let lead = self.model.lead.draw(&mut self.chance.stream("replica", self.made));
        self.made += 1;
        let name = name.to_owned();
        self.replicas.push(Replica {
            name,
            ours: true,
            asked: now,
            serves: now + lead,
            gone: None,
        });
    }

    /// Begins to remove the replica of this name, unless there is none. Fails if it is not ours.
    pub(super) fn remove(&mut self, name: &str, now: Span) -> Result<(), String> {
        let Some(replica) = self.replicas.iter_mut().find(|replica| replica.name == name) else {
            return Ok(());
        };
        if !replica.ours {
            return Err(format!("replica '{name}' does not carry our tag"));
        }
        replica.gone.get_or_insert(now + self.model.removal);
        Ok(())
    }

    /// Connections each ready member may keep open.
    pub(super) const fn pool(&self) -> u32 {
        self.pool
    }

    /// Lets each ready member keep so many connections open.
    pub(super) fn set_pool(&mut self, pool: u32) {
        self.pool = pool;
    }

    /// Lets one second pass, with `members` ready members; the writer may be `down`.
    pub(super) fn step(&mut self, members: u32, now: Span, down: bool) -> Connections {
        let gone = |replica: &Replica| replica.gone.is_some_and(|gone| gone <= now);
        for replica in self.replicas.extract_if(.., |replica| gone(replica)) {
            self.rent.pay(now.minus(replica.asked));
        }
        self.place(members, now, down)
    }

    fn place(&self, members: u32, now: Span, down: bool) -> Connections {
        let takes = f64::from(self.model.max_connections);
        let replicas = self.available(now);
        let asked = f64::from(members) * f64::from(self.pool);
        let reader = asked * self.model.read_share / f64::from(replicas + 1);
        let writer = asked * (1.0 - self.model.read_share) + reader;
        let over = |wanted: f64| (wanted - takes).max(0.0);
        let unwritten = if down { writer } else { over(writer) };
        Connections {
            asked,
            refused: unwritten + f64::from(replicas) * over(reader),
            fullest: writer / takes,
        }
    }

    /// All that was paid for instances, the writer included, if the run ended at `now`.
    pub(super) fn rent(&self, now: Span) -> Rent {
        let mut rent = self.rent;
        rent.pay(now);
        for replica in &self.replicas {
            rent.pay(now.minus(replica.asked));
        }
        rent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Span = Span::from_secs(60);

    fn database() -> Database {
        let model = DatabaseModel {
            name: "orders".into(),
            replicas: 0,
            max_connections: 1000,
            pool: 10,
            read_share: 0.8,
            retry: Span::from_secs(10),
            lead: Spread { median: MINUTE.times(12), sigma: 0.0 },
            removal: MINUTE.times(2),
            tariff: Tariff { per_hour: 0.24, least: MINUTE.times(10) },
        };
        Database::new(model, Chance::new(1))
    }

    #[test]
    fn it_refuses_what_its_instances_do_not_take() {
        let mut database = database();
        assert_eq!(database.step(100, Span::ZERO, false).refused, 0.0);
        let crowded = database.step(150, Span::ZERO, false);
        assert_eq!((crowded.asked, crowded.refused, crowded.fullest), (1500.0, 500.0, 1.5));
    }

    #[test]
    fn a_replica_helps_only_once_it_serves() {
        let mut database = database();
        database.add("orders-sp-1", Span::ZERO);
        assert!(database.is_making(MINUTE.times(11)));
        assert_eq!(database.step(150, MINUTE.times(11), false).refused, 500.0);
        let relieved = database.step(150, MINUTE.times(12), false);
        assert!((relieved.fullest - 0.9).abs() < 1e-9 && relieved.refused == 0.0, "{relieved:?}");
    }

    #[test]
    fn a_writer_that_is_down_takes_nothing_and_its_readers_go_on() {
        let mut database = database();
        database.add("orders-sp-1", Span::ZERO);
        let down = database.step(100, MINUTE.times(12), true);
        assert_eq!((down.asked, down.refused), (1000.0, 600.0));
    }

    #[test]
    fn smaller_pools_ask_for_less() {
        let mut database = database();
        database.set_pool(5);
        assert_eq!(database.step(150, Span::ZERO, false).asked, 750.0);
    }

    #[test]
    fn adding_and_removing_twice_is_doing_it_once() {
        let mut database = database();
        database.add("orders-sp-1", Span::ZERO);
        database.add("orders-sp-1", MINUTE);
        assert_eq!(database.seen(MINUTE).replicas.len(), 1);
        database.remove("orders-sp-1", MINUTE.times(20)).unwrap();
        database.remove("orders-sp-1", MINUTE.times(21)).unwrap();
        assert_eq!(database.seen(MINUTE.times(21)).replicas[0].state, ReplicaState::Deleting);
        database.step(10, MINUTE.times(22), false);
        assert!(database.seen(MINUTE.times(22)).replicas.is_empty());
        assert_eq!(database.rent(MINUTE.times(60)).hours(), 1.0 + 22.0 / 60.0);
    }

    #[test]
    fn it_never_removes_what_is_not_ours() {
        let model = DatabaseModel { replicas: 1, ..database().model };
        let mut database = Database::new(model, Chance::new(1));
        assert!(database.remove("orders-standing-1", Span::ZERO).is_err());
        assert_eq!(database.available(Span::ZERO), 1);
    }
}
