//! What is asked of Azure about flexible servers: the calls, each once.

use super::{
    id::ServerId,
    server::{Found, Network, Server},
};
use crate::{
    arm::Arm,
    fault::{Asked, CallError, Fault},
    operation::{Operation, Operations, PLACE},
    tag,
};
use futures::future::try_join3;
use serde::Deserialize;
use serde_json::{Value, json};

/// What permissions call the look at a server.
pub(crate) const READ: &str = "Microsoft.DBforPostgreSQL/flexibleServers/read";
/// And at its replicas.
pub(crate) const READ_REPLICAS: &str = "Microsoft.DBforPostgreSQL/flexibleServers/replicas/read";
/// And at what it is set to.
pub(crate) const READ_CONFIGURATION: &str =
    "Microsoft.DBforPostgreSQL/flexibleServers/configurations/read";
/// And at the endpoints by which readers find it.
pub(crate) const READ_ENDPOINTS: &str =
    "Microsoft.DBforPostgreSQL/flexibleServers/virtualEndpoints/read";
/// And at what became of a change of ours.
const READ_OPERATION: &str = "Microsoft.DBforPostgreSQL/locations/azureAsyncOperation/read";
/// And the making of a server.
pub(crate) const WRITE: &str = "Microsoft.DBforPostgreSQL/flexibleServers/write";
/// And its end.
pub(crate) const DELETE: &str = "Microsoft.DBforPostgreSQL/flexibleServers/delete";

/// The version of the API.
const VERSION: [(&str, &str); 1] = [("api-version", "2026-10-01")];

/// The flexible servers of a subscription.
#[derive(Clone)]
pub(crate) struct Servers {
    arm: Arm,
    subscription: String,
    operations: Operations<ServerId>,
}

impl Servers {
    pub(crate) const fn new(
        arm: Arm,
        subscription: String,
        operations: Operations<ServerId>,
    ) -> Self {
        Self { arm, subscription, operations }
    }

    /// What is asked of a server.
    pub(crate) fn asked(&self, id: &ServerId, verb: &str, action: &'static str) -> Asked {
        Asked { words: format!("{verb} server {}", id.name), action, scope: self.path(id) }
    }

    pub(crate) fn path(&self, id: &ServerId) -> String {
        id.path(&self.subscription)
    }

    /// A server with its replicas, whole. One that is a replica itself is refused.
    pub(crate) async fn find(&self, id: &ServerId) -> Result<Found, Fault> {
        let source = self.get(id, "get", READ, "");
        let replicas = self.list(id, "list the replicas of", READ_REPLICAS, "/replicas");
        let endpoints =
            self.list(id, "list the virtual endpoints of", READ_ENDPOINTS, "/virtualendpoints");
        let (source, mut replicas, endpoints): (Server, Vec<Server>, Vec<Endpoint>) =
            try_join3(source, replicas, endpoints).await?;
        if source.is_replica() {
            let why = format!("{} is a replica: name the server that it is one of", id.name);
            return Err(Fault::Refused(why));
        }
        replicas.sort_by(|one, other| one.name.cmp(&other.name));
        let led_to = endpoints.into_iter().flat_map(|endpoint| endpoint.properties.members);
        Ok(Found { source, replicas, led_to: led_to.collect() })
    }

    /// A server, if there is one.
    pub(crate) async fn server(&self, id: &ServerId) -> Result<Option<Server>, CallError> {
        match self.get(id, "get", READ, "").await {
            Err(error) if error.is_missing() => Ok(None),
            got => got.map(Some),
        }
    }

    /// How many connections a server takes, if that is told as a number.
    pub(crate) async fn max_connections(&self, id: &ServerId) -> Result<Option<u32>, CallError> {
        let verb = "get max_connections of";
        let at = "/configurations/max_connections";
        let read: Configuration = self.get(id, verb, READ_CONFIGURATION, at).await?;
        Ok(read.properties.value.and_then(|value| value.parse().ok()))
    }

    /// What became of the last change of a server that was ours, if that is told.
    ///
    /// Roles that hold in a resource group only do not let us read it: then nothing is known.
    pub(crate) async fn last(&self, id: &ServerId) -> Option<Operation> {
        let asked = self.asked(id, "get the last operation on", READ_OPERATION);
        self.operations.last(&self.arm, id, &asked).await.ok().flatten()
    }

    pub(crate) fn forget(&self, id: &ServerId) {
        self.operations.forget(id);
    }

    /// Has Azure make a replica of `source`, which is at `id`, where that is and like that.
    pub(crate) async fn create(
        &self,
        id: &ServerId,
        source: &Server,
        name: &str,
    ) -> Result<(), CallError> {
        let mut properties =
            json!({ "createMode": "Replica", "sourceServerResourceId": self.path(id) });
        if let Some(network) = source.properties.network.as_ref().and_then(joined) {
            properties["network"] = network;
        }
        let document = json!({
            "location": source.location, "tags": { tag::OURS.0: tag::OURS.1 },
            "properties": properties,
        });
        let verb = format!("create, as a replica of {},", source.name);
        self.change("PUT", &id.beside(name), (&verb, WRITE), Some(&document)).await
    }

    /// Has Azure end a server.
    pub(crate) async fn delete(&self, id: &ServerId) -> Result<(), CallError> {
        self.change("DELETE", id, ("delete", DELETE), None).await
    }

    async fn change(
        &self,
        method: &str,
        id: &ServerId,
        (verb, action): (&str, &'static str),
        document: Option<&Value>,
    ) -> Result<(), CallError> {
        let url = self.arm.at(&self.path(id), &VERSION);
        let json = [("content-type", "application/json")];
        let (headers, body) = match document {
            Some(document) => (&json[..], document.to_string().into_bytes()),
            None => (&[][..], Vec::new()),
        };
        let answered = self.arm.call(method, &url, headers, body).await;
        let answer = answered.map_err(|heard| CallError::new(self.asked(id, verb, action), heard));
        let answer = answer?;
        let place = answer.headers.get(PLACE).and_then(|place| place.to_str().ok());
        self.operations.note(id, place);
        Ok(())
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        id: &ServerId,
        verb: &str,
        action: &'static str,
        at: &str,
    ) -> Result<T, CallError> {
        let path = format!("{}{at}", self.path(id));
        self.arm.get(&self.asked(id, verb, action), &path, &VERSION).await
    }

    async fn list<T: serde::de::DeserializeOwned>(
        &self,
        id: &ServerId,
        verb: &str,
        action: &'static str,
        at: &str,
    ) -> Result<Vec<T>, CallError> {
        let path = format!("{}{at}", self.path(id));
        self.arm.list(&self.asked(id, verb, action), &path, &VERSION).await
    }
}

/// What a replica has to be told of its source's network: it does not take that over.
fn joined(network: &Network) -> Option<Value> {
    let subnet = network.delegated_subnet_resource_id.as_ref()?;
    let mut joined = json!({ "delegatedSubnetResourceId": subnet });
    if let Some(zone) = &network.private_dns_zone_arm_resource_id {
        joined["privateDnsZoneArmResourceId"] = json!(zone);
    }
    Some(joined)
}

#[derive(Deserialize)]
struct Configuration {
    properties: Setting,
}

#[derive(Deserialize)]
struct Setting {
    value: Option<String>,
}

/// A name under which readers find servers.
#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    properties: Members,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    members: Vec<String>,
}
