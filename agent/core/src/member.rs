//! One member of a group, by its name: only where somebody must be picked out of the many.

use serde::{Deserialize, Serialize};

/// One member of a group, as its provider reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name at the provider: "i-0abc".
    pub name: String,
    /// The zone it is in, where the provider has zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Where it is in its life.
    pub state: MemberState,
}

/// Where a member is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// In service and healthy: it takes new work.
    Serving,
    /// In service, and the provider calls it unhealthy.
    Sick,
    /// Taken out of service and kept: it takes no new work, and finishes what it has.
    Standby,
    /// On its way in or out. It is nobody's to pick.
    Other,
}
