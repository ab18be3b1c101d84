//! Flexible servers as Azure describes them, and what they amount to: pure.

use crate::tag;
use serde::Deserialize;
use setpoint_core::{Database, Replica, ReplicaState};
use std::collections::{BTreeMap, BTreeSet};

/// The most replicas of one server, where it does not say so itself.
/// Source: "Read replicas in Azure Database for PostgreSQL".
const LIMIT: usize = 5;
/// Azure's words for a standby with which nothing goes on.
const QUIET: [&str; 3] = ["Healthy", "NotEnabled", "ReplicatingData"];

/// A server: what is read of it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) location: String,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) properties: Properties,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Properties {
    /// What Azure is doing with it: "Ready".
    state: Option<String>,
    /// The path of the server that it is a replica of.
    source_server_resource_id: Option<String>,
    replica: Option<Replication>,
    high_availability: Option<Standby>,
    pub(crate) network: Option<Network>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Replication {
    /// How many replicas it may have.
    capacity: Option<usize>,
    /// How a replica gets along: "Active".
    replication_state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Standby {
    state: Option<String>,
}

/// Where a server is, if that is a network of one's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Network {
    pub(crate) delegated_subnet_resource_id: Option<String>,
    pub(crate) private_dns_zone_arm_resource_id: Option<String>,
}

impl Server {
    fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().flatten().map(|(key, value)| (&**key, &**value))
    }

    /// Whether we made it.
    pub(crate) fn is_ours(&self) -> bool {
        tag::is_ours(self.tags())
    }

    /// Why a person wants it left alone.
    pub(crate) fn paused(&self) -> Option<String> {
        tag::paused(self.tags())
    }

    /// In Azure's word what it is doing with it, in small letters.
    pub(crate) fn doing(&self) -> String {
        self.properties.state.as_deref().unwrap_or("in no known state").to_lowercase()
    }

    /// Whether it is a replica of the server at this path.
    pub(crate) fn is_of(&self, path: &str) -> bool {
        let of = self.properties.source_server_resource_id.as_deref();
        // Azure writes its own paths in several ways.
        of.is_some_and(|of| of.eq_ignore_ascii_case(path))
    }

    /// Whether it is a replica of any server.
    pub(crate) fn is_replica(&self) -> bool {
        self.properties.replica.as_ref().is_some_and(|it| it.replication_state.is_some())
            || self.properties.source_server_resource_id.is_some()
    }

    /// How many replicas it may have.
    pub(crate) fn capacity(&self) -> usize {
        let told = self.properties.replica.as_ref().and_then(|replica| replica.capacity);
        told.unwrap_or(LIMIT)
    }

    /// Where a replica is in its life. It serves only when Azure says so twice: of the server and
    /// of what it replicates.
    pub(crate) fn life(&self) -> ReplicaState {
        let replication =
            self.properties.replica.as_ref().and_then(|it| it.replication_state.as_deref());
        match (self.properties.state.as_deref(), replication) {
            (Some("Dropping"), _) => ReplicaState::Deleting,
            (Some("Provisioning"), _) | (_, Some("Provisioning")) => ReplicaState::Creating,
            (Some("Ready"), Some("Active")) => ReplicaState::Available,
            _ => ReplicaState::Busy,
        }
    }

    /// Why nothing should be done with it just now.
    pub(crate) fn busy(&self) -> Option<String> {
        let name = &self.name;
        let doing = self.doing();
        if doing != "ready" {
            return Some(format!("{name} is {doing}"));
        }
        let standby = self.properties.high_availability.as_ref()?.state.as_deref()?;
        let quiet = QUIET.iter().any(|it| it.eq_ignore_ascii_case(standby));
        (!quiet).then(|| format!("{name}'s standby is {}", standby.to_lowercase()))
    }
}

/// A server with its replicas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) source: Server,
    /// All of them, in the order of their names.
    pub(crate) replicas: Vec<Server>,
    /// The names of servers that virtual endpoints know.
    pub(crate) led_to: BTreeSet<String>,
}

impl Found {
    /// Its replicas in its own region, which its readers reach.
    pub(crate) fn near(&self) -> impl Iterator<Item = &Server> {
        let here = |it: &&Server| region(&it.location) == region(&self.source.location);
        self.replicas.iter().filter(here)
    }

    /// Whether a virtual endpoint leads readers to the replica called `name`, or could make it the
    /// primary.
    pub(crate) fn is_led_to(&self, name: &str) -> bool {
        self.led_to.contains(name)
    }

    /// The database that this is. The lag of replicas is not among what servers say: it is a
    /// metric.
    pub(crate) fn database(&self, max_connections: Option<u32>) -> Database {
        let replica = |server: &Server| Replica {
            name: server.name.clone(),
            ours: server.is_ours(),
            state: server.life(),
            promotable: self.is_led_to(&server.name),
            lag: None,
        };
        Database {
            source: self.source.name.clone(),
            replicas: self.near().map(replica).collect(),
            max_connections,
            busy: self.source.busy(),
            paused: self.source.paused(),
        }
    }
}

/// A region, however Azure writes it: "West Europe" is "westeurope".
fn region(written: &str) -> String {
    written.replace(' ', "").to_lowercase()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    fn replica(name: &str, state: &str, replication: Option<&str>) -> Server {
        let document = json!({
            "name": name, "location": "West Europe",
            "properties": { "state": state, "replica": { "replicationState": replication } },
        });
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_replica_is_available_only_when_azure_says_so_twice() {
        for (state, replication, expected) in [
            ("Ready", Some("Active"), ReplicaState::Available),
            ("Ready", Some("Catchup"), ReplicaState::Busy),
            ("Ready", Some("Broken"), ReplicaState::Busy),
            ("Ready", None, ReplicaState::Busy),
            ("Ready", Some("Provisioning"), ReplicaState::Creating),
            ("Provisioning", None, ReplicaState::Creating),
            ("Dropping", Some("Active"), ReplicaState::Deleting),
            ("Updating", Some("Active"), ReplicaState::Busy),
            ("Stopped", Some("Active"), ReplicaState::Busy),
            ("Inaccessible", Some("Active"), ReplicaState::Busy),
            ("something-new", Some("Active"), ReplicaState::Busy),
        ] {
            let server = replica("orders-sp-1", state, replication);
            assert_eq!(server.life(), expected, "{state} {replication:?}");
        }
    }

    #[test]
    fn nothing_is_done_with_a_source_that_azure_or_its_standby_is_busy_with() {
        let source = |state: &str, standby: &str| -> Server {
            let properties = json!({ "state": state, "highAvailability": { "state": standby } });
            let document = json!({
                "name": "orders", "location": "westeurope", "properties": properties,
            });
            serde_json::from_value(document).unwrap()
        };
        assert_eq!(source("Ready", "Healthy").busy(), None);
        assert_eq!(source("Updating", "Healthy").busy().unwrap(), "orders is updating");
        let standby = source("Ready", "FailingOver").busy();
        assert_eq!(standby.unwrap(), "orders's standby is failingover");
        let unknown = Server { name: "orders".to_owned(), ..Server::default() };
        assert_eq!(unknown.busy().unwrap(), "orders is in no known state");
    }

    #[test]
    fn replicas_elsewhere_are_none_and_one_that_readers_are_led_to_is_promotable() {
        let mut far = replica("orders-far", "Ready", Some("Active"));
        far.location = "northeurope".to_owned();
        let near = replica("orders-sp-1", "Ready", Some("Active"));
        let source = Server { location: "westeurope".to_owned(), ..Server::default() };
        let led_to = BTreeSet::from(["orders-sp-1".to_owned()]);
        let found = Found { source, replicas: vec![far, near], led_to };
        let seen = found.database(Some(2000));
        assert_eq!((seen.replicas.len(), seen.max_connections), (1, Some(2000)));
        assert!(seen.replicas[0].promotable && !seen.replicas[0].ours, "{seen:?}");
    }
}
