//! Looking at flexible servers. Nothing here can change anything.

use super::{id::ServerId, servers::Servers};
use crate::{eyes::within, fault::Fault};
use async_trait::async_trait;
use futures::future::{join_all, try_join};
use setpoint_control::Observe;
use setpoint_core::{Seen, TargetName};
use std::{collections::BTreeMap, time::Duration};

/// Eyes on flexible servers.
///
/// A server takes four calls at once: for itself, its replicas, its virtual endpoints and its
/// `max_connections`. It is seen whole or not at all.
pub struct PostgresEyes {
    servers: Servers,
    targets: BTreeMap<TargetName, ServerId>,
    deadline: Duration,
}

impl PostgresEyes {
    pub(crate) const fn new(
        servers: Servers,
        targets: BTreeMap<TargetName, ServerId>,
        deadline: Duration,
    ) -> Self {
        Self { servers, targets, deadline }
    }

    async fn look(&self, id: &ServerId) -> Result<Seen, Fault> {
        let most = async { Ok(self.servers.max_connections(id).await?) };
        let (found, most) = try_join(self.servers.find(id), most).await?;
        Ok(Seen::Database(found.database(most)))
    }
}

#[async_trait]
impl Observe for PostgresEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self
            .targets
            .iter()
            .map(async |(target, id)| (target.clone(), within(self.deadline, self.look(id)).await));
        join_all(looks).await.into_iter().collect()
    }
}
