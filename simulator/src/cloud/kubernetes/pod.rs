//! A pod as the API tells it: pure, but for the stamps of the cluster.

use super::{cluster::Cluster, workload::Slot};
use serde_json::{Value, json};
use setpoint_core::Span;

/// What the scheduler says where there is no room.
pub(super) const NO_ROOM: &str = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes \
    are available: 3 No preemption victims found for incoming pod.";

/// The document of a pod of the workload `owner`.
pub(super) fn document(cluster: &Cluster, owner: &Value, slot: &Slot, lacks_room: bool) -> Value {
    let template = &owner["spec"]["template"];
    let mut labels = template["metadata"]["labels"].clone();
    labels["pod-template-hash"] = json!(slot.revision);
    let mut metadata = json!({
        "labels": labels,
        "ownerReferences": [{
            "apiVersion": owner["apiVersion"], "kind": owner["kind"],
            "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
            "controller": true, "blockOwnerDeletion": true,
        }],
    });
    if let Some(annotations) = template["metadata"].get("annotations") {
        metadata["annotations"] = annotations.clone();
    }
    if let Some(at) = slot.leaves {
        metadata["deletionTimestamp"] = json!(cluster.stamp(at + Span::from_secs(30)));
        metadata["deletionGracePeriodSeconds"] = json!(30);
    }
    let mut spec = template["spec"].clone();
    if let Some(member) = slot.member {
        spec["nodeName"] = json!(format!("node-{}", member.zone));
    }
    json!({ "metadata": metadata, "spec": spec, "status": status(cluster, template, slot, lacks_room) })
}

/// Where it is in its life: pending until half of its boot is over, running, ready.
fn status(cluster: &Cluster, template: &Value, slot: &Slot, lacks_room: bool) -> Value {
    let made = cluster.stamp(slot.made);
    let condition = |kind: &str, is: bool, at: &str| json!({ "type": kind, "status": if is { "True" } else { "False" }, "lastTransitionTime": at });
    let Some(member) = slot.member else {
        if slot.crashes > 0 {
            let waiting = json!({ "waiting": { "reason": "CrashLoopBackOff",
                "message": "back-off restarting failed container" } });
            return json!({
                "phase": "Running", "startTime": made,
                "conditions": [condition("PodScheduled", true, &made), condition("Ready", false, &made)],
                "containerStatuses": containers(template, slot, false, &waiting),
            });
        }
        if !lacks_room {
            return json!({ "phase": "Pending" });
        }
        let mut scheduled = condition("PodScheduled", false, &made);
        scheduled["reason"] = json!("Unschedulable");
        scheduled["message"] = json!(NO_ROOM);
        return json!({ "phase": "Pending", "conditions": [scheduled] });
    };
    let boot = member.serves.minus(member.launched).ms();
    let ready = member.serves <= cluster.now;
    let runs = member.launched + Span::from_ms(boot / 2) <= cluster.now;
    let (start, serves) = (cluster.stamp(member.launched), cluster.stamp(member.serves));
    let since = if ready { &serves } else { &start };
    let state = if runs {
        json!({ "running": { "startedAt": start } })
    } else {
        json!({ "waiting": { "reason": "ContainerCreating" } })
    };
    json!({
        "phase": if runs { "Running" } else { "Pending" },
        "startTime": start,
        "conditions": [
            condition("PodScheduled", true, &start),
            condition("Initialized", true, &start),
            condition("ContainersReady", ready, since),
            condition("Ready", ready, since),
        ],
        "containerStatuses": containers(template, slot, ready, &state),
    })
}

fn containers(template: &Value, slot: &Slot, ready: bool, state: &Value) -> Value {
    let all = template["spec"]["containers"].as_array().into_iter().flatten();
    let status = |container: &Value| {
        json!({
            "name": container["name"], "image": container["image"], "imageID": "",
            "ready": ready, "started": ready, "restartCount": slot.crashes, "state": state,
        })
    };
    all.map(status).collect()
}
