//! Patches, in the three languages that clients speak. Pure.

use super::fault::Fault;
use serde_json::{Map, Value};

/// `document` as `patch`, of this media type, has it.
pub(super) fn patched(document: &Value, kind: &str, patch: &Value) -> Result<Value, Fault> {
    let mut document = document.clone();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/merge-patch+json" => merge(&mut document, patch, Lists::Replaced),
        "application/strategic-merge-patch+json" => merge(&mut document, patch, Lists::Merged),
        "application/json-patch+json" => steps(&mut document, patch)?,
        other => return Err(Fault::media(other)),
    }
    Ok(document)
}

/// What becomes of a list that a patch has, too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// It is replaced.
    Replaced,
    /// Its entries are merged by their names, where they have names.
    Merged,
}

fn merge(document: &mut Value, patch: &Value, lists: Lists) {
    let Value::Object(patch) = patch else {
        if let (Value::Array(old), Value::Array(new)) = (&mut *document, patch)
            && lists == Lists::Merged
            && let Some(key) = key_of(old, new)
        {
            return merge_list(old, new, key);
        }
        *document = patch.clone();
        return;
    };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Value::Object(members) = document else { return };
    for (key, value) in patch {
        if lists == Lists::Merged && key.starts_with('$') {
            // How lists are to be ordered, and the like: the order does not matter here.
            continue;
        }
        if value.is_null() {
            members.remove(key);
        } else {
            merge(members.entry(key.clone()).or_insert(Value::Null), value, lists);
        }
    }
}

/// What the entries of both lists are told apart by, if by anything.
fn key_of(old: &[Value], new: &[Value]) -> Option<&'static str> {
    let all = || old.iter().chain(new);
    ["name", "type", "containerPort"].into_iter().find(|key| all().all(|it| it.get(key).is_some()))
}

fn merge_list(old: &mut Vec<Value>, new: &[Value], key: &str) {
    for entry in new {
        let found = old.iter().position(|it| it[key] == entry[key]);
        let goes = entry.get("$patch").and_then(Value::as_str) == Some("delete");
        match (found, goes) {
            (Some(at), true) => drop(old.remove(at)),
            (Some(at), false) => merge(&mut old[at], entry, Lists::Merged),
            (None, true) => {}
            (None, false) => old.push(entry.clone()),
        }
    }
}

/// RFC 6902: add, remove, replace and test.
fn steps(document: &mut Value, patch: &Value) -> Result<(), Fault> {
    let steps = patch.as_array().ok_or_else(|| Fault::bad("a JSON patch is a list"))?;
    for step in steps {
        let path = step["path"].as_str().unwrap_or_default();
        let cannot =
            || Fault::bad(format!("the server rejected our request: no such place: {path}"));
        let value = step.get("value").cloned().unwrap_or_default();
        match step["op"].as_str() {
            Some("test") => {
                if document.pointer(path) != Some(&value) {
                    return Err(Fault::bad(format!("testing value {path} failed")));
                }
            }
            Some("replace") => *document.pointer_mut(path).ok_or_else(cannot)? = value,
            Some("add") => add(document, path, value).ok_or_else(cannot)?,
            Some("remove") => remove(document, path).ok_or_else(cannot)?,
            _ => return Err(Fault::bad("a step is `add`, `remove`, `replace` or `test` here")),
        }
    }
    Ok(())
}

fn add(document: &mut Value, path: &str, value: Value) -> Option<()> {
    let (parent, last) = path.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Value::Object(members) => drop(members.insert(unescaped(last), value)),
        Value::Array(list) if last == "-" => list.push(value),
        Value::Array(list) => {
            let at = last.parse().ok().filter(|at| *at <= list.len())?;
            list.insert(at, value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(())
}

fn remove(document: &mut Value, path: &str) -> Option<()> {
    let (parent, last) = path.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&unescaped(last)).map(drop),
        Value::Array(list) => {
            let at = last.parse().ok().filter(|at| *at < list.len())?;
            list.remove(at);
            Some(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(kind: &str, patch: &Value, expected: Option<Value>) {
        let document = json!({ "a": 1, "list": [{ "name": "x", "v": 1 }, { "name": "y" }] });
        let kind = format!("application/{kind}+json");
        assert_eq!(patched(&document, &kind, patch).ok(), expected);
    }

    #[test]
    fn each_language_means_what_its_standard_says() {
        let patch = json!({ "a": null, "list": [{ "name": "x", "v": 2 }] });
        check("merge-patch", &patch, Some(json!({ "list": [{ "name": "x", "v": 2 }] })));
        let merged = json!({ "list": [{ "name": "x", "v": 2 }, { "name": "y" }] });
        check("strategic-merge-patch", &patch, Some(merged));
        let patch =
            json!({ "list": [{ "name": "x", "$patch": "delete" }], "$setElementOrder/list": [] });
        check("strategic-merge-patch", &patch, Some(json!({ "a": 1, "list": [{ "name": "y" }] })));
        let steps = json!([{ "op": "test", "path": "/a", "value": 1 }, { "op": "replace", "path": "/a", "value": 2 },
            { "op": "remove", "path": "/list/0" }, { "op": "add", "path": "/list/-", "value": 3 }]);
        check("json-patch", &steps, Some(json!({ "a": 2, "list": [{ "name": "y" }, 3] })));
        check("json-patch", &json!([{ "op": "test", "path": "/a", "value": 2 }]), None);
        check("json-patch", &json!([{ "op": "replace", "path": "/b", "value": 2 }]), None);
        check("apply-patch", &json!({}), None);
    }
}
