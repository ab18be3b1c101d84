//! What the pods behind an object say of it: pure.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use setpoint_core::{Member, MemberState};
use std::cmp::Ordering;

/// What a container waits for that does not come by waiting.
const BROKEN: &[&str] = &[
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
];

/// A pod that was ready lost it at a later second than the one it started in.
const LATER: i64 = 2;

/// Where a pod is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It serves.
    Ready,
    /// It is on its way to that.
    Warming,
    /// No node has room for it, in the scheduler's words.
    Homeless(String),
    /// It will not serve by waiting: the cause, in short.
    Sick(String),
    /// It is leaving, or over: its controller counts it no longer.
    Gone,
}

/// What several pods come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) ready: u32,
    pub(crate) unhealthy: u32,
    pub(crate) warming: u32,
    /// Why there are fewer than wanted: no room first, then what keeps pods from starting.
    pub(crate) shortfall: Option<String>,
}

/// Where `pod` is in its life.
pub(crate) fn life(pod: &Pod) -> Life {
    let status = pod.status.as_ref();
    let phase = status.and_then(|it| it.phase.as_deref()).unwrap_or("Pending");
    if pod.metadata.deletion_timestamp.is_some() || matches!(phase, "Succeeded" | "Failed") {
        return Life::Gone;
    }
    let conditions = status.and_then(|it| it.conditions.as_deref()).unwrap_or_default();
    let condition = |kind: &str| conditions.iter().find(|one| one.type_ == kind);
    let ready = condition("Ready");
    if ready.is_some_and(|one| one.status == "True") {
        return Life::Ready;
    }
    let scheduled = condition("PodScheduled").filter(|one| one.status == "False");
    if let Some(why) = scheduled.filter(|one| one.reason.as_deref() == Some("Unschedulable")) {
        let words = why.message.as_deref().unwrap_or("no node takes it");
        return Life::Homeless(words.to_owned());
    }
    if let Some(cause) = broken(pod) {
        return Life::Sick(cause);
    }
    // Ready is false from the start on; if that is of later, it was true in between.
    let started = status.and_then(|it| it.start_time.as_ref());
    let lost = ready.and_then(|one| one.last_transition_time.as_ref()).zip(started);
    match lost {
        Some((lost, start)) if lost.0.as_second() > start.0.as_second() + LATER => {
            Life::Sick("it is no longer ready".to_owned())
        }
        Some(_) | None => Life::Warming,
    }
}

/// What a container of `pod` waits for in vain.
fn broken(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let all = [&status.init_container_statuses, &status.container_statuses];
    all.into_iter().flatten().flatten().find_map(|container: &ContainerStatus| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref().filter(|reason| BROKEN.contains(reason))?;
        let message = waiting.message.as_deref().unwrap_or_default();
        Some(if message.is_empty() { reason.to_owned() } else { format!("{reason}: {message}") })
    })
}

/// What `pods` come to.
pub(crate) fn tally(pods: &[Pod]) -> Tally {
    let mut tally = Tally::default();
    let mut sick = None;
    for pod in pods {
        match life(pod) {
            Life::Ready => tally.ready += 1,
            Life::Warming => tally.warming += 1,
            Life::Homeless(why) => {
                tally.warming += 1;
                tally.shortfall.get_or_insert(why);
            }
            Life::Sick(why) => {
                tally.unhealthy += 1;
                sick.get_or_insert(why);
            }
            Life::Gone => {}
        }
    }
    tally.shortfall = tally.shortfall.or(sick);
    tally
}

/// The pods by name, in order.
pub(crate) fn members(pods: &[Pod]) -> Vec<Member> {
    let member = |pod: &Pod| {
        let state = match life(pod) {
            Life::Ready => MemberState::Serving,
            Life::Sick(_) => MemberState::Sick,
            Life::Warming | Life::Homeless(_) | Life::Gone => MemberState::Other,
        };
        Some(Member { name: pod.metadata.name.clone()?, zone: None, state })
    };
    let mut members: Vec<Member> = pods.iter().filter_map(member).collect();
    members.sort_by(|a, b| -> Ordering { a.name.cmp(&b.name) });
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(name: &str, status: Value) -> Pod {
        serde_json::from_value(json!({ "metadata": { "name": name }, "status": status })).unwrap()
    }

    fn ready(status: &str, at: &str) -> Value {
        json!({ "type": "Ready", "status": status, "lastTransitionTime": at })
    }

    const START: &str = "2026-11-23T08:00:00Z";
    const LATE: &str = "2026-11-23T09:00:00Z";

    #[test]
    fn it_tells_who_serves_who_comes_and_who_never_will() {
        let waiting = |reason: &str| {
            json!({ "phase": "Pending", "containerStatuses": [{ "name": "app", "image": "", "imageID": "",
                "ready": false, "restartCount": 3, "state": { "waiting": { "reason": reason, "message": "back-off" } } }] })
        };
        let unschedulable = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled",
            "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu." }] });
        let all = [
            pod(
                "a",
                json!({ "phase": "Running", "startTime": START, "conditions": [ready("True", LATE)] }),
            ),
            pod(
                "b",
                json!({ "phase": "Running", "startTime": START, "conditions": [ready("False", START)] }),
            ),
            pod(
                "c",
                json!({ "phase": "Running", "startTime": START, "conditions": [ready("False", LATE)] }),
            ),
            pod("d", waiting("CrashLoopBackOff")),
            pod("e", waiting("ContainerCreating")),
            pod("f", unschedulable),
            pod("g", json!({ "phase": "Failed", "reason": "Evicted" })),
        ];
        let sick = |why: &str| Life::Sick(why.to_owned());
        let homeless = "0/3 nodes are available: 3 Insufficient cpu.";
        let expected = [
            Life::Ready,
            Life::Warming,
            sick("it is no longer ready"),
            sick("CrashLoopBackOff: back-off"),
            Life::Warming,
            Life::Homeless(homeless.to_owned()),
            Life::Gone,
        ];
        assert_eq!(all.each_ref().map(life), expected);
        let shortfall = Some(homeless.to_owned());
        let expected = Tally { ready: 1, unhealthy: 2, warming: 3, shortfall };
        assert_eq!(tally(&all), expected);
        let states: Vec<MemberState> = members(&all).iter().map(|one| one.state).collect();
        assert_eq!(states[..3], [MemberState::Serving, MemberState::Other, MemberState::Sick]);
    }

    #[test]
    fn a_pod_that_is_leaving_counts_no_longer() {
        let mut leaving =
            pod("a", json!({ "phase": "Running", "conditions": [ready("True", LATE)] }));
        assert_eq!(life(&leaving), Life::Ready);
        leaving.metadata.deletion_timestamp = Some(serde_json::from_value(json!(LATE)).unwrap());
        assert_eq!(life(&leaving), Life::Gone);
    }
}
