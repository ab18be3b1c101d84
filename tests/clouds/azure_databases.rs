//! Databases on the simulated Azure: judged by the official client, and kept by the real agent.

use crate::{azure_agent::WEB, operations};
use serde_json::{Value, json};
use support::{Simulated, Site, replicas_policy, until};

const SERVERS: &str =
    "/subscriptions/fake/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers";

/// The shipped scenario, ten minutes in a second: a replica takes twelve minutes to make.
fn quick(arguments: &[&str]) -> Simulated {
    Simulated::shipped_at("600", "four-clouds.toml", arguments)
}

#[test]
fn the_official_client_makes_and_deletes_replicas() {
    let simulated = quick(&[]);
    let said = simulated.ask("azure", "flexible_servers.py", &[]);
    assert!(operations(&said) >= 10, "{said}");
}

#[test]
fn replicas_are_made_by_those_with_a_token_that_may() {
    let simulated = quick(&["--check-auth"]);
    simulated.ask("azure", "flexible_servers.py", &["reader"]);
}

/// An agent in `act` that keeps replicas of the database by how full it is.
fn site(simulated: &Simulated) -> Site {
    let (azure, prometheus) = (simulated.url("azure"), simulated.url("prometheus"));
    let config = format!(
        r#"
region = "westeurope"
mode = "act"
every = "1s"
data_dir = "{{data}}"

[sources.world]
kind = "prometheus"
url = "{prometheus}"

[providers.azure]
kind = "azure"
subscription = "fake"
resource_group = "rg"
endpoint = "{azure}"

[targets.orders]
kind = "database"
provider = "azure"
id = "orders"
max_replicas = 2
settle = "1s"
budget = "100%"
cooldown_down = "1s"

[[policies]]
name = "replicas"
file = "replicas.rhai"
inputs = {{ connections = {{ source = "world", query = 'world_connections_percent{{cloud="azure"}}' }} }}
targets = {{ db = "orders" }}
"#
    );
    let site = Site::new(&config).with("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure);
    site.write("replicas.rhai", &replicas_policy(3));
    site
}

/// The replicas there are.
fn replicas(simulated: &Simulated) -> Vec<Value> {
    let list = simulated.arm("GET", &format!("{SERVERS}/orders/replicas"), &Value::Null);
    list["value"].as_array().expect("a list").clone()
}

/// Has so many members keep their connections open.
fn crowd(simulated: &Simulated, members: u32) {
    simulated.arm("PATCH", WEB, &json!({ "sku": { "capacity": members } }));
}

#[test]
fn connections_above_80_percent_bring_a_replica_that_goes_after_the_calm() {
    let simulated = quick(&["--check-auth"]);
    // 85 % of what the primary takes, and half of it once a replica shares the readers.
    crowd(&simulated, 170);
    let site = site(&simulated);
    let mut agent = site.start();
    let replica = until("a replica serves", || {
        agent.passes(1);
        let all = replicas(&simulated);
        match all.as_slice() {
            [one] if one["properties"]["replica"]["replicationState"] == "Active" => {
                Ok(one.clone())
            }
            _ => Err(all),
        }
    });
    assert_eq!(replica["name"], "orders-sp-1");
    assert_eq!(replica["tags"], json!({ "setpoint:managed-by": "setpoint" }));
    agent.passes(3);
    assert_eq!(replicas(&simulated).len(), 1, "one is enough");
    crowd(&simulated, 20);
    until("it is gone", || {
        agent.passes(1);
        let all = replicas(&simulated);
        if all.is_empty() { Ok(()) } else { Err(all) }
    });
    let primary = simulated.arm("GET", &format!("{SERVERS}/orders"), &Value::Null);
    assert_eq!(primary["properties"]["state"], "Ready", "the primary is as it was");
    agent.stop();
}

#[test]
fn what_lacks_for_a_database_is_told_before_anything_is_done() {
    let simulated = quick(&["--check-auth"]);
    let site = site(&simulated);
    let fine = site.run(&["doctor"]);
    assert!(fine.status.success(), "{fine:?}");
    let mut theirs = json!({ "location": "westeurope", "properties": { "createMode": "Replica" } });
    theirs["properties"]["sourceServerResourceId"] = json!(format!("{SERVERS}/orders"));
    simulated.arm_begins("PUT", &format!("{SERVERS}/orders-bi"), &theirs);
    let pause = json!({ "tags": { "setpoint:pause": "an upgrade" } });
    simulated.arm_begins("PATCH", &format!("{SERVERS}/orders"), &pause);
    let told = site.run(&["doctor"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    for part in [
        "warning: target orders: paused by its tag: an upgrade",
        "note: target orders: 1 of its 1 replicas are not ours: they are never removed",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let least: Value = serde_json::from_slice(&site.run(&["permissions"]).stdout).expect("JSON");
    let server = "Microsoft.DBforPostgreSQL/flexibleServers";
    let expected: Vec<String> = [
        "configurations/read",
        "delete",
        "read",
        "replicas/read",
        "virtualEndpoints/read",
        "write",
    ]
    .map(|action| format!("{server}/{action}"))
    .into();
    assert_eq!(least["Actions"], json!(expected));
}
