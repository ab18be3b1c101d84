//! Sending users elsewhere: the only file that asks for a change of a profile.

use super::{id::Endpoints, profiles::Profiles};
use crate::fault::Fault;
use async_trait::async_trait;
use setpoint_control::{Act, ProviderError};
use setpoint_core::{Action, Intent, Shares, TargetName};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// Hands on profiles of Traffic Manager.
///
/// Every action looks first: done already is a yes without a change, and shares that are no longer
/// as the decision saw them are [`Stale`](setpoint_core::FailureKind::Stale). All endpoints change
/// in one call, so that no moment has users and no destination. Azure takes no condition with it:
/// what somebody else writes between the look and the change, a moment, is lost.
pub struct TrafficHands {
    name: String,
    profiles: Profiles,
    targets: BTreeMap<TargetName, Endpoints>,
    deadline: Duration,
}

impl TrafficHands {
    pub(crate) const fn new(
        name: String,
        profiles: Profiles,
        targets: BTreeMap<TargetName, Endpoints>,
        deadline: Duration,
    ) -> Self {
        Self { name, profiles, targets, deadline }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let endpoints = self.targets.get(target).ok_or_else(unknown)?;
        if let Action::Route { from, to, .. } = &intent.action {
            return self.route(endpoints, from, to).await;
        }
        Err(Fault::Refused(format!("{target} is a traffic: it cannot {}", intent.action)))
    }

    /// Sends users as `to` says; nothing to do if they are sent so.
    async fn route(&self, endpoints: &Endpoints, from: &Shares, to: &Shares) -> Result<(), Fault> {
        let profile = self.profiles.find(endpoints).await?;
        let stand = profile.shares(endpoints)?;
        if stand == *to {
            return Ok(());
        }
        if stand != *from {
            return Err(Fault::Stale(format!("users are sent elsewhere by now: {stand:?}")));
        }
        let changed = profile.with(endpoints, to)?;
        Ok(self.profiles.put(&endpoints.profile, &changed).await?)
    }
}

#[async_trait]
impl Act for TrafficHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let late = |_| Err(Fault::Late(self.deadline));
        let acted = timeout(self.deadline, self.act(intent)).await.unwrap_or_else(late);
        acted.map_err(|fault| ProviderError::of(&self.name, intent, fault))
    }
}
