//! Deployments and rollouts at a simulated cluster.

use crate::{
    subject::{Case, Provider, SECRET, Scene, Step, Way, it, missing},
    wire::{JSON, List, REST, Tongue, Wire, no},
};
use serde_json::{Value, json};
use setpoint_core::Action;
use setpoint_kubernetes::{
    Deadlines, Kubernetes, KubernetesEyes, KubernetesHands, KubernetesSettings, Place, RouteEyes,
    RouteHands, Scalable, WeightedServices,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use support::{Calls, MachineClock, Simulated, until};
use tempfile::NamedTempFile;

/// How long a look, and an action, may take.
const DEADLINE: Duration = Duration::from_secs(4);

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

const TONGUE: Tongue = Tongue {
    throttled: || no("429 Too Many Requests", REST, r#"{"message":"too many"}"#),
    unknown: || no("401 Unauthorized", JSON, r#"{"message":"Unauthorized"}"#),
    forbidden: || no("403 Forbidden", JSON, r#"{"message":"it is forbidden"}"#),
    list: Some(LIST),
};

/// A list of pods that says by a token that it goes on.
const LIST: List = List {
    first: Calls::With("/pods?"),
    next: Calls::With("continue=more"),
    goes_on: |body, _| {
        let mut page: Value = serde_json::from_str(body).expect("it is JSON");
        page["metadata"]["continue"] = json!("more");
        page.to_string()
    },
};

/// Deployments.
pub(crate) struct Deployments(Arc<Simulated>);

impl Provider for Deployments {
    type Eyes = KubernetesEyes;
    type Hands = KubernetesHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = "would allow it";

    fn start() -> Self {
        Self(Arc::new(Simulated::shipped("four-clouds.toml", &[])))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        let labels = json!({ "app": name });
        let deployment = json!({ "metadata": { "name": name }, "spec": {
            "replicas": 4, "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "one", "image": "one" }] } },
        } });
        self.0.kubernetes("POST", DEPLOYMENTS, &deployment);
        let path = format!("{DEPLOYMENTS}/{name}");
        // While its pods come up its version moves on, and a change of ours may meet another.
        until("its pods are up", || {
            let status = self.0.kubernetes("GET", &path, &Value::Null)["status"].clone();
            if status["readyReplicas"] == 4 { Ok(()) } else { Err(status) }
        });
        let (cluster, other, asked) = (Arc::clone(&self.0), Arc::clone(&self.0), path.clone());
        let truth = move || {
            let size = cluster.kubernetes("GET", &asked, &Value::Null)["spec"]["replicas"].as_u64();
            u32::try_from(size.expect("it has a size")).expect("a small one")
        };
        let address = self.0.address("kubernetes");
        let wire = Wire::new(address, TONGUE, truth).moved_by(move || {
            other.kubernetes("PATCH", &path, &json!({ "spec": { "replicas": 9 } }));
        });
        let (cluster, token) = connect(&wire, way).await;
        let scalable =
            |name: &str| Scalable::parse(&format!("deployment/{name}")).expect("it can be scaled");
        let targets = BTreeMap::from([(it(), scalable(name)), (missing(), scalable("nobody"))]);
        // Its pods are listed at every look.
        let eyes = Arc::new(cluster.eyes(targets.clone(), BTreeSet::from([it()])));
        let hands = Arc::new(cluster.hands(targets));
        let step = Step { from: 4, to: 6, action: Action::Resize { from: 4, to: 6 } };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(wire.with(token)) }
    }
}

/// The way to the cluster by `wire`, and the file with the token, which must last.
async fn connect(wire: &Wire, way: Way) -> (Kubernetes, NamedTempFile) {
    let token = crate::wire::file(SECRET);
    let url = wire.url(way).parse().expect("it is an address");
    let place = Place::Endpoint { url, token_file: Some(token.path().to_owned()) };
    let deadlines = Deadlines { look: DEADLINE, act: DEADLINE, ..Deadlines::default() };
    let settings = KubernetesSettings {
        place,
        namespace: Some("default".to_owned()),
        deadlines,
        ..KubernetesSettings::new("k8s")
    };
    let clock = Arc::new(MachineClock::start());
    (Kubernetes::connect(settings, clock).await.expect("it is an address"), token)
}

const ROUTES: &str = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes";
const SERVICES: &str = "/api/v1/namespaces/default/services";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

/// Rollouts, each a route of its own.
pub(crate) struct Rollouts(Arc<Simulated>);

impl Provider for Rollouts {
    type Eyes = RouteEyes;
    type Hands = RouteHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = "would allow it";

    fn start() -> Self {
        Self(Arc::new(Simulated::shipped("four-clouds.toml", &[])))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        let candidate = format!("{name}-new");
        for service in [name, &*candidate] {
            let made =
                json!({ "metadata": { "name": service }, "spec": { "ports": [{ "port": 80 }] } });
            self.0.kubernetes("POST", SERVICES, &made);
            let labels = json!({ "kubernetes.io/service-name": service });
            let slice = json!({
                "metadata": { "name": service, "labels": labels }, "addressType": "IPv4",
                "endpoints": [{ "addresses": ["10.0.0.1"], "conditions": { "ready": true } }],
            });
            self.0.kubernetes("POST", SLICES, &slice);
        }
        let route = json!({ "metadata": { "name": name }, "spec": { "rules": rules(name, 25) } });
        self.0.kubernetes("POST", ROUTES, &route);
        let path = format!("{ROUTES}/{name}");
        let (cluster, other, asked) = (Arc::clone(&self.0), Arc::clone(&self.0), path.clone());
        let truth = move || {
            let route = cluster.kubernetes("GET", &asked, &Value::Null);
            let weight =
                route.pointer("/spec/rules/0/backendRefs/1/weight").and_then(Value::as_u64);
            u32::try_from(weight.expect("it has a weight")).expect("a small one")
        };
        let moved = name.to_owned();
        let list = List { first: Calls::With("/endpointslices?"), ..LIST };
        let tongue = Tongue { list: Some(list), ..TONGUE };
        let wire = Wire::new(self.0.address("kubernetes"), tongue, truth).moved_by(move || {
            other.kubernetes("PATCH", &path, &json!({ "spec": { "rules": rules(&moved, 80) } }));
        });
        let (cluster, token) = connect(&wire, way).await;
        let services = |route: &str| WeightedServices {
            route: route.to_owned(),
            stable: name.to_owned(),
            candidate: candidate.clone(),
        };
        let targets = BTreeMap::from([(it(), services(name)), (missing(), services("nobody"))]);
        let (eyes, hands) =
            (Arc::new(cluster.route_eyes(targets.clone())), Arc::new(cluster.route_hands(targets)));
        let action = Action::Set { from: 25, to: 50, leaves: true, revision: None };
        let step = Step { from: 25, to: 50, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(wire.with(token)) }
    }
}

/// Rules of a route that give the candidate so many percent.
fn rules(name: &str, share: u32) -> Value {
    json!([{ "backendRefs": [
        { "name": name, "port": 80, "weight": 100 - share },
        { "name": format!("{name}-new"), "port": 80, "weight": share },
    ] }])
}
