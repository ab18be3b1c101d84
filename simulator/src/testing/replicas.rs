//! A database in the world of a test: read replicas that take their time to come and go.

use setpoint_core::{Database, Replica, ReplicaState, Span};

/// A database as it stands at the start.
#[derive(Clone, Debug)]
pub(super) struct DatabaseModel {
    /// Its name; replica names are made from it.
    pub(super) name: String,
    /// Replicas of ours, all available.
    pub(super) replicas: u32,
    /// Replicas that somebody else made, all available.
    pub(super) foreign: u32,
    /// From asking for a replica until it serves.
    pub(super) lead: Span,
    /// From asking for a removal until the replica is gone.
    pub(super) removal: Span,
    /// Connections one instance takes, where the provider knows.
    pub(super) max_connections: Option<u32>,
    /// How far behind a replica is, where the provider knows.
    pub(super) lag: Option<Span>,
}

/// A database in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct DatabaseWorld {
    model: DatabaseModel,
    replicas: Vec<Life>,
}

/// One replica's life.
#[derive(Clone, Debug)]
struct Life {
    name: String,
    ours: bool,
    serves: Span,
    /// When it will be gone, once its removal was asked for.
    gone: Option<Span>,
}

impl Life {
    fn state(&self, now: Span) -> Option<ReplicaState> {
        match self.gone {
            Some(gone) if gone <= now => None,
            Some(_) => Some(ReplicaState::Deleting),
            None if self.serves <= now => Some(ReplicaState::Available),
            None => Some(ReplicaState::Creating),
        }
    }
}

impl DatabaseWorld {
    pub(super) fn new(model: DatabaseModel) -> Self {
        let life = |name, ours| Life { name, ours, serves: Span::ZERO, gone: None };
        let ours = (1..=model.replicas).map(|n| life(format!("{}-sp-{n}", model.name), true));
        let foreign =
            (1..=model.foreign).map(|n| life(format!("{}-foreign-{n}", model.name), false));
        Self { replicas: ours.chain(foreign).collect(), model }
    }

    /// What its provider says of it.
    pub(super) fn seen(&self, now: Span) -> Database {
        let replica = |life: &Life| {
            let state = life.state(now)?;
            let lag = self.model.lag.filter(|_| state == ReplicaState::Available);
            let (name, ours) = (life.name.clone(), life.ours);
            Some(Replica { name, ours, state, promotable: false, lag })
        };
        let mut replicas: Vec<Replica> = self.replicas.iter().filter_map(replica).collect();
        replicas.sort_by(|a, b| a.name.cmp(&b.name));
        let (source, max_connections) = (self.model.name.clone(), self.model.max_connections);
        Database { source, replicas, max_connections, ..Database::default() }
    }

    /// Begins to make a replica of this name, unless there is one.
    pub(super) fn add(&mut self, name: &str, now: Span) {
        self.replicas.retain(|life| life.state(now).is_some());
        if self.replicas.iter().all(|life| life.name != name) {
            let (name, serves) = (name.to_owned(), now + self.model.lead);
            self.replicas.push(Life { name, ours: true, serves, gone: None });
        }
    }

    /// Begins to remove the replica of this name, unless there is none. Fails if it is not ours.
    pub(super) fn remove(&mut self, name: &str, now: Span) -> Result<(), String> {
        match self.replicas.iter_mut().find(|life| life.name == name) {
            Some(life) if !life.ours => Err(format!("replica '{name}' does not carry our tag")),
            Some(life) => {
                life.gone.get_or_insert(now + self.model.removal);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> DatabaseWorld {
        DatabaseWorld::new(DatabaseModel {
            name: "db".to_owned(),
            replicas: 1,
            foreign: 1,
            lead: Span::from_minutes(8),
            removal: Span::from_minutes(2),
            max_connections: None,
            lag: None,
        })
    }

    #[test]
    fn a_replica_serves_only_after_its_lead_time_and_twice_is_once() {
        let mut database = database();
        database.add("db-sp-2", Span::ZERO);
        database.add("db-sp-2", Span::from_minutes(1));
        let available = |minute| database.seen(Span::from_minutes(minute)).available();
        assert_eq!((available(7), available(8)), (2, 3));
        assert_eq!(database.seen(Span::ZERO).present(), 3);
    }

    #[test]
    fn a_removed_replica_holds_its_name_until_it_is_gone_and_a_foreign_one_stays() {
        let mut database = database();
        database.remove("db-sp-1", Span::ZERO).unwrap();
        let names = |minute| database.seen(Span::from_minutes(minute)).replicas.len();
        assert_eq!((names(1), names(2)), (2, 1));
        assert!(database.remove("db-foreign-1", Span::ZERO).is_err());
    }
}
