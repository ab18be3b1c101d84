//! Kubernetes: an API server whose Deployment is the group of a world.
//!
//! Everything is a document with a version. Callers change documents; what a cluster's own
//! controllers do, `control.rs` does whenever time has passed: pods come and go as the members
//! of the world do, and every document says how it stands. So reading, paging, conflicts and
//! watching are one thing for all kinds.
//!
//! ```text
//! Request ──► route.rs (what is meant) ──► read.rs, write.rs, watch.rs ──► Reply
//!                                             │            │
//!                                 Store ◄─────┴── Cluster ─┴── workload.rs ──► World
//!                                   ▲                │
//!                                   └── control.rs ◄─┘   (pod.rs, status.rs: pure)
//! ```
//!
//! Autoscalers, leases and events of callers are kept, and nobody acts on them.
//!
//! Start reading at [`Kubernetes`]'s `handle`.

mod cluster;
mod control;
mod discovery;
mod fault;
mod kinds;
mod patch;
mod pod;
mod read;
mod route;
mod select;
mod status;
mod store;
mod usage;
mod watch;
mod workload;
mod write;

use super::{
    Pace, Shared,
    http::{Face, Lost, Reply, whole},
    live::lock,
};
use crate::world::Answer;
use async_trait::async_trait;
use bytes::Bytes;
use cluster::Cluster;
use fault::Fault;
use hyper::{Method, Request, StatusCode, header};
use route::{Route, Sub, Target};
use serde_json::Value;
use setpoint_core::Span;
use std::sync::{Arc, Mutex};

/// The namespace that the scenario's group is in, and the only one that there need be.
const NAMESPACE: &str = "default";

/// The token of somebody who may look and change nothing.
const READER: &str = "reader";

/// A cluster.
pub struct Kubernetes {
    cluster: Arc<Mutex<Cluster>>,
    pace: Arc<Pace>,
    latency: Span,
    check_auth: bool,
}

impl Kubernetes {
    /// The cluster whose Deployment is the group of `world`. The luck of `seed` is for what
    /// callers make besides. With `check_auth` everybody needs a token.
    pub fn new(world: Shared, pace: Arc<Pace>, seed: u64, check_auth: bool) -> Self {
        let latency = lock(&world).world.model().api.latency;
        let cluster = Cluster::new(world, Arc::clone(&pace), seed);
        Self { cluster: Arc::new(Mutex::new(cluster)), pace, latency, check_auth }
    }

    fn handle(&self, request: &Request<Bytes>) -> Result<Reply, Lost> {
        let mut cluster = lock(&self.cluster);
        cluster.begin(self.pace.now());
        if let Some(document) = discovery::document(request.uri().path()) {
            return Ok(json(StatusCode::OK, &document));
        }
        let mut lost = false;
        let answered = Route::of(request).and_then(|route| {
            self.permit(request, &route)?;
            lost = cluster.admit()? == Answer::Lost;
            self.act(&mut cluster, request, &route)
        });
        if lost {
            return Err(Lost);
        }
        Ok(answered.unwrap_or_else(|fault| fault.reply()))
    }

    fn act(
        &self,
        cluster: &mut Cluster,
        request: &Request<Bytes>,
        route: &Route,
    ) -> Result<Reply, Fault> {
        let ok = |document: Value| Ok(json(StatusCode::OK, &document));
        match (request.method(), &route.target.sub) {
            (&Method::GET, Sub::None) if route.target.name.is_none() && route.watches() => {
                watch::begin(cluster, Arc::clone(&self.cluster), Arc::clone(&self.pace), route)
            }
            (&Method::GET, _) => ok(read::read(cluster, route)?),
            (&Method::POST, Sub::None) => {
                is_json(request)?;
                Ok(json(StatusCode::CREATED, &write::create(cluster, route, request.body())?))
            }
            (&Method::PUT, _) => {
                is_json(request)?;
                ok(write::replace(cluster, route, request.body())?)
            }
            (&Method::PATCH, _) => {
                ok(write::patch(cluster, route, media(request), request.body())?)
            }
            (&Method::DELETE, Sub::None) => ok(write::delete(cluster, route, request.body())?),
            (method, _) => Err(Fault::method(method.as_str())),
        }
    }

    /// Fails if the caller may not do this.
    fn permit(&self, request: &Request<Bytes>, route: &Route) -> Result<(), Fault> {
        if !self.check_auth {
            return Ok(());
        }
        let token = route.token().ok_or_else(Fault::unauthorized)?;
        let Target { kind, .. } = &route.target;
        if token == READER && request.method() != Method::GET && !kind.is_review() {
            return Err(Fault::forbidden(READER, route.verb(request.method()), &route.target));
        }
        Ok(())
    }
}

#[async_trait]
impl Face for Kubernetes {
    async fn answer(&self, request: Request<Bytes>) -> Result<Reply, Lost> {
        self.pace.wait(self.latency).await;
        self.handle(&request)
    }
}

/// The media type of what is sent.
fn media<T>(request: &Request<T>) -> &str {
    let kind = request.headers().get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// Fails if what is sent is in another language than JSON: protobuf is not spoken here.
fn is_json<T>(request: &Request<T>) -> Result<(), Fault> {
    match media(request) {
        "" => Ok(()),
        kind if kind.starts_with("application/json") => Ok(()),
        kind => Err(Fault::media(kind)),
    }
}

fn json(status: StatusCode, document: &Value) -> Reply {
    whole(status, "application/json", document.to_string())
}

#[cfg(test)]
mod tests;
