//! Looking at targets. Nothing here can change anything.

use crate::{
    Scalable,
    api::Api,
    fault::{Asked, Fault},
    pods,
    rivals::Rivals,
    workload::{self, Object},
};
use async_trait::async_trait;
use futures::future::join_all;
use k8s_openapi::api::{autoscaling::v1::Scale, core::v1::Pod};
use setpoint_control::Observe;
use setpoint_core::{Group, Seen, TargetName};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::timeout;

/// Eyes on what has a `scale`.
///
/// An object takes one call. While it is not as it should be, or is of a kind that is not the
/// cluster's own, its scale and its pods are read as well. A target is seen whole or not at all.
pub struct KubernetesEyes {
    looks: Looks,
    rivals: Rivals,
    targets: BTreeMap<TargetName, Scalable>,
    /// Targets whose pods are told by name.
    named: BTreeSet<TargetName>,
    deadline: Duration,
}

impl KubernetesEyes {
    pub(crate) fn new(
        api: Api,
        rivals: Rivals,
        (targets, named): (BTreeMap<TargetName, Scalable>, BTreeSet<TargetName>),
        deadline: Duration,
    ) -> Self {
        Self { looks: Looks { api }, rivals, targets, named, deadline }
    }

    async fn look(&self, target: &TargetName, scalable: &Scalable) -> Result<Group, Fault> {
        let (object, mut group) = self.looks.look(scalable, self.named.contains(target)).await?;
        if group.busy.is_none() {
            let kind = scalable.known_kind().unwrap_or(&object.kind);
            group.busy = self.rivals.of((&scalable.group, kind, &scalable.name)).await;
        }
        Ok(group)
    }
}

#[async_trait]
impl Observe for KubernetesEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(target, scalable)| {
            let late = |_| Err(Fault::Late(self.deadline));
            let looked = timeout(self.deadline, self.look(target, scalable)).await;
            let seen = looked.unwrap_or_else(late);
            let seen = seen.map_or_else(|fault| Seen::Nothing(fault.to_string()), Seen::Group);
            (target.clone(), seen)
        });
        join_all(looks).await.into_iter().collect()
    }
}

/// The calls of a look.
#[derive(Clone)]
pub(crate) struct Looks {
    pub(crate) api: Api,
}

impl Looks {
    /// How the object stands, but for other scalers; its pods by name if they are wanted so.
    pub(crate) async fn look(
        &self,
        scalable: &Scalable,
        named: bool,
    ) -> Result<(Object, Group), Fault> {
        let object = self.object(scalable).await?;
        let own = scalable.known_kind().is_some();
        if own && !named && object.is_settled() {
            let (desired, ready) = (object.desired()?, object.ready());
            let paused = object.paused();
            return Ok((object, Group { desired, ready, paused, ..Group::default() }));
        }
        let scale = self.scale(scalable).await?;
        let pods = self.pods(workload::selector(&scale)?).await?;
        let tally = pods::tally(&pods);
        let (desired, ready) = if own {
            (object.desired()?, object.ready())
        } else {
            (workload::asked_for(&scale)?, tally.ready)
        };
        let shortfall = object.cannot_make().or(tally.shortfall);
        let group = Group {
            desired,
            ready,
            unhealthy: tally.unhealthy,
            warming: tally.warming,
            busy: object.busy(),
            // A reason for being short is none where there are enough.
            shortfall: shortfall.filter(|_| ready < desired),
            paused: object.paused(),
            members: if named { pods::members(&pods) } else { Vec::new() },
            own_range: None,
        };
        Ok((object, group))
    }

    /// The object itself.
    pub(crate) async fn object(&self, scalable: &Scalable) -> Result<Object, Fault> {
        let asked = asked(scalable, "get", "");
        Ok(self.api.get(asked, &scalable.path(&self.api.namespace)).await?)
    }

    /// Its scale.
    pub(crate) async fn scale(&self, scalable: &Scalable) -> Result<Scale, Fault> {
        let path = format!("{}/scale", scalable.path(&self.api.namespace));
        Ok(self.api.get(asked(scalable, "get", "/scale"), &path).await?)
    }

    /// The pods that `selector` selects.
    pub(crate) async fn pods(&self, selector: &str) -> Result<Vec<Pod>, Fault> {
        let path = format!("/api/v1/namespaces/{}/pods", self.api.namespace);
        Ok(self.api.list(pods_asked("list", None), &path, Some(selector)).await?)
    }
}

/// What is asked of `scalable`.
pub(crate) fn asked(scalable: &Scalable, verb: &'static str, sub: &str) -> Asked {
    Asked {
        verb,
        group: scalable.group.clone(),
        resource: format!("{}{sub}", scalable.plural),
        name: Some(scalable.name.clone()),
    }
}

/// What is asked of pods.
pub(crate) fn pods_asked(verb: &'static str, name: Option<&str>) -> Asked {
    let (group, resource) = (String::new(), "pods".to_owned());
    Asked { verb, group, resource, name: name.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{cluster, deployment, refusal, scale};
    use serde_json::{Value, json};

    const HPAS: &str = "/apis/autoscaling/v2/namespaces/games/horizontalpodautoscalers";
    const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/games/deployments/web";

    fn web() -> BTreeMap<TargetName, Scalable> {
        BTreeMap::from([(TargetName::new("web"), Scalable::parse("deployment/web").unwrap())])
    }

    fn none() -> (u16, Value) {
        (200, json!({ "metadata": {}, "items": [] }))
    }

    /// What eyes see of `web` in a cluster that answers so; what is not answered is not there.
    async fn seen(
        answer: impl Fn(&str) -> Option<(u16, Value)> + Send + 'static,
    ) -> (Seen, Vec<String>) {
        let (cluster, heard) = cluster(move |call, _| {
            let known = answer(call);
            let lists =
                |call: &str| if call.contains(HPAS) { none() } else { refusal(404, "not found") };
            known.unwrap_or_else(|| lists(call))
        });
        let seen = cluster.eyes(web(), BTreeSet::new()).observe().await;
        let heard = heard.lock().unwrap().clone();
        (seen[&TargetName::new("web")].clone(), heard)
    }

    fn group(seen: Seen) -> Group {
        let Seen::Group(group) = seen else { panic!("{seen:?}") };
        group
    }

    #[tokio::test]
    async fn what_is_as_it_should_be_takes_one_call() {
        let (seen, heard) =
            seen(|call| call.contains(DEPLOYMENT).then(|| (200, deployment(4, 4)))).await;
        assert_eq!(group(seen), Group { desired: 4, ready: 4, ..Group::default() });
        let own =
            heard.iter().filter(|call| !call.contains("autoscaling") && !call.contains("keda"));
        assert_eq!(own.count(), 1, "{heard:?}");
    }

    #[tokio::test]
    async fn all_pages_of_its_pods_are_read_and_the_scheduler_says_why_there_are_too_few() {
        let pod =
            |name: &str, status: &Value| json!({ "metadata": { "name": name }, "status": status });
        let (seen, heard) = seen(move |call| {
            let ready = json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] });
            let lost = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False",
                "reason": "Unschedulable", "message": "0/3 nodes are available" }] });
            Some(if call.contains("/pods?") && call.contains("continue=next") {
                (200, json!({ "metadata": {}, "items": [pod("b", &lost)] }))
            } else if call.contains("/pods?") {
                (200, json!({ "metadata": { "continue": "next" }, "items": [pod("a", &ready)] }))
            } else if call.contains("/scale") {
                (200, scale(2, "1"))
            } else {
                return call.contains(DEPLOYMENT).then(|| (200, deployment(2, 1)));
            })
        })
        .await;
        let shortfall = Some("0/3 nodes are available".to_owned());
        let expected = Group { desired: 2, ready: 1, warming: 1, shortfall, ..Group::default() };
        assert_eq!(group(seen), expected);
        assert!(heard.iter().any(|call| call.contains("labelSelector=app%3Dweb")), "{heard:?}");
    }

    #[tokio::test]
    async fn half_a_list_is_no_look() {
        let (seen, _) = seen(|call| {
            Some(if call.contains("continue=next") {
                refusal(410, "the continue parameter is too old")
            } else if call.contains("/pods?") {
                (200, json!({ "metadata": { "continue": "next" }, "items": [] }))
            } else if call.contains("/scale") {
                (200, scale(2, "1"))
            } else {
                return call.contains(DEPLOYMENT).then(|| (200, deployment(2, 1)));
            })
        })
        .await;
        let Seen::Nothing(why) = seen else { panic!("{seen:?}") };
        assert_eq!(why, "list pods: the continue parameter is too old (410)");
    }

    #[tokio::test]
    async fn who_scales_it_besides_is_told_by_name() {
        let hpa = |name: &str, kind: &str| {
            json!({ "metadata": { "name": format!("{name}-hpa") }, "spec": { "maxReplicas": 9,
                "scaleTargetRef": { "apiVersion": "apps/v1", "kind": kind, "name": name } } })
        };
        for (items, expected) in [
            (json!([hpa("web", "Deployment")]), Some("HorizontalPodAutoscaler web-hpa")),
            (json!([hpa("web", "StatefulSet"), hpa("api", "Deployment")]), None),
        ] {
            let (seen, _) = seen(move |call| {
                if call.contains(HPAS) {
                    return Some((200, json!({ "metadata": {}, "items": items })));
                }
                call.contains(DEPLOYMENT).then(|| (200, deployment(4, 4)))
            })
            .await;
            let busy = group(seen).busy;
            let expected = expected.map(|who| format!("another scaler acts on it: {who}"));
            assert_eq!(busy, expected);
        }
    }

    #[tokio::test]
    async fn one_of_keda_is_told_as_such() {
        let (seen, _) = seen(|call| {
            if call.contains("scaledobjects") {
                let own = json!({ "metadata": { "name": "web" }, "spec": { "scaleTargetRef": { "name": "web" } } });
                return Some((200, json!({ "metadata": {}, "items": [own] })));
            }
            call.contains(DEPLOYMENT).then(|| (200, deployment(4, 4)))
        })
        .await;
        assert_eq!(
            group(seen).busy.unwrap(),
            "another scaler acts on it: ScaledObject web of KEDA"
        );
    }

    #[tokio::test]
    async fn a_permission_that_lacks_is_told_with_the_rule_that_would_give_it() {
        let (seen, _) =
            seen(|call| call.contains(DEPLOYMENT).then(|| refusal(403, "no rights"))).await;
        let Seen::Nothing(why) = seen else { panic!("{seen:?}") };
        assert_eq!(
            why,
            "get deployments web: no rights (403); the rule {apiGroups: [\"apps\"], resources: \
             [\"deployments\"], resourceNames: [\"web\"], verbs: [\"get\"]} would allow it"
        );
    }

    #[tokio::test]
    async fn others_members_are_counted_by_their_pods() {
        let rollout = "rollouts.argoproj.io/v1alpha1/web";
        let (cluster, _) = cluster(|call, _| {
            let ready = json!({ "metadata": { "name": "a" },
                "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] } });
            match call {
                call if call.contains("/pods?") => {
                    (200, json!({ "metadata": {}, "items": [ready] }))
                }
                call if call.contains("rollouts/web/scale") => (200, scale(3, "1")),
                call if call.contains("rollouts/web") => {
                    (200, json!({ "kind": "Rollout", "metadata": { "name": "web" } }))
                }
                _ => none(),
            }
        });
        let web = TargetName::new("web");
        let targets = BTreeMap::from([(web.clone(), Scalable::parse(rollout).unwrap())]);
        let seen = cluster.eyes(targets, BTreeSet::from([web.clone()])).observe().await;
        let group = group(seen[&web].clone());
        assert_eq!((group.desired, group.ready, group.members.len()), (3, 1, 1));
    }
}
