//! A stand-in for the API server in unit tests: it answers by a function, and keeps what it was
//! asked.

use crate::{Kubernetes, KubernetesSettings};
use async_trait::async_trait;
use http::{Request, Response};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde_json::{Value, json};
use setpoint_control::Clock;
use setpoint_core::{Moment, Span, Timestamp};
use std::sync::{Arc, Mutex};

/// A clock that stands.
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Moment {
        Moment { wall: Timestamp::from_ms(0), monotonic: Span::ZERO }
    }

    async fn sleep_until(&self, _: Span) {}
}

/// What the server was asked, each as "GET /path?query body".
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

/// A cluster that answers each call, given as "GET /path?query" with its body, by a status and
/// a document.
pub(crate) fn cluster(
    answer: impl Fn(&str, &Value) -> (u16, Value) + Send + 'static,
) -> (Kubernetes, Heard) {
    let (service, mut handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
    let heard = Heard::default();
    let keep = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Some((request, send)) = handle.next_request().await {
            let call = format!("{} {}", request.method(), request.uri());
            let body = request.into_body().collect().await.expect("a whole request").to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            keep.lock().unwrap().push(format!("{call} {body}"));
            let (status, document) = answer(&call, &body);
            let response = Response::builder().status(status);
            let response =
                if status == 429 { response.header("retry-after", "7") } else { response };
            send.send_response(
                response.body(Body::from(document.to_string().into_bytes())).unwrap(),
            );
        }
    });
    let client = Client::new(service, "games");
    let settings = KubernetesSettings::new("k8s");
    (Kubernetes::over(client, "games".to_owned(), settings, Arc::new(Still)), heard)
}

/// A Deployment called web, of this size, of which so many are ready.
pub(crate) fn deployment(replicas: u32, ready: u32) -> Value {
    json!({
        "kind": "Deployment", "metadata": { "name": "web", "generation": 1 },
        "spec": { "replicas": replicas },
        "status": { "observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas,
                    "readyReplicas": ready },
    })
}

/// Its scale, at this version.
pub(crate) fn scale(replicas: u32, version: &str) -> Value {
    json!({
        "metadata": { "name": "web", "resourceVersion": version },
        "spec": { "replicas": replicas },
        "status": { "replicas": replicas, "selector": "app=web" },
    })
}

/// A no, as the API server says it.
pub(crate) fn refusal(status: u16, message: &str) -> (u16, Value) {
    (status, json!({ "kind": "Status", "status": "Failure", "message": message, "code": status }))
}
