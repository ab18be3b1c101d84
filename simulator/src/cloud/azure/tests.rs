//! What the scenario's faults do to callers and to operations, and what becomes of instances.

mod traffic;

use super::*;
use crate::{
    cloud::{live, pace::tests::ByHand},
    world::FaultKind,
};
use http_body_util::BodyExt as _;
use std::collections::BTreeSet;

const WEB: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/web";

/// A subscription whose world suffers `kind` from its first minute to its third, with a clock by
/// hand.
fn suffering(kind: Option<FaultKind>) -> (Azure, Arc<ByHand>) {
    let (live, pace, clock) = live::tests::suffering("azure", live::tests::patient(), kind);
    (Azure::new(live, pace, 1, false), clock)
}

/// An answer.
struct Heard {
    status: u16,
    document: Value,
    headers: hyper::HeaderMap,
}

impl Heard {
    #[track_caller]
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_else(|| panic!("{name} is not in {:?}", self.headers))
    }

    fn code(&self) -> Option<&str> {
        self.document["error"]["code"].as_str()
    }
}

/// The answer to a request for an address, with a version added; none if it is lost.
fn call(azure: &Azure, method: &str, path: &str, body: &Value) -> Option<Heard> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let uri = format!("{path}{sign}api-version=2024-07-01");
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    heard(azure, Request::builder().method(method).uri(uri).body(body).expect("a request"))
}

fn heard(azure: &Azure, request: Request<Bytes>) -> Option<Heard> {
    let reply = azure.handle(&request).ok()?;
    let (head, body) = reply.into_parts();
    let bytes = futures::executor::block_on(body.collect()).expect("it cannot fail").to_bytes();
    let document = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).expect("it is JSON")
    };
    Some(Heard { status: head.status.as_u16(), document, headers: head.headers })
}

#[track_caller]
fn get(azure: &Azure, path: &str) -> Value {
    let heard = call(azure, "GET", path, &Value::Null).expect("it is heard");
    assert_eq!(heard.status, 200, "{path}: {}", heard.document);
    heard.document
}

fn resize(azure: &Azure, to: u32) -> Option<Heard> {
    call(azure, "PATCH", WEB, &json!({ "sku": { "capacity": to } }))
}

/// How the operation that an answer began stands now.
#[track_caller]
fn operation(azure: &Azure, begun: &Heard) -> Value {
    let place = begun.header("azure-asyncoperation").trim_start_matches("http://localhost");
    let request = Request::builder().uri(place).body(Bytes::new()).expect("a request");
    heard(azure, request).expect("it is heard").document
}

/// All instances, by the pages.
#[track_caller]
fn instances(azure: &Azure) -> Vec<Value> {
    let mut all = Vec::new();
    let mut page = get(azure, &format!("{WEB}/virtualMachines?$expand=instanceView"));
    loop {
        all.extend(page["value"].as_array().expect("a list").iter().cloned());
        let Some(next) = page["nextLink"].as_str() else { return all };
        let next = next.trim_start_matches("http://localhost").to_owned();
        let request = Request::builder().uri(next).body(Bytes::new()).expect("a request");
        page = heard(azure, request).expect("it is heard").document;
    }
}

/// How many instances are in this state.
#[track_caller]
fn in_state(azure: &Azure, state: &str) -> usize {
    let is = |it: &&Value| it["properties"]["provisioningState"] == state;
    instances(azure).iter().filter(is).count()
}

#[test]
fn an_api_that_takes_no_calls_says_so_and_does_nothing() {
    for (kind, status, code) in [
        (FaultKind::ApiThrottle, 429, "OperationNotAllowed"),
        (FaultKind::ApiError(1.0), 500, "InternalServerError"),
    ] {
        let (azure, clock) = suffering(Some(kind));
        clock.pass(Span::from_secs(90));
        let no = resize(&azure, 15).expect("it is heard");
        assert_eq!((no.status, no.code()), (status, Some(code)));
        if status == 429 {
            assert_eq!(no.header("retry-after"), "1");
            assert_eq!(no.document["error"]["details"][0]["code"], "TooManyRequests");
        }
        clock.pass(Span::from_minutes(3));
        assert_eq!(get(&azure, WEB)["sku"]["capacity"], 10);
        assert_eq!(resize(&azure, 15).expect("it is heard").status, 200);
    }
}

#[test]
fn a_lost_answer_has_taken_effect_all_the_same() {
    let (azure, clock) = suffering(Some(FaultKind::LostReply(1.0)));
    clock.pass(Span::from_secs(90));
    assert!(resize(&azure, 15).is_none());
    clock.pass(Span::from_minutes(3));
    assert_eq!(get(&azure, WEB)["sku"]["capacity"], 15);
}

#[test]
fn an_operation_is_over_when_all_serve_and_not_before() {
    let (azure, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    let begun = resize(&azure, 12).expect("it is heard");
    assert_eq!(begun.document["properties"]["provisioningState"], "Updating");
    let (mut seen, mut over) = (BTreeSet::new(), false);
    for _ in 0..600 {
        clock.pass(Span::from_secs(1));
        let all = instances(&azure);
        let healthy = |it: &&Value| {
            it["properties"]["instanceView"]["vmHealth"]["status"]["code"] == "HealthState/healthy"
        };
        let serve = all.iter().filter(healthy).count();
        over = operation(&azure, &begun)["status"] == "Succeeded";
        assert_eq!(over, serve == 12, "{serve} serve");
        let set = get(&azure, WEB)["properties"]["provisioningState"].clone();
        assert_eq!(set, if over { "Succeeded" } else { "Updating" });
        let newest = &all.last().expect("there are some")["properties"]["instanceView"];
        seen.insert(newest["statuses"][1]["code"].to_string());
    }
    assert!(over);
    let powers = ["\"PowerState/running\"", "\"PowerState/starting\""];
    assert_eq!(seen, powers.map(str::to_owned).into());
}

#[test]
fn where_there_is_no_room_an_operation_fails_and_the_next_one_may_not() {
    let (azure, clock) = suffering(Some(FaultKind::NoCapacity));
    clock.pass(Span::from_secs(90));
    let begun = resize(&azure, 13).expect("it is heard");
    assert_eq!(begun.status, 200);
    let stands = operation(&azure, &begun);
    assert_eq!(stands["status"], "Failed");
    assert_eq!(stands["error"]["code"], "OverconstrainedZonalAllocationRequest");
    let set = get(&azure, WEB);
    assert_eq!((&set["sku"]["capacity"], instances(&azure).len()), (&json!(13), 10));
    assert_eq!(set["properties"]["provisioningState"], "Failed");
    clock.pass(Span::from_minutes(3));
    let again = resize(&azure, 13).expect("it is heard");
    clock.pass(Span::from_minutes(10));
    assert_eq!(operation(&azure, &again)["status"], "Succeeded");
    assert_eq!(get(&azure, WEB)["properties"]["provisioningState"], "Succeeded");
    assert_eq!(instances(&azure).len(), 13);
}

#[test]
fn a_member_that_comes_to_nothing_fails_the_operation_and_is_replaced() {
    let (azure, clock) = suffering(Some(FaultKind::LaunchFail(1.0)));
    clock.pass(Span::from_secs(90));
    let begun = resize(&azure, 12).expect("it is heard");
    let mut stands = Value::Null;
    for _ in 0..240 {
        clock.pass(Span::from_secs(1));
        stands = operation(&azure, &begun);
    }
    assert_eq!(stands["status"], "Failed");
    assert_eq!(stands["error"]["code"], "OSProvisioningTimedOut");
    clock.pass(Span::from_minutes(20));
    assert_eq!(in_state(&azure, "Succeeded"), 12);
}

#[test]
fn who_is_protected_stays_and_of_the_fullest_zone_the_highest_id_goes() {
    let (azure, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    let keep = json!({ "properties": { "protectionPolicy": { "protectFromScaleIn": true } } });
    let kept = call(&azure, "PUT", &format!("{WEB}/virtualMachines/9"), &keep);
    assert_eq!(kept.expect("it is heard").status, 200);
    let begun = resize(&azure, 8).expect("it is heard");
    assert_eq!(operation(&azure, &begun)["status"], "InProgress");
    assert_eq!((in_state(&azure, "Deleting"), in_state(&azure, "Succeeded")), (2, 8));
    clock.pass(Span::from_minutes(1));
    assert_eq!(operation(&azure, &begun)["status"], "Succeeded");
    let left: BTreeSet<String> = instances(&azure)
        .iter()
        .map(|it| it["instanceId"].as_str().expect("a text").to_owned())
        .collect();
    // The first zone has one more: 0, 3, 6 and 9, which is kept. Then all have three.
    let expected: [&str; 8] = ["0", "1", "2", "3", "4", "5", "7", "9"];
    assert_eq!(left, expected.map(str::to_owned).into());
    // Even all that are wanted fewer: the protected one is not touched.
    resize(&azure, 0).expect("it is heard");
    clock.pass(Span::from_minutes(1));
    assert_eq!(instances(&azure).len(), 1);
}

#[test]
fn a_list_is_read_page_by_page_though_it_changes_meanwhile() {
    let (azure, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    resize(&azure, 70).expect("it is heard");
    let first = get(&azure, &format!("{WEB}/virtualMachines"));
    assert_eq!(first["value"].as_array().map(Vec::len), Some(30));
    let all = instances(&azure);
    let ids: BTreeSet<&str> = all.iter().filter_map(|it| it["instanceId"].as_str()).collect();
    assert_eq!((all.len(), ids.len()), (70, 70));
    // The entry after which the next page begins may be gone by then.
    let gone = json!({ "instanceIds": ["29"] });
    let said = call(&azure, "POST", &format!("{WEB}/delete"), &gone).expect("it is heard");
    assert_eq!(said.status, 202);
    clock.pass(Span::from_minutes(1));
    let next = first["nextLink"].as_str().expect("there is more");
    let next = next.trim_start_matches("http://localhost");
    let request = Request::builder().uri(next).body(Bytes::new()).expect("a request");
    let page = heard(&azure, request).expect("it is heard").document;
    assert_eq!(page["value"][0]["instanceId"], "30");
    let wrong = call(&azure, "GET", &format!("{WEB}/virtualMachines?$skiptoken=x"), &Value::Null);
    assert_eq!(wrong.expect("it is heard").code(), Some("InvalidParameter"));
}

#[test]
fn what_is_measured_is_what_was_published_and_no_newer() {
    let (azure, clock) = suffering(None);
    let path = format!("{WEB}/providers/Microsoft.Insights/metrics?metricnames=Percentage%20CPU");
    let series = |said: &Value| said["value"][0]["timeseries"].clone();
    assert_eq!(series(&get(&azure, &path)), json!([]), "nothing was published yet");
    clock.pass(Span::from_minutes(5));
    let said = get(&azure, &path);
    let data = series(&said)[0]["data"].as_array().expect("a list").clone();
    let measured: Vec<f64> = data.iter().filter_map(|it| it["average"].as_f64()).collect();
    assert!((4..=6).contains(&measured.len()), "{data:?}");
    assert!(measured.iter().all(|it| (1.0..100.0).contains(it)), "{measured:?}");
    assert_eq!((&said["interval"], &said["value"][0]["unit"]), (&json!("PT1M"), &json!("Percent")));
    let own = get(
        &azure,
        &format!("{path}&metricnamespace=Setpoint/World").replace("Percentage%20CPU", "rps"),
    );
    assert_eq!(own["namespace"], "Setpoint/World");
}

#[test]
fn a_set_that_is_gone_is_gone_and_its_operation_can_still_be_asked_for() {
    let (azure, clock) = suffering(None);
    clock.pass(Span::from_secs(10));
    let begun = call(&azure, "DELETE", WEB, &Value::Null).expect("it is heard");
    assert_eq!((begun.status, begun.document.is_null()), (202, true));
    assert_eq!(resize(&azure, 11).expect("it is heard").code(), Some("OperationNotAllowed"));
    assert_eq!(get(&azure, WEB)["properties"]["provisioningState"], "Deleting");
    clock.pass(Span::from_minutes(1));
    let gone = call(&azure, "GET", WEB, &Value::Null).expect("it is heard");
    assert_eq!((gone.status, gone.code()), (404, Some("ResourceNotFound")));
    assert_eq!(operation(&azure, &begun)["status"], "Succeeded");
    assert_eq!(call(&azure, "DELETE", WEB, &Value::Null).expect("it is heard").status, 204);
}

const ORDERS: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/orders";

/// What becomes of a call for a replica of this name.
fn replicate(azure: &Azure, name: &str) -> Option<Heard> {
    let properties = json!({ "createMode": "Replica", "sourceServerResourceId": ORDERS });
    let body = json!({ "location": "westeurope", "properties": properties });
    call(azure, "PUT", &format!("{}{name}", ORDERS.trim_end_matches("orders")), &body)
}

fn replicas(azure: &Azure) -> Vec<Value> {
    get(azure, &format!("{ORDERS}/replicas"))["value"].as_array().expect("a list").clone()
}

#[test]
fn a_primary_that_fails_over_has_no_replica_made_of_it() {
    let (azure, clock) = suffering(Some(FaultKind::DbFailover));
    clock.pass(Span::from_secs(90));
    assert_eq!(get(&azure, ORDERS)["properties"]["state"], "Restarting");
    let no = replicate(&azure, "orders-sp-1").expect("it is heard");
    assert_eq!((no.status, no.code()), (409, Some("ServerIsBusy")));
    clock.pass(Span::from_minutes(3));
    assert_eq!(replicas(&azure), [Value::Null; 0]);
    assert_eq!(replicate(&azure, "orders-sp-1").expect("it is heard").status, 202);
}

#[test]
fn an_operation_on_a_replica_is_over_when_the_world_is_there_and_not_before() {
    let (azure, clock) = suffering(None);
    let made = replicate(&azure, "orders-sp-1").expect("it is heard");
    let stands = |begun: &Heard| operation(&azure, begun)["status"].clone();
    let replication = || replicas(&azure)[0]["properties"]["replica"]["replicationState"].clone();
    let mut stages = Vec::new();
    while stands(&made) == "InProgress" {
        assert_ne!(replication(), "Active");
        if stages.last() != Some(&replication()) {
            stages.push(replication());
        }
        clock.pass(Span::from_secs(15));
    }
    assert_eq!((stands(&made), replication()), (json!("Succeeded"), json!("Active")));
    assert_eq!(stages, ["Provisioning", "Reconfiguring", "Catchup"]);
    let place = format!("{ORDERS}-sp-1");
    let gone = call(&azure, "DELETE", &place, &Value::Null).expect("it is heard");
    assert_eq!((gone.status, stands(&gone)), (202, json!("InProgress")));
    assert_eq!(get(&azure, &place)["properties"]["state"], "Dropping");
    clock.pass(Span::from_minutes(5));
    assert_eq!((stands(&gone), replicas(&azure).len()), (json!("Succeeded"), 0));
    let again = call(&azure, "DELETE", &place, &Value::Null).expect("it is heard");
    assert_eq!(again.status, 204);
}

#[test]
fn a_replica_whose_answer_is_lost_is_made_all_the_same() {
    let (azure, clock) = suffering(Some(FaultKind::LostReply(1.0)));
    clock.pass(Span::from_secs(90));
    assert!(replicate(&azure, "orders-sp-1").is_none());
    clock.pass(Span::from_minutes(3));
    assert_eq!(replicas(&azure).len(), 1);
}
