//! What is read of servers.

use super::{
    super::{
        super::live, fault::Fault, page::page, route::Route, said::Said, subscription::Subscription,
    },
    KIND, Server,
    document::of_server,
};
use serde_json::{Value, json};

/// The only setting of a server that is simulated.
const MOST_CONNECTIONS: &str = "max_connections";

pub(in super::super) fn servers(all: &Subscription, route: &Route) -> Result<Said, Fault> {
    listed(all, route, all.all_servers())
}

pub(in super::super) fn server(
    all: &Subscription,
    route: &Route,
    name: &str,
) -> Result<Said, Fault> {
    Ok(Said::ok(of_server(all, route, &all.see_server(name)?)))
}

/// The replicas of a server: a replica has none.
pub(in super::super) fn replicas(
    all: &Subscription,
    route: &Route,
    name: &str,
) -> Result<Said, Fault> {
    let own = all.see_server(name)?;
    let mut found = all.all_servers();
    found.retain(|server| server.source.as_ref() == Some(&own.name));
    listed(all, route, found)
}

fn listed(all: &Subscription, route: &Route, servers: Vec<Server>) -> Result<Said, Fault> {
    page(route, servers.iter().map(|it| (it.name.clone(), of_server(all, route, it))))
}

pub(in super::super) fn configurations(
    all: &Subscription,
    route: &Route,
    name: &str,
) -> Result<Said, Fault> {
    let only = setting(all, route, name)?;
    Ok(Said::ok(json!({ "value": [only] })))
}

pub(in super::super) fn configuration(
    all: &Subscription,
    route: &Route,
    (name, which): (&str, &str),
) -> Result<Said, Fault> {
    let only = setting(all, route, name)?;
    if which.eq_ignore_ascii_case(MOST_CONNECTIONS) {
        return Ok(Said::ok(only));
    }
    Err(Fault::not_found(&format!("{KIND}/{name}/configurations"), which))
}

fn setting(all: &Subscription, route: &Route, name: &str) -> Result<Value, Fault> {
    let server = all.see_server(name)?;
    let live = live::lock(&all.main);
    let most = live.world.model().database.as_ref().map(|model| model.max_connections);
    let most = most.ok_or_else(|| Fault::not_found(KIND, name))?.to_string();
    Ok(json!({
        "id": format!("{}/configurations/{MOST_CONNECTIONS}", route.id(KIND, &server.name)),
        "name": MOST_CONNECTIONS, "type": format!("{KIND}/configurations"),
        "properties": {
            "value": most, "defaultValue": most, "dataType": "Integer", "allowedValues": "25-5000",
            "source": "system-default", "isDynamicConfig": false, "isReadOnly": false,
            "isConfigPendingRestart": false,
            "description": "Sets the maximum number of concurrent connections.",
        },
    }))
}

/// The virtual endpoints of a server: there are none.
pub(in super::super) fn endpoints(all: &Subscription, name: &str) -> Result<Said, Fault> {
    all.see_server(name)?;
    Ok(Said::ok(json!({ "value": [] })))
}
