//! Tags of instances.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    Kept, none,
};
use std::collections::BTreeMap;

/// The tags that a call gives.
pub(super) fn given(ask: &Ask) -> Result<BTreeMap<String, String>, Fault> {
    let one = |entry: &Ask| {
        let value = entry.text("Value").unwrap_or_default().to_owned();
        Ok((entry.must("Key")?.to_owned(), value))
    };
    ask.entries("Tags.Tag").iter().map(one).collect()
}

/// What is kept of the instance whose ARN a call names.
fn named<'a>(account: &'a mut Account, ask: &Ask) -> Result<&'a mut Kept, Fault> {
    let arn = ask.must("ResourceName")?;
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "rds", _, _, "db", name] = parts.as_slice() else {
        let message = format!("{arn} is not the ARN of an instance");
        return Err(Fault::sender("InvalidParameterValue", message));
    };
    let found = account.instances().into_iter().find(|one| one.name == *name);
    let instance = found.ok_or_else(|| none(name))?;
    Ok(account.databases.kept.entry(instance.name).or_default())
}

pub(super) fn list(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let tag = |(key, value): (&String, &String)| {
        Data::map().with("Key", key.clone()).with("Value", value.clone())
    };
    let all = named(account, ask)?.tags.iter().map(tag).collect();
    Ok(Data::map().with("TagList", Data::List("Tag", all)))
}

pub(super) fn add(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let given = given(ask)?;
    named(account, ask)?.tags.extend(given);
    Ok(Data::map())
}

pub(super) fn remove(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let keys = ask.list("TagKeys.member");
    let tags = &mut named(account, ask)?.tags;
    tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Data::map())
}
