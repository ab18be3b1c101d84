//! Replicas that are made and deleted, and tags that are changed.

use super::{
    super::{
        super::live, LOCATION, fault::Fault, operation::Goal, route::Route, said::Said,
        subscription::Subscription, write::parsed,
    },
    KIND, MOST, Server,
};
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value};

/// Makes a replica: nothing else is made here.
pub(in super::super) fn put(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let location = given["location"].as_str().filter(|it| !it.is_empty());
    let location = location.ok_or_else(Fault::no_location)?;
    let properties = &given["properties"];
    let mode = properties["createMode"].as_str().unwrap_or("Default");
    if !mode.eq_ignore_ascii_case("Replica") {
        return Err(Fault::value(&format!("createMode {mode} is not simulated here")));
    }
    check_name(name)?;
    let tags = tags(&given)?.unwrap_or_default();
    if all.see_server(name).is_ok() {
        return Err(Fault::name_taken(name));
    }
    let source = properties["sourceServerResourceId"].as_str().unwrap_or_default();
    let source = source_of(all, route, source)?;
    if !location.replace(' ', "").eq_ignore_ascii_case(LOCATION) {
        return Err(Fault::value(&format!("replicas in {location} are not simulated here")));
    }
    let replicas = all.all_servers().iter().filter(|it| it.source.is_some()).count();
    if replicas >= MOST {
        let name = &source.name;
        return Err(Fault::not_allowed(format!(
            "The server '{name}' has {replicas} read replicas, and may have {MOST}."
        )));
    }
    let name = name.to_ascii_lowercase();
    live::lock(&all.main).world.make_replica(&name);
    all.server_tags.insert(name.clone(), tags);
    Ok(begun(all, route, &name, Goal::Made))
}

/// The primary at this path, which is ready to be read from.
fn source_of(all: &Subscription, route: &Route, path: &str) -> Result<Server, Fault> {
    let known = all.all_servers();
    let found = known.into_iter().find(|it| route.id(KIND, &it.name).eq_ignore_ascii_case(path));
    let found = found
        .ok_or_else(|| Fault::value(&format!("sourceServerResourceId '{path}' is no server")))?;
    if found.source.is_some() {
        let name = &found.name;
        return Err(Fault::value(&format!(
            "{name} is a replica: those of replicas are not simulated"
        )));
    }
    if found.state == "Ready" { Ok(found) } else { Err(Fault::busy(&found.name)) }
}

/// Changes the tags of a server: nothing else of one can be changed here.
pub(in super::super) fn patch(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let server = all.see_server(name)?;
    if given.as_object().is_some_and(|all| all.keys().any(|key| key != "tags")) {
        return Err(Fault::value("only tags can be changed here"));
    }
    if let Some(tags) = tags(&given)? {
        all.server_tags.insert(server.name.clone(), tags);
    }
    Ok(begun(all, route, &server.name, Goal::Kept))
}

/// Deletes a replica.
pub(in super::super) fn delete(
    all: &mut Subscription,
    route: &Route,
    name: &str,
) -> Result<Said, Fault> {
    let Ok(server) = all.see_server(name) else {
        return Ok(Said::new(StatusCode::NO_CONTENT, Value::Null));
    };
    if server.source.is_none() {
        let message = format!("The server '{}' is the scenario's: it stays.", server.name);
        return Err(Fault::not_allowed(message));
    }
    live::lock(&all.main).world.remove_replica(&server.name);
    Ok(begun(all, route, &server.name, Goal::Dropped))
}

fn begun(all: &mut Subscription, route: &Route, name: &str, goal: Goal) -> Said {
    let id = all.begin_operation(&format!("{KIND}/{name}"), goal);
    all.begun(route, &id, Said::new(StatusCode::ACCEPTED, Value::Null))
}

/// The tags that a caller says, if they say any.
fn tags(given: &Value) -> Result<Option<Map<String, Value>>, Fault> {
    let tags = &given["tags"];
    if tags.is_null() {
        return Ok(None);
    }
    let texts = tags.as_object().filter(|tags| tags.values().all(Value::is_string));
    texts.cloned().map(Some).ok_or_else(|| Fault::content("tags are texts by name"))
}

/// Small letters, digits and hyphens, 3 to 63 of them, neither beginning nor ending with a hyphen.
fn check_name(name: &str) -> Result<(), Fault> {
    let letters =
        name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
    let hyphens = !name.starts_with('-') && !name.ends_with('-');
    if letters && hyphens && (3..=63).contains(&name.len()) {
        return Ok(());
    }
    Err(Fault::value(&format!("'{name}' is no name of a server")))
}
