//! The storage of a database instance: looked at, and grown. It never shrinks.

use crate::{api::Rds, fault::Fault, instance::need, tag};
use aws_sdk_rds::types::DbInstance;
use setpoint_core::Volume;

/// RDS takes no growth that is smaller, as a share of the storage.
/// Source: "Increasing DB instance storage capacity" in the RDS user guide.
const LEAST: f64 = 0.10;

/// Storage as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// In GiB.
    size: u32,
    /// What it is about to have, in GiB.
    pending: Option<u32>,
    /// AWS's word for the instance's state.
    status: String,
    /// The size up to which RDS grows it by itself, in GiB.
    own_limit: Option<u32>,
    /// Why it is to be left alone, if a tag says so.
    paused: Option<String>,
}

impl TryFrom<DbInstance> for Found {
    type Error = Fault;

    fn try_from(given: DbInstance) -> Result<Self, Fault> {
        let gib = |given: Option<i32>| given.and_then(|size| u32::try_from(size).ok());
        let size = gib(given.allocated_storage).filter(|size| *size > 0);
        let none = || Fault::Refused("AWS described a database without its storage".to_owned());
        if let Some(cluster) = &given.db_cluster_identifier {
            let why =
                format!("its storage is that of the cluster {cluster}, which grows by itself");
            return Err(Fault::Refused(why));
        }
        let pending = given.pending_modified_values.as_ref();
        Ok(Self {
            size: size.ok_or_else(none)?,
            pending: gib(pending.and_then(|pending| pending.allocated_storage)),
            paused: tag::paused(tag::pairs(given.tag_list())),
            own_limit: gib(given.max_allocated_storage).filter(|limit| Some(*limit) > size),
            status: need("status", given.db_instance_status)?,
        })
    }
}

/// Reads and grows the storage of database instances.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    api: Rds,
}

impl Storage {
    pub(crate) fn new(api: Rds) -> Self {
        Self { api }
    }

    /// How the storage of the instance `id` stands.
    pub(crate) async fn look(&self, id: &str) -> Result<Volume, Fault> {
        Ok(volume(self.find(id).await?))
    }

    /// Has the instance `id` have `to` GiB; nothing to do if it has, or is about to.
    pub(crate) async fn grow(&self, id: &str, from: u32, to: u32) -> Result<(), Fault> {
        let found = self.find(id).await?;
        if found.size >= to || found.pending.is_some_and(|pending| pending >= to) {
            return Ok(());
        }
        if found.size != from {
            return Err(Fault::Stale(format!("it has {} GiB, not {from}", found.size)));
        }
        if let Some(busy) = busy(&found) {
            return Err(Fault::Stale(format!("it is busy: {busy}")));
        }
        if f64::from(to) < f64::from(from) * (1.0 + LEAST) {
            return Err(Fault::Refused(format!("{from} to {to} GiB is less than RDS takes, 10 %")));
        }
        let size =
            i32::try_from(to).map_err(|_| Fault::Refused(format!("{to} GiB is too much")))?;
        let request = self
            .api
            .client()
            .modify_db_instance()
            .db_instance_identifier(id)
            .allocated_storage(size)
            .apply_immediately(true)
            .send();
        self.api.call("ModifyDBInstance", request).await?;
        Ok(())
    }

    async fn find(&self, id: &str) -> Result<Found, Fault> {
        let request = self.api.client().describe_db_instances().db_instance_identifier(id).send();
        let answer = self.api.call("DescribeDBInstances", request).await?;
        let first = answer.db_instances.unwrap_or_default().into_iter().next();
        first.ok_or_else(|| Fault::Stale(format!("no database instance named {id}")))?.try_into()
    }
}

fn volume(found: Found) -> Volume {
    let busy = busy(&found);
    Volume { size: found.size, used: None, busy, paused: found.paused }
}

/// Why it is to be left alone just now.
fn busy(found: &Found) -> Option<String> {
    let Found { size, pending, status, own_limit, .. } = found;
    if let Some(pending) = pending.filter(|pending| pending > size) {
        return Some(format!("it is about to have {pending} GiB"));
    }
    if let Some(limit) = own_limit {
        return Some(format!("another scaler acts on it: RDS itself, up to {limit} GiB"));
    }
    (status != "available").then(|| status.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        let (size, status) = (100, "available".to_owned());
        Found { size, pending: None, status, own_limit: None, paused: None }
    }

    #[test]
    fn it_is_left_alone_while_its_cloud_works_on_it_or_grows_it_by_itself() {
        let status = |text: &str| Found { status: text.to_owned(), ..found() };
        for (found, expected) in [
            (found(), None),
            (status("storage-optimization"), Some("storage-optimization")),
            (status("modifying"), Some("modifying")),
            (Found { pending: Some(150), ..found() }, Some("it is about to have 150 GiB")),
            (
                Found { own_limit: Some(500), ..found() },
                Some("another scaler acts on it: RDS itself, up to 500 GiB"),
            ),
        ] {
            assert_eq!(busy(&found).as_deref(), expected);
        }
    }

    #[test]
    fn the_storage_of_a_cluster_is_not_for_us_to_grow() {
        let described = |cluster: Option<&str>, size| {
            let given = DbInstance::builder().db_instance_status("available");
            let given = given.set_db_cluster_identifier(cluster.map(str::to_owned));
            Found::try_from(given.set_allocated_storage(size).build())
        };
        assert!(described(Some("orders"), Some(100)).is_err());
        assert!(described(None, None).is_err());
        assert!(described(None, Some(0)).is_err());
        assert_eq!(described(None, Some(100)).unwrap(), found());
    }
}
