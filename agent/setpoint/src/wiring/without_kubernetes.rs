//! In place of Kubernetes, in a build without it.

use super::{CannotWire, Reach};
use crate::config::{Cluster, Config, SourceKind, Target};
use serde_json::Value;
use setpoint_control::{Finding, World};
use setpoint_core::{Range, TargetName};
use std::collections::BTreeMap;

/// What scales something today.
#[derive(Clone, Debug)]
pub(crate) struct Autoscaler {
    /// The name of the autoscaler.
    pub(crate) name: String,
    /// What it scales, as an id.
    pub(crate) id: String,
    /// Its range.
    pub(crate) range: Range,
    /// The CPU that it holds, in percent of what the pods request.
    pub(crate) cpu: Option<f64>,
    /// What cannot be done here as well, in words.
    pub(crate) untold: Vec<String>,
}

/// Fails: the back end is not there.
pub(super) async fn plug_in(
    _: &mut World,
    _: &Config,
    (name, _): (&str, &Cluster),
    _: &BTreeMap<&TargetName, &Target>,
    _: Reach,
) -> Result<(), CannotWire> {
    CannotWire::left_out(name, "kubernetes")
}

/// Whether a source reads the metrics of the cluster of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    let is_there =
        |kind: &SourceKind| matches!(kind, SourceKind::Kubernetes(own) if own.provider == name);
    config.sources.values().any(|source| is_there(&source.kind))
}

/// Fails: the back end is not there.
pub(super) async fn examine(
    name: &str,
    _: &Cluster,
    _: &BTreeMap<&TargetName, &Target>,
) -> Result<Vec<Finding>, CannotWire> {
    CannotWire::left_out(name, "kubernetes")
}

/// Fails: the back end is not there.
pub(super) async fn autoscalers(_: &Cluster) -> Result<Vec<Autoscaler>, CannotWire> {
    CannotWire::left_out("k8s", "kubernetes")
}

/// Fails: the back end is not there.
pub(super) fn permissions(_: &Config, name: &str, _: &Cluster) -> Result<Value, CannotWire> {
    CannotWire::left_out(name, "kubernetes")
}
