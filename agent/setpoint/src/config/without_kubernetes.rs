//! In place of what is named in a cluster, in a build without Kubernetes.

use super::fault::{At, Faults};
use setpoint_core::Unit;

/// A question that nobody can ask: the wiring says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Usage;

/// Takes any name: the back end that could judge it is not there.
pub(crate) fn check_id(_: &At<String>, _: &Faults) {}

/// Takes any question: the back end that could judge it is not there.
#[expect(clippy::unnecessary_wraps, reason = "the back end that is there may refuse it")]
pub(crate) fn usage(_: &At<String>, _: Unit, _: &Faults) -> Option<Usage> {
    Some(Usage)
}
