//! What a cluster says of itself: its version, and what kinds of things there are. Pure.

use super::kinds::{KINDS, Kind};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The version of Kubernetes that is spoken.
const VERSION: (&str, &str) = ("1", "33");

/// The document at `path`, if it is one of these.
pub(super) fn document(path: &str) -> Option<Value> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["version"] => Some(json!({
            "major": VERSION.0, "minor": VERSION.1, "platform": "linux/amd64",
            "gitVersion": format!("v{}.{}.0+setpoint-sim", VERSION.0, VERSION.1),
        })),
        ["api"] => Some(json!({ "kind": "APIVersions", "versions": ["v1"] })),
        ["apis"] => {
            let groups: Vec<Value> =
                groups().into_iter().map(|(group, version)| of_group(group, version)).collect();
            Some(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["api", version] => resources("", version),
        ["apis", group] => {
            let (group, version) = groups().into_iter().find(|(name, _)| name == group)?;
            let mut document = of_group(group, version);
            document["kind"] = json!("APIGroup");
            document["apiVersion"] = json!("v1");
            Some(document)
        }
        ["apis", group, version] => resources(group, version),
        _ => None,
    }
}

fn groups() -> BTreeSet<(&'static str, &'static str)> {
    let all = KINDS.iter().filter(|kind| !kind.group.is_empty());
    all.map(|kind| (kind.group, kind.version)).collect()
}

fn of_group(group: &str, version: &str) -> Value {
    let version = json!({ "groupVersion": format!("{group}/{version}"), "version": version });
    json!({ "name": group, "versions": [version], "preferredVersion": version })
}

fn resources(group: &str, version: &str) -> Option<Value> {
    let own = |kind: &&Kind| kind.group == group && kind.version == version;
    let all: Vec<&Kind> = KINDS.iter().filter(own).collect();
    let first = all.first()?;
    let listed: Vec<Value> = all.iter().flat_map(|kind| of_kind(kind)).collect();
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": first.api_version(), "resources": listed,
    }))
}

fn of_kind(kind: &Kind) -> Vec<Value> {
    let of = |name: String, what: &str, verbs: &[&str]| {
        json!({
            "name": name, "singularName": "", "namespaced": kind.namespaced,
            "kind": what, "verbs": verbs,
        })
    };
    let mut all = vec![of(kind.plural.to_owned(), kind.name, kind.verbs())];
    all[0]["singularName"] = json!(kind.name.to_lowercase());
    all[0]["shortNames"] = json!(kind.short);
    if kind.has_scale() {
        let verbs = ["get", "patch", "update"];
        let mut scale = of(format!("{}/scale", kind.plural), "Scale", &verbs);
        scale["group"] = json!("autoscaling");
        scale["version"] = json!("v1");
        all.push(scale);
        all.push(of(format!("{}/status", kind.plural), kind.name, &verbs));
    }
    all
}
