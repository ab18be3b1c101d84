//! Eyes and hands on a stand-in of Azure that has a server called orders.

use super::ServerId;
use crate::{
    Azure,
    stand_in::{azure, refusal},
};
use serde_json::{Value, json};
use setpoint_control::{Act, Observe};
use setpoint_core::{
    Action, Database, FailureKind, Intent, IntentId, ReplicaState, Seen, Span, TargetName,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const ORDERS: &str = "/subscriptions/s/resourceGroups/shops/providers/Microsoft.DBforPostgreSQL/flexibleServers/orders";

/// What Azure has: its answers to calls, by what these begin with; the first that fits.
type Answers = Vec<(String, (u16, Value))>;

fn source(state: &str) -> Value {
    json!({
        "id": ORDERS, "name": "orders", "location": "westeurope", "tags": { "team": "a" },
        "sku": { "name": "Standard_D4ds_v5", "tier": "GeneralPurpose" },
        "properties": { "state": state, "replicationRole": "Primary",
                        "replica": { "role": "Primary", "capacity": 5 } },
    })
}

/// A replica of orders that is ours.
fn replica(name: &str, state: &str, replication: &str) -> Value {
    json!({
        "id": format!("{ORDERS}/../{name}"), "name": name, "location": "West Europe",
        "tags": { "Setpoint:Managed-By": "setpoint" },
        "properties": {
            "state": state, "sourceServerResourceId": ORDERS.to_uppercase(),
            "replica": { "role": "AsyncReplica", "replicationState": replication },
        },
    })
}

fn fine(name: &str) -> Value {
    replica(name, "Ready", "Active")
}

fn with(mut server: Value, place: &str, value: Value) -> Value {
    *server.pointer_mut(place).expect("it is there") = value;
    server
}

/// A subscription with orders and these replicas, which answers by `more` first.
async fn orders(replicas: &[Value], more: Answers) -> (Azure, Arc<Mutex<Vec<String>>>) {
    let list = json!({ "value": replicas });
    let most = json!({ "name": "max_connections", "properties": { "value": "2000" } });
    let usual = [
        (format!("GET {ORDERS}/replicas?"), (200, list)),
        (format!("GET {ORDERS}/virtualendpoints?"), (200, json!({ "value": [] }))),
        (format!("GET {ORDERS}/configurations/max_connections?"), (200, most)),
        (format!("GET {ORDERS}?"), (200, source("Ready"))),
        (format!("GET {ORDERS}-sp"), refusal(404, "ResourceNotFound", "not found")),
        ("PUT".to_owned(), (202, Value::Null)),
        ("DELETE".to_owned(), (202, Value::Null)),
    ];
    let answers: Answers = more.into_iter().chain(usual).collect();
    azure(move |call, _| {
        let answer = answers.iter().find(|(begin, _)| call.starts_with(&**begin));
        answer.map_or_else(|| refusal(400, "Strange", call), |(_, answer)| answer.clone())
    })
    .await
}

fn target() -> (TargetName, BTreeMap<TargetName, ServerId>) {
    let (target, id) = (TargetName::new("orders"), ServerId::parse("shops/orders", None));
    (target.clone(), BTreeMap::from([(target, id.unwrap())]))
}

async fn look(azure: &Azure) -> Seen {
    let (target, targets) = target();
    azure.database_eyes(targets).observe().await.remove(&target).expect("it is a target")
}

async fn apply(azure: &Azure, action: Action) -> Result<(), (FailureKind, String)> {
    let (target, targets) = target();
    let intent = Intent { id: IntentId::new("r/orders/1/1"), target, action };
    let said = azure.database_hands(targets).apply(&intent).await;
    said.map_err(|error| (error.kind, error.chain()))
}

async fn add(azure: &Azure, name: &str) -> Result<(), (FailureKind, String)> {
    apply(azure, Action::AddReplica { name: name.to_owned() }).await
}

async fn remove(azure: &Azure, name: &str) -> Result<(), (FailureKind, String)> {
    apply(azure, Action::RemoveReplica { name: name.to_owned() }).await
}

fn changes(heard: &Mutex<Vec<String>>) -> Vec<String> {
    let heard = heard.lock().unwrap();
    heard.iter().filter(|call| !call.starts_with("GET")).cloned().collect()
}

#[tokio::test]
async fn it_is_seen_whole_by_four_calls_or_not_at_all() {
    let making = replica("orders-sp-2", "Provisioning", "Provisioning");
    let theirs = with(fine("orders-bi"), "/tags", Value::Null);
    let (azure, heard) = orders(&[making, fine("orders-sp-1"), theirs], Vec::new()).await;
    let Seen::Database(seen) = look(&azure).await else { panic!() };
    let Database { source, replicas, max_connections, busy, paused } = &seen;
    assert_eq!((&**source, *max_connections), ("orders", Some(2000)));
    assert_eq!((busy, paused), (&None, &None));
    let told: Vec<_> = replicas.iter().map(|it| (&*it.name, it.ours, it.state)).collect();
    let (available, creating) = (ReplicaState::Available, ReplicaState::Creating);
    let expected = [
        ("orders-bi", false, available),
        ("orders-sp-1", true, available),
        ("orders-sp-2", true, creating),
    ];
    assert_eq!(told, expected);
    let calls = heard.lock().unwrap().iter().filter(|it| !it.contains("oauth2")).count();
    assert_eq!(calls, 4);
    for at in ["/replicas?", "/virtualendpoints?", "/configurations/", "?"] {
        let no = refusal(500, "InternalServerError", "try later");
        let (azure, _) = orders(&[], vec![(format!("GET {ORDERS}{at}"), no)]).await;
        assert!(matches!(look(&azure).await, Seen::Nothing(_)), "{at}");
    }
}

#[tokio::test]
async fn a_replica_is_no_database_of_its_own_and_a_pause_is_seen() {
    let of = with(source("Ready"), "/properties/replica", json!({ "replicationState": "Active" }));
    let (azure, _) = orders(&[], vec![(format!("GET {ORDERS}?"), (200, of))]).await;
    let Seen::Nothing(why) = look(&azure).await else { panic!() };
    assert_eq!(why, "orders is a replica: name the server that it is one of");
    let paused = with(source("Updating"), "/tags", json!({ "Setpoint:Pause": "an upgrade" }));
    let (azure, _) = orders(&[], vec![(format!("GET {ORDERS}?"), (200, paused))]).await;
    let Seen::Database(seen) = look(&azure).await else { panic!() };
    assert_eq!(seen.paused.as_deref(), Some("an upgrade"));
    assert_eq!(seen.busy.as_deref(), Some("orders is updating"));
}

#[tokio::test]
async fn a_replica_is_made_once_with_our_tag_where_its_source_is() {
    let (azure, heard) = orders(&[fine("orders-sp-2")], Vec::new()).await;
    assert_eq!(add(&azure, "orders-sp-1").await, Ok(()));
    let expected = format!(
        "PUT {ORDERS}-sp-1?api-version=2026-10-01 authorization=Bearer fake \
         {{\"location\":\"westeurope\",\"properties\":{{\"createMode\":\"Replica\",\
         \"sourceServerResourceId\":\"{ORDERS}\"}},\
         \"tags\":{{\"setpoint:managed-by\":\"setpoint\"}}}}"
    );
    assert_eq!(changes(&heard), [expected]);
    assert_eq!(add(&azure, "orders-sp-2").await, Ok(()));
    assert_eq!(changes(&heard).len(), 1, "it is there");
}

#[tokio::test]
async fn a_replica_is_put_into_the_network_of_its_source() {
    let network = json!({ "delegatedSubnetResourceId": "/subnet", "publicNetworkAccess": "Disabled",
                          "privateDnsZoneArmResourceId": "/zone" });
    let mut source = source("Ready");
    source["properties"]["network"] = network;
    let (azure, heard) = orders(&[], vec![(format!("GET {ORDERS}?"), (200, source))]).await;
    assert_eq!(add(&azure, "orders-sp-1").await, Ok(()));
    let said = changes(&heard).concat();
    let expected = "\"network\":{\"delegatedSubnetResourceId\":\"/subnet\",\
                    \"privateDnsZoneArmResourceId\":\"/zone\"}";
    assert!(said.contains(expected), "{said}");
}

#[tokio::test]
async fn nothing_is_made_over_what_has_the_name() {
    let at = |server: Value| vec![(format!("GET {ORDERS}-sp-1?"), (200, server))];
    let (azure, heard) = orders(&[], at(fine("orders-sp-1"))).await;
    assert_eq!(add(&azure, "orders-sp-1").await, Ok(()), "the list lags behind");
    let foreign = "/properties/sourceServerResourceId";
    for (server, kind, why) in [
        (with(fine("orders-sp-1"), foreign, json!("/x")), FailureKind::Refused, "no replica of"),
        (with(fine("orders-sp-1"), "/tags", json!({})), FailureKind::Refused, "not carry our tag"),
        (replica("orders-sp-1", "Dropping", "Active"), FailureKind::Stale, "still holds its name"),
    ] {
        let (azure, heard) = orders(&[], at(server)).await;
        let said = add(&azure, "orders-sp-1").await.unwrap_err();
        assert!(said.0 == kind && said.1.contains(why), "{why}: {said:?}");
        assert_eq!(changes(&heard), [""; 0]);
    }
    assert_eq!(changes(&heard), [""; 0]);
}

#[tokio::test]
async fn nothing_is_made_beyond_what_azure_allows_or_while_it_is_at_the_source() {
    let full: Vec<Value> = (1..=5).map(|slot| fine(&format!("orders-sp-{slot}"))).collect();
    let (azure, heard) = orders(&full, Vec::new()).await;
    let (kind, why) = add(&azure, "orders-sp-6").await.unwrap_err();
    assert_eq!((kind, changes(&heard).len()), (FailureKind::Refused, 0));
    assert!(why.ends_with("orders has 5 replicas, Azure allows 5"), "{why}");
    let (azure, heard) =
        orders(&[], vec![(format!("GET {ORDERS}?"), (200, source("Updating")))]).await;
    let (kind, _) = add(&azure, "orders-sp-1").await.unwrap_err();
    assert_eq!((kind, changes(&heard).len()), (FailureKind::Stale, 0));
}

#[tokio::test]
async fn what_azure_is_still_at_is_not_asked_for_again_and_a_failure_is_told_once() {
    let stands = Arc::new(Mutex::new(json!({ "status": "InProgress" })));
    let told = Arc::clone(&stands);
    let (azure, heard) = azure(move |call, _| match call {
        _ if call.contains("/operations/7") => (200, told.lock().unwrap().clone()),
        _ if call.starts_with("PUT") => (202, Value::Null),
        _ if call.starts_with(&format!("GET {ORDERS}?")) => (200, source("Ready")),
        _ if call.starts_with(&format!("GET {ORDERS}/")) => (200, json!({ "value": [] })),
        _ => refusal(404, "ResourceNotFound", "not found"),
    })
    .await;
    assert_eq!(add(&azure, "orders-sp-1").await, Ok(()));
    assert_eq!(add(&azure, "orders-sp-1").await, Ok(()));
    assert_eq!(changes(&heard).len(), 1, "it is on its way");
    *stands.lock().unwrap() = json!({
        "status": "Failed", "error": { "code": "RegionIsBusy", "message": "No room there." } });
    let (kind, why) = add(&azure, "orders-sp-1").await.unwrap_err();
    assert_eq!((kind, changes(&heard).len()), (FailureKind::Stale, 1));
    assert!(why.ends_with("Azure could not make orders-sp-1: No room there. (RegionIsBusy)"));
    assert_eq!(add(&azure, "orders-sp-1").await, Ok(()));
    assert_eq!(changes(&heard).len(), 2, "the next pass is the retry");
}

#[tokio::test]
async fn it_removes_what_it_made_and_nothing_else() {
    let replicas = [
        fine("orders-sp-1"),
        with(fine("orders-sp-9"), "/tags", json!({ "setpoint:managed-by": "somebody" })),
        replica("orders-sp-3", "Provisioning", "Provisioning"),
        replica("orders-sp-4", "Dropping", "Active"),
        replica("orders-sp-5", "Ready", "Catchup"),
    ];
    let (azure, heard) = orders(&replicas, Vec::new()).await;
    for (name, expected) in [
        ("orders", Some(FailureKind::Refused)),
        ("orders-sp-9", Some(FailureKind::Refused)),
        ("orders-sp-3", Some(FailureKind::Stale)),
        ("orders-sp-5", Some(FailureKind::Stale)),
        ("orders-sp-4", None),
        ("orders-sp-7", None),
    ] {
        let said = remove(&azure, name).await;
        assert_eq!(said.err().map(|(kind, _)| kind), expected, "{name}");
    }
    assert_eq!(changes(&heard), [""; 0]);
    assert_eq!(remove(&azure, "orders-sp-1").await, Ok(()));
    let delete = format!("DELETE {ORDERS}-sp-1?api-version=2026-10-01 authorization=Bearer fake");
    assert_eq!(changes(&heard), [delete]);
}

#[tokio::test]
async fn a_replica_that_readers_are_led_to_is_never_removed() {
    let endpoint = json!({ "name": "orders-read", "properties": {
        "endpointType": "ReadWrite", "members": ["orders", "orders-sp-1"] } });
    let led = (format!("GET {ORDERS}/virtualendpoints?"), (200, json!({ "value": [endpoint] })));
    let (azure, heard) = orders(&[fine("orders-sp-1")], vec![led]).await;
    let Seen::Database(seen) = look(&azure).await else { panic!() };
    assert!(seen.replicas[0].promotable, "{seen:?}");
    let (kind, why) = remove(&azure, "orders-sp-1").await.unwrap_err();
    assert_eq!((kind, changes(&heard).len()), (FailureKind::Refused, 0));
    assert!(why.contains("a virtual endpoint leads to orders-sp-1"), "{why}");
}

#[tokio::test]
async fn a_no_is_sorted_by_what_may_be_done_about_it_and_not_asked_for_twice() {
    let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(7)) };
    for (status, code, expected) in [
        (429, "TooManyRequests", throttled),
        (403, "AuthorizationFailed", FailureKind::Refused),
        (409, "ServerIsBusy", FailureKind::Stale),
        (400, "InvalidParameterValue", FailureKind::Refused),
        (500, "InternalServerError", FailureKind::Unavailable),
    ] {
        let no = vec![("PUT".to_owned(), refusal(status, code, "no"))];
        let (azure, heard) = orders(&[], no).await;
        let (kind, why) = add(&azure, "orders-sp-1").await.unwrap_err();
        assert_eq!((kind, changes(&heard).len()), (expected, 1), "{status}");
        let words = "create, as a replica of orders, server orders-sp-1: no";
        assert!(why.contains(words), "{why}");
    }
}
