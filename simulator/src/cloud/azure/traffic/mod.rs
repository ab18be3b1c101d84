//! Traffic Manager: profiles that callers make, with endpoints that take shares of users.
//!
//! Nobody is sent anywhere here: a profile is what its callers wrote, and how its endpoints get along
//! follows the world. An endpoint that names a scale set answers its probes while an instance of the
//! set serves.
//!
//! Start reading at [`Profile`]; how endpoints get along is in `monitor.rs`.

mod document;
mod monitor;
mod read;
mod write;

use super::{fault::Fault, subscription::Subscription};
use serde_json::{Map, Value};
use setpoint_core::Span;
use std::collections::BTreeMap;

pub(super) use read::{endpoint, free, profile, profiles};
pub(super) use write::{delete, delete_endpoint, patch, patch_endpoint, put, put_endpoint};

/// What profiles are called.
pub(super) const KIND: &str = "Microsoft.Network/trafficManagerProfiles";
/// What endpoints are called: what is at Azure, anywhere, or another profile.
const AZURE: &str = "azureEndpoints";
const EXTERNAL: &str = "externalEndpoints";
const NESTED: &str = "nestedEndpoints";
/// The domain of all profiles.
const DOMAIN: &str = "trafficmanager.net";

/// Every profile, by its name in small letters.
pub(super) type Profiles = BTreeMap<String, Profile>;

/// A profile as its callers wrote it.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    name: String,
    tags: Map<String, Value>,
    /// All but the endpoints.
    properties: Value,
    endpoints: Vec<Endpoint>,
}

/// An endpoint of one.
#[derive(Clone, Debug)]
struct Endpoint {
    name: String,
    /// One of the three.
    kind: &'static str,
    properties: Value,
    /// Since when its probes ask the same.
    since: Span,
}

impl Profile {
    fn is_enabled(&self) -> bool {
        self.properties["profileStatus"] == "Enabled"
    }

    fn endpoint(&self, kind: &str, name: &str) -> Result<&Endpoint, Fault> {
        let mut all = self.endpoints.iter();
        let found = all.find(|it| it.kind == kind && it.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| Fault::not_found(&format!("{KIND}/{}/{kind}", self.name), name))
    }
}

impl Endpoint {
    fn is_enabled(&self) -> bool {
        self.properties["endpointStatus"] == "Enabled"
    }
}

impl Subscription {
    /// The profile of this name. Names are told apart by no letter's size.
    fn see_profile(&self, name: &str) -> Result<&Profile, Fault> {
        let profile = self.profiles.get(&name.to_ascii_lowercase());
        profile.ok_or_else(|| Fault::not_found(KIND, name))
    }
}

/// The kind of endpoints that is written so, in letters of any size.
pub(super) fn kind_of(text: &str) -> Option<&'static str> {
    [AZURE, EXTERNAL, NESTED].into_iter().find(|kind| kind.eq_ignore_ascii_case(text))
}
