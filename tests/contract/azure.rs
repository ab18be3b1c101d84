//! Scale sets, databases with their replicas, and traffic, at a simulated Azure.

use crate::{
    subject::{Case, Provider, SECRET, Scene, Step, Way, it, missing},
    wire::{JSON, List, REST, Tongue, Wire, no},
};
use serde_json::{Value, json};
use setpoint_azure::{
    Azure, AzureEyes, AzureHands, AzureSettings, Deadlines, Endpoints, Identity, PostgresEyes,
    PostgresHands, ProfileId, ScaleSetId, ServerId, TrafficEyes, TrafficHands,
};
use setpoint_core::{Action, Shares};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use support::{Calls, MachineClock, Simulated, profile, profile_path, profile_weights, until};
use tempfile::NamedTempFile;

/// How long a look, and an action, may take.
const DEADLINE: Duration = Duration::from_secs(4);

const TONGUE: Tongue = Tongue {
    throttled: || no("429 Too Many Requests", REST, r#"{"error":{"code":"TooManyRequests"}}"#),
    unknown: || no("401 Unauthorized", JSON, r#"{"error":{"code":"InvalidAuthenticationToken"}}"#),
    forbidden: || no("403 Forbidden", JSON, r#"{"error":{"code":"AuthorizationFailed"}}"#),
    list: Some(list("/virtualMachines?")),
};

/// A list whose first page is asked for so.
const fn list(first: &'static str) -> List {
    List {
        first: Calls::With(first),
        next: Calls::With("skiptoken=more"),
        goes_on: |body, proxy| {
            let mut page: Value = serde_json::from_str(body).expect("it is JSON");
            page["nextLink"] = json!(format!("http://{proxy}/next?$skiptoken=more"));
            page.to_string()
        },
    }
}

/// A way to the subscription `s` by `wire`, and the file with the token.
fn connect(wire: &Wire, way: Way) -> (Azure, NamedTempFile) {
    let token = crate::wire::file(SECRET);
    let settings = AzureSettings {
        name: "azure".to_owned(),
        subscription: "s".to_owned(),
        endpoint: wire.url(way).parse().expect("it is an address"),
        identity: Identity::Bearer { file: token.path().to_owned() },
        deadlines: Deadlines { look: DEADLINE, act: DEADLINE },
    };
    let clock = Arc::new(MachineClock::start());
    (Azure::new(settings, clock).expect("TLS can be set up"), token)
}

/// Scale sets.
pub(crate) struct ScaleSets(Arc<Simulated>);

impl Provider for ScaleSets {
    type Eyes = AzureEyes;
    type Hands = AzureHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = "would allow it";

    fn start() -> Self {
        Self(Arc::new(Simulated::shipped("four-clouds.toml", &[])))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        let path = format!(
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/\
             virtualMachineScaleSets/{name}"
        );
        let sku =
            |size: u32| json!({ "name": "Standard_D2s_v5", "tier": "Standard", "capacity": size });
        let set = json!({ "location": "westeurope", "sku": sku(4),
            "properties": { "orchestrationMode": "Uniform" } });
        self.0.arm("PUT", &path, &set);
        // While it is made its version moves on, and a change of ours may meet another.
        until("it is made", || {
            let state = self.0.arm("GET", &path, &Value::Null)["properties"].clone();
            if state["provisioningState"] == "Succeeded" { Ok(()) } else { Err(state) }
        });
        let (azure, other, asked) = (Arc::clone(&self.0), Arc::clone(&self.0), path.clone());
        let truth = move || {
            let size = azure.arm("GET", &asked, &Value::Null)["sku"]["capacity"].as_u64();
            u32::try_from(size.expect("it has a size")).expect("a small one")
        };
        let wire = Wire::new(self.0.address("azure"), TONGUE, truth).moved_by(move || {
            other.arm("PATCH", &path, &json!({ "sku": sku(9) }));
        });
        let (azure, token) = connect(&wire, way);
        let id = |name| ScaleSetId::parse(name, Some("rg")).expect("it is a name");
        let targets = BTreeMap::from([(it(), id(name)), (missing(), id("nobody"))]);
        let eyes = Arc::new(azure.eyes(targets.clone(), BTreeSet::new()));
        let hands = Arc::new(azure.hands(targets));
        let step = Step { from: 4, to: 6, action: Action::Resize { from: 4, to: 6 } };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(wire.with(token)) }
    }
}

/// Databases: the one of a scenario, in an Azure of its own for each case.
pub(crate) struct Databases;

impl Provider for Databases {
    type Eyes = PostgresEyes;
    type Hands = PostgresHands;
    const WITHOUT: &'static [(Case, &'static str)] =
        &[(Case::MovedIsStale, "a replica is asked for by its name, whatever their number is")];
    const REMEDY: &'static str = ScaleSets::REMEDY;

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, way: Way) -> Scene<Self> {
        let simulated = Arc::new(Simulated::shipped("four-clouds.toml", &[]));
        let own = Arc::clone(&simulated);
        let truth = move || {
            let path = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/\
                        flexibleServers/orders/replicas";
            let replicas = own.arm("GET", path, &Value::Null);
            let replicas = replicas["value"].as_array().expect("a list").len();
            u32::try_from(replicas).expect("there are few")
        };
        let tongue = Tongue { list: Some(list("/replicas?")), ..TONGUE };
        let wire = Wire::new(simulated.address("azure"), tongue, truth);
        let (azure, token) = connect(&wire, way);
        let id = |name| ServerId::parse(name, Some("rg")).expect("it is a name");
        let targets = BTreeMap::from([(it(), id("orders")), (missing(), id("nobody"))]);
        let eyes = Arc::new(azure.database_eyes(targets.clone()));
        let hands = Arc::new(azure.database_hands(targets));
        let action = Action::AddReplica { name: "orders-sp-1".to_owned() };
        let (step, server) = (Step { from: 0, to: 1, action }, wire.with((token, simulated)));
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(server) }
    }
}

/// Traffic, each by a profile of its own.
pub(crate) struct Routes(Arc<Simulated>);

fn shares(aws: u32) -> Shares {
    [("aws".to_owned(), aws), ("eu".to_owned(), 100 - aws)].into()
}

impl Provider for Routes {
    type Eyes = TrafficEyes;
    type Hands = TrafficHands;
    const WITHOUT: &'static [(Case, &'static str)] =
        &[(Case::HalfAList, "a profile is one answer, with all its endpoints: there are no pages")];
    const REMEDY: &'static str = ScaleSets::REMEDY;

    fn start() -> Self {
        Self(Arc::new(Simulated::shipped("four-clouds.toml", &[])))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        let path = profile_path("s", name);
        self.0.arm("PUT", &path, &profile(name, "web", [1, 1000]));
        let (azure, other, asked) = (Arc::clone(&self.0), Arc::clone(&self.0), path.clone());
        // Ten for each percent; who has none keeps the least.
        let truth = move || {
            let weight = profile_weights(&azure, &asked)[1];
            u32::try_from(weight / 10).expect("at most a hundred")
        };
        let tongue = Tongue { list: None, ..TONGUE };
        let own = name.to_owned();
        let wire = Wire::new(self.0.address("azure"), tongue, truth).moved_by(move || {
            other.arm("PUT", &path, &profile(&own, "web", [400, 600]));
        });
        let (azure, token) = connect(&wire, way);
        let endpoints = |name: &str| {
            let profile = ProfileId::parse(name, Some("rg")).expect("it is a name");
            let own = ["aws", "eu"].map(|name| (name.to_owned(), name.to_owned()));
            Endpoints { profile, destinations: own.into() }
        };
        let targets = BTreeMap::from([(it(), endpoints(name)), (missing(), endpoints("nobody"))]);
        let eyes = Arc::new(azure.traffic_eyes(targets.clone()));
        let hands = Arc::new(azure.traffic_hands(targets));
        let action = Action::Route { from: shares(100), to: shares(40), leaves: true };
        let step = Step { from: 100, to: 40, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(wire.with(token)) }
    }
}
