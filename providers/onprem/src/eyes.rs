//! Looking at targets. Nothing here can change anything.

use crate::{Ending, Onprem, Resource};
use async_trait::async_trait;
use futures::future::join_all;
use setpoint_control::Observe;
use setpoint_core::{Seen, TargetName};
use std::collections::BTreeMap;

/// Reads how targets stand: of each two questions to HAProxy; of a group a knock at every place that
/// HAProxy does not know, of a database a question to its primary.
#[derive(Debug)]
pub struct OnpremEyes {
    pub(crate) provider: Onprem,
    pub(crate) targets: BTreeMap<TargetName, Resource>,
}

#[async_trait]
impl Observe for OnpremEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(name, resource)| {
            let seen = match resource {
                Resource::Group(pool) => self
                    .provider
                    .look(pool)
                    .await
                    .map(|crew| Seen::Group(crew.group(pool.ending == Ending::Decided))),
                Resource::Database(cluster) => {
                    self.provider.database(cluster).await.map(Seen::Database)
                }
                Resource::Rollout(split) => self.provider.rollout(split).await.map(Seen::Rollout),
                Resource::Traffic(fork) => self.provider.traffic(fork).await.map(Seen::Traffic),
            };
            (name.clone(), seen.unwrap_or_else(|failure| Seen::Nothing(failure.to_string())))
        });
        join_all(looks).await.into_iter().collect()
    }
}
