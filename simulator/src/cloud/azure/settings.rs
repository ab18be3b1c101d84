//! The settings of Azure's own autoscaler. They are kept, and nobody acts on them.

use super::{fault::Fault, route::Route, said::Said, subscription::Subscription, write};
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

/// What they are called.
pub(super) const KIND: &str = "Microsoft.Insights/autoscaleSettings";

pub(super) fn list(all: &Subscription) -> Said {
    let settings: Vec<&Value> = all.settings.values().collect();
    Said::ok(json!({ "value": settings }))
}

pub(super) fn get(all: &Subscription, name: &str) -> Result<Said, Fault> {
    let setting = all.settings.get(&name.to_ascii_lowercase());
    setting.map(|it| Said::ok(it.clone())).ok_or_else(|| Fault::not_found(KIND, name))
}

pub(super) fn put(
    all: &mut Subscription,
    route: &Route,
    name: &str,
    body: &Bytes,
) -> Result<Said, Fault> {
    let mut setting = write::parsed(body)?;
    if setting["location"].as_str().is_none_or(str::is_empty) {
        return Err(Fault::no_location());
    }
    if !setting["properties"]["profiles"].is_array() {
        return Err(Fault::content("Required property 'profiles' not found in JSON"));
    }
    setting["id"] = json!(route.id(KIND, name));
    setting["name"] = json!(name);
    setting["type"] = json!(KIND);
    let before = all.settings.insert(name.to_ascii_lowercase(), setting.clone());
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(Said::new(status, setting))
}

pub(super) fn delete(all: &mut Subscription, name: &str) -> Said {
    let gone = all.settings.remove(&name.to_ascii_lowercase());
    let status = if gone.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
    Said::new(status, Value::Null)
}
