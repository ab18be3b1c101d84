//! A batch of changes: all of them or none.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    invalid,
    sets::{Key, RecordSet},
    zones::to_change,
};
use std::collections::BTreeMap;

/// The most changes of a batch.
const MOST: usize = 1000;

pub(super) fn change(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let changes = ask.entries("ChangeBatch.Changes.Change");
    if changes.is_empty() || changes.len() > MOST {
        return Err(invalid(format!("a batch has 1 to {MOST} changes")));
    }
    let mut given = Vec::new();
    for change in &changes {
        let set = RecordSet::given(&change.part("ResourceRecordSet"))?;
        if let Some(check) = &set.health_check
            && !account.dns.checks.contains_key(check)
        {
            return Err(super::checks::none(check));
        }
        given.push((change.must("Action")?.to_owned(), set));
    }
    let now = account.now;
    let zone = to_change(account, ask)?;
    let mut sets = zone.sets.clone();
    let mut refused = Vec::new();
    for (action, set) in given {
        let outside = set.name != zone.name && !set.name.ends_with(&format!(".{}", zone.name));
        if outside {
            let (name, zone) = (&set.name, &zone.name);
            let why = format!("RRSet with DNS name {name} is not permitted in zone {zone}");
            refused.push(why);
            continue;
        }
        match action.as_str() {
            "CREATE" | "UPSERT" | "DELETE" => refused.extend(apply(&mut sets, &action, set)),
            other => return Err(invalid(format!("there is no action {other}"))),
        }
    }
    if !refused.is_empty() {
        let why = format!("[{}]", refused.join(", "));
        return Err(Fault::sender("InvalidChangeBatch", why));
    }
    zone.sets = sets;
    zone.changed = Some(now);
    let told = account.changed();
    Ok(Data::map().with("ChangeInfo", told))
}

/// Makes one change. Why it cannot be made, if it cannot.
fn apply(sets: &mut BTreeMap<Key, RecordSet>, action: &str, set: RecordSet) -> Option<String> {
    let (key, named) = (set.key(), set.named());
    let present = sets.get(&key);
    match (action, present) {
        ("DELETE", None) => {
            Some(format!("Tried to delete resource record set {named} but it was not found"))
        }
        ("DELETE", Some(present)) if *present != set => Some(format!(
            "Tried to delete resource record set {named} but the values provided do not match the \
             current values"
        )),
        ("DELETE", Some(_)) => {
            sets.remove(&key);
            None
        }
        ("CREATE", Some(_)) => {
            Some(format!("Tried to create resource record set {named} but it already exists"))
        }
        _ => {
            // Of one name and type there is one that is simple, or there are weighted ones.
            let like = sets.iter().filter(|(other, _)| other.is_like(&key));
            let mut mixed = like.filter(|(_, other)| other.id.is_some() != set.id.is_some());
            if mixed.next().is_some() {
                return Some(format!(
                    "RRSet {named} cannot be created as a non-weighted set exists with the same name \
                     and type, or a weighted one"
                ));
            }
            sets.insert(key, set);
            None
        }
    }
}
