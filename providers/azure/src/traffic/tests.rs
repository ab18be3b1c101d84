//! Eyes, hands and doctor on a stand-in of Azure that has a profile called front.

use super::{Endpoints, ProfileId, TrafficPatient};
use crate::{
    Azure,
    stand_in::{azure, refusal},
};
use serde_json::{Value, json};
use setpoint_control::{Act, Finding, Observe, Severity};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Seen, Shares, Span, TargetName};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const FRONT: &str = "/subscriptions/s/resourceGroups/games/providers/Microsoft.Network/trafficManagerProfiles/front";

fn endpoint(name: &str, kind: &str, weight: u32, monitor: &str) -> Value {
    json!({ "id": format!("{FRONT}/{kind}/{name}"), "name": name,
            "type": format!("Microsoft.Network/trafficManagerProfiles/{kind}"),
            "properties": { "endpointStatus": "Enabled", "endpointMonitorStatus": monitor,
                            "weight": weight, "target": format!("{name}.example.com") } })
}

/// A profile with these weights of `main` and `standby`.
fn front(main: u32, standby: u32) -> Value {
    json!({
        "id": FRONT, "name": "front", "type": "Microsoft.Network/trafficManagerProfiles",
        "location": "global", "tags": { "team": "a" },
        "properties": {
            "profileStatus": "Enabled", "trafficRoutingMethod": "Weighted", "maxReturn": 0,
            "dnsConfig": { "relativeName": "front", "fqdn": "front.trafficmanager.net", "ttl": 30 },
            "monitorConfig": { "profileMonitorStatus": "Online", "protocol": "HTTPS", "port": 443 },
            "endpoints": [
                endpoint("eu", "azureEndpoints", main, "Degraded"),
                endpoint("azure", "externalEndpoints", standby, "Online"),
            ],
        },
    })
}

/// A subscription with `profile` that answers changes so.
async fn subscription(profile: Value, change: (u16, Value)) -> (Azure, Arc<Mutex<Vec<String>>>) {
    azure(move |call, _| match call {
        _ if call.starts_with(&format!("GET {FRONT}?")) => (200, profile.clone()),
        _ if call.starts_with(&format!("GET {FRONT}/providers/Microsoft.Authorization")) => {
            (200, json!({ "value": [{ "actions": ["*/read"], "notActions": [] }] }))
        }
        _ if call.starts_with(&format!("PUT {FRONT}?")) => change.clone(),
        _ => refusal(404, "ResourceNotFound", "not found"),
    })
    .await
}

fn endpoints() -> Endpoints {
    let own = [("main", "eu"), ("standby", "azure")];
    let destinations = own.map(|(name, end)| (name.to_owned(), end.to_owned())).into();
    Endpoints { profile: ProfileId::parse("games/front", None).unwrap(), destinations }
}

fn target() -> (TargetName, BTreeMap<TargetName, Endpoints>) {
    let target = TargetName::new("front");
    (target.clone(), BTreeMap::from([(target, endpoints())]))
}

fn shares(main: u32) -> Shares {
    [("main".to_owned(), main), ("standby".to_owned(), 100 - main)].into()
}

async fn look(azure: &Azure) -> Seen {
    let (target, targets) = target();
    azure.traffic_eyes(targets).observe().await.remove(&target).expect("it is a target")
}

async fn apply(azure: &Azure, action: Action) -> Result<(), (FailureKind, String)> {
    let (target, targets) = target();
    let intent = Intent { id: IntentId::new("r/front/1/1"), target, action };
    let said = azure.traffic_hands(targets).apply(&intent).await;
    said.map_err(|error| (error.kind, error.chain()))
}

async fn route(azure: &Azure, from: u32, to: u32) -> Result<(), (FailureKind, String)> {
    let action = Action::Route { from: shares(from), to: shares(to), leaves: true };
    apply(azure, action).await
}

fn changes(heard: &Mutex<Vec<String>>) -> Vec<String> {
    let heard = heard.lock().unwrap();
    heard.iter().filter(|call| !call.starts_with("GET")).cloned().collect()
}

#[tokio::test]
async fn shares_health_and_a_pause_are_seen_by_one_call() {
    let mut paused = front(900, 100);
    paused["tags"]["Setpoint:Pause"] = json!("a game day");
    let (azure, heard) = subscription(paused, (200, Value::Null)).await;
    let Seen::Traffic(seen) = look(&azure).await else { panic!() };
    assert_eq!(seen.shares(), shares(90));
    let health: Vec<Option<bool>> = seen.destinations.values().map(|it| it.healthy).collect();
    assert_eq!(health, [Some(false), Some(true)]);
    assert_eq!((seen.busy, seen.paused.as_deref()), (None, Some("a game day")));
    let calls = heard.lock().unwrap().iter().filter(|it| !it.contains("oauth2")).count();
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn what_is_not_for_weights_to_say_is_not_seen() {
    let mut other = front(900, 100);
    other["properties"]["trafficRoutingMethod"] = json!("Performance");
    let (azure, heard) = subscription(other, (200, Value::Null)).await;
    let Seen::Nothing(why) = look(&azure).await else { panic!() };
    assert_eq!(why, "front routes by Performance: make its routing method Weighted");
    let (kind, _) = route(&azure, 90, 0).await.unwrap_err();
    assert_eq!((kind, changes(&heard).len()), (FailureKind::Refused, 0));
    let (azure, _) = subscription(json!({ "value": [] }), (200, Value::Null)).await;
    let Seen::Nothing(why) = look(&azure).await else { panic!() };
    assert!(why.starts_with("get traffic profile front: the answer is not understood"), "{why}");
}

#[tokio::test]
async fn all_endpoints_are_written_at_once_and_the_rest_as_it_was_read() {
    let (azure, heard) = subscription(front(900, 100), (200, front(1, 1000))).await;
    assert_eq!(route(&azure, 90, 0).await, Ok(()));
    let place = format!("PUT {FRONT}?api-version=2026-09-01 authorization=Bearer fake");
    assert_eq!(changes(&heard), [format!("{place} {}", front(1, 1000))]);
}

#[tokio::test]
async fn what_is_done_is_not_done_again_and_what_was_moved_is_left_alone() {
    let (azure, heard) = subscription(front(900, 100), (200, Value::Null)).await;
    assert_eq!(route(&azure, 100, 90).await, Ok(()));
    let (kind, why) = route(&azure, 100, 80).await.unwrap_err();
    assert_eq!(kind, FailureKind::Stale);
    assert!(why.contains("users are sent elsewhere by now"), "{why}");
    let (kind, _) = apply(&azure, Action::Resize { from: 1, to: 2 }).await.unwrap_err();
    assert_eq!((kind, changes(&heard).len()), (FailureKind::Refused, 0));
}

#[tokio::test]
async fn a_no_is_sorted_by_what_may_be_done_about_it_and_not_asked_for_twice() {
    let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(7)) };
    for (status, code, expected) in [
        (429, "TooManyRequests", throttled),
        (403, "AuthorizationFailed", FailureKind::Refused),
        (409, "Conflict", FailureKind::Stale),
        (400, "BadRequest", FailureKind::Refused),
        (500, "InternalServerError", FailureKind::Unavailable),
    ] {
        let (azure, heard) = subscription(front(900, 100), refusal(status, code, "no")).await;
        let (kind, why) = route(&azure, 90, 0).await.unwrap_err();
        assert_eq!((kind, changes(&heard).len()), (expected, 1), "{status}");
        assert!(why.contains("change traffic profile front: no"), "{why}");
    }
}

#[tokio::test]
async fn what_lacks_is_told_before_anybody_is_moved() {
    let mut disabled = front(900, 100);
    let standby = &mut disabled["properties"]["endpoints"][1]["properties"];
    standby["endpointStatus"] = json!("Disabled");
    standby["endpointMonitorStatus"] = json!("Disabled");
    let (azure, _) = subscription(disabled, (200, Value::Null)).await;
    let patient = |acts| {
        let (target, _) = target();
        BTreeMap::from([(target, TrafficPatient { endpoints: endpoints(), acts })])
    };
    let told: Vec<(Severity, String)> = azure
        .examine_traffic(&patient(true))
        .await
        .into_iter()
        .map(|Finding { severity, message, .. }| (severity, message))
        .collect();
    let expected = [
        (Severity::Warning, "main does not answer just now"),
        (
            Severity::Warning,
            "nobody can tell whether standby answers: rules that ask it are skipped",
        ),
        (Severity::NotPermitted, "change traffic profile front is not allowed"),
    ];
    assert_eq!(told, expected.map(|(severity, message)| (severity, message.to_owned())));
    assert_eq!(
        azure.examine_traffic(&patient(false)).await.len(),
        2,
        "who only looks needs no more"
    );
}
