//! In place of Azure, in a build without it.

use super::{CannotWire, Reach};
use crate::config::{Config, SourceKind, Subscription, Target};
use serde_json::Value;
use setpoint_control::{Finding, World};
use setpoint_core::TargetName;
use std::collections::BTreeMap;

/// Fails: the back end is not there.
pub(super) fn plug_in(
    _: &mut World,
    _: &Config,
    (name, _): (&str, &Subscription),
    _: &BTreeMap<&TargetName, &Target>,
    _: Reach,
) -> Result<(), CannotWire> {
    CannotWire::left_out(name, "azure")
}

/// Whether a source reads the Azure Monitor of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    let is_there =
        |kind: &SourceKind| matches!(kind, SourceKind::AzureMonitor(own) if own.provider == name);
    config.sources.values().any(|source| is_there(&source.kind))
}

/// Fails: the back end is not there.
pub(super) async fn examine(
    name: &str,
    _: &Subscription,
    _: &BTreeMap<&TargetName, &Target>,
) -> Result<Vec<Finding>, CannotWire> {
    CannotWire::left_out(name, "azure")
}

/// Fails: the back end is not there.
pub(super) fn permissions(_: &Config, name: &str, _: &Subscription) -> Result<Value, CannotWire> {
    CannotWire::left_out(name, "azure")
}
