//! Makes sense of a traffic: its destinations, and of Route 53 the name that users ask for.

use super::{
    fault::{At, Code, ConfigFault, Faults},
    meaning::or,
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_target::{RawBrakes, RawTarget, RawTargetKind},
    valid::Records,
};
use setpoint_core::TrafficSettings;
use std::collections::BTreeMap;

/// The longest set identifier that Route 53 takes, in letters.
const LONGEST: usize = 128;

/// The longest name of an endpoint that Traffic Manager takes, in letters.
const LONGEST_ENDPOINT: usize = 260;

/// The brakes of a traffic between `destinations`.
pub(super) fn settings(
    destinations: &[(At<String>, At<String>)],
    brakes: &RawBrakes,
) -> TrafficSettings {
    let defaults = TrafficSettings::new(destinations.iter().map(|(name, _)| name.value.clone()));
    TrafficSettings {
        cooldown_down: or(brakes.cooldown_down.as_ref(), defaults.cooldown_down),
        settle: or(brakes.settle.as_ref(), defaults.settle),
        confirm_within: or(brakes.confirm_within.as_ref(), defaults.confirm_within),
        ..defaults
    }
}

/// The record sets of `raw`, if it is a traffic at AWS.
pub(super) fn records(
    raw: &RawTarget,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Records> {
    let RawTargetKind::Traffic { name, destinations, .. } = &raw.kind else { return None };
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    let Some(RawProvider::Aws(_)) = named?.what.as_ref() else { return None };
    each_its_own(destinations, faults);
    for (_, id) in destinations.iter().filter(|(_, id)| id.value.len() > LONGEST) {
        faults.push(ConfigFault::new(
            Code::BadValue,
            &id.place,
            format!("a set identifier has at most {LONGEST} letters"),
        ));
    }
    let Some(name) = name else {
        let message = "a traffic of Route 53 has a `name`";
        let fault = ConfigFault::new(Code::MissingKey, &raw.provider.place, message);
        faults.push(fault.help("write `name = \"www.example.com\"`"));
        return None;
    };
    if !is_name(&name.value) {
        let fault = ConfigFault::new(Code::BadValue, &name.place, "`name` is no name of DNS");
        faults.push(fault.help("write it as `www.example.com`"));
    }
    let own = |(own, id): &(At<String>, At<String>)| (own.value.clone(), id.value.clone());
    Some(Records {
        zone: raw.id()?.value.clone(),
        name: name.value.clone(),
        destinations: destinations.iter().map(own).collect(),
    })
}

/// The name of the endpoint of each destination of `raw`, if it is a traffic at Azure.
pub(super) fn endpoints(
    raw: &RawTarget,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<BTreeMap<String, String>> {
    let RawTargetKind::Traffic { name, destinations, .. } = &raw.kind else { return None };
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    let Some(RawProvider::Azure(_)) = named?.what.as_ref() else { return None };
    if let Some(name) = name {
        let message = "`name` is for a traffic of Route 53; here `id` is the profile";
        faults.push(ConfigFault::new(Code::WrongKind, &name.place, message));
    }
    each_its_own(destinations, faults);
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (own, endpoint) in destinations {
        let wrong = |code, message| faults.push(ConfigFault::new(code, &endpoint.place, message));
        if endpoint.value.len() > LONGEST_ENDPOINT {
            let message = format!("the name of an endpoint has at most {LONGEST_ENDPOINT} letters");
            wrong(Code::BadValue, message);
        }
        // The same letters are said of already.
        let is_same = |other: &&String| {
            other.eq_ignore_ascii_case(&endpoint.value) && **other != endpoint.value
        };
        if let Some(other) = found.values().find(is_same) {
            let message = format!("{} is the endpoint `{other}` already", endpoint.place.written());
            wrong(Code::Twice, message);
        }
        found.insert(own.value.clone(), endpoint.value.clone());
    }
    Some(found)
}

/// Says so if there is one destination, or if two are the same thing at their provider.
pub(super) fn each_its_own(destinations: &[(At<String>, At<String>)], faults: &Faults) {
    if let [(only, _)] = destinations {
        let message = "one destination leaves users no choice";
        let fault = ConfigFault::new(Code::BadValue, &only.place, message);
        faults.push(fault.help("name what each is there: `{ aws = \"…\", azure = \"…\" }`"));
    }
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (own, id) in destinations {
        if id.value.trim().is_empty() {
            let message = "it is empty: it is what the destination is at its provider";
            faults.push(ConfigFault::new(Code::BadValue, &id.place, message));
        }
        if let Some(other) = owners.insert(&id.value, &own.value) {
            let message = format!("{} is `{other}` already", id.place.written());
            faults.push(ConfigFault::new(Code::Twice, &id.place, message));
        }
    }
}

/// Whether it may be a name of DNS, with a `*` for its first part or without.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        let letters = part.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c));
        letters && !part.is_empty() && part.len() <= 63
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let rest = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 255 && rest.contains('.') && rest.split('.').all(plain)
}
