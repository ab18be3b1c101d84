//! How endpoints get along, as their probes would find them at this moment.
//!
//! Azure takes some failed probes until it says so; here it is said at once, but for the first answer
//! of who was just made or enabled.

use super::{
    super::{set::ScaleSet, subscription::Subscription},
    AZURE, EXTERNAL, Endpoint, Profile,
};
use setpoint_core::Span;

/// How deep profiles may be nested. Source: "Nested Traffic Manager profiles".
const DEPTH: u32 = 10;

/// The state of an endpoint of `profile`.
pub(super) fn of_endpoint(all: &Subscription, profile: &Profile, it: &Endpoint) -> &'static str {
    state(all, profile, it, DEPTH)
}

fn state(all: &Subscription, profile: &Profile, it: &Endpoint, depth: u32) -> &'static str {
    let interval = profile.properties["monitorConfig"]["intervalInSeconds"].as_u64();
    let first_answer = it.since + Span::from_secs(interval.unwrap_or_default());
    if !profile.is_enabled() {
        return "Inactive";
    }
    if !it.is_enabled() {
        return "Disabled";
    }
    if it.properties["alwaysServe"] == "Enabled" {
        return "Unmonitored";
    }
    if all.now < first_answer {
        return "CheckingEndpoint";
    }
    match (set_of(all, it), it.kind) {
        (Some(set), AZURE | EXTERNAL) => told(serves(all, set)),
        // Nobody's here, and nobody says that it is dead.
        (None, EXTERNAL) => "Online",
        (None, AZURE) => "Stopped",
        _ => told(depth > 0 && has_enough(all, it, depth - 1)),
    }
}

const fn told(answers: bool) -> &'static str {
    if answers { "Online" } else { "Degraded" }
}

/// The state of a profile, by those of its endpoints.
pub(super) fn of_profile(all: &Subscription, profile: &Profile) -> &'static str {
    if !profile.is_enabled() {
        return "Disabled";
    }
    let enabled = profile.endpoints.iter().filter(|it| it.is_enabled());
    let states: Vec<&str> = enabled.map(|it| of_endpoint(all, profile, it)).collect();
    let any = |state: &str| states.contains(&state);
    if states.is_empty() {
        return "Inactive";
    }
    if any("Degraded") || any("Stopped") {
        return "Degraded";
    }
    if any("CheckingEndpoint") { "CheckingEndpoints" } else { "Online" }
}

/// The scale set that an endpoint names: by the first part of its target, or the last of the path
/// of its resource.
fn set_of<'a>(all: &'a Subscription, it: &Endpoint) -> Option<&'a ScaleSet> {
    let target = it.properties["target"].as_str().and_then(|target| target.split('.').next());
    let resource = last_part(it.properties["targetResourceId"].as_str());
    let mut named = [resource, target].into_iter().flatten();
    named.find_map(|name| all.sets.get(&name.to_ascii_lowercase()))
}

pub(super) fn last_part(path: Option<&str>) -> Option<&str> {
    path.and_then(|path| path.rsplit('/').next()).filter(|part| !part.is_empty())
}

/// Whether an instance of a set serves.
fn serves(all: &Subscription, set: &ScaleSet) -> bool {
    let serves = |member: &crate::world::Member| {
        member.serves <= all.now && !member.fails() && member.aside.is_none()
    };
    set.members().any(serves)
}

/// Whether as many endpoints of the profile that is nested answer as must.
fn has_enough(all: &Subscription, it: &Endpoint, depth: u32) -> bool {
    let name = last_part(it.properties["targetResourceId"].as_str()).unwrap_or_default();
    let Ok(child) = all.see_profile(name) else { return false };
    let answers = |it: &&Endpoint| state(all, child, it, depth) == "Online";
    let count = child.endpoints.iter().filter(answers).count();
    let least = it.properties["minChildEndpoints"].as_u64().unwrap_or(1);
    u64::try_from(count).unwrap_or(u64::MAX) >= least
}
