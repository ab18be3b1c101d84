//! How a workload says that it stands, and its scale: pure.

use super::{select::Selector, workload::Fleet};
use serde_json::{Map, Value, json};
use setpoint_core::Span;

/// The status of the workload that `document` is.
pub(super) fn status(document: &Value, fleet: &Fleet, revision: &str, now: Span) -> Value {
    let all = fleet.slots.len();
    let ready = fleet.slots.iter().filter(|slot| slot.is_ready(now)).count();
    let updated = fleet.slots.iter().filter(|slot| slot.revision == revision).count();
    let mut status = Map::new();
    status.insert("observedGeneration".into(), document["metadata"]["generation"].clone());
    let mut tell = |key: &str, count: usize| {
        // Nothing is left out, as the API does it.
        if count > 0 {
            status.insert(key.to_owned(), json!(count));
        }
    };
    tell("replicas", all);
    tell("readyReplicas", ready);
    tell("availableReplicas", ready);
    tell("updatedReplicas", updated);
    if document["kind"] == "StatefulSet" {
        tell("currentReplicas", all - updated);
        let old = fleet.slots.iter().find(|slot| slot.revision != revision);
        let current = old.map_or(revision, |slot| &slot.revision);
        status.insert("currentRevision".into(), json!(current));
        status.insert("updateRevision".into(), json!(revision));
        return Value::Object(status);
    }
    tell("unavailableReplicas", all - ready);
    let desired = document["spec"]["replicas"].as_u64().unwrap_or(0);
    let enough = ready as u64 * 4 >= desired * 3;
    let done = updated == all && ready == all && all as u64 == desired;
    let condition = |kind: &str, is: bool, reason: &str| json!({ "type": kind, "status": if is { "True" } else { "False" }, "reason": reason });
    let available = if enough { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" };
    let progress = if done { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
    let conditions =
        [condition("Available", enough, available), condition("Progressing", true, progress)];
    status.insert("conditions".into(), json!(conditions));
    Value::Object(status)
}

/// The scale of a workload.
pub(super) fn scale(document: &Value) -> Value {
    let meta = &document["metadata"];
    let kept = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"];
    let metadata: Map<String, Value> =
        kept.iter().map(|key| ((*key).to_owned(), meta[*key].clone())).collect();
    let some = |count: &Value| {
        let count = count.as_u64().filter(|count| *count > 0);
        count.map_or_else(|| json!({}), |count| json!({ "replicas": count }))
    };
    let mut status = json!({ "replicas": document["status"]["replicas"].as_u64().unwrap_or(0) });
    status["selector"] = json!(Selector::of_document(&document["spec"]["selector"]).text());
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": some(&document["spec"]["replicas"]), "status": status,
    })
}
