//! Sets and instances as documents have them. Pure, but for the stamps.

use super::{
    route::Route,
    set::{Protection, ScaleSet},
    subscription::Subscription,
};
use crate::{chance::fnv1a, world::Member};
use serde_json::{Value, json};
use setpoint_core::Span;
use std::collections::BTreeMap;

/// The document of a set.
pub(super) fn of_set(all: &Subscription, route: &Route, set: &ScaleSet) -> Value {
    let mut document = set.model.clone();
    document["name"] = json!(set.name);
    document["id"] = json!(route.id(super::SETS, &set.name));
    document["type"] = json!(super::SETS);
    document["etag"] = json!(set.etag());
    document["sku"]["capacity"] = json!(set.capacity());
    let properties = &mut document["properties"];
    properties["provisioningState"] = json!(state(all, set));
    properties["uniqueId"] = json!(unique(&set.name, 0));
    properties["timeCreated"] = json!(all.stamp(set.made));
    document
}

/// Where a set is in its life.
pub(super) fn state(all: &Subscription, set: &ScaleSet) -> &'static str {
    match (set.deleting, all.is_busy(set)) {
        (true, _) => "Deleting",
        (false, true) if set.creating => "Creating",
        (false, true) => "Updating",
        (false, false) if set.failed => "Failed",
        (false, false) => "Succeeded",
    }
}

/// The instances of a set, counted by where they are in their lives.
pub(super) fn view_of_set(all: &Subscription, set: &ScaleSet) -> Value {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for (member, leaves) in instances(set) {
        let code = format!("ProvisioningState/{}", small(instance_state(all.now, member, leaves)));
        *counts.entry(code).or_default() += 1;
    }
    let counts: Vec<Value> =
        counts.iter().map(|(code, count)| json!({ "code": code, "count": count })).collect();
    let state = state(all, set);
    json!({
        "virtualMachine": { "statusesSummary": counts },
        "statuses": [status("ProvisioningState", state, &all.stamp(all.now))],
        "orchestrationServices": [
            { "serviceName": "AutomaticRepairs", "serviceState": "Running" },
        ],
    })
}

/// Everybody in a set in the order of their ids, and whether they are on their way out.
pub(super) fn instances(set: &ScaleSet) -> Vec<(&Member, bool)> {
    let leaving = set.leaving.iter().map(|leaving| (&leaving.member, true));
    let mut all: Vec<(&Member, bool)> =
        set.members().map(|member| (member, false)).chain(leaving).collect();
    all.sort_by_key(|(member, _)| member.number);
    all
}

/// The document of an instance; how it stands is in it only if that was asked for.
pub(super) fn of_instance(
    all: &Subscription,
    route: &Route,
    set: &ScaleSet,
    (member, leaves): (&Member, bool),
    with_view: bool,
) -> Value {
    let number = member.number;
    let name = format!("{}_{number}", set.name);
    let mut properties = json!({
        "latestModelApplied": true,
        "vmId": unique(&set.name, number + 1),
        "provisioningState": instance_state(all.now, member, leaves),
        "timeCreated": all.stamp(member.launched),
        "osProfile": { "computerName": format!("sim{number:06}") },
        "hardwareProfile": {},
    });
    if let Some(kept) = set.protected.get(&number) {
        properties["protectionPolicy"] = protection(*kept);
    }
    if with_view {
        properties["instanceView"] = view_of_instance(all, member, leaves);
    }
    let mut document = json!({
        "name": name,
        "id": format!("{}/virtualMachines/{number}", route.id(super::SETS, &set.name)),
        "type": format!("{}/virtualMachines", super::SETS),
        "instanceId": number.to_string(),
        "location": set.model["location"],
        "tags": set.model["tags"],
        "sku": set.model["sku"],
        "properties": properties,
    });
    if set.model["zones"].as_array().is_some_and(|zones| !zones.is_empty()) {
        document["zones"] = json!([(member.zone + 1).to_string()]);
    }
    document
}

fn protection(kept: Protection) -> Value {
    json!({
        "protectFromScaleIn": kept.from_scale_in, "protectFromScaleSetActions": kept.from_actions,
    })
}

/// How an instance stands: its disk, its power, and its health once it runs.
pub(super) fn view_of_instance(all: &Subscription, member: &Member, leaves: bool) -> Value {
    let now = all.now;
    let boot = member.serves.minus(member.launched).ms();
    let runs_from = member.launched + Span::from_ms(boot / 2);
    let runs = runs_from <= now;
    let launched = all.stamp(member.launched);
    let state = instance_state(now, member, leaves);
    let power = match (leaves, runs) {
        (true, _) => "stopping",
        (false, true) => "running",
        (false, false) => "starting",
    };
    let mut view = json!({
        "statuses": [
            status("ProvisioningState", state, &launched),
            status("PowerState", power, &launched),
        ],
        "platformUpdateDomain": 0, "platformFaultDomain": 0,
    });
    if runs && !leaves {
        let (health, since) =
            if member.serves <= now { ("healthy", member.serves) } else { ("unknown", runs_from) };
        view["vmHealth"] = json!({ "status": status("HealthState", health, &all.stamp(since)) });
    }
    view
}

/// Where an instance is in its life.
fn instance_state(now: Span, member: &Member, leaves: bool) -> &'static str {
    match leaves {
        true => "Deleting",
        false if member.serves <= now => "Succeeded",
        false => "Creating",
    }
}

fn status(kind: &str, what: &str, at: &str) -> Value {
    let level = if what == "Failed" { "Error" } else { "Info" };
    let shown = match (kind, what) {
        ("PowerState", power) => format!("VM {power}"),
        ("ProvisioningState", "Succeeded") => "Provisioning succeeded".to_owned(),
        ("ProvisioningState", "Failed") => "Provisioning failed".to_owned(),
        (_, other) => other.to_owned(),
    };
    let code = format!("{kind}/{}", small(what));
    json!({ "code": code, "level": level, "displayStatus": shown, "time": at })
}

/// As a code has it: `succeeded`.
fn small(what: &str) -> String {
    what.to_ascii_lowercase()
}

fn unique(name: &str, number: u64) -> String {
    let hash = fnv1a(name.bytes());
    format!("{:08x}-{:04x}-4000-a000-{number:012x}", hash >> 32, hash & 0xffff)
}
