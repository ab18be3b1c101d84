//! Streaming replicas of a PostgreSQL, made on this machine and registered where readers connect.
//!
//! The rule it keeps: what is wanted and what is going stands beside the data directories, as files
//! without content; everything else is looked up. Of the primary nothing is ever touched but the
//! replication slot that was made for a replica, which is dropped with it.
//!
//! ```text
//! psql ── what the primary says ──► primary.rs ─┐
//! the folder, /proc ──────────────► disk.rs ────┼─► stage.rs ─► what it is, and the next step
//! HAProxy ────────────────────────► table.rs ───┘                  │
//!               pg_basebackup, postgres, pg_ctl ◄── steps.rs ◄─────┘
//! ```
//!
//! Start reading at [`Cluster`], then `stage.rs`.

mod act;
mod disk;
mod examine;
mod look;
mod primary;
mod stage;
mod steps;

use crate::{Argv, Ending, Place, Pool, ServerLine};
use setpoint_core::Span;
use std::path::PathBuf;

/// The replicas of one PostgreSQL, as the operator settled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name; the replicas are called after it: `orders-sp-1`.
    pub id: String,
    /// How the primary is reached, as libpq has it: `host=10.0.0.1 port=5432 user=setpoint`.
    pub primary: String,
    /// The folder in which each replica has its data directory.
    pub folder: PathBuf,
    /// Where replicas run; the first place is that of `orders-sp-1`.
    pub places: Vec<Place>,
    /// What stands before every program, to run it as another user.
    pub launcher: Vec<String>,
    /// Where PostgreSQL's own programs are; empty for the path.
    pub programs: PathBuf,
    /// Further words for `pg_basebackup`: `--max-rate=50M`.
    pub backup: Vec<String>,
    /// Settings of the replicas: `max_connections=200`.
    pub settings: Vec<String>,
    /// What starts a replica instead of `postgres` itself.
    pub start: Option<Argv>,
    /// What stops it instead of `pg_ctl`.
    pub stop: Option<Argv>,
    /// How far behind a replica may be that serves readers.
    pub lag: Span,
    /// Where readers connect: a backend of HAProxy, and how replicas stand in it.
    pub readers: String,
    /// What is written in HAProxy's `server` line of a replica.
    pub line: ServerLine,
    /// How long readers may take to finish before a replica is stopped.
    pub drain: Span,
    /// How long one program may take, but for the base backup.
    pub patience: Span,
}

/// One of our replicas: its name and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) place: Place,
}

impl Replica {
    /// Its replication slot: letters, digits and underscores only.
    pub(crate) fn slot(&self) -> String {
        self.name.replace('-', "_")
    }
}

impl Cluster {
    /// The replicas there may be, in the order of their places.
    pub(crate) fn replicas(&self) -> impl Iterator<Item = Replica> {
        let places = self.places.iter().enumerate();
        places.map(|(number, place)| Replica {
            name: format!("{}-sp-{}", self.id, number + 1),
            place: *place,
        })
    }

    /// The replica of this name, if there is a place for it.
    pub(crate) fn replica(&self, name: &str) -> Option<Replica> {
        self.replicas().find(|replica| replica.name == name)
    }

    /// The data directory of a replica.
    pub(crate) fn directory(&self, replica: &Replica) -> PathBuf {
        self.folder.join(&replica.name)
    }

    /// One of PostgreSQL's own programs with its arguments.
    pub(crate) fn program<'a>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Vec<String> {
        let mut words = self.launcher.clone();
        words.push(self.programs.join(name).to_string_lossy().into_owned());
        words.extend(arguments.into_iter().map(str::to_owned));
        words
    }

    /// The readers' backend as a pool: a replica stands in it as a member stands in a group.
    pub(crate) fn pool(&self) -> Pool {
        let nothing = || Argv::nothing();
        Pool {
            backend: self.readers.clone(),
            places: self.places.clone(),
            start: nothing(),
            stop: nothing(),
            line: self.line.clone(),
            ending: Ending::After(self.drain),
            patience: self.patience,
        }
    }
}
