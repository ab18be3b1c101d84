//! Azure: the resource manager, with a scale set that is the group of a world, its metrics, a server
//! that is its database, profiles of traffic, and the places where tokens are to be had.
//!
//! ```text
//! Request ──► token.rs (whoever asks for a token)
//!    │
//!    └──► route.rs (what is meant) ──► read.rs, write.rs, metrics.rs, settings.rs, postgres/, traffic/ ──► Said
//!                                          │            │
//!                       document.rs (pure) ┘       Subscription ──► ScaleSet ──► World
//!                                                       │
//!                                                   Operation: over when the world is there
//! ```
//!
//! Any subscription will do, and any version of the API: there is one resource group, `rg`.
//! Azure's own autoscaler can be given settings, and does not act on them.
//!
//! Start reading at [`Azure`]'s `handle`.

mod document;
mod fault;
mod metrics;
mod operation;
mod page;
mod postgres;
mod read;
mod route;
mod said;
mod set;
mod settings;
mod subscription;
mod token;
mod traffic;
mod write;

use super::{
    Pace, Shared,
    http::{Face, Lost, Reply},
    live::lock,
};
use crate::world::Answer;
use async_trait::async_trait;
use bytes::Bytes;
use fault::Fault;
use hyper::{
    Method, Request, StatusCode,
    header::{HeaderName, HeaderValue},
};
use route::{Route, What};
use said::Said;
use serde_json::{Value, json};
use setpoint_core::Span;
use std::sync::{Arc, Mutex};
use subscription::Subscription;

/// The only resource group.
const GROUP: &str = "rg";
/// Where everything is.
const LOCATION: &str = "westeurope";
/// What scale sets are called.
const SETS: &str = "Microsoft.Compute/virtualMachineScaleSets";
/// What an instance of the scenario's set is.
const SIZE: &str = "Standard_D2s_v5";
/// What the quota of such instances is called.
const FAMILY: &str = "standardDSv5Family";
/// Cores of such an instance.
const CORES: u32 = 2;
/// The token of somebody who may look and change nothing.
const READER: &str = "reader";
/// The id of a call.
const CALL: HeaderName = HeaderName::from_static("x-ms-request-id");

/// A subscription.
pub struct Azure {
    subscription: Mutex<Subscription>,
    pace: Arc<Pace>,
    latency: Span,
    check_auth: bool,
}

impl Azure {
    /// The subscription whose scale set is the group of `world`. The luck of `seed` is for what
    /// callers make besides. With `check_auth` everybody needs a token.
    pub fn new(world: Shared, pace: Arc<Pace>, seed: u64, check_auth: bool) -> Self {
        let latency = lock(&world).world.model().api.latency;
        let subscription = Subscription::new(world, Arc::clone(&pace), seed);
        Self { subscription: Mutex::new(subscription), pace, latency, check_auth }
    }

    fn handle(&self, request: &Request<Bytes>) -> Result<Reply, Lost> {
        let mut all = lock(&self.subscription);
        let call = all.begin(self.pace.now());
        if let Some(said) = token::answer(request, self.pace.present(), self.check_auth) {
            return Ok(said.reply());
        }
        let mut lost = false;
        let answered = Route::of(request).and_then(|route| {
            self.permit(request.method(), &route)?;
            route.check()?;
            lost = all.admit()? == Answer::Lost;
            act(&mut all, request, &route)
        });
        if lost {
            return Err(Lost);
        }
        let mut reply = match answered {
            Ok(said) => said.reply(),
            Err(fault) => fault.reply(),
        };
        if let Ok(call) = HeaderValue::from_str(&call) {
            reply.headers_mut().insert(CALL, call);
        }
        Ok(reply)
    }

    /// Fails if the caller may not do this.
    fn permit(&self, method: &Method, route: &Route) -> Result<(), Fault> {
        if !self.check_auth {
            return Ok(());
        }
        let token = route.token().ok_or_else(|| Fault::unauthenticated(route))?;
        if token == READER && method != Method::GET && method != Method::HEAD {
            return Err(Fault::unauthorized(READER, &action(method, &route.what), route));
        }
        Ok(())
    }
}

/// What the permissions of a subscription call a change.
fn action(method: &Method, what: &What) -> String {
    let end = if method == Method::DELETE { "delete" } else { "write" };
    if let What::SetAction(_, action) = what {
        return format!("{SETS}/{action}/action");
    }
    if let What::InstanceAction(_, _, action) = what {
        return format!("{SETS}/virtualMachines/{action}/action");
    }
    if matches!(what, What::Instance(..)) {
        return format!("{SETS}/virtualMachines/{end}");
    }
    if matches!(what, What::Setting(_)) {
        return format!("{}/{end}", settings::KIND);
    }
    if matches!(what, What::Server(_)) {
        return format!("{}/{end}", postgres::KIND);
    }
    if matches!(what, What::Profile(_)) {
        return format!("{}/{end}", traffic::KIND);
    }
    if let What::ProfileEndpoint(_, kind, _) = what {
        return format!("{}/{kind}/{end}", traffic::KIND);
    }
    if matches!(what, What::ProfileName) {
        return "Microsoft.Network/checkTrafficManagerNameAvailability/action".to_owned();
    }
    format!("{SETS}/{end}")
}

fn act(all: &mut Subscription, request: &Request<Bytes>, route: &Route) -> Result<Said, Fault> {
    let body = request.body();
    match (request.method(), &route.what) {
        (&Method::GET, what) => look(all, route, what),
        (&Method::HEAD, What::Group) => Ok(Said::new(StatusCode::NO_CONTENT, Value::Null)),
        (&Method::PUT, What::Set(name)) => write::put(all, route, name, body),
        (&Method::PATCH, What::Set(name)) => write::patch(all, route, name, body),
        (&Method::DELETE, What::Set(name)) => write::delete(all, route, name),
        (&Method::POST, What::SetAction(name, action)) => {
            write::act(all, route, (name, action), body)
        }
        (&Method::PUT, What::Instance(name, id)) => {
            write::put_instance(all, route, (name, id), body)
        }
        (&Method::DELETE, What::Instance(name, id)) => {
            write::delete_instance(all, route, (name, id))
        }
        (&Method::PUT, What::Setting(name)) => settings::put(all, route, name, body),
        (&Method::DELETE, What::Setting(name)) => Ok(settings::delete(all, name)),
        (&Method::PUT, What::Server(name)) => postgres::put(all, route, name, body),
        (&Method::PATCH, What::Server(name)) => postgres::patch(all, route, name, body),
        (&Method::DELETE, What::Server(name)) => postgres::delete(all, route, name),
        (_, What::Profile(_) | What::ProfileEndpoint(..) | What::ProfileName) => {
            route_users(all, request, route)
        }
        (&Method::POST, What::InstanceAction(..)) => Err(Fault::unknown(&route.path)),
        (method, _) => Err(Fault::method(method.as_str())),
    }
}

/// Changes where users are sent.
fn route_users(
    all: &mut Subscription,
    request: &Request<Bytes>,
    route: &Route,
) -> Result<Said, Fault> {
    let body = request.body();
    match (request.method(), &route.what) {
        (&Method::POST, What::ProfileName) => traffic::free(all, body),
        (&Method::PUT, What::Profile(name)) => traffic::put(all, route, name, body),
        (&Method::PATCH, What::Profile(name)) => traffic::patch(all, route, name, body),
        (&Method::DELETE, What::Profile(name)) => Ok(traffic::delete(all, name)),
        (&Method::PUT, What::ProfileEndpoint(name, kind, own)) => {
            traffic::put_endpoint(all, route, (name, kind, own), body)
        }
        (&Method::PATCH, What::ProfileEndpoint(name, kind, own)) => {
            traffic::patch_endpoint(all, route, (name, kind, own), body)
        }
        (&Method::DELETE, What::ProfileEndpoint(name, kind, own)) => {
            Ok(traffic::delete_endpoint(all, (name, kind, own)))
        }
        (method, _) => Err(Fault::method(method.as_str())),
    }
}

fn look(all: &Subscription, route: &Route, what: &What) -> Result<Said, Fault> {
    match what {
        What::Subscription => Ok(read::subscription(route)),
        What::Groups => Ok(Said::ok(json!({ "value": [read::group(route)] }))),
        What::Group => Ok(Said::ok(read::group(route))),
        What::Sets => read::sets(all, route),
        What::Set(name) => read::set(all, route, name),
        What::SetView(name) => read::set_view(all, name),
        What::Instances(name) => read::instances(all, route, name),
        What::Instance(name, id) => read::instance(all, route, (name, id)),
        What::InstanceView(name, id) => read::instance_view(all, (name, id)),
        What::Operation(id) => all.tell_operation(route, id),
        What::Settings => Ok(settings::list(all)),
        What::Setting(name) => settings::get(all, name),
        What::Permissions => Ok(read::permissions(route)),
        What::Metrics(name) => metrics::values(all, route, name),
        What::MetricDefinitions(name) => metrics::definitions(all, route, name),
        What::Servers => postgres::servers(all, route),
        What::Server(name) => postgres::server(all, route, name),
        What::Replicas(name) => postgres::replicas(all, route, name),
        What::Configurations(name) => postgres::configurations(all, route, name),
        What::Configuration(name, which) => postgres::configuration(all, route, (name, which)),
        What::Endpoints(name) => postgres::endpoints(all, name),
        What::Profiles => traffic::profiles(all, route),
        What::Profile(name) => traffic::profile(all, route, name),
        What::ProfileEndpoint(name, kind, own) => traffic::endpoint(all, route, (name, kind, own)),
        What::SetAction(..) | What::InstanceAction(..) | What::ProfileName => {
            Err(Fault::unknown(&route.path))
        }
    }
}

#[async_trait]
impl Face for Azure {
    async fn answer(&self, request: Request<Bytes>) -> Result<Reply, Lost> {
        self.pace.wait(self.latency).await;
        self.handle(&request)
    }
}

#[cfg(test)]
mod tests;
