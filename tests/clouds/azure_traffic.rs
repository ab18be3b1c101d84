//! Traffic on the simulated Azure: judged by the official client and the published description, and
//! moved by the real agent.

use crate::{
    azure_agent::{GROUP, plugged, runtime},
    operations,
    prism::complaints,
};
use serde_json::{Value, json};
use setpoint_azure::{Endpoints, ProfileId, TrafficPatient};
use setpoint_control::{Act, Observe, Severity};
use setpoint_core::{Action, Intent, IntentId, Seen, Shares, TargetName};
use std::{collections::BTreeMap, process::Output};
use support::{
    Prism, Simulated, Site, Witness, profile, profile_path, profile_states, profile_weights, until,
};

/// Away from a region that is dead, and back in steps of half of all users.
const POLICY: &str = r#"
const POLICY = #{
    about: "Fail over", language: 1,
    targets: #{ front: #{ kind: "traffic", destinations: ["main", "standby"], step_down: "50%" } },
};
rule "fail over" when !front.healthy("main") && front.healthy("standby") {
    front.shift_to("standby").because("main does not answer");
}
rule "back" when front.healthy("main") { front.shift_to("main"); }
"#;

fn front() -> String {
    profile_path("fake", "front")
}

/// An agent with a pass every second that acts on the profile `front`; `more` is of its provider.
fn site(simulated: &Simulated, more: &str) -> Site {
    let azure = simulated.url("azure");
    let config = format!(
        r#"
region = "westeurope"
mode = "act"
every = "1s"
data_dir = "{{data}}"

[providers.azure]
kind = "azure"
subscription = "fake"
resource_group = "rg"
endpoint = "{azure}"
{more}

[targets.front]
kind = "traffic"
provider = "azure"
id = "front"
destinations = {{ main = "eu", standby = "aws" }}
settle = "1s"
cooldown_down = "1s"

[[policies]]
file = "failover.rhai"
targets = {{ front = "front" }}
"#
    );
    let site = Site::new(&config).with("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure);
    site.write("failover.rhai", POLICY);
    site
}

/// Makes the profile, and the scale set that its first endpoint names; waits until both answer.
fn make(simulated: &Simulated) {
    let set = json!({ "location": "westeurope",
        "sku": { "name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2 },
        "properties": { "orchestrationMode": "Uniform" } });
    simulated.arm("PUT", &eu(), &set);
    simulated.arm("PUT", &front(), &profile("front", "eu", [1000, 1]));
    until("both answer", || {
        let states = profile_states(simulated, &front());
        if states == ["Online", "Online"] { Ok(()) } else { Err(states) }
    });
}

fn eu() -> String {
    format!("{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/eu")
}

/// Has so many machines serve what the first endpoint leads to.
fn size(simulated: &Simulated, machines: u32) {
    simulated.arm("PATCH", &eu(), &json!({ "sku": { "capacity": machines } }));
}

#[track_caller]
fn sent(simulated: &Simulated, expected: [u64; 2]) {
    until("users are sent elsewhere", || {
        let weights = profile_weights(simulated, &front());
        if weights == expected { Ok(()) } else { Err(weights) }
    });
}

fn text(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    both.concat()
}

#[test]
fn the_official_client_drives_traffic_manager() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let said = simulated.ask("azure", "traffic_profiles.py", &[]);
    assert!(operations(&said) >= 12, "{said}");
}

#[test]
fn profiles_are_made_by_those_with_a_token_that_may() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    simulated.ask("azure", "traffic_profiles.py", &["reader"]);
}

#[test]
fn users_leave_a_destination_that_is_dead_at_once_and_come_back_in_steps() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    make(&simulated);
    let before = simulated.arm("GET", &front(), &Value::Null);
    let site = site(&simulated, "");
    let mut agent = site.start();
    agent.passes(2);
    assert_eq!(profile_weights(&simulated, &front()), [1000, 1], "all users are at home");
    size(&simulated, 0);
    agent.action();
    sent(&simulated, [1, 1000]);
    let said = site.explain("front");
    assert!(said.contains("main 100 % (unhealthy)") && said.contains("destinations"), "{said}");
    size(&simulated, 2);
    agent.action();
    sent(&simulated, [500, 500]);
    agent.action();
    sent(&simulated, [1000, 1]);
    agent.stop();
    until("all is as before", || {
        let after = simulated.arm("GET", &front(), &Value::Null);
        if after == before { Ok(()) } else { Err(after) }
    });
}

#[test]
fn a_pause_keeps_users_where_they_are() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    make(&simulated);
    simulated.arm("PATCH", &front(), &json!({ "tags": { "setpoint:pause": "a game day" } }));
    let site = site(&simulated, "");
    let mut agent = site.start();
    agent.passes(1);
    size(&simulated, 0);
    agent.passes(3);
    assert_eq!(profile_weights(&simulated, &front()), [1000, 1]);
    let said = site.explain("front");
    assert!(said.contains("a game day"), "{said}");
    agent.stop();
}

#[test]
fn what_lacks_for_traffic_is_told_before_anybody_is_moved() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    make(&simulated);
    let authority = simulated.url("azure");
    let reader = site(
        &simulated,
        &format!(
            "tenant_id = \"tenant\"\nclient_id = \"reader\"\nsecret_file = \"secret\"\n\
             authority = \"{authority}\""
        ),
    );
    // The secret of an application is its name.
    reader.write("secret", "reader\n");
    let told = reader.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(77), "{}", text(&told));
    let words = "not permitted: target front: change traffic profile front is not allowed";
    assert!(text(&told).contains(words), "{}", text(&told));

    let site = site(&simulated, "");
    let fine = site.run(&["doctor"]);
    assert!(fine.status.success() && !text(&fine).contains("nobody can tell"), "{}", text(&fine));
    let off = json!({ "properties": { "endpointStatus": "Disabled" } });
    simulated.arm("PATCH", &format!("{}/externalEndpoints/aws", front()), &off);
    let told = text(&site.run(&["doctor"]));
    assert!(told.contains("nobody can tell whether standby answers"), "{told}");
    simulated.arm(
        "PATCH",
        &front(),
        &json!({ "properties": { "trafficRoutingMethod": "Priority" } }),
    );
    let told = site.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
    assert!(text(&told).contains("front routes by Priority"), "{}", text(&told));

    let least: Value = serde_json::from_slice(&site.run(&["permissions"]).stdout).expect("JSON");
    let profiles = "Microsoft.Network/trafficManagerProfiles";
    let expected = ["read", "write"].map(|action| format!("{profiles}/{action}"));
    assert_eq!(least["Actions"], json!(expected));
    assert_eq!(least["AssignableScopes"], json!([GROUP]));
}

#[test]
fn requests_and_answers_are_what_the_published_description_says() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let prism = Prism::before(simulated.url("azure"));
    let (none, path) = (Value::Null, profile_path("s", "front"));
    let one = format!("{path}/externalEndpoints/gcp");
    let target = json!({ "properties": { "target": "gcp.example.com", "weight": 5 } });
    let (all, _) = path.rsplit_once('/').expect("it has a name");
    let everywhere = "/subscriptions/s/providers/Microsoft.Network/trafficManagerProfiles";
    let name = json!({ "name": "front", "type": "Microsoft.Network/trafficManagerProfiles" });
    let free = "/providers/Microsoft.Network/checkTrafficManagerNameAvailability";
    let calls = [
        ("POST", free, name.clone(), 200),
        ("PUT", &*path, profile("front", "eu", [1000, 1]), 201),
        ("POST", free, name, 200),
        ("PUT", &*path, profile("front", "eu", [500, 500]), 200),
        ("GET", &*path, none.clone(), 200),
        ("GET", all, none.clone(), 200),
        ("GET", everywhere, none.clone(), 200),
        ("PATCH", &*path, json!({ "tags": { "team": "b" } }), 200),
        ("PUT", &*one, target.clone(), 201),
        ("PATCH", &*one, target, 200),
        ("GET", &*one, none.clone(), 200),
        ("DELETE", &*one, none.clone(), 200),
        ("DELETE", &*one, none.clone(), 204),
        ("DELETE", &*path, none.clone(), 200),
        ("DELETE", &*path, none, 204),
    ];
    for (method, path, body, status) in calls {
        let said = prism.ask(method, path, &body);
        assert_eq!((said.status, &said.violations), (status, &None), "{method} {path}: {said:?}");
    }
    // What the description does not allow does not get through to be judged here.
    let mut wrong = profile("front", "eu", [1, 1]);
    wrong["properties"]["endpoints"][0]["properties"]["weight"] = json!("many");
    assert_eq!(prism.ask("PUT", &path, &wrong).status, 422);
}

#[test]
fn our_provider_asks_for_what_is_described_and_hears_nothing_else() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    make(&simulated);
    let witness = Witness::before(simulated.address("azure"));
    let (runtime, azure) = (runtime(), plugged(&witness.url()));
    let destinations = ["aws", "eu"].map(|name| (name.to_owned(), name.to_owned())).into();
    let id = ProfileId::parse("rg/front", None).expect("it names one");
    let (target, endpoints) = (TargetName::new("front"), Endpoints { profile: id, destinations });
    let targets = BTreeMap::from([(target.clone(), endpoints.clone())]);
    let shares =
        |aws: u32| -> Shares { [("aws".to_owned(), aws), ("eu".to_owned(), 100 - aws)].into() };
    let action = Action::Route { from: shares(0), to: shares(30), leaves: false };
    let intent = Intent { id: IntentId::new("r/front/1/1"), target: target.clone(), action };
    runtime.block_on(azure.traffic_hands(targets.clone()).apply(&intent)).expect("it is allowed");
    let seen = runtime.block_on(azure.traffic_eyes(targets).observe()).remove(&target);
    let Some(Seen::Traffic(seen)) = seen else { panic!("{seen:?}") };
    assert_eq!(seen.shares(), shares(30));
    let patients = BTreeMap::from([(target, TrafficPatient { endpoints, acts: true })]);
    let findings = runtime.block_on(azure.examine_traffic(&patients));
    assert!(findings.iter().all(|it| it.severity <= Severity::Note), "{findings:#?}");

    let calls = witness.calls();
    assert_eq!(complaints(&calls), [""; 0]);
    let permissions = format!("GET {}/providers/Microsoft.Authorization/permissions", front());
    for (what, at_least) in
        [(format!("GET {}", front()), 3), (format!("PUT {}", front()), 1), (permissions, 1)]
    {
        let judged = calls.iter().filter(|call| call.judged && call.what == what);
        assert!(judged.count() >= at_least, "{what}: {calls:#?}");
    }
}
