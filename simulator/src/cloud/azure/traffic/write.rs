//! Profiles and endpoints that are made, changed and deleted. All is done when it is answered.

use super::{
    super::{
        fault::Fault,
        route::Route,
        said::Said,
        subscription::Subscription,
        write::{overlay, parsed},
    },
    AZURE, DOMAIN, EXTERNAL, Endpoint, KIND, NESTED, Profile,
    document::{of_endpoint, of_profile},
    kind_of,
    monitor::last_part,
    read::{is_taken, taken},
};
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value, json};
use setpoint_core::Span;

const METHODS: [&str; 6] =
    ["Performance", "Priority", "Weighted", "Geographic", "MultiValue", "Subnet"];
const STATES: [&str; 2] = ["Enabled", "Disabled"];

/// Makes a profile, or puts what is in `body` in its place: endpoints that it does not name go.
pub(in super::super) fn put(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let location = given["location"].as_str().filter(|it| !it.is_empty());
    if !location.ok_or_else(Fault::no_location)?.eq_ignore_ascii_case("global") {
        return Err(Fault::bad("The location of a profile is global."));
    }
    let key = name.to_ascii_lowercase();
    let before = all.profiles.get(&key).cloned();
    let empty = Profile {
        name: before.as_ref().map_or(name, |it| &it.name).to_owned(),
        tags: Map::new(),
        properties: json!({}),
        endpoints: Vec::new(),
    };
    let mut profile = changed(all, empty, &given)?;
    let list = &given["properties"]["endpoints"];
    for given in list.as_array().into_iter().flatten() {
        let kind = given["type"].as_str().and_then(|kind| kind_of(last_part(Some(kind))?));
        let kind = kind.ok_or_else(|| invalid("type", &given["type"]))?;
        let name = given["name"].as_str().unwrap_or_default();
        if profile.endpoint(kind, name).is_ok() {
            return Err(Fault::bad(format!(
                "There are duplicates in the list of endpoints. The following endpoint(s) appear \
                 more than once: {name}."
            )));
        }
        let own = before.as_ref().and_then(|it| it.endpoint(kind, name).ok());
        let since = own.map(|it| (it.since, &it.properties));
        let made = made((kind, name), &given["properties"], (&profile, since), all.now)?;
        profile.endpoints.push(made);
    }
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let document = of_profile(all, route, &profile);
    all.profiles.insert(key, profile);
    Ok(Said::new(status, document))
}

/// Changes of a profile what is in `body`, which may be anything but its endpoints.
pub(in super::super) fn patch(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let before = all.see_profile(name)?.clone();
    // In Azure's own words, as a user of its client for .NET met them.
    if !given["properties"]["endpoints"].is_null() {
        return Err(Fault::bad(
            "The 'endpoints' property cannot be specified when updating a profile using PATCH. \
             Please use PUT to update the profile instead.",
        ));
    }
    let profile = changed(all, before, &given)?;
    let document = of_profile(all, route, &profile);
    all.profiles.insert(name.to_ascii_lowercase(), profile);
    Ok(Said::ok(document))
}

/// Deletes a profile.
pub(in super::super) fn delete(all: &mut Subscription, name: &str) -> Said {
    gone(all.profiles.remove(&name.to_ascii_lowercase()).is_some())
}

/// Makes an endpoint, or puts what is in `body` in its place.
pub(in super::super) fn put_endpoint(
    all: &mut Subscription,
    route: &Route,
    at: (&str, &'static str, &str),
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    write_endpoint(all, route, at, &given["properties"])
}

/// Changes of an endpoint what is in `body`.
pub(in super::super) fn patch_endpoint(
    all: &mut Subscription,
    route: &Route,
    at: (&str, &'static str, &str),
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let mut whole = all.see_profile(at.0)?.endpoint(at.1, at.2)?.properties.clone();
    overlay(&mut whole, &given["properties"]);
    write_endpoint(all, route, at, &whole)
}

/// Deletes an endpoint.
pub(in super::super) fn delete_endpoint(
    all: &mut Subscription,
    (profile, kind, name): (&str, &str, &str),
) -> Said {
    let Some(profile) = all.profiles.get_mut(&profile.to_ascii_lowercase()) else {
        return gone(false);
    };
    let before = profile.endpoints.len();
    profile.endpoints.retain(|it| it.kind != kind || !it.name.eq_ignore_ascii_case(name));
    gone(profile.endpoints.len() < before)
}

fn write_endpoint(
    all: &mut Subscription,
    route: &Route,
    (profile, kind, name): (&str, &'static str, &str),
    given: &Value,
) -> Result<Said, Fault> {
    let mut changed = all.see_profile(profile)?.clone();
    let at = changed
        .endpoints
        .iter()
        .position(|it| it.kind == kind && it.name.eq_ignore_ascii_case(name));
    let own = at.map(|at| (changed.endpoints[at].since, &changed.endpoints[at].properties));
    let made = made((kind, name), given, (&changed, own), all.now)?;
    let status = if at.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let document = of_endpoint(all, route, &changed, &made);
    match at {
        Some(at) => changed.endpoints[at] = made,
        None => changed.endpoints.push(made),
    }
    all.profiles.insert(profile.to_ascii_lowercase(), changed);
    Ok(Said::new(status, document))
}

fn gone(was_there: bool) -> Said {
    match was_there {
        // So Azure calls it.
        true => Said::ok(json!({ "boolean": true })),
        false => Said::new(StatusCode::NO_CONTENT, Value::Null),
    }
}

/// `profile` with everything that `given` says of it, but for its endpoints.
fn changed(all: &Subscription, mut profile: Profile, given: &Value) -> Result<Profile, Fault> {
    let tags = &given["tags"];
    if !tags.is_null() {
        let texts = tags.as_object().filter(|tags| tags.values().all(Value::is_string));
        profile.tags = texts.cloned().ok_or_else(|| Fault::content("tags are texts by name"))?;
    }
    let properties = &mut profile.properties;
    overlay(properties, &given["properties"]);
    take(properties, &["endpoints"]);
    default(properties, "profileStatus", "Enabled");
    default(properties, "trafficViewEnrollmentStatus", "Disabled");
    one_of(properties, "profileStatus", &STATES)?;
    one_of(properties, "trafficRoutingMethod", &METHODS)?;
    let monitor = &mut properties["monitorConfig"];
    let known =
        monitor["protocol"].as_str().is_some_and(|it| ["HTTP", "HTTPS", "TCP"].contains(&it));
    if !known || monitor["port"].as_u64().is_none() {
        return Err(Fault::bad("The monitoring settings have no protocol, or no port."));
    }
    for (key, value) in
        [("intervalInSeconds", 30), ("timeoutInSeconds", 10), ("toleratedNumberOfFailures", 3)]
    {
        default(monitor, key, value);
    }
    take(monitor, &["profileMonitorStatus"]);
    let dns = &mut properties["dnsConfig"];
    let relative = dns["relativeName"].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
    let relative = relative.ok_or_else(|| invalid("relativeName", &dns["relativeName"]))?;
    if is_taken(all, &relative, Some(&profile.name.to_ascii_lowercase())) {
        return Err(Fault::dns_taken(taken(&relative)));
    }
    default(dns, "ttl", 60);
    dns["fqdn"] = json!(format!("{relative}.{DOMAIN}"));
    Ok(profile)
}

/// An endpoint of `profile` as `given` says it; `own` is since when its probes ask, and what it was.
fn made(
    (kind, name): (&'static str, &str),
    given: &Value,
    (profile, own): (&Profile, Option<(Span, &Value)>),
    now: Span,
) -> Result<Endpoint, Fault> {
    if name.trim().is_empty() || name.len() > 260 {
        return Err(Fault::bad(format!("Endpoint name '{name}' is invalid.")));
    }
    let mut properties = json!({});
    overlay(&mut properties, given);
    take(&mut properties, &["endpointMonitorStatus"]);
    default(&mut properties, "endpointStatus", "Enabled");
    one_of(&properties, "endpointStatus", &STATES)?;
    default(&mut properties, "weight", 1);
    let next = profile.endpoints.iter().filter_map(|it| it.properties["priority"].as_u64()).max();
    default(&mut properties, "priority", next.map_or(1, |last| last + 1));
    for key in ["weight", "priority"] {
        if !properties[key].as_u64().is_some_and(|it| (1..=1000).contains(&it)) {
            return Err(invalid(key, &properties[key]));
        }
    }
    let must = match kind {
        EXTERNAL => "target",
        _ => "targetResourceId",
    };
    if properties[must].as_str().is_none_or(str::is_empty) {
        return Err(invalid(must, &properties[must]));
    }
    if kind == NESTED && properties["minChildEndpoints"].as_u64().is_none() {
        return Err(invalid("minChildEndpoints", &properties["minChildEndpoints"]));
    }
    if kind == AZURE {
        let resource = last_part(properties["targetResourceId"].as_str()).unwrap_or_default();
        properties["target"] =
            json!(format!("{resource}.{}.cloudapp.azure.com", super::super::LOCATION));
    }
    let same = |it: &Value| {
        ["target", "targetResourceId", "endpointStatus"].iter().all(|at| it[*at] == properties[*at])
    };
    let since = own.filter(|(_, before)| same(before)).map_or(now, |(since, _)| since);
    Ok(Endpoint { name: name.to_owned(), kind, properties, since })
}

fn default(whole: &mut Value, key: &str, value: impl Into<Value>) {
    if whole[key].is_null() {
        whole[key] = value.into();
    }
}

fn take(whole: &mut Value, keys: &[&str]) {
    let Some(whole) = whole.as_object_mut() else { return };
    keys.iter().for_each(|key| drop(whole.remove(*key)));
}

fn one_of(whole: &Value, key: &str, known: &[&str]) -> Result<(), Fault> {
    let said = whole[key].as_str().is_some_and(|it| known.contains(&it));
    if said { Ok(()) } else { Err(invalid(key, &whole[key])) }
}

fn invalid(key: &str, said: &Value) -> Fault {
    Fault::bad(format!("The value {said} of '{key}' is invalid in a {KIND}."))
}
