//! The description of Azure's API that Microsoft publishes, as one document: it is in a file for
//! each of its services, and Prism takes one.
//!
//! Two things of it Prism cannot read, and they are written in another way here. Azure's paths
//! know no case, so that each has the letters of its resource's id. And a parameter that stands
//! for many steps of a path is written as the steps of a resource that is in a group.

use serde_json::{Map, Value, json};
use std::{fs, path::Path};

/// The files, and how the paths end that are taken out of each.
const FILES: [(&str, &str); 5] = [
    ("compute", ""),
    ("monitor-autoscale_API", ""),
    ("monitor-metrics_API", ""),
    ("authorization", "/permissions"),
    ("trafficmanager", ""),
];
/// Where its parts are that refer to each other.
const PARTS: &str = "#/components/";
/// A resource in a group.
const RESOURCE: &str = "/subscriptions/{a}/resourceGroups/{b}/providers/{c}/{d}/{e}/";
/// Parameters that stand for many steps of a path, or for none, and what is written instead.
const STEPS: [(&str, &str, &str); 2] = [
    ("resourceUri", "/{resourceUri}/", RESOURCE),
    ("parentResourcePath", "/{parentResourcePath}/", "/"),
];

/// All of it, from the files in `folder`.
pub(crate) fn description(folder: &Path) -> Value {
    let mut whole = json!({
        "openapi": "3.0.0", "info": { "title": "Azure", "version": "1" },
        "servers": [{ "url": "https://management.azure.com" }], "paths": {}, "components": {},
    });
    for (file, ending) in FILES {
        let text = fs::read_to_string(folder.join(format!("{file}.json"))).expect("it is there");
        // Parts of different files may have the same name.
        let mut part: Value = serde_json::from_str(&text).expect("it is JSON");
        refer_within(&mut part, file);
        for (kind, all) in entries(&mut part["components"]) {
            let named = entries_of(all).map(|(name, it)| (format!("{file}.{name}"), it));
            let kept = &mut whole["components"][kind];
            named.for_each(|(name, it)| kept[name] = it);
        }
        for (path, mut does) in entries(&mut part["paths"]) {
            if path.ends_with(ending) {
                let path = written_out(&path, &mut does);
                whole["paths"][path] = does;
            }
        }
    }
    whole
}

/// What `value` has, out of it.
fn entries(value: &mut Value) -> impl Iterator<Item = (String, Value)> + use<> {
    entries_of(value.take())
}

fn entries_of(value: Value) -> impl Iterator<Item = (String, Value)> {
    let Value::Object(all) = value else { panic!("it is no object: {value}") };
    all.into_iter()
}

/// Has every reference lead to what is `file`'s own.
fn refer_within(value: &mut Value, file: &str) {
    match value {
        Value::Object(all) => all.values_mut().for_each(|it| refer_within(it, file)),
        Value::Array(all) => all.iter_mut().for_each(|it| refer_within(it, file)),
        Value::String(text) => {
            let parts = text.strip_prefix(PARTS).and_then(|rest| rest.split_once('/'));
            if let Some((kind, name)) = parts {
                *text = format!("{PARTS}{kind}/{file}.{name}");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `path` as Prism reads it; what is done there has no parameter any more that is not in it.
fn written_out(path: &str, does: &mut Value) -> String {
    let path = path.replace("/resourcegroups/", "/resourceGroups/");
    let path = path.replace("/trafficmanagerprofiles", "/trafficManagerProfiles");
    let mut path = path.replace("/microsoft.insights/", "/Microsoft.Insights/");
    for (name, steps, instead) in STEPS {
        if path.contains(steps) {
            path = path.replace(steps, instead);
            does.as_object_mut().expect("an object").values_mut().for_each(|it| drop_of(it, name));
        }
    }
    path
}

fn drop_of(call: &mut Value, name: &str) {
    let is_it = |it: &Map<String, Value>| {
        let reference = it.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let ending = format!(".{name}Parameter");
        it.get("name").is_some_and(|it| it == name)
            || reference.to_lowercase().ends_with(&ending.to_lowercase())
    };
    if let Some(parameters) = call["parameters"].as_array_mut() {
        parameters.retain(|it| !it.as_object().is_some_and(is_it));
    }
}
