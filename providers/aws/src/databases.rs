//! Asking RDS how databases and their replicas stand.

use crate::{
    api::Rds,
    connections, database,
    fault::{CallError, Fault},
    instance::{Instance, need},
    tag,
};
use aws_sdk_rds::types::{DbCluster, DbInstance, Filter};
use setpoint_core::Database;

/// Reads databases and their replicas.
#[derive(Clone, Debug)]
pub(crate) struct Databases {
    api: Rds,
}

/// A database as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The source (RDS), or the cluster's writer (Aurora).
    pub(crate) primary: Instance,
    /// The cluster; `None` for plain RDS.
    pub(crate) cluster: Option<Cluster>,
    /// Its read replicas in this region, in the order of their names.
    pub(crate) replicas: Vec<Instance>,
}

impl Found {
    /// The name of the whole: the source's, or the cluster's.
    pub(crate) fn name(&self) -> &str {
        self.cluster.as_ref().map_or(&self.primary.name, |cluster| &cluster.id)
    }

    /// Why it is to be left alone, if a tag on the cluster or the primary says so.
    pub(crate) fn paused(&self) -> Option<String> {
        let cluster = self.cluster.as_ref().and_then(|cluster| cluster.paused.clone());
        cluster.or_else(|| self.primary.paused.clone())
    }
}

/// What matters of an Aurora cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) id: String,
    /// AWS's word for its state: "available".
    pub(crate) status: String,
    /// "aurora-postgresql".
    pub(crate) engine: String,
    /// Why it is to be left alone, if a tag on it says so.
    pub(crate) paused: Option<String>,
}

impl Databases {
    pub(crate) fn new(api: Rds) -> Self {
        Self { api }
    }

    /// How the database `id` stands, whole.
    pub(crate) async fn look(&self, id: &str) -> Result<Database, Fault> {
        let found = self.find(id).await?;
        let max_connections = self.max_connections(&found.primary).await?;
        Ok(database::read(&found, max_connections))
    }

    /// The source instance `id` with its replicas, or else the cluster `id` with its readers.
    ///
    /// A cluster and one of its instances may share a name: then the cluster is meant.
    pub(crate) async fn find(&self, id: &str) -> Result<Found, Fault> {
        match self.instance(id).await? {
            Some(source) => match source.cluster.as_deref() {
                None => self.with_replicas(source).await,
                Some(cluster) if cluster.eq_ignore_ascii_case(id) => self.cluster(id).await,
                Some(cluster) => Err(Fault::Refused(format!(
                    "{id} is an instance of the cluster {cluster}: name the cluster instead"
                ))),
            },
            None => self.cluster(id).await,
        }
    }

    /// The instance named `name`, if there is one.
    pub(crate) async fn instance(&self, name: &str) -> Result<Option<Instance>, Fault> {
        let request = self.api.client().describe_db_instances().db_instance_identifier(name).send();
        match self.api.call("DescribeDBInstances", request).await {
            Ok(answer) => {
                let mut instances = answer.db_instances.unwrap_or_default().into_iter();
                instances.next().map(Instance::try_from).transpose()
            }
            Err(error) if error.has_code("DBInstanceNotFound") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn with_replicas(&self, source: Instance) -> Result<Found, Fault> {
        // Those in other regions go by their ARN; readers of this region never see them.
        let here = |name: &&String| !name.contains(':');
        let names: Vec<String> = source.replicas.iter().filter(here).cloned().collect();
        let mut replicas = Vec::new();
        if !names.is_empty() {
            replicas = self.instances_where("db-instance-id", names).await?;
            replicas.retain(|one| one.replica_of.as_deref() == Some(&*source.name));
        }
        Ok(Found { primary: source, cluster: None, replicas })
    }

    async fn cluster(&self, id: &str) -> Result<Found, Fault> {
        let (cluster, writer) = self.describe_cluster(id).await?;
        let ids = vec![cluster.id.clone()];
        let mut replicas = self.instances_where("db-cluster-id", ids).await?;
        let place = writer.and_then(|name| replicas.iter().position(|one| one.name == name));
        let Some(place) = place else {
            return Err(Fault::Stale(format!("the cluster {id} has no writer just now")));
        };
        Ok(Found { primary: replicas.remove(place), cluster: Some(cluster), replicas })
    }

    /// The cluster `id`, with the name of its writer, if it has one.
    async fn describe_cluster(&self, id: &str) -> Result<(Cluster, Option<String>), Fault> {
        let none = || Fault::Stale(format!("no database instance or cluster named {id}"));
        let request = self.api.client().describe_db_clusters().db_cluster_identifier(id).send();
        let given = match self.api.call("DescribeDBClusters", request).await {
            Ok(answer) => answer.db_clusters.unwrap_or_default().pop().ok_or_else(none)?,
            Err(error) if error.has_code("DBClusterNotFoundFault") => return Err(none()),
            Err(error) => return Err(error.into()),
        };
        let writer = writer_of(&given);
        let paused = tag::paused(tag::pairs(given.tag_list()));
        let cluster = Cluster {
            id: need("name", given.db_cluster_identifier)?,
            status: need("status", given.status)?,
            engine: need("engine", given.engine)?,
            paused,
        };
        if !cluster.engine.starts_with("aurora") {
            return Err(Fault::Refused(format!(
                "the cluster {id} runs {}: readers can be added to Aurora clusters only",
                cluster.engine
            )));
        }
        Ok((cluster, writer))
    }

    /// All instances that the filter lets through, in the order of their names. Fails as a
    /// whole if any page does.
    async fn instances_where(
        &self,
        filter: &str,
        values: Vec<String>,
    ) -> Result<Vec<Instance>, Fault> {
        let filter = Filter::builder().name(filter).set_values(Some(values)).build();
        let request = self.api.client().describe_db_instances().filters(filter).max_records(100);
        let pages = request.into_paginator().items().send();
        let all: Vec<DbInstance> =
            self.api.call("DescribeDBInstances", pages.try_collect()).await?;
        let mut all: Vec<Instance> =
            all.into_iter().map(Instance::try_from).collect::<Result<_, _>>()?;
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// How many connections `primary` takes: what its parameter group was set to, else the
    /// engine's default for its class; `None` if neither is known as a number.
    async fn max_connections(&self, primary: &Instance) -> Result<Option<u32>, CallError> {
        let by_default = connections::by_default(&primary.engine, &primary.class);
        let Some(group) = &primary.parameter_group else { return Ok(by_default) };
        if group.starts_with("default.") {
            return Ok(by_default);
        }
        Ok(match self.parameter(group, connections::PARAMETER).await? {
            Some(value) => value.parse().ok(),
            None => by_default,
        })
    }

    /// What the operator of the database set `name` to in the parameter group `group`.
    async fn parameter(&self, group: &str, name: &str) -> Result<Option<String>, CallError> {
        let request = self.api.client().describe_db_parameters();
        let request = request.db_parameter_group_name(group).source("user").max_records(100);
        let pages = request.into_paginator().items().send();
        let all: Vec<_> = self.api.call("DescribeDBParameters", pages.try_collect()).await?;
        let set = all.into_iter().find(|parameter| parameter.parameter_name() == Some(name));
        Ok(set.and_then(|parameter| parameter.parameter_value))
    }
}

fn writer_of(cluster: &DbCluster) -> Option<String> {
    let writer =
        cluster.db_cluster_members().iter().find(|member| member.is_cluster_writer() == Some(true));
    writer?.db_instance_identifier.clone()
}
