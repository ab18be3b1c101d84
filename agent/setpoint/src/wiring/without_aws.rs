//! In place of Amazon Web Services, in a build without them.

use super::{CannotWire, Reach};
use crate::{
    cli::Init,
    config::{Account, Config, Signed, SourceKind, Target},
};
use serde_json::Value;
use setpoint_control::{Finding, World};
use setpoint_core::{Range, TargetName};
use setpoint_http::Sign;
use std::{collections::BTreeMap, sync::Arc};

/// What scales a group today.
#[derive(Clone, Debug)]
pub(crate) struct Native {
    /// The group's name.
    pub(crate) group: String,
    /// The group's own range.
    pub(crate) range: Range,
    /// What can be done here as well.
    pub(crate) rules: Vec<NativeRule>,
    /// What cannot be, in words.
    pub(crate) untold: Vec<String>,
}

/// One thing that scales a group today.
#[cfg_attr(not(test), expect(dead_code, reason = "no back end makes any"))]
#[derive(Clone, Debug)]
pub(crate) enum NativeRule {
    /// CPU, in percent.
    Cpu { goal: f64 },
    /// Requests to each member.
    Requests { balancer: String, target_group: String, each_minute: f64 },
    /// A floor from a time of day on.
    Daily { at: (u8, u8), min: u32 },
}

/// Fails: the back end is not there.
pub(super) async fn plug_in(
    _: &mut World,
    _: &Config,
    (name, _): (&str, &Account),
    _: &BTreeMap<&TargetName, &Target>,
    _: Reach,
) -> Result<(), CannotWire> {
    CannotWire::left_out(name, "aws")
}

/// Fails: the back end is not there.
pub(super) async fn signer(
    (name, _): (&str, &Account),
    _: &Signed,
) -> Result<Arc<dyn Sign>, CannotWire> {
    CannotWire::left_out(name, "aws")
}

/// Fails: the back end is not there.
pub(super) async fn select(
    (name, _): (&str, &Account),
    _: &TargetName,
    _: &BTreeMap<String, String>,
) -> Result<Vec<String>, CannotWire> {
    CannotWire::left_out(name, "aws")
}

/// Fails: the back end is not there.
pub(super) async fn examine(
    name: &str,
    _: &Account,
    _: &BTreeMap<&TargetName, &Target>,
) -> Result<Vec<Finding>, CannotWire> {
    CannotWire::left_out(name, "aws")
}

/// Fails: the back end is not there.
pub(super) async fn natives(_: &str, _: &Init) -> Result<Vec<Native>, CannotWire> {
    CannotWire::left_out("aws", "aws")
}

/// Fails: the back end is not there.
pub(super) fn permissions(_: &Config, name: &str, _: &Account) -> Result<Value, CannotWire> {
    CannotWire::left_out(name, "aws")
}

/// Whether a source reads the CloudWatch of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    let is_there =
        |kind: &SourceKind| matches!(kind, SourceKind::CloudWatch(own) if own.provider == name);
    config.sources.values().any(|source| is_there(&source.kind))
}
