//! Documents with versions, and the log of what became of them. Pure.

use super::{fault::Fault, kinds::Kind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// Changes that are remembered for those who watch.
const REMEMBERED: usize = 5000;

/// What tells a thing from every other.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) kind: &'static Kind,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Key {
    pub(super) fn new(kind: &'static Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    fn place(&self) -> Place {
        (self.kind.qualified(), self.namespace.clone(), self.name.clone())
    }
}

/// A key as it is sorted.
type Place = (String, String, String);

/// What became of a thing.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The version of everything after it.
    pub(super) version: u64,
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub(super) what: &'static str,
    /// The thing.
    pub(super) key: Key,
    /// As it was after it, or last.
    pub(super) document: Value,
}

/// All documents of a cluster.
#[derive(Debug, Default)]
pub(super) struct Store {
    version: u64,
    made: u64,
    documents: BTreeMap<Place, (Key, Value)>,
    log: VecDeque<Change>,
}

impl Store {
    /// The version of everything.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// The document of a thing.
    pub(super) fn get(&self, key: &Key) -> Option<&Value> {
        self.documents.get(&key.place()).map(|(_, document)| document)
    }

    /// The same, or the fault that there is none.
    pub(super) fn find(&self, key: &Key) -> Result<&Value, Fault> {
        self.get(key).ok_or_else(|| Fault::not_found(key))
    }

    /// All of a kind, by namespace and name; of one namespace if it is named.
    pub(super) fn list<'a>(
        &'a self,
        kind: &'static Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        let all = self.documents.values().filter(move |(key, _)| key.kind == kind);
        all.filter(move |(key, _)| namespace.is_none_or(|it| it == key.namespace))
            .map(|(key, document)| (key, document))
    }

    /// Puts a new document down, with an identity of its own, made at `at`.
    pub(super) fn create(
        &mut self,
        key: &Key,
        mut document: Value,
        at: &str,
    ) -> Result<Value, Fault> {
        if self.get(key).is_some() {
            return Err(Fault::exists(key));
        }
        self.made += 1;
        let meta = &mut document["metadata"];
        if !meta.is_object() {
            *meta = json!({});
        }
        meta["name"] = json!(key.name);
        meta["namespace"] = json!(key.namespace);
        meta["uid"] = json!(format!("00000000-0000-4000-8000-{:012x}", self.made));
        meta["creationTimestamp"] = json!(at);
        meta["generation"] = json!(1);
        document["kind"] = json!(key.kind.name);
        document["apiVersion"] = json!(key.kind.api_version());
        Ok(self.put(key, document, "ADDED"))
    }

    /// Puts another document in the place of one. What is asked for has a generation: it is
    /// another if `spec` is.
    ///
    /// Fails if the new one carries a version, and it is not that of the old.
    pub(super) fn update(&mut self, key: &Key, mut document: Value) -> Result<Value, Fault> {
        let old = self.find(key)?.clone();
        let version = document.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        let carried = version.filter(|version| !version.is_empty());
        if carried.is_some_and(|version| old["metadata"]["resourceVersion"] != version) {
            return Err(Fault::conflict(key));
        }
        for fixed in ["uid", "creationTimestamp", "name", "namespace", "generation"] {
            document["metadata"][fixed] = old["metadata"][fixed].clone();
        }
        if document["spec"] != old["spec"] {
            let generation = old["metadata"]["generation"].as_u64().unwrap_or(0) + 1;
            document["metadata"]["generation"] = json!(generation);
        }
        document["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
        document["kind"] = json!(key.kind.name);
        document["apiVersion"] = json!(key.kind.api_version());
        Ok(if document == old { old } else { self.put(key, document, "MODIFIED") })
    }

    /// Takes a document away; what it was.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Value> {
        let (_, mut document) = self.documents.remove(&key.place())?;
        self.version += 1;
        document["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.note("DELETED", key, &document);
        Some(document)
    }

    /// What changed after `version`; a fault if that is no longer remembered.
    pub(super) fn since(&self, version: u64) -> Result<impl Iterator<Item = &Change>, Fault> {
        let oldest = self.log.front().map_or(self.version + 1, |change| change.version);
        if version + 1 < oldest {
            return Err(Fault::expired("too old resource version"));
        }
        Ok(self.log.iter().filter(move |change| change.version > version))
    }

    fn put(&mut self, key: &Key, mut document: Value, what: &'static str) -> Value {
        self.version += 1;
        document["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.note(what, key, &document);
        self.documents.insert(key.place(), (key.clone(), document.clone()));
        document
    }

    fn note(&mut self, what: &'static str, key: &Key, document: &Value) {
        let (version, key, document) = (self.version, key.clone(), document.clone());
        self.log.push_back(Change { version, what, key, document });
        if self.log.len() > REMEMBERED {
            self.log.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::kinds, *};

    fn lease() -> Key {
        let kind = kinds::find("coordination.k8s.io", "v1", "leases").unwrap();
        Key::new(kind, "default", "agent")
    }

    #[test]
    fn who_was_slower_is_told_so() {
        let mut store = Store::default();
        let made = store.create(&lease(), json!({ "spec": { "holder": "a" } }), "now").unwrap();
        assert_eq!(store.create(&lease(), json!({}), "now"), Err(Fault::exists(&lease())));
        let mut mine = made.clone();
        mine["spec"]["holder"] = json!("b");
        let taken = store.update(&lease(), mine.clone()).unwrap();
        assert_eq!(taken["metadata"]["generation"], 2);
        assert_eq!(store.update(&lease(), mine), Err(Fault::conflict(&lease())));
        // What is the same is no change, and has the version that it had.
        assert_eq!(store.update(&lease(), taken.clone()).unwrap(), taken);
        let whats: Vec<&str> = store.since(0).unwrap().map(|change| change.what).collect();
        assert_eq!(whats, ["ADDED", "MODIFIED"]);
    }

    #[test]
    fn a_past_that_is_forgotten_is_not_told_as_if_nothing_had_been() {
        let mut store = Store::default();
        let made = store.create(&lease(), json!({ "spec": {} }), "now").unwrap();
        for number in 0..=REMEMBERED {
            let mut next = made.clone();
            next["metadata"]["resourceVersion"] = Value::Null;
            next["spec"]["number"] = json!(number);
            store.update(&lease(), next).unwrap();
        }
        assert!(store.since(0).is_err());
        assert_eq!(store.since(store.version()).unwrap().count(), 0);
        assert_eq!(store.since(store.version() - 2).unwrap().count(), 2);
    }
}
