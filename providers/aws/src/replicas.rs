//! Adding and removing read replicas: the only file that asks RDS for a change.

use crate::{
    api::Rds,
    database::{LAST_TIER, is_promotable, state},
    databases::{Cluster, Databases, Found},
    fault::{CallError, Fault},
    instance::Instance,
    tag,
};
use setpoint_core::ReplicaState;

/// The most replicas of one source or readers of one cluster.
/// Source: "Working with read replicas" in the RDS user guide, "Replication" in the Aurora one.
const LIMIT: usize = 15;

/// Adds and removes read replicas, and touches none but those with our tag.
#[derive(Debug)]
pub(crate) struct Replicas {
    api: Rds,
    databases: Databases,
}

impl Replicas {
    pub(crate) fn new(api: Rds) -> Self {
        Self { databases: Databases::new(api.clone()), api }
    }

    /// Has the database `id` have a replica of ours named `name`; nothing to do if it has.
    pub(crate) async fn add(&self, id: &str, name: &str) -> Result<(), Fault> {
        let found = self.databases.find(id).await?;
        if let Some(instance) = found.replicas.iter().find(|one| one.name == name) {
            return stands(found.name(), instance);
        }
        let count = found.replicas.len();
        if count >= LIMIT {
            return Err(Fault::Refused(format!("{id} has {count} replicas, AWS allows {LIMIT}")));
        }
        match self.create(&found, name).await {
            Err(error) if error.has_code("DBInstanceAlreadyExists") => {
                let gone = || Fault::Stale(format!("{name} came and went"));
                stands(found.name(), &self.databases.instance(name).await?.ok_or_else(gone)?)
            }
            created => Ok(created?),
        }
    }

    /// Has the database `id` have no replica named `name`; nothing to do if it has none.
    ///
    /// One that was promoted is no replica any more, and stays; the writer is refused.
    pub(crate) async fn remove(&self, id: &str, name: &str) -> Result<(), Fault> {
        let found = self.databases.find(id).await?;
        if found.primary.name == name {
            return Err(Fault::Refused(format!("{name} is the writer of {id}")));
        }
        let Some(instance) = found.replicas.iter().find(|one| one.name == name) else {
            return Ok(());
        };
        if !instance.is_ours {
            return Err(Fault::Refused(format!("{name} does not carry our tag")));
        }
        if is_promotable(instance) {
            return Err(Fault::Refused(format!("{name} could become the writer")));
        }
        match state(instance) {
            ReplicaState::Available => self.delete(name).await,
            ReplicaState::Deleting => Ok(()),
            ReplicaState::Creating | ReplicaState::Busy => {
                Err(Fault::Stale(format!("{name} is {}", instance.status)))
            }
        }
    }

    async fn create(&self, found: &Found, name: &str) -> Result<(), CallError> {
        match &found.cluster {
            None => self.create_replica(&found.primary, name).await,
            Some(cluster) => self.create_reader(cluster, &found.primary, name).await,
        }
    }

    /// In the region of its source, a replica takes over the source's parameter group.
    async fn create_replica(&self, source: &Instance, name: &str) -> Result<(), CallError> {
        let request = self
            .api
            .client()
            .create_db_instance_read_replica()
            .db_instance_identifier(name)
            .source_db_instance_identifier(&source.name)
            .db_instance_class(&source.class)
            .tags(tag::ours())
            .send();
        self.api.call("CreateDBInstanceReadReplica", request).await?;
        Ok(())
    }

    async fn create_reader(
        &self,
        cluster: &Cluster,
        writer: &Instance,
        name: &str,
    ) -> Result<(), CallError> {
        let request = self
            .api
            .client()
            .create_db_instance()
            .db_instance_identifier(name)
            .db_cluster_identifier(&cluster.id)
            .engine(&cluster.engine)
            .db_instance_class(&writer.class)
            .set_db_parameter_group_name(writer.parameter_group.clone())
            .promotion_tier(LAST_TIER)
            .tags(tag::ours())
            .send();
        self.api.call("CreateDBInstance", request).await?;
        Ok(())
    }

    /// A replica holds nothing that its source does not: no last snapshot is taken.
    async fn delete(&self, name: &str) -> Result<(), Fault> {
        let request = self
            .api
            .client()
            .delete_db_instance()
            .db_instance_identifier(name)
            .skip_final_snapshot(true)
            .send();
        match self.api.call("DeleteDBInstance", request).await {
            Err(error) if error.has_code("DBInstanceNotFound") => Ok(()),
            deleted => Ok(deleted.map(drop)?),
        }
    }
}

/// Whether `instance` is a replica of the database `source`, as was asked for.
fn stands(source: &str, instance: &Instance) -> Result<(), Fault> {
    let name = &instance.name;
    if instance.cluster.as_deref().or(instance.replica_of.as_deref()) != Some(source) {
        return Err(Fault::Refused(format!("{name} exists and is no replica of {source}")));
    }
    if !instance.is_ours {
        return Err(Fault::Refused(format!("{name} exists and does not carry our tag")));
    }
    if state(instance) == ReplicaState::Deleting {
        return Err(Fault::Stale(format!("{name} is being deleted and still holds its name")));
    }
    Ok(())
}
