//! What is read of profiles.

use super::{
    super::{
        fault::Fault, page::page, route::Route, said::Said, subscription::Subscription,
        write::parsed,
    },
    DOMAIN, Profile,
    document::{of_endpoint, of_profile},
};
use bytes::Bytes;
use serde_json::json;

pub(in super::super) fn profiles(all: &Subscription, route: &Route) -> Result<Said, Fault> {
    let listed = all.profiles.iter();
    page(route, listed.map(|(key, it)| (key.clone(), of_profile(all, route, it))))
}

pub(in super::super) fn profile(
    all: &Subscription,
    route: &Route,
    name: &str,
) -> Result<Said, Fault> {
    Ok(Said::ok(of_profile(all, route, all.see_profile(name)?)))
}

pub(in super::super) fn endpoint(
    all: &Subscription,
    route: &Route,
    (profile, kind, name): (&str, &str, &str),
) -> Result<Said, Fault> {
    let profile = all.see_profile(profile)?;
    Ok(Said::ok(of_endpoint(all, route, profile, profile.endpoint(kind, name)?)))
}

/// Whether a name is free below the domain of all profiles.
pub(in super::super) fn free(all: &Subscription, body: &Bytes) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let name = given["name"].as_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::bad("The name is missing."))?;
    let mut answer = json!({
        "name": name, "type": given["type"], "nameAvailable": !is_taken(all, name, None),
    });
    if is_taken(all, name, None) {
        answer["reason"] = json!("AlreadyExists");
        answer["message"] = json!(taken(name));
    }
    Ok(Said::ok(answer))
}

/// Whether a profile, but for `own`, is found by this name.
pub(super) fn is_taken(all: &Subscription, name: &str, own: Option<&str>) -> bool {
    let has = |it: &Profile| {
        let relative = it.properties["dnsConfig"]["relativeName"].as_str().unwrap_or_default();
        relative.eq_ignore_ascii_case(name)
    };
    let others = all.profiles.iter().filter(|(key, _)| own != Some(key.as_str()));
    others.into_iter().any(|(_, it)| has(it))
}

pub(super) fn taken(name: &str) -> String {
    format!("Domain name {name}.{DOMAIN} already exists. Please choose a different DNS prefix.")
}
