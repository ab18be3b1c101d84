//! In place of what is named in a subscription, in a build without Azure.

use super::fault::{At, Faults};
use setpoint_policies::Kind;

/// Takes any name: the back end that could judge it is not there.
pub(crate) const fn check_id(_: Kind, _: &At<String>, _: Option<&At<String>>, _: &Faults) {}

/// A question that nobody can ask: the wiring says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricQuery;

/// Takes any question: the back end that could judge it is not there.
#[expect(clippy::unnecessary_wraps, reason = "the back end that is there may refuse it")]
pub(crate) const fn metric(_: &At<String>, _: &Faults) -> Option<MetricQuery> {
    Some(MetricQuery)
}
