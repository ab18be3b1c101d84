//! Settings and jobs behind a real web service on loopback: what is read, what is written, and what is
//! made of a service that does not say yes.

use serde_json::{Value, json};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Job, LastRun, Seen, Span, TargetName};
use setpoint_http::{Auth, Document, HttpSettings, Method, Secret, Webhook, WebhookSettings, What};
use std::{collections::BTreeMap, sync::Arc};
use support::{Mood, Service};
use url::Url;

const PATH: &str = "/settings/pool";

fn pool() -> TargetName {
    TargetName::new("pool")
}

fn service() -> Service {
    Service::start(&[(PATH, json!({ "pool": { "max": 40 } }))])
}

fn webhook(method: Method) -> Arc<Webhook> {
    webhook_at(method, "/pool/max")
}

fn webhook_at(method: Method, pointer: &str) -> Arc<Webhook> {
    let auth = Some(Auth::Bearer(Secret::Text("some-words".to_owned())));
    let http = HttpSettings { auth, ..HttpSettings::new(Span::from_secs(20), 1024) };
    let (name, pointer, run) = ("app".to_owned(), pointer.to_owned(), Some("/run".to_owned()));
    let settings = WebhookSettings { name, http, pointer, run, method };
    Arc::new(Webhook::new(settings).expect("no certificates are asked for"))
}

fn targets(service: &Service) -> BTreeMap<TargetName, Document> {
    document(service, What::Setting)
}

fn document(service: &Service, what: What) -> BTreeMap<TargetName, Document> {
    let url = Url::parse(&service.url(PATH)).expect("it is an address");
    [(pool(), Document { url, what })].into()
}

async fn seen(service: &Service) -> Result<u32, String> {
    let eyes = webhook(Method::Put).eyes(targets(service));
    match eyes.observe().await.remove(&pool()) {
        Some(Seen::Setting(setting)) => Ok(setting.value),
        Some(Seen::Nothing(why)) => Err(why),
        other => panic!("{other:?}"),
    }
}

async fn set(service: &Service, from: u32, to: u32) -> Result<(), (FailureKind, String)> {
    let action = Action::Set { from, to, leaves: true, revision: None };
    let intent = Intent { id: IntentId::new("here/pool/1/7"), target: pool(), action };
    let hands = webhook(Method::Put).hands(targets(service));
    hands.apply(&intent).await.map_err(|error| (error.kind, error.chain()))
}

#[tokio::test]
async fn a_value_is_read_and_written_once_with_the_intents_id() {
    let service = service();
    assert_eq!(seen(&service).await, Ok(40));
    for _ in 0..2 {
        assert_eq!(set(&service, 40, 20).await, Ok(()));
    }
    assert_eq!(service.document(PATH), json!({ "pool": { "max": 20 } }));
    let writes = service.writes();
    let [write] = writes.as_slice() else { panic!("one write: {writes:?}") };
    assert_eq!(write.line, "PUT /settings/pool");
    assert_eq!(write.headers["idempotency-key"], "here/pool/1/7");
    assert_eq!(write.headers["authorization"], "Bearer some-words");
    assert_eq!(write.headers["content-type"], "application/json");
}

#[tokio::test]
async fn it_is_posted_where_the_service_wants_that() {
    let service = service();
    let action = Action::Set { from: 40, to: 20, leaves: true, revision: None };
    let intent = Intent { id: IntentId::new("here/pool/1/7"), target: pool(), action };
    webhook(Method::Post).hands(targets(&service)).apply(&intent).await.expect("it is fine");
    assert_eq!(service.writes()[0].line, "POST /settings/pool");
}

#[tokio::test]
async fn every_no_is_sorted_by_what_may_be_done_about_it() {
    for (mood, expected) in [
        (Mood::Answers(403), FailureKind::Refused),
        (Mood::Answers(409), FailureKind::Stale),
        (Mood::Answers(429), FailureKind::Throttled { retry_after: None }),
        (Mood::Answers(503), FailureKind::Unavailable),
        (Mood::Mute, FailureKind::Unavailable),
        (Mood::Redirects("http://127.0.0.1:9/elsewhere".to_owned()), FailureKind::Refused),
    ] {
        let service = service();
        service.is(mood.clone());
        let said = set(&service, 40, 20).await;
        assert_eq!(said.as_ref().map_err(|(kind, _)| *kind), Err(expected), "{mood:?}: {said:?}");
        assert_eq!(service.writes().len(), 1, "{mood:?}");
    }
}

#[tokio::test]
async fn what_is_no_whole_number_is_nothing_and_is_never_written_over() {
    let wrong: [Value; 5] = [
        json!({ "pool": { "max": 2.5 } }),
        json!({ "pool": { "max": -1 } }),
        json!({ "pool": { "max": "40" } }),
        json!({ "pool": {} }),
        json!([1]),
    ];
    for document in wrong {
        let service = Service::start(&[(PATH, document.clone())]);
        assert!(seen(&service).await.is_err(), "{document}");
        let said = set(&service, 40, 20).await;
        assert!(matches!(said, Err((FailureKind::Refused, _))), "{document}: {said:?}");
        assert!(service.writes().is_empty(), "{document}");
    }
    let nothing = Service::start(&[]);
    assert!(seen(&nothing).await.is_err_and(|why| why.contains("404")));
}

async fn job(service: &Service) -> Result<Job, String> {
    let eyes = webhook_at(Method::Put, "/state").eyes(document(service, What::Job));
    match eyes.observe().await.remove(&pool()) {
        Some(Seen::Job(job)) => Ok(job),
        Some(Seen::Nothing(why)) => Err(why),
        other => panic!("{other:?}"),
    }
}

async fn start(service: &Service, token: &str) -> Result<(), FailureKind> {
    let action = Action::Start { token: token.to_owned(), after: None, anew: false };
    let intent = Intent { id: IntentId::new("here/renew/1/9"), target: pool(), action };
    let hands = webhook_at(Method::Put, "/state").hands(document(service, What::Job));
    hands.apply(&intent).await.map_err(|error| error.kind)
}

#[tokio::test]
async fn a_start_that_is_sent_again_starts_it_once() {
    let service = Service::start(&[(PATH, json!({ "state": "never" }))]);
    assert_eq!(job(&service).await, Ok(Job::default()));
    service.is(Mood::Mute);
    assert_eq!(start(&service, "a").await, Err(FailureKind::Unavailable));
    service.is(Mood::Fine);
    assert_eq!(start(&service, "a").await, Ok(()));
    assert_eq!((service.runs(PATH), service.writes().len()), (1, 2));
    let write = &service.writes()[1];
    assert_eq!(write.headers["idempotency-key"], "a");
    assert_eq!((&*write.line, &write.body), ("POST /settings/pool", &json!({ "action": "start" })));
    let job = job(&service).await.expect("it is seen");
    assert_eq!((job.last, job.run.as_deref()), (LastRun::Running, Some("1")));
}

#[tokio::test]
async fn a_job_in_no_state_that_is_known_is_not_seen() {
    for document in [json!({ "state": "queued" }), json!({ "state": 1 }), json!({})] {
        let service = Service::start(&[(PATH, document.clone())]);
        assert!(job(&service).await.is_err(), "{document}");
    }
}
