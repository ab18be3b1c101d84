//! Looking at profiles of Traffic Manager. Nothing here can change anything.

use super::{id::Endpoints, profiles::Profiles};
use crate::{eyes::within, fault::Fault};
use async_trait::async_trait;
use futures::future::join_all;
use setpoint_control::Observe;
use setpoint_core::{Seen, TargetName};
use std::{collections::BTreeMap, time::Duration};

/// Eyes on profiles of Traffic Manager: a look is one call, which tells the shares and whether
/// each endpoint answers its probes.
pub struct TrafficEyes {
    profiles: Profiles,
    targets: BTreeMap<TargetName, Endpoints>,
    deadline: Duration,
}

impl TrafficEyes {
    pub(crate) const fn new(
        profiles: Profiles,
        targets: BTreeMap<TargetName, Endpoints>,
        deadline: Duration,
    ) -> Self {
        Self { profiles, targets, deadline }
    }

    async fn look(&self, endpoints: &Endpoints) -> Result<Seen, Fault> {
        let profile = self.profiles.find(endpoints).await?;
        profile.traffic(endpoints).map(Seen::Traffic)
    }
}

#[async_trait]
impl Observe for TrafficEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(target, endpoints)| {
            (target.clone(), within(self.deadline, self.look(endpoints)).await)
        });
        join_all(looks).await.into_iter().collect()
    }
}
