//! Changes, told as they come: what is remembered, then what happens, looked at ten times a second.

use super::{
    super::{Pace, http::Reply, live::lock},
    cluster::Cluster,
    fault::Fault,
    kinds::Kind,
    read::Wanted,
    route::Route,
    store::Change,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http_body_util::{StreamBody, combinators::BoxBody};
use hyper::{
    Response,
    body::Frame,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};
use setpoint_core::Span;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

/// From one look to the next, in the machine's time.
const BEAT: Span = Span::from_ms(100);
/// How long a watch lasts that says nothing of it, in the machine's time.
const LASTS: Span = Span::from_minutes(5);

/// Somebody who watches.
struct Watcher {
    cluster: Arc<Mutex<Cluster>>,
    pace: Arc<Pace>,
    kind: &'static Kind,
    namespace: Option<String>,
    wanted: Wanted,
    /// The version up to which everything was told.
    told: u64,
    /// How long it lasts yet.
    left: Span,
    /// What is to be told at once.
    first: Option<String>,
}

/// Begins to tell.
pub(super) fn begin(
    cluster: &Cluster,
    shared: Arc<Mutex<Cluster>>,
    pace: Arc<Pace>,
    route: &Route,
) -> Result<Reply, Fault> {
    let target = &route.target;
    if !target.kind.verbs().contains(&"watch") {
        return Err(Fault::method("WATCH"));
    }
    let seconds = route.asked("timeoutSeconds").and_then(|text| text.parse().ok());
    let since = route.asked("resourceVersion").filter(|version| *version != "0");
    let mut watcher = Watcher {
        cluster: shared,
        pace,
        kind: target.kind,
        namespace: target.namespace.clone(),
        wanted: Wanted::of(route)?,
        told: cluster.store.version(),
        left: seconds.map_or(LASTS, Span::from_secs),
        first: None,
    };
    let initial = route.asked("sendInitialEvents") == Some("true");
    match since {
        Some(version) if !initial => {
            let version = version.parse();
            watcher.told = version.map_err(|_| Fault::bad("resourceVersion is no number"))?;
            drop(cluster.store.since(watcher.told)?);
        }
        _ => watcher.first = Some(watcher.all(cluster, initial)),
    }
    let lines = futures::stream::unfold(watcher, Watcher::next);
    let frames = lines.map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text))));
    let mut reply =
        Response::new(BoxBody::new(StreamBody::new(Alone(Mutex::new(Box::pin(frames))))));
    let kind = HeaderValue::from_static("application/json");
    reply.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(reply)
}

impl Watcher {
    /// Everything that is there, as if it had just been made.
    fn all(&self, cluster: &Cluster, marked: bool) -> String {
        let all = cluster.store.list(self.kind, self.namespace.as_deref());
        let wanted = all.filter(|(_, document)| self.wanted.takes(document));
        let mut text: String = wanted.map(|(_, it)| line("ADDED", it)).collect();
        if marked {
            let end = json!({ "kind": self.kind.name, "apiVersion": self.kind.api_version(),
                "metadata": { "resourceVersion": cluster.store.version().to_string(),
                              "annotations": { "k8s.io/initial-events-end": "true" } } });
            text.push_str(&line("BOOKMARK", &end));
        }
        text
    }

    /// The next that is to be told, once there is anything; nothing when the time is over.
    async fn next(mut self) -> Option<(String, Self)> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Some((first, self));
        }
        while self.left > Span::ZERO {
            let text = self.look();
            if !text.is_empty() {
                return Some((text, self));
            }
            self.pace.rest(BEAT).await;
            self.left = self.left.minus(BEAT);
        }
        None
    }

    /// What happened since the last look.
    fn look(&mut self) -> String {
        let shared = Arc::clone(&self.cluster);
        let mut cluster = lock(&shared);
        cluster.begin(self.pace.now());
        let text = match cluster.store.since(self.told) {
            Ok(changes) => changes.filter_map(|change| self.tells(change)).collect(),
            Err(fault) => {
                self.left = Span::ZERO;
                line("ERROR", &fault.document())
            }
        };
        self.told = cluster.store.version();
        text
    }

    fn tells(&self, change: &Change) -> Option<String> {
        let here = self.namespace.as_deref().is_none_or(|name| name == change.key.namespace);
        let wanted = here && change.key.kind == self.kind && self.wanted.takes(&change.document);
        wanted.then(|| line(change.what, &change.document))
    }
}

fn line(what: &str, document: &Value) -> String {
    let mut text = json!({ "type": what, "object": document }).to_string();
    text.push('\n');
    text
}

/// A stream that only one can look at, which is what makes it fit to be shared.
struct Alone<S>(Mutex<Pin<Box<S>>>);

impl<S: Stream> Stream for Alone<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        lock(&self.get_mut().0).as_mut().poll_next(context)
    }
}
