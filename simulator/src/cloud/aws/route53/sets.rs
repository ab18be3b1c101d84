//! Record sets: what they say, how they are told apart, and in which order they are listed.

use super::{
    super::{ask::Ask, data::Data, fault::Fault},
    invalid,
};

/// The largest weight.
const MOST_WEIGHT: u32 = 255;

/// What routes users by other things than weights.
const OTHERS: [&str; 7] = [
    "Region",
    "Failover",
    "MultiValueAnswer",
    "GeoLocation.CountryCode",
    "GeoLocation.ContinentCode",
    "GeoProximityLocation.AWSRegion",
    "CidrRoutingConfig.CollectionId",
];

/// The types that a record may have.
const TYPES: [&str; 10] = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

/// A record set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordSet {
    /// In small letters, with a dot at its end.
    pub(super) name: String,
    pub(super) kind: String,
    /// What tells it from others of its name and type, of a weighted one.
    pub(super) id: Option<String>,
    pub(super) weight: Option<u32>,
    /// In seconds.
    pub(super) ttl: Option<u32>,
    pub(super) values: Vec<String>,
    pub(super) alias: Option<Alias>,
    pub(super) health_check: Option<String>,
}

/// What a record set stands for, in another zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alias {
    zone: String,
    name: String,
    evaluates: bool,
}

/// What tells record sets apart, in the order in which they are listed: by name from its end, by
/// type, by identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    labels: Vec<String>,
    kind: String,
    id: Option<String>,
}

impl Key {
    pub(super) fn new(name: &str, kind: &str, id: Option<&str>) -> Self {
        let labels = normal(name);
        let labels = labels.trim_end_matches('.').rsplit('.').map(str::to_owned).collect();
        Self { labels, kind: kind.to_owned(), id: id.map(str::to_owned) }
    }

    /// Whether it is of this name and type.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.labels, &self.kind) == (&other.labels, &other.kind)
    }
}

/// A name in small letters, with `*` by its number and a dot at its end.
pub(super) fn normal(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.').replace('*', "\\052").to_lowercase())
}

impl RecordSet {
    pub(super) fn key(&self) -> Key {
        Key::new(&self.name, &self.kind, self.id.as_deref())
    }

    /// The record set that a change gives.
    pub(super) fn given(ask: &Ask) -> Result<Self, Fault> {
        let text = |name: &str| ask.text(name).filter(|it| !it.is_empty()).map(str::to_owned);
        if let Some(other) = OTHERS.iter().find(|name| text(name).is_some()) {
            return Err(invalid(format!("routing by {other} is not simulated here")));
        }
        let kind = ask.must("Type")?;
        if !TYPES.contains(&kind) {
            return Err(invalid(format!("there is no type {kind}")));
        }
        let (id, weight) = (text("SetIdentifier"), number(ask, "Weight")?);
        if id.is_some() != weight.is_some() {
            return Err(invalid("a weight takes a set identifier, and the other way round"));
        }
        if weight.is_some_and(|weight| weight > MOST_WEIGHT) {
            return Err(invalid(format!("a weight is at most {MOST_WEIGHT}")));
        }
        let records = ask.entries("ResourceRecords.ResourceRecord");
        let values: Vec<String> = records
            .iter()
            .map(|record| record.must("Value").map(str::to_owned))
            .collect::<Result<_, Fault>>()?;
        let (ttl, alias) = (number(ask, "TTL")?, alias(&ask.part("AliasTarget"))?);
        let is_whole = match &alias {
            Some(_) => ttl.is_none() && values.is_empty(),
            None => ttl.is_some() && !values.is_empty(),
        };
        if !is_whole {
            return Err(invalid("a record set has an alias, or a TTL and records"));
        }
        let (name, kind) = (normal(ask.must("Name")?), kind.to_owned());
        let health_check = text("HealthCheckId");
        Ok(Self { name, kind, id, weight, ttl, values, alias, health_check })
    }

    /// As an answer has it.
    pub(super) fn told(&self) -> Data {
        let record = |value: &String| Data::map().with("Value", value.clone());
        let records = Data::List("ResourceRecord", self.values.iter().map(record).collect());
        let alias = self.alias.as_ref().map(|alias| {
            Data::map()
                .with("HostedZoneId", alias.zone.clone())
                .with("DNSName", alias.name.clone())
                .with("EvaluateTargetHealth", alias.evaluates)
        });
        Data::map()
            .with("Name", self.name.clone())
            .with("Type", self.kind.clone())
            .maybe("SetIdentifier", self.id.clone())
            .maybe("Weight", self.weight)
            .maybe("TTL", self.ttl)
            .maybe("ResourceRecords", (!self.values.is_empty()).then_some(records))
            .maybe("AliasTarget", alias)
            .maybe("HealthCheckId", self.health_check.clone())
    }

    /// As a refusal names it.
    pub(super) fn named(&self) -> String {
        let id = self.id.as_ref().map(|id| format!(", set identifier='{id}'"));
        format!("[name='{}', type='{}'{}]", self.name, self.kind, id.unwrap_or_default())
    }
}

fn alias(ask: &Ask) -> Result<Option<Alias>, Fault> {
    let Some(zone) = ask.text("HostedZoneId") else { return Ok(None) };
    let name = normal(ask.must("DNSName")?);
    let evaluates = ask.flag("EvaluateTargetHealth").map_err(|fault| invalid(fault.message))?;
    let none = || invalid("EvaluateTargetHealth must be given");
    let evaluates = evaluates.ok_or_else(none)?;
    Ok(Some(Alias { zone: zone.to_owned(), name, evaluates }))
}

fn number(ask: &Ask, name: &str) -> Result<Option<u32>, Fault> {
    ask.count(name).map_err(|fault| invalid(fault.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_listed_by_their_names_from_the_end() {
        let key = |name: &str, id: &str| Key::new(name, "A", Some(id));
        let mut all =
            [key("b.example.com", "2"), key("*.example.com.", "1"), key("EXAMPLE.com", "1")];
        all.sort();
        assert_eq!(all[0], key("example.com.", "1"));
        assert_eq!(all[1], key("\\052.example.com", "1"));
        assert!(all[2].is_like(&key("b.example.com", "other")));
    }
}
