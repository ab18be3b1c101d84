//! Deployments at a simulated cluster.

use crate::{
    subject::{Case, Provider, SECRET, Scene, Step, Way, it, missing},
    wire::{JSON, List, REST, Tongue, Wire, no},
};
use serde_json::{Value, json};
use setpoint_core::Action;
use setpoint_kubernetes::{
    Deadlines, Kubernetes, KubernetesEyes, KubernetesHands, KubernetesSettings, Place, Scalable,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use support::{Calls, MachineClock, Simulated, until};

/// How long a look, and an action, may take.
const DEADLINE: Duration = Duration::from_secs(4);

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

const TONGUE: Tongue = Tongue {
    throttled: || no("429 Too Many Requests", REST, r#"{"message":"too many"}"#),
    unknown: || no("401 Unauthorized", JSON, r#"{"message":"Unauthorized"}"#),
    forbidden: || no("403 Forbidden", JSON, r#"{"message":"it is forbidden"}"#),
    list: Some(List {
        first: Calls::With("/pods?"),
        next: Calls::With("continue=more"),
        goes_on: |body, _| {
            let mut page: Value = serde_json::from_str(body).expect("it is JSON");
            page["metadata"]["continue"] = json!("more");
            page.to_string()
        },
    }),
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
        let cluster = Kubernetes::connect(settings, clock).await.expect("it is an address");
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
