//! A stand-in for Azure in unit tests: a server on loopback that answers by a function, gives
//! tokens to the machine it runs on, and keeps what it was asked.

use crate::{Azure, AzureSettings, Deadlines, Identity, ManagedAt};
use async_trait::async_trait;
use serde_json::{Value, json};
use setpoint_control::Clock;
use setpoint_core::{Moment, Span, Timestamp};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// The path of the scale set that answers here are about.
pub(crate) const WEB: &str =
    "/subscriptions/s/resourceGroups/games/providers/Microsoft.Compute/virtualMachineScaleSets/web";

/// A clock that stands until it is put forward, at 1970's first moment and second 1,000 of its own.
#[derive(Debug, Default)]
pub(crate) struct Hand(AtomicU64);

impl Hand {
    pub(crate) fn forward(&self, by: Span) {
        self.0.fetch_add(by.ms(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Moment {
        let passed = self.0.load(Ordering::SeqCst);
        let wall = i64::try_from(passed).expect("a test is short");
        Moment { wall: Timestamp::from_ms(wall), monotonic: Span::from_ms(1_000_000 + passed) }
    }

    async fn sleep_until(&self, _: Span) {}
}

/// What the server was asked: "PATCH /path?query if-match=\"7\" {body}".
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

/// A server that answers each call, given as "GET /path?query" with its body, by a status and a
/// document.
pub(crate) async fn serve(
    answer: impl Fn(&str, &Value) -> (u16, Value) + Send + Sync + 'static,
) -> (Url, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let heard = Heard::default();
    let (keep, answer) = (Arc::clone(&heard), Arc::new(answer));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(one(stream, Arc::clone(&keep), Arc::clone(&answer)));
        }
    });
    (Url::parse(&url).expect("an address"), heard)
}

async fn one(
    mut stream: TcpStream,
    heard: Heard,
    answer: Arc<impl Fn(&str, &Value) -> (u16, Value) + Send + Sync + 'static>,
) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut bytes).await.expect("a request") == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = header(head, "content-length").map_or(0, |it| it.parse().expect("a number"));
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    let call = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let noted = ["if-match", "authorization", "metadata"]
        .iter()
        .filter_map(|name| header(&head, name).map(|value| format!(" {name}={value}")));
    let line = format!("{call}{} {body}", noted.collect::<String>());
    heard.lock().unwrap().push(line.trim_end().to_owned());
    let document = serde_json::from_str(&body).unwrap_or_default();
    let (status, document) = answer(&call, &document);
    let document = document.to_string();
    let wait = if status == 429 { "Retry-After: 7\r\n" } else { "" };
    let host = header(&head, "host").unwrap_or_default();
    let operation = format!("Azure-AsyncOperation: http://{host}/operations/7");
    let reply = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{operation}\r\n{wait}\r\n{document}",
        document.len()
    );
    // Whoever asked may have gone away, which some tests want.
    stream.write_all(reply.as_bytes()).await.ok();
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A subscription that answers as [`serve`] does; tokens it gives by itself.
pub(crate) async fn azure(
    answer: impl Fn(&str, &Value) -> (u16, Value) + Send + Sync + 'static,
) -> (Azure, Heard) {
    let tokens = |call: &str| call.contains("/metadata/identity/oauth2/token");
    let (url, heard) = serve(move |call, body| match tokens(call) {
        true => (200, json!({ "access_token": "fake", "expires_in": "3600" })),
        false => answer(call, body),
    })
    .await;
    let settings = AzureSettings {
        name: "azure".to_owned(),
        subscription: "s".to_owned(),
        identity: Identity::Managed { client_id: None, at: ManagedAt::Machine(url.clone()) },
        endpoint: url,
        deadlines: Deadlines::default(),
    };
    (Azure::new(settings, Arc::new(Hand::default())).expect("TLS"), heard)
}

/// A scale set called web that wants so many machines.
pub(crate) fn scale_set(capacity: u32, state: &str) -> Value {
    json!({
        "id": WEB, "name": "web", "location": "westeurope", "tags": { "app": "web" },
        "sku": { "name": "Standard_D2s_v5", "tier": "Standard", "capacity": capacity },
        "properties": { "provisioningState": state, "orchestrationMode": "Uniform" },
        "etag": "\"7\"",
    })
}

/// A machine of it, by its number.
pub(crate) fn machine(id: u32, state: &str, power: &str) -> Value {
    json!({
        "instanceId": id.to_string(), "name": format!("web_{id}"), "location": "westeurope",
        "zones": [(id % 3 + 1).to_string()],
        "properties": { "provisioningState": state, "instanceView": { "statuses": [
            { "code": format!("ProvisioningState/{}", state.to_lowercase()), "level": "Info",
              "time": "2026-11-29T08:00:00+00:00" },
            { "code": format!("PowerState/{power}"), "level": "Info" },
        ] } },
    })
}

/// So many machines that run.
pub(crate) fn machines(count: u32) -> Value {
    let all: Vec<Value> = (0..count).map(|id| machine(id, "Succeeded", "running")).collect();
    json!({ "value": all })
}

/// A no, as Azure Resource Manager says it.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({ "error": { "code": code, "message": message } }))
}
