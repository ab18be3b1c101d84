//! What an object with a `scale` says of itself: pure.

use crate::fault::Fault;
use k8s_openapi::{api::autoscaling::v1::Scale, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde::Deserialize;
use serde_json::Value;

/// The annotation by which people at the cluster keep us off an object; its value is the reason.
pub(crate) const PAUSE: &str = "setpoint/pause";

/// An object as the API shows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Object {
    /// What it is: "Deployment".
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    pub(crate) spec: Value,
    #[serde(default)]
    status: Value,
}

impl Object {
    /// Members asked for, as a Deployment or a StatefulSet says it.
    ///
    /// Fails if it says none: the server fills it in, so that what lacks it is something else.
    pub(crate) fn desired(&self) -> Result<u32, Fault> {
        let replicas = self.spec.get("replicas").and_then(Value::as_u64);
        let replicas = replicas.and_then(|it| u32::try_from(it).ok());
        replicas.ok_or_else(|| Fault::Refused("it says no `spec.replicas`".to_owned()))
    }

    /// Members able to serve, as a Deployment or a StatefulSet says it: none is left out there.
    pub(crate) fn ready(&self) -> u32 {
        self.count("readyReplicas")
    }

    /// Whether it is as it should be, as a Deployment or a StatefulSet says it: then its pods
    /// need no look.
    pub(crate) fn is_settled(&self) -> bool {
        let whole = self.desired().ok();
        let same = ["replicas", "readyReplicas"].map(|key| Some(self.count(key)));
        self.is_seen() && self.busy().is_none() && same == [whole, whole]
    }

    /// Why it should be left alone just now.
    pub(crate) fn busy(&self) -> Option<String> {
        if self.metadata.deletion_timestamp.is_some() {
            return Some("it is being deleted".to_owned());
        }
        if !self.is_seen() {
            return Some("its controller has not taken in its last change".to_owned());
        }
        let (updated, there) = (self.count("updatedReplicas"), self.count("replicas"));
        let counted = self.status.get("updatedReplicas").is_some() || there == 0;
        let rolls = match self.kind.as_str() {
            // A ReplicaSet and what else does not roll out has no such count.
            "Deployment" => updated < there,
            "StatefulSet" => self.is_rolling(updated),
            _ => counted && updated < there,
        };
        if !rolls {
            return None;
        }
        let stuck = self.condition("Progressing", "False");
        let stuck = stuck.filter(|(reason, _)| *reason == "ProgressDeadlineExceeded");
        Some(match stuck {
            Some((_, message)) => {
                format!("its rollout is stuck ({updated} of {there} updated): {message}")
            }
            None => format!("rollout under way ({updated} of {there} updated)"),
        })
    }

    /// Whether a StatefulSet puts new pods in the place of old ones: those below its partition
    /// stay, and with `OnDelete` people do it.
    fn is_rolling(&self, updated: u32) -> bool {
        let text = |at: &str| self.spec.pointer(at).and_then(Value::as_str);
        if text("/updateStrategy/type") == Some("OnDelete") {
            return false;
        }
        let of = |key: &str| self.status.get(key).and_then(Value::as_str);
        let partition = self.spec.pointer("/updateStrategy/rollingUpdate/partition");
        let partition = partition.and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
        let below = partition.unwrap_or(0).min(self.count("replicas"));
        of("currentRevision") != of("updateRevision") && updated < self.count("replicas") - below
    }

    /// Whether the status is of what is asked for now. Some controllers write the number as text.
    fn is_seen(&self) -> bool {
        let Some(generation) = self.metadata.generation else { return true };
        let seen = match self.status.get("observedGeneration") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(number) => number.as_i64(),
            // Without a count of ours there is nothing to be late.
            None => return self.known_late(),
        };
        seen.is_some_and(|seen| seen >= generation)
    }

    /// Whether a kind that always says which generation it has seen would be late without.
    fn known_late(&self) -> bool {
        !matches!(self.kind.as_str(), "Deployment" | "StatefulSet" | "ReplicaSet")
    }

    /// Why its pods could not even be made, in the server's words: a quota, a webhook.
    pub(crate) fn cannot_make(&self) -> Option<String> {
        self.condition("ReplicaFailure", "True").map(|(_, message)| message.to_owned())
    }

    /// Why a person wants it left alone: what its annotation says.
    pub(crate) fn paused(&self) -> Option<String> {
        let reason = self.metadata.annotations.as_ref()?.get(PAUSE)?.trim();
        Some(if reason.is_empty() { "no reason given" } else { reason }.to_owned())
    }

    /// Its version, by which a change of it can be made conditional.
    pub(crate) fn condition(&self, kind: &str, status: &str) -> Option<(&str, &str)> {
        let all = self.status.get("conditions")?.as_array()?;
        let text =
            |one: &'_ Value, key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
        let found = all.iter().find(|one| {
            text(one, "type").as_deref() == Some(kind)
                && text(one, "status").as_deref() == Some(status)
        })?;
        let of = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default();
        Some((of("reason"), of("message")))
    }

    fn count(&self, key: &str) -> u32 {
        let count = self.status.get(key).and_then(Value::as_u64).unwrap_or(0);
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// The size that a scale asks for; a number that is 0 is left out of it.
pub(crate) fn asked_for(scale: &Scale) -> Result<u32, Fault> {
    let spec =
        scale.spec.as_ref().ok_or_else(|| Fault::Refused("its scale says nothing".to_owned()))?;
    let replicas = spec.replicas.unwrap_or(0);
    u32::try_from(replicas).map_err(|_| Fault::Refused(format!("its scale asks for {replicas}")))
}

/// What selects its pods.
pub(crate) fn selector(scale: &Scale) -> Result<&str, Fault> {
    let selector = scale.status.as_ref().and_then(|status| status.selector.as_deref());
    let selector = selector.filter(|selector| !selector.trim().is_empty());
    selector.ok_or_else(|| {
        Fault::Refused("its scale says not which pods are its own (no selector)".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A Deployment of generation 3 with this status.
    fn deployment(replicas: u32, status: Value) -> Object {
        let object = json!({
            "kind": "Deployment", "metadata": { "name": "web", "generation": 3 },
            "spec": { "replicas": replicas }, "status": status,
        });
        serde_json::from_value(object).unwrap()
    }

    #[track_caller]
    fn check(object: &Object, busy: Option<&str>, settled: bool) {
        assert_eq!((object.busy().as_deref(), object.is_settled()), (busy, settled), "{object:?}");
    }

    #[test]
    fn a_rollout_is_told_from_a_change_of_size() {
        let status = |replicas, updated, ready, generation| {
            json!({ "observedGeneration": generation, "replicas": replicas,
                    "updatedReplicas": updated, "readyReplicas": ready })
        };
        check(&deployment(4, status(4, 4, 4, 3)), None, true);
        check(&deployment(9, status(9, 9, 4, 3)), None, false);
        check(&deployment(9, status(4, 4, 4, 3)), None, false);
        check(
            &deployment(4, status(5, 2, 4, 3)),
            Some("rollout under way (2 of 5 updated)"),
            false,
        );
        let late = Some("its controller has not taken in its last change");
        check(&deployment(4, status(4, 4, 4, 2)), late, false);
        check(&deployment(4, json!({})), late, false);
        check(&deployment(0, json!({ "observedGeneration": 3 })), None, true);
    }

    #[test]
    fn a_rollout_that_is_stuck_says_why() {
        let stuck = json!({ "observedGeneration": 3, "replicas": 5, "updatedReplicas": 1, "conditions": [
            { "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
              "message": "ReplicaSet has timed out" }] });
        let busy = "its rollout is stuck (1 of 5 updated): ReplicaSet has timed out";
        check(&deployment(5, stuck), Some(busy), false);
    }

    #[test]
    fn a_stateful_set_is_busy_only_while_pods_change_by_themselves() {
        let set = |spec: Value, updated: u32| -> Object {
            let object = json!({ "kind": "StatefulSet", "metadata": { "generation": 1 }, "spec": spec,
                "status": { "observedGeneration": 1, "replicas": 5, "readyReplicas": 5,
                            "updatedReplicas": updated, "currentRevision": "a", "updateRevision": "b" } });
            serde_json::from_value(object).unwrap()
        };
        let rolling = |partition: u32| json!({ "replicas": 5, "updateStrategy": { "type": "RollingUpdate", "rollingUpdate": { "partition": partition } } });
        check(&set(rolling(0), 2), Some("rollout under way (2 of 5 updated)"), false);
        check(&set(rolling(3), 2), None, true);
        check(
            &set(json!({ "replicas": 5, "updateStrategy": { "type": "OnDelete" } }), 0),
            None,
            true,
        );
    }

    #[test]
    fn what_others_write_the_generation_as_does_not_matter() {
        let object = json!({ "kind": "Rollout", "metadata": { "generation": 7 },
            "status": { "observedGeneration": "7", "replicas": 3, "updatedReplicas": 3 } });
        let object: Object = serde_json::from_value(object).unwrap();
        assert_eq!(object.busy(), None);
        let bare: Object =
            serde_json::from_value(json!({ "kind": "Own", "metadata": { "generation": 7 } }))
                .unwrap();
        assert_eq!(bare.busy(), None);
    }

    #[test]
    fn an_annotation_pauses_with_or_without_a_reason() {
        let with = |value: &str| -> Object {
            let object = json!({ "metadata": { "annotations": { PAUSE: value } } });
            serde_json::from_value(object).unwrap()
        };
        assert_eq!(with(" migration ").paused().unwrap(), "migration");
        assert_eq!(with("").paused().unwrap(), "no reason given");
        assert_eq!(deployment(1, json!({})).paused(), None);
    }

    #[test]
    fn no_size_is_read_where_none_is_told() {
        let object: Object = serde_json::from_value(json!({ "metadata": {}, "spec": {} })).unwrap();
        assert!(object.desired().is_err());
        let scale = |scale: Value| asked_for(&serde_json::from_value(scale).unwrap());
        assert!(scale(json!({ "metadata": {} })).is_err());
        assert_eq!(scale(json!({ "metadata": {}, "spec": {} })).unwrap(), 0);
        assert!(scale(json!({ "metadata": {}, "spec": { "replicas": -1 } })).is_err());
    }
}
