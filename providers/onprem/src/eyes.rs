//! Looking at groups. Nothing here can change anything.

use crate::{Ending, Onprem, Pool};
use async_trait::async_trait;
use futures::future::join_all;
use setpoint_control::Observe;
use setpoint_core::{Seen, TargetName};
use std::collections::BTreeMap;

/// Reads how groups stand: two questions to HAProxy each, and a knock at every place that
/// HAProxy does not know.
#[derive(Debug)]
pub struct OnpremEyes {
    pub(crate) provider: Onprem,
    pub(crate) targets: BTreeMap<TargetName, Pool>,
}

#[async_trait]
impl Observe for OnpremEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(name, pool)| {
            let seen = match self.provider.look(pool).await {
                Ok(crew) => Seen::Group(crew.group(pool.ending == Ending::Decided)),
                Err(failure) => Seen::Nothing(failure.to_string()),
            };
            (name.clone(), seen)
        });
        join_all(looks).await.into_iter().collect()
    }
}
