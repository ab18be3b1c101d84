//! In place of Amazon Web Services, in a build without them.

use super::{CannotWire, Reach};
use crate::config::{Config, Provider, SourceKind, Target};
use setpoint_control::Ports;
use setpoint_core::TargetName;
use std::collections::BTreeMap;

/// Fails: the back end is not there.
pub(super) async fn plug_in(
    _: &mut Ports,
    _: &Config,
    (name, _): (&str, &Provider),
    _: &BTreeMap<&TargetName, &Target>,
    _: Reach,
) -> Result<(), CannotWire> {
    Err(CannotWire::LeftOut { provider: name.to_owned(), kind: "aws" })
}

/// Whether a source reads the CloudWatch of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    let is_there =
        |kind: &SourceKind| matches!(kind, SourceKind::CloudWatch(own) if own.provider == name);
    config.sources.values().any(|source| is_there(&source.kind))
}
