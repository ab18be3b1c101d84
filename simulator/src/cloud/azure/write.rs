//! What is changed: sets are made, changed and deleted, instances deleted and protected.

use super::{
    document,
    fault::Fault,
    operation::Goal,
    route::Route,
    said::Said,
    set::{Protection, ScaleSet},
    subscription::Subscription,
};
use bytes::Bytes;
use hyper::{StatusCode, header};
use serde_json::{Value, json};

/// What of a set's properties is not a caller's to say.
const OURS: [&str; 3] = ["provisioningState", "uniqueId", "timeCreated"];

/// Makes a set, or puts what is in `body` in its place.
pub(super) fn put(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let location = given["location"].as_str().filter(|it| !it.is_empty());
    let location = location.ok_or_else(Fault::no_location)?;
    let wanted = capacity(&given)?;
    let there = all.sets.get(&name.to_ascii_lowercase());
    conditions(route, there)?;
    let is_new = there.is_none();
    let own = there.and_then(|set| set.model["location"].as_str()).unwrap_or(location);
    if !own.eq_ignore_ascii_case(location) {
        return Err(Fault::location(name, own, location));
    }
    let mut model = json!({
        "location": location, "tags": {}, "sku": {}, "properties": {},
    });
    if is_new && wanted.is_none() {
        return Err(Fault::parameter("Required parameter 'sku.capacity' is missing (null)."));
    }
    merge(&mut model, &given)?;
    let wanted = wanted.map_or_else(|| all.see(name).map(ScaleSet::capacity), Ok)?;
    check_quota(all, name, wanted)?;
    if is_new {
        let world = all.another_world(name, wanted);
        let mut set = ScaleSet::new(world, name, all.now, model);
        set.creating = true;
        all.sets.insert(name.to_ascii_lowercase(), set);
    } else {
        let now = all.now;
        let set = all.set_to_change(name)?;
        set.model = model;
        set.version += 1;
        set.resize(wanted, now);
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    changed(all, route, name, (status, Goal::Settled))
}

/// Changes of a set what is in `body`.
pub(super) fn patch(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let wanted = capacity(&given)?;
    all.set_to_change(name)?;
    conditions(route, Some(all.see(name)?))?;
    if let Some(wanted) = wanted {
        check_quota(all, name, wanted)?;
    }
    let now = all.now;
    let set = all.set_to_change(name)?;
    let mut model = set.model.clone();
    merge(&mut model, &given)?;
    set.model = model;
    set.version += 1;
    if let Some(wanted) = wanted {
        set.resize(wanted, now);
    }
    let goal = if wanted.is_some() { Goal::Settled } else { Goal::Kept };
    changed(all, route, name, (StatusCode::OK, goal))
}

/// Deletes a set.
pub(super) fn delete(all: &mut Subscription, route: &Route, name: &str) -> Result<Said, Fault> {
    let now = all.now;
    let Some(set) = all.sets.get_mut(&name.to_ascii_lowercase()) else {
        return Ok(Said::new(StatusCode::NO_CONTENT, Value::Null));
    };
    if !set.deleting {
        set.delete(now);
    }
    let id = all.begin_operation(name, Goal::Gone);
    Ok(all.begun(route, &id, Said::new(StatusCode::ACCEPTED, Value::Null)))
}

/// Does something with some instances of a set.
pub(super) fn act(
    all: &mut Subscription,
    route: &Route,
    (name, action): (&str, &str),
    body: &Bytes,
) -> Result<Said, Fault> {
    if action != "delete" {
        return Err(Fault::unknown(&route.path));
    }
    let given = parsed(body)?;
    let set = all.set_to_change(name)?;
    let ids = given.get("instanceIds").filter(|ids| !ids.is_null());
    let ids =
        ids.ok_or_else(|| Fault::parameter("Required parameter 'instanceIds' is missing (null)."))?;
    let ids = ids.as_array().ok_or_else(|| Fault::content("instanceIds is no list"))?;
    let mut numbers = Vec::new();
    for id in ids {
        let id = id.as_str().ok_or_else(|| Fault::content("an instance id is no text"))?;
        if id == "*" {
            numbers.extend(set.members().map(|member| member.number));
            continue;
        }
        let found = set.members().find(|member| member.number.to_string() == id);
        let found = found.ok_or_else(|| {
            Fault::parameter(format!(
                "The provided instanceId {id} is not an active Virtual Machine Scale Set VM \
                 instanceId."
            ))
        })?;
        numbers.push(found.number);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(part(all, route, name, numbers))
}

/// Deletes one instance. One that is not there needs no deleting.
pub(super) fn delete_instance(
    all: &mut Subscription,
    route: &Route,
    (name, id): (&str, &str),
) -> Result<Said, Fault> {
    let set = all.set_to_change(name)?;
    let found = set.members().find(|member| member.number.to_string() == id);
    let Some(number) = found.map(|member| member.number) else {
        return Ok(Said::new(StatusCode::NO_CONTENT, Value::Null));
    };
    Ok(part(all, route, name, vec![number]))
}

fn part(all: &mut Subscription, route: &Route, name: &str, numbers: Vec<u64>) -> Said {
    let now = all.now;
    if let Some(set) = all.sets.get_mut(&name.to_ascii_lowercase()) {
        set.delete_instances(&numbers, now);
        set.version += 1;
    }
    let id = all.begin_operation(name, Goal::Parted(numbers));
    all.begun(route, &id, Said::new(StatusCode::ACCEPTED, Value::Null))
}

/// Changes what an instance is kept from: the only thing of one that can be changed here.
pub(super) fn put_instance(
    all: &mut Subscription,
    route: &Route,
    (name, id): (&str, &str),
    body: &Bytes,
) -> Result<Said, Fault> {
    let given = parsed(body)?;
    let set = all.set_to_change(name)?;
    let found = set.members().find(|member| member.number.to_string() == id);
    let member = *found.ok_or_else(|| Fault::no_instance(name, id))?;
    let policy = &given["properties"]["protectionPolicy"];
    let flag = |key: &str| {
        let flag = &policy[key];
        let read = if flag.is_null() { Some(false) } else { flag.as_bool() };
        read.ok_or_else(|| Fault::content(&format!("{key} is {flag}")))
    };
    let (from_scale_in, from_actions) =
        (flag("protectFromScaleIn")?, flag("protectFromScaleSetActions")?);
    set.protected.insert(member.number, Protection { from_scale_in, from_actions });
    let operation = all.begin_operation(name, Goal::Kept);
    let set = all.see(name)?;
    let mut document = document::of_instance(all, route, set, (&member, false), false);
    document["properties"]["provisioningState"] = json!("Updating");
    Ok(all.begun(route, &operation, Said::ok(document)))
}

/// Begins an operation on a set that was changed, and tells of both.
fn changed(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    (status, goal): (StatusCode, Goal),
) -> Result<Said, Fault> {
    let id = all.begin_operation(name, goal);
    let set = all.see(name)?;
    let said = Said::new(status, document::of_set(all, route, set));
    Ok(all.begun(route, &id, said.with(header::ETAG, set.etag())))
}

/// Fails unless the set is the one that the caller knows, where they say which that is.
fn conditions(route: &Route, set: Option<&ScaleSet>) -> Result<(), Fault> {
    let is_in = |wanted: &str, set: &ScaleSet| {
        let own = set.etag();
        let bare = own.trim_matches('"');
        wanted.split(',').map(str::trim).any(|it| it == "*" || it == own || it == bare)
    };
    let matches = route.if_match.as_deref().is_none_or(|it| set.is_some_and(|set| is_in(it, set)));
    let differs =
        route.if_none_match.as_deref().is_none_or(|it| !set.is_some_and(|set| is_in(it, set)));
    if matches && differs { Ok(()) } else { Err(Fault::precondition()) }
}

/// Fails if the quota of cores has no room for so many instances.
fn check_quota(all: &Subscription, name: &str, wanted: u32) -> Result<(), Fault> {
    let quota = all.quota();
    let before = all.see(name).map_or(0, ScaleSet::capacity);
    if wanted <= quota || wanted <= before {
        return Ok(());
    }
    let cores = |instances: u32| instances.saturating_mul(super::CORES);
    Err(Fault::not_allowed(format!(
        "Operation could not be completed as it results in exceeding approved {} Cores quota. \
         Additional details - Deployment Model: Resource Manager, Location: {}, Current Limit: {}, \
         Current Usage: {}, Additional Required: {}, (Minimum) New Limit Required: {}.",
        super::FAMILY,
        super::LOCATION,
        cores(quota),
        cores(before),
        cores(wanted - before),
        cores(wanted),
    )))
}

/// The size that a set is given, if it is given any.
fn capacity(given: &Value) -> Result<Option<u32>, Fault> {
    let written = &given["sku"]["capacity"];
    if written.is_null() {
        return Ok(None);
    }
    let Some(number) = written.as_i64() else {
        let why = format!("Could not convert {written} to an integer. Path 'sku.capacity'");
        return Err(Fault::content(&why));
    };
    let wrong = |_| {
        Fault::parameter(format!("The value {number} of parameter 'sku.capacity' is out of range."))
    };
    u32::try_from(number).map(Some).map_err(wrong)
}

/// Puts what a caller says of a set into what is kept of it. Tags and zones are put in the place
/// of what was there.
fn merge(model: &mut Value, given: &Value) -> Result<(), Fault> {
    for key in ["tags", "zones", "plan", "identity"] {
        if let Some(value) = given.get(key).filter(|value| !value.is_null()) {
            model[key] = value.clone();
        }
    }
    if !model["tags"].as_object().is_some_and(|tags| tags.values().all(Value::is_string)) {
        return Err(Fault::content("tags are texts by name"));
    }
    for key in ["name", "tier"] {
        let said = &given["sku"][key];
        if said.is_string() {
            model["sku"][key] = said.clone();
        } else if !said.is_null() {
            return Err(Fault::content(&format!("sku.{key} is {said}")));
        }
    }
    let said = &given["properties"];
    if !said.is_null() && !said.is_object() {
        return Err(Fault::content(&format!("properties is {said}")));
    }
    let mut properties = said.as_object().cloned().unwrap_or_default();
    OURS.iter().for_each(|key| drop(properties.remove(*key)));
    overlay(&mut model["properties"], &Value::Object(properties));
    Ok(())
}

/// Puts every value of `given` in its place in `whole`. What is null is not said.
pub(super) fn overlay(whole: &mut Value, given: &Value) {
    match (whole, given) {
        (_, Value::Null) => {}
        (Value::Object(whole), Value::Object(given)) => {
            for (key, value) in given {
                overlay(whole.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (whole, given) => *whole = given.clone(),
    }
}

pub(super) fn parsed(body: &Bytes) -> Result<Value, Fault> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| Fault::content(&error.to_string()))?;
    if value.is_object() { Ok(value) } else { Err(Fault::content("an object is wanted")) }
}
