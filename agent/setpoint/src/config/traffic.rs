//! Makes sense of a traffic: the name that users ask for, and a record set for each destination.

use super::{
    fault::{At, Code, ConfigFault, Faults},
    meaning::or,
    raw_target::{RawBrakes, RawTarget, RawTargetKind},
    valid::Records,
};
use setpoint_core::TrafficSettings;
use std::collections::BTreeMap;

/// The longest set identifier that Route 53 takes, in letters.
const LONGEST: usize = 128;

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

/// The record sets of `raw`, if it is a traffic.
pub(super) fn records(raw: &RawTarget, faults: &Faults) -> Option<Records> {
    let RawTargetKind::Traffic { name, destinations, .. } = &raw.kind else { return None };
    let bad = |at: &At<String>, message: &str, help: &str| {
        faults.push(ConfigFault::new(Code::BadValue, &at.place, message).help(help));
    };
    if !is_name(&name.value) {
        bad(name, "`name` is no name of DNS", "write it as `www.example.com`");
    }
    if destinations.len() == 1 {
        let help = "name a record set for each: `{ aws = \"…\", azure = \"…\" }`";
        bad(&destinations[0].0, "one destination leaves users no choice", help);
    }
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (own, id) in destinations {
        if id.value.trim().is_empty() || id.value.len() > LONGEST {
            bad(id, "it is no set identifier", "write that of a weighted record set");
        }
        if let Some(other) = owners.insert(&id.value, &own.value) {
            let message = format!("{} is the record set of `{other}` already", id.place.written());
            faults.push(ConfigFault::new(Code::Twice, &id.place, message));
        }
    }
    let own = |(own, id): &(At<String>, At<String>)| (own.value.clone(), id.value.clone());
    Some(Records {
        zone: raw.id()?.value.clone(),
        name: name.value.clone(),
        destinations: destinations.iter().map(own).collect(),
    })
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
