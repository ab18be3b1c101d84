//! Rollouts by the Gateway API: rules of an HTTPRoute send what comes to two Services by weight,
//! and the candidate's share is what these make of it.
//!
//! The rule it keeps: the route is changed on the very version that was read, so that the server
//! refuses the change if anybody was faster. Start reading at [`Routes`]; what is made of rules is in
//! `split.rs`.

mod split;

use crate::{
    api::Api,
    fault::{Asked, CallError, Fault},
    workload::Object,
};
use async_trait::async_trait;
use futures::future::{join_all, try_join};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::{Value, json};
use setpoint_control::{Act, Finding, Observe, ProviderError, Severity};
use setpoint_core::{Action, Intent, Rollout, Seen, TargetName};
use split::Sides;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// The API group of routes, and of what tells who is behind a Service.
pub(crate) const GATEWAY: &str = "gateway.networking.k8s.io";
pub(crate) const DISCOVERY: &str = "discovery.k8s.io";

/// The annotation of the candidate's Service that tells its revision.
const REVISION: &str = "setpoint/revision";

/// A route that splits what comes between two Services.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeightedServices {
    /// The HTTPRoute.
    pub route: String,
    /// The Service of what is stable.
    pub stable: String,
    /// The Service of the candidate.
    pub candidate: String,
}

/// Reads and changes candidates' shares.
#[derive(Clone)]
pub(crate) struct Routes {
    pub(crate) api: Api,
}

/// A route as it was read.
struct Route {
    version: Option<String>,
    paused: Option<String>,
    rules: Vec<Value>,
}

impl Routes {
    /// How a rollout stands. What is not known of its revision keeps nobody from rolling back.
    pub(crate) async fn look(&self, own: &WeightedServices) -> Result<Rollout, Fault> {
        let (route, both) = try_join(self.route(own), self.both(own)).await?;
        let share = self.sides(own).share(&route.rules)?;
        let (revision, unread) = match self.revision(own).await {
            Ok(revision) => (revision, None),
            Err(error) => (None, Some(format!("its revision is not known: {error}"))),
        };
        Ok(Rollout { share, revision, busy: busy(both).or(unread), paused: route.paused })
    }

    /// Gives the candidate `to` percent, if it has `from` and, to have more, is still `revision`.
    async fn shift(
        &self,
        own: &WeightedServices,
        (from, to): (u32, u32),
        revision: Option<&str>,
    ) -> Result<(), Fault> {
        let route = self.route(own).await?;
        let share = self.sides(own).share(&route.rules)?;
        if share == to {
            return Ok(());
        }
        if share != from {
            return Err(Fault::Stale(format!("the candidate has {share} %, not {from}")));
        }
        let both = self.both(own).await?;
        if to > from {
            if let Some(busy) = busy(both) {
                return Err(Fault::Stale(busy));
            }
            let present = self.revision(own).await?;
            if present.as_deref() != revision {
                let now = present.as_deref().unwrap_or("of no name");
                let then = revision.unwrap_or("of no name");
                return Err(Fault::Stale(format!("the candidate is {now} now, not {then}")));
            }
        } else if both.1 == 0 {
            let why = "nobody is ready behind the stable Service to take the traffic";
            return Err(Fault::Refused(why.to_owned()));
        }
        let version = route.version.filter(|version| !version.is_empty());
        let version = version
            .ok_or_else(|| Fault::Refused("the route has no version to change it by".to_owned()))?;
        let patch = json!({
            "metadata": { "resourceVersion": version },
            "spec": { "rules": self.sides(own).with(&route.rules, to) },
        });
        self.api.patch(route_asked("patch", own), &self.path(own), &patch).await?;
        Ok(())
    }

    fn sides<'a>(&'a self, own: &'a WeightedServices) -> Sides<'a> {
        let namespace = &self.api.namespace;
        Sides { stable: &own.stable, candidate: &own.candidate, namespace }
    }

    fn path(&self, own: &WeightedServices) -> String {
        let (namespace, name) = (&self.api.namespace, &own.route);
        format!("/apis/{GATEWAY}/v1/namespaces/{namespace}/httproutes/{name}")
    }

    async fn route(&self, own: &WeightedServices) -> Result<Route, Fault> {
        let object: Object = self.api.get(route_asked("get", own), &self.path(own)).await?;
        let rules = object.spec.get("rules").and_then(Value::as_array).cloned();
        Ok(Route {
            paused: object.paused(),
            version: object.metadata.resource_version,
            rules: rules.unwrap_or_default(),
        })
    }

    /// What the candidate's Service says of its revision.
    async fn revision(&self, own: &WeightedServices) -> Result<Option<String>, CallError> {
        let name = &own.candidate;
        let path = format!("/api/v1/namespaces/{}/services/{name}", self.api.namespace);
        let asked = Asked {
            verb: "get",
            group: String::new(),
            resource: "services".to_owned(),
            name: Some(name.clone()),
        };
        let service: Object = self.api.get(asked, &path).await?;
        let told = service.metadata.annotations.as_ref().and_then(|all| all.get(REVISION));
        let told = told.map(|revision| revision.trim().to_owned());
        Ok(told.filter(|revision| !revision.is_empty()))
    }

    /// How many are ready behind the candidate's Service, and behind the stable one.
    async fn both(&self, own: &WeightedServices) -> Result<(usize, usize), Fault> {
        Ok(try_join(self.ready(&own.candidate), self.ready(&own.stable)).await?)
    }

    async fn ready(&self, service: &str) -> Result<usize, CallError> {
        let path = format!("/apis/{DISCOVERY}/v1/namespaces/{}/endpointslices", self.api.namespace);
        let asked = Asked {
            verb: "list",
            group: DISCOVERY.to_owned(),
            resource: "endpointslices".to_owned(),
            name: None,
        };
        let selector = format!("kubernetes.io/service-name={service}");
        let slices: Vec<EndpointSlice> = self.api.list(asked, &path, Some(&selector)).await?;
        let endpoints = slices.iter().flat_map(|slice| &slice.endpoints);
        // Where nothing is said of it, an endpoint is ready: so the API has it.
        let ready = |it: &&k8s_openapi::api::discovery::v1::Endpoint| {
            it.conditions.as_ref().and_then(|all| all.ready).unwrap_or(true)
        };
        Ok(endpoints.filter(ready).count())
    }

    /// What is to be said about a rollout before work.
    pub(crate) async fn findings(&self, about: &str, own: &WeightedServices) -> Vec<Finding> {
        let rollout = match self.look(own).await {
            Ok(rollout) => rollout,
            Err(Fault::Refused(why)) => {
                let help = "`stable` and `candidate` are Services to which rules of the route send \
                            what comes, each by weight";
                return vec![Finding::new(Severity::Problem, about, why).help(help)];
            }
            Err(fault) => return vec![crate::doctor::not_seen(about, &fault)],
        };
        let busy = rollout.busy.map(|why| Finding::new(Severity::Warning, about, why));
        let unnamed = rollout.revision.is_none().then(|| {
            let message = "nothing tells one candidate from the next";
            let help = format!(
                "after a rollback a person must resume the target; or have what deploys write the \
                 revision to the annotation {REVISION} of Service {}",
                own.candidate
            );
            Finding::new(Severity::Note, about, message).help(help)
        });
        busy.into_iter().chain(unnamed).collect()
    }
}

/// What is asked of a route.
pub(crate) fn route_asked(verb: &'static str, own: &WeightedServices) -> Asked {
    Asked {
        verb,
        group: GATEWAY.to_owned(),
        resource: "httproutes".to_owned(),
        name: Some(own.route.clone()),
    }
}

/// Why a rollout should be left alone, if it should, by how many are ready on each side.
fn busy((candidate, stable): (usize, usize)) -> Option<String> {
    let nobody = |ready: usize, side: &str| {
        (ready == 0).then(|| format!("nobody is ready behind the {side} Service"))
    };
    nobody(candidate, "candidate's").or_else(|| nobody(stable, "stable"))
}

/// Eyes on rollouts. They change nothing.
pub struct RouteEyes {
    routes: Routes,
    targets: BTreeMap<TargetName, WeightedServices>,
    deadline: Duration,
}

impl RouteEyes {
    pub(crate) fn new(
        api: Api,
        targets: BTreeMap<TargetName, WeightedServices>,
        deadline: Duration,
    ) -> Self {
        Self { routes: Routes { api }, targets, deadline }
    }
}

#[async_trait]
impl Observe for RouteEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(target, own)| {
            let looked = timeout(self.deadline, self.routes.look(own)).await;
            let looked = looked.unwrap_or(Err(Fault::Late(self.deadline)));
            let seen = looked.map_or_else(|fault| Seen::Nothing(fault.to_string()), Seen::Rollout);
            (target.clone(), seen)
        });
        join_all(looks).await.into_iter().collect()
    }
}

/// Hands on rollouts: done already is a yes without a change, and a share that is no longer as the
/// decision saw it is [`Stale`](setpoint_core::FailureKind::Stale).
pub struct RouteHands {
    name: String,
    routes: Routes,
    targets: BTreeMap<TargetName, WeightedServices>,
    deadline: Duration,
}

impl RouteHands {
    pub(crate) fn new(
        name: String,
        api: Api,
        targets: BTreeMap<TargetName, WeightedServices>,
        deadline: Duration,
    ) -> Self {
        Self { name, routes: Routes { api }, targets, deadline }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let own = self.targets.get(target).ok_or_else(unknown)?;
        let Action::Set { from, to, revision, .. } = &intent.action else {
            let action = &intent.action;
            return Err(Fault::Refused(format!("{target} is a rollout: it cannot {action}")));
        };
        self.routes.shift(own, (*from, *to), revision.as_deref()).await
    }
}

#[async_trait]
impl Act for RouteHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let late = |_| Err(Fault::Late(self.deadline));
        let acted = timeout(self.deadline, self.act(intent)).await.unwrap_or_else(late);
        acted.map_err(|fault| ProviderError::of(&self.name, intent, fault))
    }
}

#[cfg(test)]
mod tests;
