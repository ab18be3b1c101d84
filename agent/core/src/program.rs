//! Everything a decision depends on that does not change from pass to pass.
//!
//! A journal keeps the program beside the passes it decided, so that a pass can be
//! made again with the very policies and bounds that were in force.

use crate::{PolicyName, Settings, TargetName};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// The settings and the policies in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The version of the decider: another one may decide otherwise.
    pub decider: String,
    /// Bounds, brakes and bindings.
    pub settings: Settings,
    /// The policies, in the order of their names.
    pub policies: Vec<BoundPolicy>,
}

impl Program {
    /// A program of this version of the decider.
    pub fn new(settings: Settings, mut policies: Vec<BoundPolicy>) -> Self {
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        Self { decider: env!("CARGO_PKG_VERSION").to_owned(), settings, policies }
    }
}

/// A script with what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundPolicy {
    /// The policy's name.
    pub name: PolicyName,
    /// The file it was read from, for messages. Shared by all that a script is bound to.
    pub file: Arc<str>,
    /// Its text.
    pub source: Arc<str>,
    /// The targets, by the names that its header gives them.
    pub targets: BTreeMap<String, TargetName>,
    /// Parameters that replace its header's defaults, as written.
    pub params: BTreeMap<String, String>,
}
