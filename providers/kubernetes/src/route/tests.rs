//! What is asked of a cluster about a rollout, and what is made of its answers.

use super::*;
use crate::stand_in::{Heard, cluster, refusal};
use setpoint_core::{FailureKind, IntentId};

fn own() -> WeightedServices {
    let [route, stable, candidate] = ["shop", "shop", "shop-new"].map(str::to_owned);
    WeightedServices { route, stable, candidate }
}

fn shop() -> TargetName {
    TargetName::new("shop")
}

/// A route that gives the candidate a quarter.
fn route() -> Value {
    json!({
        "kind": "HTTPRoute", "metadata": { "name": "shop", "resourceVersion": "17" },
        "spec": { "parentRefs": [{ "name": "front" }], "rules": [{ "backendRefs": [
            { "name": "shop", "port": 80, "weight": 75 },
            { "name": "shop-new", "port": 80, "weight": 25 },
        ] }] },
    })
}

/// Slices of which so many endpoints are ready, one is not, and of one nothing is said.
fn slices(ready: &[Value]) -> Value {
    let endpoint =
        |ready: &Value| json!({ "addresses": ["10.0.0.1"], "conditions": { "ready": ready } });
    let endpoints: Vec<Value> = ready.iter().map(endpoint).collect();
    json!({ "metadata": {}, "items": [
        { "metadata": {}, "addressType": "IPv4", "endpoints": endpoints },
    ] })
}

/// The cluster of the tests, but for what `answer` has another answer to.
fn there(
    answer: impl Fn(&str) -> Option<(u16, Value)> + Send + 'static,
) -> (crate::Kubernetes, Heard) {
    cluster(move |call, _| {
        let usual = || {
            if call.contains("/httproutes/shop") {
                return (200, route());
            }
            if call.contains("/services/shop-new") {
                let annotations = json!({ REVISION: " v2\n" });
                return (200, json!({ "metadata": { "annotations": annotations } }));
            }
            (200, slices(&[json!(true), json!(false), json!(null)]))
        };
        answer(call).unwrap_or_else(usual)
    })
}

async fn seen(
    answer: impl Fn(&str) -> Option<(u16, Value)> + Send + 'static,
) -> Result<Rollout, String> {
    let (cluster, _) = there(answer);
    let eyes = cluster.route_eyes(BTreeMap::from([(shop(), own())]));
    match eyes.observe().await.remove(&shop()) {
        Some(Seen::Rollout(rollout)) => Ok(rollout),
        Some(Seen::Nothing(why)) => Err(why),
        other => panic!("{other:?}"),
    }
}

async fn shift(
    (from, to): (u32, u32),
    revision: Option<&str>,
    answer: impl Fn(&str) -> Option<(u16, Value)> + Send + 'static,
) -> (Result<(), (FailureKind, String)>, Vec<String>) {
    let (cluster, heard) = there(answer);
    let hands = cluster.route_hands(BTreeMap::from([(shop(), own())]));
    let revision = revision.map(str::to_owned);
    let action = Action::Set { from, to, leaves: to > from, revision };
    let intent = Intent { id: IntentId::new("r/shop/1/1"), target: shop(), action };
    let said = hands.apply(&intent).await.map_err(|error| (error.kind, error.chain()));
    let heard = heard.lock().unwrap().clone();
    (said, heard.into_iter().filter(|call| !call.starts_with("GET")).collect())
}

/// Nobody is ready behind this Service.
fn nobody_behind(service: &'static str) -> impl Fn(&str) -> Option<(u16, Value)> {
    move |call| {
        let asked = format!("service-name%3D{service}&");
        (call.contains("endpointslices") && format!("{call}&").contains(&asked))
            .then(|| (200, slices(&[json!(false)])))
    }
}

#[tokio::test]
async fn a_rollout_is_its_weights_its_revision_and_who_is_ready() {
    let rollout = seen(|_| None).await.unwrap();
    let expected = Rollout { share: 25, revision: Some("v2".to_owned()), busy: None, paused: None };
    assert_eq!(rollout, expected);
    let busy = async |answer| seen(answer).await.unwrap().busy.unwrap();
    assert!(busy(nobody_behind("shop-new")).await.contains("the candidate's Service"));
    assert!(busy(nobody_behind("shop")).await.contains("the stable Service"));
}

#[tokio::test]
async fn a_revision_that_cannot_be_read_raises_nothing_and_holds_no_rollback() {
    let unread = |call: &str| call.contains("/services/").then(|| refusal(503, "not now"));
    let rollout = seen(unread).await.unwrap();
    assert_eq!(rollout.revision, None);
    assert!(rollout.busy.unwrap().contains("its revision is not known"));
    let (said, changes) = shift((25, 50), Some("v2"), unread).await;
    assert_eq!((said.unwrap_err().0, changes.len()), (FailureKind::Unavailable, 0));
    let (said, changes) = shift((25, 0), Some("v2"), unread).await;
    assert_eq!((said, changes.len()), (Ok(()), 1));
}

#[tokio::test]
async fn weights_are_set_once_on_the_version_that_was_read_and_nothing_else_is_changed() {
    let (said, changes) = shift((25, 50), Some("v2"), |_| None).await;
    assert_eq!(said, Ok(()));
    let rules = json!([{ "backendRefs": [
        { "name": "shop", "port": 80, "weight": 50 }, { "name": "shop-new", "port": 80, "weight": 50 },
    ] }]);
    let patch = json!({ "metadata": { "resourceVersion": "17" }, "spec": { "rules": rules } });
    let path = "/apis/gateway.networking.k8s.io/v1/namespaces/games/httproutes/shop";
    assert_eq!(changes, [format!("PATCH {path}?fieldManager=setpoint {patch}")]);
    let (said, changes) = shift((5, 25), Some("v2"), |_| None).await;
    assert_eq!((said, changes.len()), (Ok(()), 0), "it is done already");
}

#[tokio::test]
async fn what_is_not_as_the_decision_saw_it_is_left_alone() {
    let no = async |way: (u32, u32), revision, answer: fn(&str) -> Option<(u16, Value)>| {
        let (said, changes) = shift(way, revision, answer).await;
        (said.unwrap_err().0, changes.len())
    };
    assert_eq!(no((20, 50), Some("v2"), |_| None).await, (FailureKind::Stale, 0));
    assert_eq!(no((25, 50), Some("v1"), |_| None).await, (FailureKind::Stale, 0));
    assert_eq!(no((25, 50), None, |_| None).await, (FailureKind::Stale, 0));
    let conflict = |call: &str| call.starts_with("PATCH").then(|| refusal(409, "modified"));
    assert_eq!(no((25, 50), Some("v2"), conflict).await, (FailureKind::Stale, 1));
    let (said, changes) = shift((25, 50), Some("v2"), nobody_behind("shop-new")).await;
    assert_eq!((said.unwrap_err().0, changes.len()), (FailureKind::Stale, 0));
    let (said, changes) = shift((25, 0), Some("v2"), nobody_behind("shop")).await;
    assert_eq!(
        (said.unwrap_err().0, changes.len()),
        (FailureKind::Refused, 0),
        "nobody would serve"
    );
}
