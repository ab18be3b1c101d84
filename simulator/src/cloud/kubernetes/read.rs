//! What is read: one thing, its scale, or a page of a list.

use super::{
    cluster::Cluster,
    fault::Fault,
    kinds::Made,
    route::{Route, Sub, Target},
    select::Selector,
    status::scale,
    store::Key,
    usage,
};
use serde_json::{Value, json};

/// What `route` asks for.
pub(super) fn read(cluster: &Cluster, route: &Route) -> Result<Value, Fault> {
    let Target { kind, namespace, name, sub } = &route.target;
    if kind.is_review() {
        return Err(Fault::method("GET"));
    }
    let Some(name) = name else { return list(cluster, route) };
    let key = Key::new(kind, namespace.as_deref().unwrap_or_default(), name);
    if kind.made == Made::Measured {
        let mut all = usage::documents(cluster, namespace.as_deref());
        let found = all.find(|it| it["metadata"]["name"] == name.as_str());
        return found.ok_or_else(|| Fault::not_found(&key));
    }
    let document = cluster.store.find(&key)?;
    Ok(if *sub == Sub::Scale { scale(document) } else { document.clone() })
}

/// What a list or a watch is about.
pub(super) struct Wanted {
    labels: Selector,
    fields: Selector,
}

impl Wanted {
    pub(super) fn of(route: &Route) -> Result<Self, Fault> {
        Ok(Self {
            labels: Selector::parse(route.asked("labelSelector").unwrap_or_default())?,
            fields: Selector::of_fields(route.asked("fieldSelector").unwrap_or_default())?,
        })
    }

    pub(super) fn takes(&self, document: &Value) -> bool {
        self.labels.takes_labels(document) && self.fields.takes_fields(document)
    }
}

fn list(cluster: &Cluster, route: &Route) -> Result<Value, Fault> {
    let Target { kind, namespace, .. } = &route.target;
    let wanted = Wanted::of(route)?;
    let limit = match route.asked("limit").map(str::parse) {
        None => usize::MAX,
        Some(Ok(0)) => usize::MAX,
        Some(Ok(limit)) => limit,
        Some(Err(_)) => return Err(Fault::bad("limit is no number")),
    };
    let (version, after) = match route.asked("continue") {
        None => (cluster.store.version(), None),
        Some(token) => {
            let (version, after) = unpacked(token)?;
            // What was there then is known only as long as what became of it is.
            drop(cluster.store.since(version)?);
            (version, Some(after))
        }
    };
    let mut all: Vec<Value> = if kind.made == Made::Measured {
        usage::documents(cluster, namespace.as_deref()).collect()
    } else {
        cluster.store.list(kind, namespace.as_deref()).map(|(_, it)| it.clone()).collect()
    };
    all.retain(|document| wanted.takes(document));
    all.retain(|document| after.as_ref().is_none_or(|after| place(document) > *after));
    let rest = all.len().saturating_sub(limit);
    all.truncate(limit);
    let mut metadata = json!({ "resourceVersion": version.to_string() });
    if let (Some(last), true) = (all.last(), rest > 0) {
        metadata["continue"] = json!(packed(version, &place(last)));
        if wanted.labels.is_empty() && wanted.fields.is_empty() {
            metadata["remainingItemCount"] = json!(rest);
        }
    }
    for document in &mut all {
        // A list says of what kind they are.
        if let Some(document) = document.as_object_mut() {
            document.remove("kind");
            document.remove("apiVersion");
        }
    }
    let name = format!("{}List", kind.name);
    Ok(
        json!({ "kind": name, "apiVersion": kind.api_version(), "metadata": metadata, "items": all }),
    )
}

/// Where a document stands in a list: by namespace, then by name.
fn place(document: &Value) -> (String, String) {
    let part = |key: &str| document["metadata"][key].as_str().unwrap_or_default().to_owned();
    (part("namespace"), part("name"))
}

/// What asks for the rest after `last` of a list of this version.
fn packed(version: u64, (namespace, name): &(String, String)) -> String {
    format!("v1.{version}.{namespace}/{name}")
}

fn unpacked(token: &str) -> Result<(u64, (String, String)), Fault> {
    let read = || {
        let (version, last) = token.strip_prefix("v1.")?.split_once('.')?;
        let (namespace, name) = last.split_once('/')?;
        Some((version.parse().ok()?, (namespace.to_owned(), name.to_owned())))
    };
    read().ok_or_else(|| Fault::bad("continue key is not valid"))
}
