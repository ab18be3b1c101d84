//! Health checks. Whatever endpoint one names, its checkers ask the group of a world: that of AWS, or
//! of the cloud by which the endpoint's name begins (`azure.example.com`).
//!
//! They have an answer while at least one member of the group serves; of how many requests fail, or
//! how long they take, they know nothing.

use super::{
    super::{
        super::live, account::Account, ask::Ask, data::Data, fault::Fault, pages::page,
        rest::LOCATION,
    },
    invalid, wanted,
};
use std::collections::BTreeMap;

/// The most health checks on a page.
const MOST: usize = 100;

/// What a check may ask by.
const TYPES: [&str; 5] = ["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"];

/// What is kept and told of a check, in the order of the answer.
const TEXTS: [&str; 5] =
    ["IPAddress", "Type", "ResourcePath", "FullyQualifiedDomainName", "SearchString"];
const NUMBERS: [&str; 3] = ["Port", "RequestInterval", "FailureThreshold"];

/// Where the checkers are.
const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-1"];

/// A health check.
#[derive(Clone, Debug)]
pub(super) struct Check {
    reference: String,
    texts: BTreeMap<&'static str, String>,
    numbers: BTreeMap<&'static str, u32>,
}

impl Check {
    /// As an answer has it.
    fn told(&self, id: &str) -> Data {
        let mut config = Data::map();
        for name in TEXTS {
            config = config.maybe(name, self.texts.get(name).cloned());
        }
        for name in NUMBERS {
            config = config.maybe(name, self.numbers.get(name).copied());
        }
        Data::map()
            .with("Id", id)
            .with("CallerReference", self.reference.clone())
            .with("HealthCheckConfig", config)
            .with("HealthCheckVersion", 1_u32)
    }
}

pub(super) fn none(id: &str) -> Fault {
    Fault::not_found("NoSuchHealthCheck", format!("A health check with id {id} does not exist."))
}

fn find<'a>(account: &'a Account, ask: &Ask) -> Result<(String, &'a Check), Fault> {
    let id = ask.must("Id")?;
    let found = account.dns.checks.get(id);
    Ok((id.to_owned(), found.ok_or_else(|| none(id))?))
}

pub(super) fn create(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let reference = ask.must("CallerReference")?.to_owned();
    let given = ask.part("HealthCheckConfig");
    let kind = given.must("Type")?;
    if !TYPES.contains(&kind) {
        return Err(invalid(format!("a check of type {kind} is not simulated here")));
    }
    let is_on = |name: &str| given.text(name) == Some("true");
    if let Some(name) = ["Inverted", "Disabled"].into_iter().find(|name| is_on(name)) {
        return Err(invalid(format!("{name} is not simulated here")));
    }
    let text = |name: &&'static str| {
        given.text(name).filter(|it| !it.is_empty()).map(|it| (*name, it.to_owned()))
    };
    let texts: BTreeMap<&str, String> = TEXTS.iter().filter_map(text).collect();
    if !texts.contains_key("IPAddress") && !texts.contains_key("FullyQualifiedDomainName") {
        return Err(invalid("an address or a name must be given"));
    }
    let mut numbers: BTreeMap<&str, u32> =
        [("RequestInterval", 30), ("FailureThreshold", 3)].into();
    for name in NUMBERS {
        let given = given.count(name).map_err(|fault| invalid(fault.message))?;
        numbers.extend(given.map(|number| (name, number)));
    }
    if account.dns.checks.values().any(|check| check.reference == reference) {
        let why = "a health check was made by this caller reference";
        return Err(Fault::conflict("HealthCheckAlreadyExists", why));
    }
    let id = account.dns.id('h').to_lowercase();
    let check = Check { reference, texts, numbers };
    let told = check.told(&id);
    account.dns.checks.insert(id.clone(), check);
    Ok(Data::map()
        .with(LOCATION, format!("https://route53.invalid/2013-04-01/healthcheck/{id}"))
        .with("HealthCheck", told))
}

pub(super) fn get(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let (id, check) = find(account, ask)?;
    Ok(Data::map().with("HealthCheck", check.told(&id)))
}

pub(super) fn list(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let all: Vec<(String, Data)> =
        account.dns.checks.iter().map(|(id, check)| (id.clone(), check.told(id))).collect();
    let (marker, most) = (ask.text("marker"), wanted(ask, MOST)?);
    let (all, next) = page(all, |(id, _)| id.clone(), (marker, most), "NoSuchHealthCheck")?;
    let all = all.into_iter().map(|(_, data)| data).collect();
    Ok(Data::map()
        .with("HealthChecks", Data::List("HealthCheck", all))
        .with("Marker", marker.unwrap_or_default())
        .with("IsTruncated", next.is_some())
        .maybe("NextMarker", next)
        .with("MaxItems", most.to_string()))
}

pub(super) fn delete(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let (id, _) = find(account, ask)?;
    account.dns.checks.remove(&id);
    Ok(Data::map())
}

pub(super) fn status(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let (_, check) = find(account, ask)?;
    let named = check.texts.get("FullyQualifiedDomainName").map_or("", String::as_str);
    let cloud = named.split('.').next().unwrap_or_default();
    let world = account.neighbours.iter().find(|world| live::lock(world).cloud == cloud);
    let serves = {
        let mut live = live::lock(world.unwrap_or(&account.main));
        live.advance_to(account.now);
        live.world.group().ready > 0
    };
    let said = match serves {
        true => "Success: HTTP Status Code 200, OK",
        false => "Failure: Connection timed out. The endpoint or the internet connection is down.",
    };
    let seen = |(region, nth): (&&str, u32)| {
        let report =
            Data::map().with("Status", said).with("CheckedTime", account.outside(account.now));
        Data::map()
            .with("Region", *region)
            .with("IPAddress", format!("192.0.2.{nth}"))
            .with("StatusReport", report)
    };
    let all = REGIONS.iter().zip(1..).map(seen).collect();
    Ok(Data::map().with("HealthCheckObservations", Data::List("HealthCheckObservation", all)))
}
