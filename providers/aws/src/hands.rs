//! Changing targets, one action at a time.

use crate::{
    Resource,
    alb::Alb,
    api::{Autoscaling, Rds},
    dial::Dials,
    ebs::Ebs,
    fault::Fault,
    replicas::Replicas,
    resize::Resizer,
    route53::Route53,
    standby::Standby,
    storage::Storage,
};
use async_trait::async_trait;
use setpoint_control::{Act, ProviderError};
use setpoint_core::{Action, Intent, TargetName};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// Hands on Auto Scaling groups and their settings, databases, their storage, volumes, traffic and
/// rollouts.
///
/// Every action looks first: done already is a yes without a change, and a target that
/// is no longer as the decision saw it is [`Stale`](setpoint_core::FailureKind::Stale).
#[derive(Debug)]
pub struct AwsHands {
    name: String,
    resizer: Resizer,
    standby: Standby,
    replicas: Replicas,
    storage: Storage,
    ebs: Ebs,
    route53: Route53,
    dials: Dials,
    alb: Alb,
    targets: BTreeMap<TargetName, Resource>,
    deadline: Duration,
}

impl AwsHands {
    pub(crate) fn new(
        name: String,
        (autoscaling, rds, (ebs, route53, alb)): (Autoscaling, Rds, (Ebs, Route53, Alb)),
        targets: BTreeMap<TargetName, Resource>,
        deadline: Duration,
    ) -> Self {
        let standby = Standby::new(autoscaling.clone());
        let dials = Dials::new(autoscaling.clone());
        let resizer = Resizer::new(autoscaling);
        let storage = Storage::new(rds.clone());
        let replicas = Replicas::new(rds);
        Self {
            name,
            resizer,
            standby,
            replicas,
            storage,
            ebs,
            route53,
            dials,
            alb,
            targets,
            deadline,
        }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let resource = self.targets.get(target);
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        match (resource.ok_or_else(unknown)?, &intent.action) {
            (Resource::Group(name), Action::Resize { from, to }) => {
                self.resizer.resize(name, *from, *to).await
            }
            (Resource::Group(name), Action::Drain { from, to, members }) => {
                self.standby.enter(name, (*from, *to), members).await
            }
            (Resource::Group(name), Action::Retire { members }) => {
                self.standby.retire(name, members).await
            }
            (Resource::Group(name), Action::Replace { from, member, drained }) => {
                self.standby.replace(name, *from, (member, *drained)).await
            }
            (Resource::Group(name), Action::Return { from, to, members }) => {
                self.standby.exit(name, (*from, *to), members).await
            }
            (Resource::Database(id), Action::AddReplica { name }) => {
                self.replicas.add(id, name).await
            }
            (Resource::Database(id), Action::RemoveReplica { name }) => {
                self.replicas.remove(id, name).await
            }
            (Resource::Storage(id), Action::Grow { from, to }) => {
                self.storage.grow(id, *from, *to).await
            }
            (Resource::Volume(id), Action::Grow { from, to }) => {
                self.ebs.grow(id, *from, *to).await
            }
            (Resource::Traffic(records), Action::Route { from, to, .. }) => {
                self.route53.route(records, from, to).await
            }
            (Resource::Setting(dial), Action::Set { from, to, .. }) => {
                self.dials.set(dial, *from, *to).await
            }
            (Resource::Rollout(own), Action::Set { from, to, revision, .. }) => {
                self.alb.shift(own, (*from, *to), revision.as_deref()).await
            }
            (resource, action) => {
                let what = what(resource);
                Err(Fault::Refused(format!("{target} is {what}: it cannot {action}")))
            }
        }
    }
}

/// What it is, for a person.
const fn what(resource: &Resource) -> &'static str {
    match resource {
        Resource::Group(_) => "a group",
        Resource::Database(_) => "a database",
        Resource::Storage(_) => "storage",
        Resource::Volume(_) => "a volume",
        Resource::Traffic(_) => "traffic",
        Resource::Rollout(_) => "a rollout",
        Resource::Setting(_) => "a setting",
    }
}

#[async_trait]
impl Act for AwsHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let late = |_| Err(Fault::Late(self.deadline));
        let acted = timeout(self.deadline, self.act(intent)).await.unwrap_or_else(late);
        acted.map_err(|fault| ProviderError::of(&self.name, intent, fault))
    }
}
