//! In place of CloudWatch's queries, in a build without AWS.

use super::fault::{At, Faults};

/// A query that nobody can ask: the wiring says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricQuery;

impl MetricQuery {
    /// None: nobody asks.
    pub(crate) fn metrics(&self) -> usize {
        0
    }

    /// No: nobody asks.
    pub(crate) fn searches(&self) -> bool {
        false
    }
}

/// Takes any query: the back end that could judge it is not there.
pub(crate) fn parse(_: &At<String>, _: &Faults) -> Option<MetricQuery> {
    Some(MetricQuery)
}
