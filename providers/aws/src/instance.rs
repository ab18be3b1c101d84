//! A database instance, as RDS describes it and as the rest of this package knows it.

use crate::{fault::Fault, tag};
use aws_sdk_rds::types::DbInstance;

/// What matters of one database instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) name: String,
    /// AWS's word for its state: "available".
    pub(crate) status: String,
    /// "postgres", "aurora-mysql".
    pub(crate) engine: String,
    /// "db.m6g.large".
    pub(crate) class: String,
    /// The group its settings come from; the first, if there are several.
    pub(crate) parameter_group: Option<String>,
    /// The Aurora cluster it belongs to.
    pub(crate) cluster: Option<String>,
    /// The instance it replicates; `None` for a source, and within Aurora.
    pub(crate) replica_of: Option<String>,
    /// Those that replicate it. One in another region goes by its ARN.
    pub(crate) replicas: Vec<String>,
    /// Its place in the queue for writer, 0 first, 15 last; Aurora only.
    pub(crate) promotion_tier: Option<i32>,
    /// Whether it carries our tag.
    pub(crate) is_ours: bool,
    /// Why it is to be left alone, if a tag on it says so.
    pub(crate) paused: Option<String>,
}

impl TryFrom<DbInstance> for Instance {
    type Error = Fault;

    /// Fails if the name, state, engine or class is missing.
    fn try_from(given: DbInstance) -> Result<Self, Fault> {
        let is_ours = tag::is_ours(given.tag_list());
        let paused = tag::paused(tag::pairs(given.tag_list()));
        let groups = given.db_parameter_groups.unwrap_or_default();
        Ok(Self {
            name: need("name", given.db_instance_identifier)?,
            status: need("status", given.db_instance_status)?,
            engine: need("engine", given.engine)?,
            class: need("class", given.db_instance_class)?,
            parameter_group: groups.into_iter().find_map(|group| group.db_parameter_group_name),
            cluster: given.db_cluster_identifier,
            replica_of: given.read_replica_source_db_instance_identifier,
            replicas: given.read_replica_db_instance_identifiers.unwrap_or_default(),
            promotion_tier: given.promotion_tier,
            is_ours,
            paused,
        })
    }
}

/// `given`, which RDS always sends.
pub(crate) fn need(what: &str, given: Option<String>) -> Result<String, Fault> {
    given.ok_or_else(|| Fault::Refused(format!("AWS described a database without its {what}")))
}
