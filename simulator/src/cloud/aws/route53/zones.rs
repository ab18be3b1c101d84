//! Hosted zones, and how far changes of them have spread.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault, pages::page, rest::LOCATION},
    invalid, no_zone,
    sets::{Key, RecordSet, normal},
    wanted,
};
use setpoint_core::Span;
use std::collections::BTreeMap;

/// The most zones on a page.
const MOST: usize = 100;

/// Who answers for a zone.
const SERVERS: [&str; 2] = ["ns-1.dns.invalid", "ns-2.dns.invalid"];

/// A hosted zone.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    pub(super) id: String,
    /// With a dot at its end.
    pub(super) name: String,
    reference: String,
    comment: Option<String>,
    pub(super) sets: BTreeMap<Key, RecordSet>,
    /// When it was last changed.
    pub(super) changed: Option<Span>,
}

impl Zone {
    /// As an answer has it.
    fn told(&self) -> Data {
        let config = Data::map().maybe("Comment", self.comment.clone()).with("PrivateZone", false);
        Data::map()
            .with("Id", format!("/hostedzone/{}", self.id))
            .with("Name", self.name.clone())
            .with("CallerReference", self.reference.clone())
            .with("Config", config)
            .with("ResourceRecordSetCount", u32::try_from(self.sets.len()).unwrap_or(u32::MAX))
    }
}

fn servers() -> Data {
    let all = SERVERS.iter().map(|name| Data::from(*name)).collect();
    Data::map().with("NameServers", Data::List("NameServer", all))
}

pub(super) fn create(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let name = normal(ask.must("Name")?);
    let reference = ask.must("CallerReference")?.to_owned();
    if name == "." || name.split('.').rev().skip(1).any(str::is_empty) {
        return Err(Fault::sender("InvalidDomainName", format!("{name} is no name of a domain")));
    }
    if ask.text("VPC.VPCId").is_some() {
        return Err(invalid("private zones are not simulated here"));
    }
    if account.dns.zones.values().any(|zone| zone.reference == reference) {
        let why = "a hosted zone was made by this caller reference";
        return Err(Fault::conflict("HostedZoneAlreadyExists", why));
    }
    let own = |kind: &str, ttl: u32, values: &[&str]| {
        let set = RecordSet {
            name: name.clone(),
            kind: kind.to_owned(),
            ttl: Some(ttl),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
            ..RecordSet::default()
        };
        (set.key(), set)
    };
    let authority = format!("{}. hostmaster.dns.invalid. 1 7200 900 1209600 86400", SERVERS[0]);
    let sets = [own("NS", 172_800, &SERVERS), own("SOA", 900, &[&authority])].into();
    let id = account.dns.id('Z');
    let comment = ask.text("HostedZoneConfig.Comment").map(str::to_owned);
    let zone = Zone { id: id.clone(), name, reference, comment, sets, changed: None };
    let told = zone.told();
    account.dns.zones.insert(id.clone(), zone);
    let change = account.changed();
    Ok(Data::map()
        .with(LOCATION, format!("https://route53.invalid/2013-04-01/hostedzone/{id}"))
        .with("HostedZone", told)
        .with("ChangeInfo", change)
        .with("DelegationSet", servers()))
}

pub(super) fn get(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let zone = account.dns.zone(ask)?;
    Ok(Data::map().with("HostedZone", zone.told()).with("DelegationSet", servers()))
}

pub(super) fn list(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let all: Vec<(String, Data)> =
        account.dns.zones.iter().map(|(id, zone)| (id.clone(), zone.told())).collect();
    let (marker, most) = (ask.text("marker"), wanted(ask, MOST)?);
    let (all, next) = page(all, |(id, _)| id.clone(), (marker, most), "NoSuchHostedZone")?;
    let all = all.into_iter().map(|(_, data)| data).collect();
    Ok(Data::map()
        .with("HostedZones", Data::List("HostedZone", all))
        .with("Marker", marker.unwrap_or_default())
        .with("IsTruncated", next.is_some())
        .maybe("NextMarker", next)
        .with("MaxItems", most.to_string()))
}

pub(super) fn get_change(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let id = ask.must("Id")?;
    let taken = account.dns.changes.get(id).copied();
    let none = || Fault::not_found("NoSuchChange", format!("there is no change {id}"));
    Ok(Data::map().with("ChangeInfo", account.change(id, taken.ok_or_else(none)?)))
}

/// The zone that a call changes. Fails while another change of it is being taken in.
pub(super) fn to_change<'a>(account: &'a mut Account, ask: &Ask) -> Result<&'a mut Zone, Fault> {
    let (id, now) = (ask.must("Id")?, account.now);
    let zone = account.dns.zones.get_mut(id).ok_or_else(|| no_zone(id))?;
    match zone.changed {
        Some(changed) if now.minus(changed) < super::TAKING_IN => {
            let why =
                "The request was rejected because Route 53 was still processing a prior request.";
            Err(Fault::sender("PriorRequestNotComplete", why))
        }
        Some(_) | None => Ok(zone),
    }
}
