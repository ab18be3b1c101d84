//! A profile of Traffic Manager at a simulated Azure, made and looked at past the agent.

use crate::Simulated;
use serde_json::{Value, json};

/// What profiles are called.
const KIND: &str = "Microsoft.Network/trafficManagerProfiles";

/// The path of the profile called `name` in a subscription.
pub fn path(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/rg/providers/{KIND}/{name}")
}

/// A profile called `name` that sends users to `eu`, where the scale set `set` serves, and to `aws`,
/// which is elsewhere and answers, by these weights.
pub fn document(name: &str, set: &str, [eu, aws]: [u32; 2]) -> Value {
    let group = "/subscriptions/fake/resourceGroups/rg";
    let resource = format!("{group}/providers/Microsoft.Network/publicIPAddresses/{set}");
    json!({
        "location": "global", "tags": { "team": "a" },
        "properties": {
            "trafficRoutingMethod": "Weighted", "dnsConfig": { "relativeName": name, "ttl": 30 },
            "monitorConfig": { "protocol": "HTTPS", "port": 443, "path": "/" },
            "endpoints": [
                { "name": "eu", "type": format!("{KIND}/azureEndpoints"),
                  "properties": { "targetResourceId": resource, "weight": eu } },
                { "name": "aws", "type": format!("{KIND}/externalEndpoints"),
                  "properties": { "target": "lb.example.com", "weight": aws } },
            ],
        },
    })
}

/// The weights of the endpoints of the profile at `path`. Panics if one is disabled.
#[track_caller]
pub fn weights(simulated: &Simulated, path: &str) -> Vec<u64> {
    let profile = simulated.arm("GET", path, &Value::Null);
    let endpoints = profile["properties"]["endpoints"].as_array().expect("a list").iter();
    let weight = |endpoint: &Value| {
        let properties = &endpoint["properties"];
        assert_eq!(properties["endpointStatus"], "Enabled", "{profile}");
        properties["weight"].as_u64().expect("a weight")
    };
    endpoints.map(weight).collect()
}

/// What the probes of the endpoints of the profile at `path` tell.
#[track_caller]
pub fn states(simulated: &Simulated, path: &str) -> Vec<String> {
    let profile = simulated.arm("GET", path, &Value::Null);
    let endpoints = profile["properties"]["endpoints"].as_array().expect("a list").iter();
    let state = |it: &Value| it["properties"]["endpointMonitorStatus"].as_str().map(str::to_owned);
    endpoints.map(|endpoint| state(endpoint).expect("a state")).collect()
}
