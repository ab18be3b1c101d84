//! Azure Database for PostgreSQL: the database of the scenario's world is a flexible server, and
//! its replicas are servers beside it.
//!
//! What takes time in the world is told as Azure tells it: a replica is `Provisioning`, then
//! `Updating`, then catches up, and serves from the moment on which its replication is `Active`.
//!
//! Start reading at [`Server`].

mod document;
mod read;
mod write;

use super::{super::live, fault::Fault, subscription::Subscription};
use serde_json::{Map, Value};
use setpoint_core::Span;
use std::collections::BTreeMap;

pub(super) use read::{configuration, configurations, endpoints, replicas, server, servers};
pub(super) use write::{delete, patch, put};

/// What flexible servers are called.
pub(super) const KIND: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
/// Replicas that a server may have. Source: "Read replicas in Azure Database for PostgreSQL".
const MOST: usize = 5;

/// What is kept of servers beside the world: their tags, by their names.
pub(super) type Tags = BTreeMap<String, Map<String, Value>>;

/// A server as it stands.
#[derive(Clone, Debug)]
struct Server {
    name: String,
    /// The primary, of a replica.
    source: Option<String>,
    state: &'static str,
    /// How a replica gets along.
    replication: Option<&'static str>,
    made: Span,
}

impl Subscription {
    /// Every server, by name; none without a database.
    fn all_servers(&self) -> Vec<Server> {
        let live = live::lock(&self.main);
        let Some(model) = &live.world.model().database else { return Vec::new() };
        let state = if live.world.writer_is_down() { "Restarting" } else { "Ready" };
        let (name, source) = (model.name.clone(), None);
        let primary = Server { name, source, state, replication: None, made: Span::ZERO };
        let mut all = vec![primary];
        all.extend(live.world.replicas().iter().map(|replica| {
            let (state, replication) = stage(replica, self.now);
            let (name, source) = (replica.name.clone(), Some(model.name.clone()));
            Server { name, source, state, replication: Some(replication), made: replica.asked }
        }));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The server of this name. Names are told apart by no letter's size.
    fn see_server(&self, name: &str) -> Result<Server, Fault> {
        let mut all = self.all_servers().into_iter();
        let found = all.find(|server| server.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| Fault::not_found(KIND, name))
    }
}

/// Where a replica is in its life: the state of the server, and how it gets along.
fn stage(replica: &crate::world::Replica, now: Span) -> (&'static str, &'static str) {
    let (lead, passed) = (replica.serves.minus(replica.asked), now.minus(replica.asked));
    let share = passed.secs() / lead.secs().max(f64::MIN_POSITIVE);
    match replica.gone {
        Some(_) => ("Dropping", "Active"),
        None if replica.serves <= now => ("Ready", "Active"),
        None if share < 0.8 => ("Provisioning", "Provisioning"),
        None if share < 0.9 => ("Updating", "Reconfiguring"),
        None => ("Ready", "Catchup"),
    }
}
