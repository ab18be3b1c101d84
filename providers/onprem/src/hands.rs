//! Changing targets, one action at a time.

use crate::{Onprem, Place, Pool, Resource, failure::Failure, haproxy::DEADLINE, named::within};
use async_trait::async_trait;
use setpoint_control::{Act, ProviderError, Sorted};
use setpoint_core::{Action, Intent, Span, TargetName};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// What an action may take beyond one start or stop: its looks and commands.
const TALK: Span = Span::from_secs(10);

/// Hands on groups and databases.
///
/// Every action looks first: done already is a yes without a change, and what was begun by an
/// earlier try is gone on with. A target that is not as the decision saw it is
/// [`Stale`](setpoint_core::FailureKind::Stale).
#[derive(Debug)]
pub struct OnpremHands {
    pub(crate) provider: Onprem,
    pub(crate) targets: BTreeMap<TargetName, Resource>,
}

impl OnpremHands {
    fn resource(&self, target: &TargetName) -> Result<&Resource, Failure> {
        let unknown = || Failure::Refused(format!("{target} is no target of this provider"));
        self.targets.get(target).ok_or_else(unknown)
    }

    async fn act(&self, resource: &Resource, intent: &Intent) -> Result<(), Failure> {
        let provider = &self.provider;
        match (resource, &intent.action) {
            (Resource::Group(pool), Action::Resize { from, to }) => {
                provider.resize(pool, *from, *to).await
            }
            (Resource::Group(pool), Action::Drain { from, to, members }) => {
                provider.drain_named(pool, (*from, *to), members).await
            }
            (Resource::Group(pool), Action::Retire { members }) => {
                provider.retire(pool, members).await
            }
            (Resource::Group(pool), Action::Return { from, to, members }) => {
                provider.put_back(pool, (*from, *to), members).await
            }
            (Resource::Group(pool), Action::Replace { from, member, drained }) => {
                provider.replace(pool, *from, (member, *drained)).await
            }
            (Resource::Database(cluster), Action::AddReplica { name }) => {
                provider.add_replica(cluster, name).await
            }
            (Resource::Database(cluster), Action::RemoveReplica { name }) => {
                provider.remove_replica(cluster, name)
            }
            (Resource::Rollout(split), Action::Set { from, to, revision, .. }) => {
                provider.shift(split, (*from, *to), revision.as_deref()).await
            }
            (Resource::Traffic(fork), Action::Route { from, to, .. }) => {
                provider.route(fork, from, to).await
            }
            (Resource::Traffic(_), action) => {
                Err(Failure::Refused(format!("{} is a traffic: it cannot {action}", intent.target)))
            }
            (Resource::Rollout(_), action) => {
                let target = &intent.target;
                Err(Failure::Refused(format!("{target} is a rollout: it cannot {action}")))
            }
            (Resource::Group(_), action) => {
                Err(Failure::Refused(format!("{} is a group: it cannot {action}", intent.target)))
            }
            (Resource::Database(_), action) => {
                let target = &intent.target;
                Err(Failure::Refused(format!("{target} is a database: it cannot {action}")))
            }
        }
    }
}

impl Onprem {
    /// Has `to` members, if there are `from`, or as many as an earlier try got to.
    async fn resize(&self, pool: &Pool, from: u32, to: u32) -> Result<(), Failure> {
        let crew = self.look(pool).await?;
        let size = crew.size();
        if size == to {
            return Ok(());
        }
        if !(from.min(to)..=from.max(to)).contains(&size) {
            return Err(Failure::Stale(format!("it has {size} members, not {from}")));
        }
        within(&crew, to)?;
        if to > size {
            return self.grow(pool, &crew, (to - size) as usize).await;
        }
        let wanted = (size - to) as usize;
        let victims: Vec<Place> = crew.victims(wanted).iter().map(|seat| seat.place).collect();
        if victims.len() < wanted {
            let lost = crew.lost.len();
            return Err(Failure::Stale(format!("{lost} of its members are not in HAProxy again")));
        }
        self.drain(pool, &victims).await
    }
}

#[async_trait]
impl Act for OnpremHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let acted = async {
            let resource = self.resource(&intent.target)?;
            within_time(resource, self.act(resource, intent)).await
        };
        let error = |failure| ProviderError::of(&self.provider.name, intent, failure);
        acted.await.map_err(error)
    }

    async fn go_on(&self, target: &TargetName) -> Result<(), ProviderError> {
        let gone = async {
            let (provider, resource) = (&self.provider, self.resource(target)?);
            let work = async {
                match resource {
                    Resource::Group(pool) => provider.go_on(pool).await,
                    Resource::Database(cluster) => provider.go_on_with(cluster).await,
                    Resource::Rollout(_) | Resource::Traffic(_) => Ok(()),
                }
            };
            within_time(resource, work).await
        };
        gone.await.map_err(|failure| ProviderError {
            provider: self.provider.name.clone(),
            operation: format!("go on with what was begun at {target}"),
            kind: failure.kind(),
            source: failure.into(),
        })
    }
}

async fn within_time(
    resource: &Resource,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let patience = match resource {
        Resource::Group(pool) => pool.patience,
        Resource::Database(cluster) => cluster.patience,
        Resource::Rollout(_) | Resource::Traffic(_) => DEADLINE,
    };
    let limit = patience + TALK;
    timeout(Duration::from_millis(limit.ms()), work).await.unwrap_or(Err(Failure::Late(limit)))
}
