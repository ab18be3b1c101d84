//! What is asked of Azure about profiles of Traffic Manager: the calls, each once.

use super::{
    id::{Endpoints, ProfileId},
    profile::Profile,
};
use crate::{
    arm::Arm,
    fault::{Asked, CallError, Heard},
};
use serde_json::Value;

/// What permissions call the look at a profile and its endpoints.
pub(crate) const READ: &str = "Microsoft.Network/trafficManagerProfiles/read";
/// And the change of them.
pub(crate) const WRITE: &str = "Microsoft.Network/trafficManagerProfiles/write";

/// The version of the API. What an older one does not know would be lost where all is written.
const VERSION: [(&str, &str); 1] = [("api-version", "2026-09-01")];

/// The profiles that a subscription reaches.
#[derive(Clone)]
pub(crate) struct Profiles {
    arm: Arm,
    subscription: String,
}

impl Profiles {
    pub(crate) const fn new(arm: Arm, subscription: String) -> Self {
        Self { arm, subscription }
    }

    /// What is asked of a profile.
    pub(super) fn asked(&self, id: &ProfileId, verb: &str, action: &'static str) -> Asked {
        Asked { words: format!("{verb} traffic profile {}", id.name), action, scope: self.path(id) }
    }

    pub(super) fn path(&self, id: &ProfileId) -> String {
        id.path(&self.subscription)
    }

    /// A profile, whole.
    pub(super) async fn find(&self, endpoints: &Endpoints) -> Result<Profile, CallError> {
        let id = &endpoints.profile;
        let asked = self.asked(id, "get", READ);
        let document: Value = self.arm.get(&asked, &self.path(id), &VERSION).await?;
        read(document).map_err(|heard| CallError::new(asked, heard))
    }

    /// Puts `document` in the place of a profile: all of it, or nothing.
    pub(super) async fn put(&self, id: &ProfileId, document: &Value) -> Result<(), CallError> {
        let url = self.arm.at(&self.path(id), &VERSION);
        let json = [("content-type", "application/json")];
        let body = document.to_string().into_bytes();
        let answered = self.arm.call("PUT", &url, &json, body).await;
        answered.map(drop).map_err(|heard| CallError::new(self.asked(id, "change", WRITE), heard))
    }
}

fn read(document: Value) -> Result<Profile, Heard> {
    Profile::read(document).map_err(|error| Heard::Strange(error.to_string()))
}
