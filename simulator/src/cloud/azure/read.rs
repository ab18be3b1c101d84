//! What is read: sets, instances, and how they stand.

use super::{
    GROUP, LOCATION, READER, document, fault::Fault, page::page, route::Route, said::Said,
    subscription::Subscription,
};
use hyper::header;
use serde_json::{Value, json};

/// The subscription itself.
pub(super) fn subscription(route: &Route) -> Said {
    let id = &route.subscription;
    Said::ok(json!({
        "id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": "setpoint-sim",
        "state": "Enabled",
    }))
}

/// The only resource group.
pub(super) fn group(route: &Route) -> Value {
    let subscription = &route.subscription;
    json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/{GROUP}"), "name": GROUP,
        "type": "Microsoft.Resources/resourceGroups", "location": LOCATION, "tags": {},
        "properties": { "provisioningState": "Succeeded" },
    })
}

/// What the caller may do.
pub(super) fn permissions(route: &Route) -> Said {
    let actions = if route.token() == Some(READER) { "*/read" } else { "*" };
    Said::ok(json!({ "value": [{
        "actions": [actions], "notActions": [], "dataActions": [], "notDataActions": [],
    }] }))
}

pub(super) fn sets(all: &Subscription, route: &Route) -> Result<Said, Fault> {
    page(route, all.sets.iter().map(|(key, set)| (key.clone(), document::of_set(all, route, set))))
}

pub(super) fn set(all: &Subscription, route: &Route, name: &str) -> Result<Said, Fault> {
    let set = all.see(name)?;
    Ok(Said::ok(document::of_set(all, route, set)).with(header::ETAG, set.etag()))
}

pub(super) fn set_view(all: &Subscription, name: &str) -> Result<Said, Fault> {
    Ok(Said::ok(document::view_of_set(all, all.see(name)?)))
}

pub(super) fn instances(all: &Subscription, route: &Route, name: &str) -> Result<Said, Fault> {
    let set = all.see(name)?;
    if route.asked("$filter").is_some() {
        return Err(Fault::parameter("$filter is not simulated here."));
    }
    let with_view = expands(route)?;
    let told = document::instances(set).into_iter();
    let told = told.map(|it| (it.0.number, document::of_instance(all, route, set, it, with_view)));
    page(route, told)
}

pub(super) fn instance(
    all: &Subscription,
    route: &Route,
    (name, id): (&str, &str),
) -> Result<Said, Fault> {
    let set = all.see(name)?;
    let with_view = expands(route)?;
    let mut found = document::instances(set).into_iter();
    let found = found.find(|(member, _)| member.number.to_string() == id);
    let found = found.ok_or_else(|| Fault::no_instance(&set.name, id))?;
    Ok(Said::ok(document::of_instance(all, route, set, found, with_view)))
}

pub(super) fn instance_view(all: &Subscription, (name, id): (&str, &str)) -> Result<Said, Fault> {
    let set = all.see(name)?;
    let mut found = document::instances(set).into_iter();
    let found = found.find(|(member, _)| member.number.to_string() == id);
    let (member, leaves) = found.ok_or_else(|| Fault::no_instance(&set.name, id))?;
    Ok(Said::ok(document::view_of_instance(all, member, leaves)))
}

/// Whether how an instance stands is asked for.
fn expands(route: &Route) -> Result<bool, Fault> {
    match route.asked("$expand").map(str::to_ascii_lowercase).as_deref() {
        None | Some("userdata") => Ok(false),
        Some("instanceview") => Ok(true),
        Some(other) => {
            Err(Fault::parameter(format!("The value '{other}' of parameter $expand is invalid.")))
        }
    }
}
