//! What the controllers of a cluster do whenever time has passed: members become pods, and every
//! document says how it stands.

use super::{
    cluster::Cluster,
    kinds,
    pod::{self, NO_ROOM},
    status::status,
    store::Key,
    workload::{Fleet, Slot, revision},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Does everything that is to be done by now.
pub(super) fn run(cluster: &mut Cluster) {
    let mut fleets = std::mem::take(&mut cluster.fleets);
    for fleet in &mut fleets {
        look_after(cluster, fleet);
    }
    fleets.retain(|fleet| !fleet.is_gone());
    cluster.fleets.append(&mut fleets);
}

fn look_after(cluster: &mut Cluster, fleet: &mut Fleet) {
    let now = cluster.now;
    let known = cluster.store.get(&fleet.key).filter(|_| !fleet.deleted).cloned();
    let Some(mut document) = known else {
        fleet.follow(now, 0, "");
        return write_pods(cluster, fleet, None, false);
    };
    let revision = revision(&document);
    let desired = document["spec"]["replicas"].as_u64().unwrap_or(0);
    fleet.follow(now, u32::try_from(desired).unwrap_or(u32::MAX), &revision);
    document["status"] = status(&document, fleet, &revision, now);
    let document = cluster.store.update(&fleet.key, document);
    let document = document.expect("its own version is carried");
    let lacks_room = fleet.lacks_room(now);
    write_pods(cluster, fleet, Some(&document), lacks_room);
    if lacks_room {
        tell_lack_of_room(cluster, fleet);
    }
}

/// Has the documents of pods say what the slots say. Without an owner they keep what they said,
/// but for being on their way out.
fn write_pods(cluster: &mut Cluster, fleet: &Fleet, owner: Option<&Value>, lacks_room: bool) {
    let key = |slot: &Slot| Key::new(kinds::pods(), &fleet.key.namespace, &slot.name);
    let slots: BTreeMap<&str, &Slot> =
        fleet.slots.iter().chain(&fleet.leaving).map(|slot| (&*slot.name, slot)).collect();
    let uid = owner.map(|owner| owner["metadata"]["uid"].clone());
    let mine = |document: &Value| {
        let of = &document["metadata"]["ownerReferences"][0];
        match &uid {
            Some(uid) => of["uid"] == *uid,
            None => of["name"] == fleet.key.name.as_str() && of["kind"] == fleet.key.kind.name,
        }
    };
    let all = cluster.store.list(kinds::pods(), Some(&fleet.key.namespace));
    let gone = all.filter(|(key, it)| mine(it) && !slots.contains_key(&*key.name));
    let gone: Vec<Key> = gone.map(|(key, _)| key.clone()).collect();
    for key in gone {
        cluster.store.remove(&key);
    }
    for slot in slots.values() {
        let key = key(slot);
        let before = cluster.store.get(&key).cloned();
        let document = match (owner, &before) {
            (Some(owner), _) => pod::document(cluster, owner, slot, lacks_room),
            (None, Some(before)) => {
                let mut document = before.clone();
                let at = cluster.stamp(slot.leaves.unwrap_or(cluster.now));
                document["metadata"]["deletionTimestamp"] = json!(at);
                document
            }
            (None, None) => continue,
        };
        let written = if before.is_some() {
            cluster.store.update(&key, document)
        } else {
            let at = cluster.stamp(slot.made);
            cluster.store.create(&key, document, &at)
        };
        written.expect("it was there, or it was not");
    }
}

fn tell_lack_of_room(cluster: &mut Cluster, fleet: &mut Fleet) {
    let waiting = fleet.slots.iter_mut().filter(|slot| slot.member.is_none() && !slot.told);
    for slot in waiting {
        slot.told = true;
        let of = Key::new(kinds::pods(), &fleet.key.namespace, &slot.name);
        let said = ("Warning", "FailedScheduling", NO_ROOM.to_owned());
        tell(cluster, &of, "default-scheduler", said);
    }
}

/// Writes down an event about a thing.
pub(super) fn tell(
    cluster: &mut Cluster,
    of: &Key,
    who: &str,
    (kind, reason, message): (&str, &str, String),
) {
    let (at, version) = (cluster.present(), cluster.store.version());
    let uid = cluster.store.get(of).map(|it| it["metadata"]["uid"].clone());
    let event = json!({
        "involvedObject": {
            "kind": of.kind.name, "apiVersion": of.kind.api_version(),
            "name": of.name, "namespace": of.namespace, "uid": uid,
        },
        "type": kind, "reason": reason, "message": message,
        "source": { "component": who }, "firstTimestamp": at, "lastTimestamp": at, "count": 1,
    });
    let name = format!("{}.{version:016x}", of.name);
    let key = Key::new(kinds::events(), &of.namespace, &name);
    // Two of one thing at one version would be one.
    cluster.store.create(&key, event, &at).ok();
}
