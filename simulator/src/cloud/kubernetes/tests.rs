//! What the scenario's faults do to callers and to pods, and what a rollout and a size do.

use super::*;
use crate::{
    cloud::{live, pace::tests::ByHand},
    world::FaultKind,
};
use http_body_util::BodyExt as _;
use serde_json::json;

const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// A cluster whose world suffers `kind` from its first minute to its third, with a clock by hand.
fn suffering(kind: Option<FaultKind>) -> (Kubernetes, Arc<ByHand>) {
    let (live, pace, clock) = live::tests::suffering("kubernetes", live::tests::patient(), kind);
    (Kubernetes::new(live, pace, 1, false), clock)
}

/// The status and the document of an answer; none if it is lost.
fn call(cluster: &Kubernetes, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(path).header("content-type", kind);
    let reply = cluster.handle(&request.body(body).expect("a request")).ok()?;
    let status = reply.status().as_u16();
    let bytes = futures::executor::block_on(reply.into_body().collect());
    let bytes = bytes.expect("it cannot fail").to_bytes();
    Some((status, serde_json::from_slice(&bytes).expect("it is JSON")))
}

#[track_caller]
fn get(cluster: &Kubernetes, path: &str) -> Value {
    let (status, document) = call(cluster, "GET", path, &Value::Null).expect("it is heard");
    assert_eq!(status, 200, "{path}: {document}");
    document
}

fn resize(cluster: &Kubernetes, to: u32) -> Option<(u16, Value)> {
    let patch = json!({ "spec": { "replicas": to } });
    call(cluster, "PATCH", &format!("{WEB}/scale"), &patch)
}

/// How many pods have this condition.
fn pods_with(cluster: &Kubernetes, kind: &str, status: &str) -> usize {
    let pods = get(cluster, PODS);
    let has = |pod: &Value| {
        let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
        conditions.filter(|it| it["type"] == kind && it["status"] == status).count() > 0
            && pod["metadata"].get("deletionTimestamp").is_none()
    };
    pods["items"].as_array().expect("a list").iter().filter(|pod| has(pod)).count()
}

#[test]
fn an_api_that_takes_no_calls_says_so_and_does_nothing() {
    for (kind, status, reason) in [
        (FaultKind::ApiThrottle, 429, "TooManyRequests"),
        (FaultKind::ApiError(1.0), 503, "ServiceUnavailable"),
    ] {
        let (cluster, clock) = suffering(Some(kind));
        clock.pass(Span::from_secs(90));
        let (own, document) = resize(&cluster, 15).expect("it is heard");
        assert_eq!((own, document["reason"].as_str()), (status, Some(reason)));
        if status == 429 {
            assert_eq!(document["details"]["retryAfterSeconds"], 1);
        }
        clock.pass(Span::from_minutes(3));
        assert_eq!(get(&cluster, WEB)["spec"]["replicas"], 10);
        assert_eq!(resize(&cluster, 15).expect("it is heard").0, 200);
    }
}

#[test]
fn a_lost_answer_has_taken_effect_all_the_same() {
    let (cluster, clock) = suffering(Some(FaultKind::LostReply(1.0)));
    clock.pass(Span::from_secs(90));
    assert!(resize(&cluster, 15).is_none());
    clock.pass(Span::from_minutes(3));
    assert_eq!(get(&cluster, WEB)["spec"]["replicas"], 15);
}

#[test]
fn a_pod_is_pending_then_runs_then_is_ready() {
    let (cluster, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    resize(&cluster, 12).expect("it is heard");
    let phases = |cluster: &Kubernetes| -> Vec<String> {
        let pods = get(cluster, PODS);
        let phase = |pod: &Value| pod["status"]["phase"].as_str().map(str::to_owned);
        pods["items"].as_array().expect("a list").iter().filter_map(phase).collect()
    };
    assert_eq!(phases(&cluster).iter().filter(|it| *it == "Pending").count(), 2);
    assert_eq!(pods_with(&cluster, "Ready", "True"), 10);
    let mut seen = Vec::new();
    for _ in 0..600 {
        clock.pass(Span::from_secs(1));
        let running = phases(&cluster).iter().filter(|it| *it == "Running").count();
        let step = (running, pods_with(&cluster, "Ready", "True"));
        if seen.last() != Some(&step) {
            seen.push(step);
        }
    }
    assert_eq!((seen[0], *seen.last().expect("a step")), ((10, 10), (12, 12)), "{seen:?}");
    assert!(seen.iter().any(|(running, ready)| running > ready), "{seen:?}");
    assert_eq!(get(&cluster, WEB)["status"]["readyReplicas"], 12);
}

#[test]
fn where_there_is_no_room_pods_wait_and_the_scheduler_says_why() {
    let (cluster, clock) = suffering(Some(FaultKind::NoCapacity));
    clock.pass(Span::from_secs(90));
    resize(&cluster, 13).expect("it is heard");
    assert_eq!(pods_with(&cluster, "PodScheduled", "False"), 3);
    let events = get(&cluster, "/api/v1/namespaces/default/events");
    let told = events["items"].as_array().expect("a list").iter();
    assert_eq!(told.filter(|it| it["reason"] == "FailedScheduling").count(), 3);
    clock.pass(Span::from_minutes(15));
    assert_eq!(pods_with(&cluster, "PodScheduled", "False"), 0);
    assert_eq!(pods_with(&cluster, "Ready", "True"), 13);
}

#[test]
fn a_member_that_comes_to_nothing_is_a_pod_that_crashes() {
    let (cluster, clock) = suffering(Some(FaultKind::LaunchFail(1.0)));
    clock.pass(Span::from_secs(90));
    resize(&cluster, 12).expect("it is heard");
    let mut crashed = false;
    for _ in 0..240 {
        clock.pass(Span::from_secs(1));
        let text = get(&cluster, PODS).to_string();
        crashed |= text.contains("CrashLoopBackOff");
    }
    assert!(crashed);
    clock.pass(Span::from_minutes(20));
    assert_eq!(pods_with(&cluster, "Ready", "True"), 12);
}

#[test]
fn who_goes_does_not_serve_or_is_the_newest() {
    let (cluster, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    let names = |cluster: &Kubernetes| -> std::collections::BTreeSet<String> {
        let pods = get(cluster, PODS);
        let here = |pod: &Value| {
            let stays = pod["metadata"].get("deletionTimestamp").is_none();
            stays.then(|| pod["metadata"]["name"].as_str().map(str::to_owned)).flatten()
        };
        pods["items"].as_array().expect("a list").iter().filter_map(here).collect()
    };
    let old = names(&cluster);
    resize(&cluster, 12).expect("it is heard");
    resize(&cluster, 10).expect("it is heard");
    assert_eq!(names(&cluster), old, "those that did not serve yet went");
    clock.pass(Span::from_minutes(2));
    assert_eq!(get(&cluster, PODS)["items"].as_array().map(Vec::len), Some(10));
}

#[test]
fn a_rollout_replaces_all_and_never_more_than_a_quarter_at_once() {
    let (cluster, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": { "restarted": "now" } } } } });
    let (status, document) = call(&cluster, "PATCH", WEB, &patch).expect("it is heard");
    assert_eq!((status, &document["metadata"]["generation"]), (200, &json!(2)));
    let (mut fewest, mut updated) = (u64::MAX, 0);
    for _ in 0..3600 {
        clock.pass(Span::from_secs(1));
        let status = get(&cluster, WEB)["status"].clone();
        fewest = fewest.min(status["readyReplicas"].as_u64().unwrap_or(0));
        updated = status["updatedReplicas"].as_u64().unwrap_or(0);
        if updated == 10 && status["readyReplicas"] == 10 {
            break;
        }
    }
    assert_eq!(updated, 10);
    assert_eq!(fewest, 8, "a quarter of ten");
}

#[test]
fn a_list_is_read_page_by_page_and_the_rest_of_one_that_is_forgotten_is_gone() {
    let (cluster, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    let (mut names, mut path) = (Vec::new(), format!("{PODS}?limit=4"));
    loop {
        let page = get(&cluster, &path);
        let items = page["items"].as_array().expect("a list");
        names.extend(items.iter().map(|it| it["metadata"]["name"].to_string()));
        let Some(next) = page["metadata"]["continue"].as_str() else { break };
        path = format!("{PODS}?limit=4&continue={next}");
    }
    let whole = get(&cluster, PODS);
    assert_eq!((names.len(), whole["items"].as_array().map(Vec::len)), (10, Some(10)));
    let bad = call(&cluster, "GET", &format!("{PODS}?continue=x"), &Value::Null);
    assert_eq!(bad.expect("it is heard").0, 400);
}

#[test]
fn what_is_measured_is_what_was_published_and_no_newer() {
    let (cluster, clock) = suffering(None);
    let path = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods";
    assert_eq!(get(&cluster, path)["items"], json!([]), "nothing was published yet");
    clock.pass(Span::from_minutes(2));
    resize(&cluster, 12).expect("it is heard");
    let all = get(&cluster, path);
    let items = all["items"].as_array().expect("a list");
    assert_eq!(items.len(), 10, "who is not ready is not measured");
    let cpu = items[0]["containers"][0]["usage"]["cpu"].as_str().expect("a text");
    assert!(cpu.ends_with('n') && cpu.len() > 6, "{cpu}");
}
