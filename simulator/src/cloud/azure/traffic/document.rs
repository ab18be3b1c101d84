//! Profiles and endpoints as documents have them.

use super::{
    super::{route::Route, subscription::Subscription},
    Endpoint, KIND, Profile, monitor,
};
use serde_json::{Value, json};

/// The document of a profile.
pub(super) fn of_profile(all: &Subscription, route: &Route, profile: &Profile) -> Value {
    let mut properties = profile.properties.clone();
    let endpoints = profile.endpoints.iter().map(|it| of_endpoint(all, route, profile, it));
    properties["endpoints"] = endpoints.collect();
    properties["monitorConfig"]["profileMonitorStatus"] = json!(monitor::of_profile(all, profile));
    json!({
        "id": route.id(KIND, &profile.name), "name": profile.name, "type": KIND,
        "location": "global", "tags": profile.tags, "properties": properties,
    })
}

/// The document of an endpoint of `profile`.
pub(super) fn of_endpoint(
    all: &Subscription,
    route: &Route,
    profile: &Profile,
    it: &Endpoint,
) -> Value {
    let mut properties = it.properties.clone();
    properties["endpointMonitorStatus"] = json!(monitor::of_endpoint(all, profile, it));
    json!({
        "id": format!("{}/{}/{}", route.id(KIND, &profile.name), it.kind, it.name),
        "name": it.name, "type": format!("{KIND}/{}", it.kind), "properties": properties,
    })
}
