//! How the agent and its targets stand, as a value: over the socket, over HTTP, and printed.

use crate::report::Contacts;
use serde::{Deserialize, Serialize};
use setpoint_core::{Decision, Notice, Plan, ShadowDecision};

/// A last pass older than this many passes means that no agent is at work, or that it is stuck.
pub(crate) const MISSED_PASSES: u64 = 3;

/// How things stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    /// The version of the program that says so.
    pub(crate) version: String,
    /// The region.
    pub(crate) region: String,
    /// What the agent may do.
    pub(crate) mode: String,
    /// Whether passes are being made.
    pub(crate) at_work: bool,
    /// How often the agent has started; known to itself alone.
    pub(crate) epoch: Option<u64>,
    /// The last pass, if there was one.
    pub(crate) pass: Option<u64>,
    /// When it was made.
    pub(crate) at: Option<String>,
    /// How long ago that was.
    pub(crate) age_ms: Option<u64>,
    /// The pause under way.
    pub(crate) paused: Option<Paused>,
    /// Why it is not ready, a reason each; empty if it is.
    pub(crate) not_ready: Vec<String>,
    /// Why the configuration as it is on disk now is not in force.
    pub(crate) refused_reload: Option<String>,
    /// What was decided in the last pass.
    pub(crate) decisions: Vec<Decision>,
    /// What the policies would do that are being tried.
    #[serde(default)]
    pub(crate) shadows: Vec<ShadowDecision>,
    /// What people were told that is not over.
    #[serde(default)]
    pub(crate) open: Vec<Notice>,
    /// Who answers for each policy whose header tells.
    #[serde(default)]
    pub(crate) contacts: Contacts,
}

/// A pause under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paused {
    /// Why.
    pub(crate) reason: String,
    /// For how long it was to go on at the last pass; until resumed without.
    pub(crate) left_ms: Option<u64>,
}

impl Status {
    /// The decisions as a plan, to print it.
    pub(crate) fn plan(&self) -> Plan {
        let (decisions, shadows) = (self.decisions.clone(), self.shadows.clone());
        Plan { decisions, shadows, ..Plan::default() }
    }
}
