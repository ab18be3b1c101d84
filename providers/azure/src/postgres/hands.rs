//! Adding and removing read replicas: the only file that asks for a change of a server.

use super::{id::ServerId, server::Server, servers::Servers};
use crate::fault::Fault;
use async_trait::async_trait;
use setpoint_control::{Act, ProviderError};
use setpoint_core::{Action, Intent, ReplicaState, TargetName};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// Hands on flexible servers: they touch no replica but those with our tag.
///
/// Every action looks first: done already is a yes without a change. Azure goes on with a replica
/// for minutes after it took it; nobody waits for that here, the next looks see what becomes of it.
pub struct PostgresHands {
    name: String,
    servers: Servers,
    targets: BTreeMap<TargetName, ServerId>,
    deadline: Duration,
}

impl PostgresHands {
    pub(crate) const fn new(
        name: String,
        servers: Servers,
        targets: BTreeMap<TargetName, ServerId>,
        deadline: Duration,
    ) -> Self {
        Self { name, servers, targets, deadline }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let id = self.targets.get(target).ok_or_else(unknown)?;
        let action = &intent.action;
        if let Action::AddReplica { name } = action {
            return self.add(id, name).await;
        }
        if let Action::RemoveReplica { name } = action {
            return self.remove(id, name).await;
        }
        Err(Fault::Refused(format!("{target} is a database: it cannot {action}")))
    }

    /// Has the server `id` have a replica of ours named `name`; nothing to do if it has.
    async fn add(&self, id: &ServerId, name: &str) -> Result<(), Fault> {
        let found = self.servers.find(id).await?;
        let path = self.servers.path(id);
        if let Some(replica) = found.replicas.iter().find(|one| one.name == name) {
            return stands(id, &path, replica);
        }
        let (count, most) = (found.replicas.len(), found.source.capacity());
        if count >= most {
            let why = format!("{} has {count} replicas, Azure allows {most}", id.name);
            return Err(Fault::Refused(why));
        }
        if let Some(busy) = found.source.busy() {
            return Err(Fault::Stale(busy));
        }
        let replica = id.beside(name);
        // A list may lag behind, and a name may be somebody else's: to create over either would
        // change what is there.
        if let Some(server) = self.servers.server(&replica).await? {
            return stands(id, &path, &server);
        }
        match self.servers.last(&replica).await {
            Some(operation) if operation.is_under_way() => return Ok(()),
            Some(operation) => {
                self.servers.forget(&replica);
                if let Some(why) = operation.trouble() {
                    return Err(Fault::Stale(format!("Azure could not make {name}: {why}")));
                }
            }
            None => {}
        }
        Ok(self.servers.create(id, &found.source, name).await?)
    }

    /// Has the server `id` have no replica named `name`; nothing to do if it has none.
    ///
    /// One that was promoted is no replica any more, and stays; the primary is refused.
    async fn remove(&self, id: &ServerId, name: &str) -> Result<(), Fault> {
        let found = self.servers.find(id).await?;
        if found.source.name == name {
            return Err(Fault::Refused(format!("{name} is the primary")));
        }
        let Some(replica) = found.replicas.iter().find(|one| one.name == name) else {
            return Ok(());
        };
        if !replica.is_ours() {
            return Err(Fault::Refused(format!("{name} does not carry our tag")));
        }
        if found.is_led_to(name) {
            let why = format!("a virtual endpoint leads to {name}: take it out there first");
            return Err(Fault::Refused(why));
        }
        match replica.life() {
            ReplicaState::Available => Ok(self.servers.delete(&id.beside(name)).await?),
            ReplicaState::Deleting => Ok(()),
            ReplicaState::Creating | ReplicaState::Busy => {
                Err(Fault::Stale(format!("{name} is {}", replica.doing())))
            }
        }
    }
}

/// Whether `server` is a replica of `id`, which is at `path`, as was asked for.
fn stands(id: &ServerId, path: &str, server: &Server) -> Result<(), Fault> {
    let name = &server.name;
    if !server.is_of(path) {
        return Err(Fault::Refused(format!("{name} exists and is no replica of {}", id.name)));
    }
    if !server.is_ours() {
        return Err(Fault::Refused(format!("{name} exists and does not carry our tag")));
    }
    if server.life() == ReplicaState::Deleting {
        return Err(Fault::Stale(format!("{name} is being deleted and still holds its name")));
    }
    Ok(())
}

#[async_trait]
impl Act for PostgresHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let late = |_| Err(Fault::Late(self.deadline));
        let acted = timeout(self.deadline, self.act(intent)).await.unwrap_or_else(late);
        acted.map_err(|fault| ProviderError::of(&self.name, intent, fault))
    }
}
