//! Tags of groups, and filters by them.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault, pages::page},
    Group,
    describe::most,
};

/// A tag's value.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    value: String,
    propagates: bool,
}

impl Tag {
    /// As an answer has it.
    pub(super) fn told(&self, group: &str, key: &str) -> Data {
        Data::map()
            .with("ResourceId", group)
            .with("ResourceType", "auto-scaling-group")
            .with("Key", key)
            .with("Value", self.value.clone())
            .with("PropagateAtLaunch", self.propagates)
    }
}

/// The tags that a call gives.
pub(super) fn given(ask: &Ask) -> Result<Vec<(String, Tag)>, Fault> {
    let one = |entry: &Ask| {
        let value = entry.text("Value").unwrap_or_default().to_owned();
        let propagates = entry.flag("PropagateAtLaunch")?.unwrap_or(false);
        Ok((entry.must("Key")?.to_owned(), Tag { value, propagates }))
    };
    ask.entries("Tags.member").iter().map(one).collect()
}

/// The group that an entry of a call about tags is of.
fn tagged<'a>(account: &'a mut Account, entry: &Ask) -> Result<&'a mut Group, Fault> {
    let name = entry.must("ResourceId")?;
    let group = account.groups.get_mut(name);
    group.ok_or_else(|| Fault::validation(format!("AutoScalingGroup name not found - {name}")))
}

pub(super) fn put(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let entries = ask.entries("Tags.member");
    let given = given(ask)?;
    // All of them or none.
    for entry in &entries {
        tagged(account, entry)?;
    }
    for (entry, (key, tag)) in entries.iter().zip(given) {
        tagged(account, entry)?.tags.insert(key, tag);
    }
    Ok(Data::map())
}

pub(super) fn delete(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    for entry in ask.entries("Tags.member") {
        let key = entry.must("Key")?.to_owned();
        tagged(account, &entry)?.tags.remove(&key);
    }
    Ok(Data::map())
}

pub(super) fn describe(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let filters = Filters::of(ask)?;
    let mut all = Vec::new();
    for group in account.groups.values() {
        let own = group.tags.iter().filter(|(key, tag)| filters.match_tag(&group.name, key, tag));
        let told = |(key, tag): (&String, &Tag)| {
            (format!("{}/{key}", group.name), tag.told(&group.name, key))
        };
        all.extend(own.map(told));
    }
    let at = (ask.text("NextToken"), most(ask, 50, 100)?);
    let (all, next) = page(all, |(key, _)| key.clone(), at, "InvalidNextToken")?;
    let told = all.into_iter().map(|(_, data)| data);
    Ok(Data::map().members("Tags", told).maybe("NextToken", next))
}

/// Filters: all of them must match, each by one of its values.
pub(super) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    pub(super) fn of(ask: &Ask) -> Result<Self, Fault> {
        let one = |entry: &Ask| {
            let values = entry.list("Values.member").into_iter().map(str::to_owned).collect();
            Ok((entry.must("Name")?.to_owned(), values))
        };
        let all: Vec<(String, Vec<String>)> =
            ask.entries("Filters.member").iter().map(one).collect::<Result<_, Fault>>()?;
        let known = |name: &str| {
            let fixed = ["auto-scaling-group", "key", "value", "propagate-at-launch"];
            let groups = ["tag-key", "tag-value"];
            fixed.contains(&name) || groups.contains(&name) || name.starts_with("tag:")
        };
        match all.iter().find(|(name, _)| !known(name)) {
            Some((name, _)) => Err(Fault::validation(format!("there is no filter {name}"))),
            None => Ok(Self(all)),
        }
    }

    /// Whether `DescribeAutoScalingGroups` tells of the group.
    pub(super) fn match_group(&self, group: &Group) -> bool {
        self.0.iter().all(|(name, values)| {
            let among = |own: &str| values.iter().any(|value| value == own);
            match name.as_str() {
                "tag-key" => group.tags.keys().any(|key| among(key)),
                "tag-value" => group.tags.values().any(|tag| among(&tag.value)),
                "auto-scaling-group" => among(&group.name),
                other => {
                    let tag = other.strip_prefix("tag:").and_then(|key| group.tags.get(key));
                    tag.is_some_and(|tag| among(&tag.value))
                }
            }
        })
    }

    /// Whether `DescribeTags` tells of the tag.
    fn match_tag(&self, group: &str, key: &str, tag: &Tag) -> bool {
        self.0.iter().all(|(name, values)| {
            let own = match name.as_str() {
                "auto-scaling-group" => group,
                "key" | "tag-key" => key,
                "value" | "tag-value" => &tag.value,
                _ if tag.propagates => "true",
                _ => "false",
            };
            values.iter().any(|value| value == own)
        })
    }
}
