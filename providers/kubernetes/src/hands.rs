//! Changing targets, one action at a time.

use crate::{
    Scalable,
    api::Api,
    eyes::{Looks, asked, pods_asked},
    fault::Fault,
    workload,
};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use setpoint_control::{Act, ProviderError};
use setpoint_core::{Action, Intent, TargetName};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// Hands on what has a `scale`.
///
/// Every action looks first: done already is a yes without a change, and a target that is no
/// longer as the decision saw it is [`Stale`](setpoint_core::FailureKind::Stale). The change
/// carries the version that was looked at, so that the server itself refuses it if anybody
/// was faster.
pub struct KubernetesHands {
    name: String,
    api: Api,
    looks: Looks,
    targets: BTreeMap<TargetName, Scalable>,
    deadline: Duration,
}

impl KubernetesHands {
    pub(crate) fn new(
        name: String,
        api: Api,
        targets: BTreeMap<TargetName, Scalable>,
        deadline: Duration,
    ) -> Self {
        Self { name, looks: Looks { api: api.clone() }, api, targets, deadline }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let scalable = self.targets.get(target).ok_or_else(unknown)?;
        let action = &intent.action;
        if let Action::Resize { from, to } = action {
            return self.resize(scalable, *from, *to).await;
        }
        if let Action::Replace { from, member, drained: false } = action {
            return self.replace(scalable, *from, member).await;
        }
        Err(Fault::Refused(format!("{target} is of Kubernetes: it cannot {action}")))
    }

    /// Has `scalable` be `to` in size, if it is `from` now; nothing to do if it is `to`.
    async fn resize(&self, scalable: &Scalable, from: u32, to: u32) -> Result<(), Fault> {
        let scale = self.looks.scale(scalable).await?;
        let now = workload::asked_for(&scale)?;
        if now == to {
            return Ok(());
        }
        if now != from {
            return Err(Fault::Stale(format!("its desired size is {now}, not {from}")));
        }
        let version = scale.metadata.resource_version.filter(|version| !version.is_empty());
        let version = version
            .ok_or_else(|| Fault::Refused("its scale has no version to change it by".to_owned()))?;
        // What is about to be taken is asked about now.
        if to < from
            && let Some(busy) = self.looks.object(scalable).await?.busy()
        {
            return Err(Fault::Stale(busy));
        }
        let patch = json!({
            "metadata": { "resourceVersion": version },
            "spec": { "replicas": to },
        });
        let path = format!("{}/scale", scalable.path(&self.api.namespace));
        self.api.patch(asked(scalable, "patch", "/scale"), &path, &patch).await?;
        Ok(())
    }

    /// Deletes the pod `member`, so that its controller makes another.
    async fn replace(&self, scalable: &Scalable, from: u32, member: &str) -> Result<(), Fault> {
        let scale = self.looks.scale(scalable).await?;
        let now = workload::asked_for(&scale)?;
        if now != from {
            return Err(Fault::Stale(format!("its desired size is {now}, not {from}")));
        }
        let pods = self.looks.pods(workload::selector(&scale)?).await?;
        let named = |pod: &&Pod| pod.metadata.name.as_deref() == Some(member);
        // Gone, or about to go: done already.
        let Some(pod) = pods.iter().find(named) else { return Ok(()) };
        if pod.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let options = json!({ "preconditions": { "uid": pod.metadata.uid } });
        let path = format!("/api/v1/namespaces/{}/pods/{member}", self.api.namespace);
        self.api.delete(pods_asked("delete", Some(member)), &path, &options).await?;
        Ok(())
    }
}

#[async_trait]
impl Act for KubernetesHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let late = |_| Err(Fault::Late(self.deadline));
        let acted = timeout(self.deadline, self.act(intent)).await.unwrap_or_else(late);
        acted.map_err(|fault| ProviderError::of(&self.name, intent, fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{cluster, deployment, refusal, scale};
    use serde_json::Value;
    use setpoint_core::{FailureKind, IntentId, Span};

    /// What a cluster says to `action`, whose scale asks for 4, and what it was asked.
    async fn apply(
        action: Action,
        answer: impl Fn(&str) -> Option<(u16, Value)> + Send + 'static,
    ) -> (Result<(), (FailureKind, String)>, Vec<String>) {
        let (cluster, heard) = cluster(move |call, _| match answer(call) {
            Some(answer) => answer,
            None if call.contains("/scale") => (200, scale(4, "17")),
            None => (200, deployment(4, 4)),
        });
        let web = TargetName::new("web");
        let hands = cluster
            .hands(BTreeMap::from([(web.clone(), Scalable::parse("deployment/web").unwrap())]));
        let intent = Intent { id: IntentId::new("r/web/1/1"), target: web, action };
        let said = hands.apply(&intent).await.map_err(|error| (error.kind, error.chain()));
        let heard = heard.lock().unwrap().clone();
        (said, heard)
    }

    const GROW: Action = Action::Resize { from: 4, to: 6 };
    const SHRINK: Action = Action::Resize { from: 4, to: 3 };

    fn changes(heard: &[String]) -> Vec<&String> {
        heard.iter().filter(|call| !call.starts_with("GET")).collect()
    }

    #[tokio::test]
    async fn a_size_is_set_once_on_the_version_that_was_looked_at() {
        let (said, heard) = apply(GROW, |_| None).await;
        assert_eq!(said, Ok(()));
        let patch = "PATCH /apis/apps/v1/namespaces/games/deployments/web/scale?fieldManager=setpoint \
                     {\"metadata\":{\"resourceVersion\":\"17\"},\"spec\":{\"replicas\":6}}";
        assert_eq!(changes(&heard), [patch]);
    }

    #[tokio::test]
    async fn what_is_done_already_is_not_done_again() {
        let (said, heard) = apply(Action::Resize { from: 3, to: 4 }, |_| None).await;
        assert_eq!((said, changes(&heard).len()), (Ok(()), 0));
    }

    #[tokio::test]
    async fn what_was_moved_since_the_decision_is_left_alone() {
        let (said, heard) = apply(Action::Resize { from: 5, to: 7 }, |_| None).await;
        let (kind, why) = said.unwrap_err();
        assert_eq!((kind, changes(&heard).len()), (FailureKind::Stale, 0));
        assert_eq!(why, "k8s could not resize web to 7: its desired size is 4, not 5");
        let conflict = |call: &str| call.starts_with("PATCH").then(|| refusal(409, "modified"));
        assert_eq!(apply(GROW, conflict).await.0.unwrap_err().0, FailureKind::Stale);
    }

    #[tokio::test]
    async fn nothing_is_taken_in_the_middle_of_a_rollout_but_growth_goes_on() {
        let rolls = |call: &str| {
            let mut rolling = deployment(4, 4);
            rolling["status"]["updatedReplicas"] = json!(1);
            (!call.contains("/scale")).then_some((200, rolling))
        };
        let (said, heard) = apply(SHRINK, rolls).await;
        assert_eq!((said.unwrap_err().0, changes(&heard).len()), (FailureKind::Stale, 0));
        assert_eq!(apply(GROW, rolls).await.0, Ok(()));
        assert_eq!(apply(SHRINK, |_| None).await.0, Ok(()));
    }

    #[tokio::test]
    async fn a_no_is_sorted_by_what_may_be_done_about_it() {
        let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(7)) };
        for (status, expected) in [
            (429, throttled),
            (403, FailureKind::Refused),
            (500, FailureKind::Unavailable),
            (404, FailureKind::Stale),
        ] {
            let no = move |call: &str| call.starts_with("PATCH").then(|| refusal(status, "no"));
            let (said, heard) = apply(GROW, no).await;
            assert_eq!(said.unwrap_err().0, expected, "{status}");
            assert_eq!(changes(&heard).len(), 1, "no call is made twice");
        }
    }

    #[tokio::test]
    async fn a_pod_is_replaced_if_it_is_the_very_one() {
        let pods = |call: &str| {
            let pod = json!({ "metadata": { "name": "web-a", "uid": "u1" } });
            call.contains("GET /api/v1/namespaces/games/pods?")
                .then(|| (200, json!({ "metadata": {}, "items": [pod] })))
        };
        let replace =
            |member: &str| Action::Replace { from: 4, member: member.to_owned(), drained: false };
        let (said, heard) = apply(replace("web-a"), pods).await;
        let delete =
            "DELETE /api/v1/namespaces/games/pods/web-a {\"preconditions\":{\"uid\":\"u1\"}}";
        assert_eq!((said, changes(&heard)), (Ok(()), vec![&delete.to_owned()]));
        let (said, heard) = apply(replace("web-b"), pods).await;
        assert_eq!((said, changes(&heard).len()), (Ok(()), 0), "it is gone already");
    }
}
