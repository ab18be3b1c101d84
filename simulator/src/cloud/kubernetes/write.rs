//! What is changed: things are made, replaced, patched and deleted, and their scales set.

use super::{
    cluster::Cluster,
    control,
    fault::Fault,
    kinds::Made,
    patch,
    route::{Route, Sub, Target},
    select::Selector,
    status::scale,
    store::Key,
    workload::Fleet,
};
use bytes::Bytes;
use serde_json::{Value, json};

/// Makes what is in `body`.
pub(super) fn create(cluster: &mut Cluster, route: &Route, body: &Bytes) -> Result<Value, Fault> {
    let mut document = parsed(body)?;
    let Target { kind, namespace, name, .. } = &route.target;
    match kind.made {
        Made::Review => return Ok(reviewed(route, document)),
        Made::Pod | Made::Measured => return Err(Fault::method("POST")),
        Made::Workload | Made::Kept => {}
    }
    if name.is_some() {
        return Err(Fault::method("POST"));
    }
    let namespace = namespace.as_deref().ok_or_else(|| Fault::bad("a namespace is needed"))?;
    let meta = &document["metadata"];
    let name = match (meta["name"].as_str(), meta["generateName"].as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(start)) => format!("{start}{:05x}", cluster.store.version()),
        (None, None) => return Err(Fault::bad("name or generateName is required")),
    };
    let key = Key::new(kind, namespace, &name);
    if kind.made == Made::Workload {
        if document["spec"].get("replicas").is_none_or(Value::is_null) {
            document["spec"]["replicas"] = json!(1);
        }
        check(&key, &document)?;
    }
    if route.is_dry() {
        return Ok(document);
    }
    let at = cluster.present();
    let made = cluster.store.create(&key, document, &at)?;
    if kind.made == Made::Workload {
        let size = made["spec"]["replicas"].as_u64().and_then(|it| u32::try_from(it).ok());
        let world = cluster.another_world(&name, size.unwrap_or(0));
        cluster.fleets.push(Fleet::new(key, world));
        control::run(cluster);
    }
    Ok(made)
}

/// Puts what is in `body` in the place of what is there.
pub(super) fn replace(cluster: &mut Cluster, route: &Route, body: &Bytes) -> Result<Value, Fault> {
    let key = key(route, "PUT")?;
    put(cluster, route, &key, parsed(body)?)
}

/// Changes what is there as a patch of this media type has it.
pub(super) fn patch(
    cluster: &mut Cluster,
    route: &Route,
    kind: &str,
    body: &Bytes,
) -> Result<Value, Fault> {
    let key = key(route, "PATCH")?;
    let document = cluster.store.find(&key)?;
    let shown = if route.target.sub == Sub::Scale { scale(document) } else { document.clone() };
    let patched = patch::patched(&shown, kind, &parsed(body)?)?;
    put(cluster, route, &key, patched)
}

/// Deletes what is there, on the conditions in `body`.
pub(super) fn delete(cluster: &mut Cluster, route: &Route, body: &Bytes) -> Result<Value, Fault> {
    let key = key(route, "DELETE")?;
    let document = cluster.store.find(&key)?.clone();
    let options = if body.is_empty() { json!({}) } else { parsed(body)? };
    for what in ["uid", "resourceVersion"] {
        let wanted = options["preconditions"][what].as_str();
        let own = document["metadata"][what].as_str().unwrap_or_default();
        if let Some(wanted) = wanted.filter(|wanted| *wanted != own) {
            let why = format!("{what} in precondition: {wanted}, {what} in object meta: {own}");
            return Err(Fault::precondition(&key, &why));
        }
    }
    if route.is_dry() {
        return Ok(document);
    }
    let now = cluster.now;
    if key.kind.made == Made::Pod {
        let name = std::slice::from_ref(&key.name);
        for fleet in cluster.fleets.iter_mut().filter(|it| it.key.namespace == key.namespace) {
            if fleet.slots.iter().any(|slot| slot.name == key.name) {
                fleet.end(name, now);
                fleet.relaunch();
            }
        }
        control::run(cluster);
        return Ok(cluster.store.get(&key).cloned().unwrap_or(document));
    }
    cluster.store.remove(&key);
    if let Some(fleet) = cluster.fleet(&key) {
        fleet.delete(now);
        control::run(cluster);
    }
    Ok(json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": { "name": key.name, "group": key.kind.group, "kind": key.kind.plural,
                     "uid": document["metadata"]["uid"] },
    }))
}

fn put(cluster: &mut Cluster, route: &Route, key: &Key, document: Value) -> Result<Value, Fault> {
    let old = cluster.store.find(key)?;
    let (sub, mut whole) = (route.target.sub, document);
    if sub == Sub::Scale {
        let given = whole;
        whole = old.clone();
        whole["metadata"]["resourceVersion"] = given["metadata"]["resourceVersion"].clone();
        let replicas = given["spec"].get("replicas").filter(|it| !it.is_null());
        whole["spec"]["replicas"] = replicas.cloned().unwrap_or_else(|| json!(0));
    }
    if key.kind.made == Made::Workload {
        if sub == Sub::None && whole["spec"]["selector"] != old["spec"]["selector"] {
            return Err(Fault::invalid(key, "spec.selector: field is immutable"));
        }
        check(key, &whole)?;
        if sub != Sub::Status {
            // How it stands is not the caller's to say.
            whole["status"] = old["status"].clone();
        }
    }
    let before = old["spec"]["replicas"].clone();
    if route.is_dry() {
        return Ok(if sub == Sub::Scale { scale(&whole) } else { whole });
    }
    let written = cluster.store.update(key, whole)?;
    if key.kind.made == Made::Workload {
        let after = &written["spec"]["replicas"];
        if before != *after {
            let message =
                format!("Scaled {} {} from {before} to {after}", key.kind.plural, key.name);
            let who = "deployment-controller";
            control::tell(cluster, key, who, ("Normal", "ScalingReplicaSet", message));
        }
        control::run(cluster);
    }
    let written = cluster.store.find(key)?;
    Ok(if sub == Sub::Scale { scale(written) } else { written.clone() })
}

/// Fails if a workload cannot be meant.
fn check(key: &Key, document: &Value) -> Result<(), Fault> {
    let spec = &document["spec"];
    let replicas = &spec["replicas"];
    if replicas.as_i64().is_some_and(|it| it < 0) {
        let why =
            format!("spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0");
        return Err(Fault::invalid(key, &why));
    }
    if replicas.as_i64().is_none_or(|it| it > i64::from(i32::MAX)) {
        return Err(Fault::bad(format!("spec.replicas cannot be {replicas}: an int32 is wanted")));
    }
    let selector = Selector::of_document(&spec["selector"]);
    if selector.is_empty() {
        return Err(Fault::invalid(key, "spec.selector: Required value"));
    }
    if !selector.takes_labels(&spec["template"]) {
        let why = "spec.template.metadata.labels: Invalid value: `selector` does not match template \
                   `labels`";
        return Err(Fault::invalid(key, why));
    }
    Ok(())
}

/// The answer to a question of who the caller is and what they may do.
fn reviewed(route: &Route, mut document: Value) -> Value {
    let user = route.token().unwrap_or("anonymous");
    let asked = &document["spec"]["resourceAttributes"]["verb"];
    let looks = ["get", "list", "watch"].iter().any(|verb| asked == verb);
    document["kind"] = json!(route.target.kind.name);
    document["apiVersion"] = json!(route.target.kind.api_version());
    document["status"] = if route.target.kind.plural == "selfsubjectreviews" {
        json!({ "userInfo": { "username": user } })
    } else {
        json!({ "allowed": user != super::READER || looks })
    };
    document
}

fn key(route: &Route, method: &str) -> Result<Key, Fault> {
    let Target { kind, namespace, name, .. } = &route.target;
    let allowed = match kind.made {
        Made::Workload | Made::Kept => true,
        Made::Pod => method == "DELETE",
        Made::Measured | Made::Review => false,
    };
    match (name, namespace) {
        (Some(name), Some(namespace)) if allowed => Ok(Key::new(kind, namespace, name)),
        _ => Err(Fault::method(method)),
    }
}

fn parsed(body: &Bytes) -> Result<Value, Fault> {
    serde_json::from_slice(body)
        .map_err(|error| Fault::bad(format!("the body is no JSON: {error}")))
}
