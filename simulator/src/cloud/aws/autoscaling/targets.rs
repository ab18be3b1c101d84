//! Members as a load balancer in front of their group sees them.

use super::{super::elb::State, Group};
use setpoint_core::Span;

const BOOTING: State =
    ("initial", Some(("Elb.InitialHealthChecking", "Initial health checks in progress")));
const ILL: State = ("unhealthy", Some(("Target.FailedHealthChecks", "Health checks failed")));
const LEAVING: State =
    ("draining", Some(("Target.DeregistrationInProgress", "Target deregistration is in progress")));

impl Group {
    /// The id and the state of each member that is registered: those on standby are not.
    pub(in super::super) fn targets(&self, now: Span) -> Vec<(String, State)> {
        let here = self.members().filter_map(|member| {
            let state = match self.phase(member, now) {
                "InService" if self.sick.contains_key(&member.number) => ILL,
                "InService" => ("healthy", None),
                "Pending" | "Pending:Wait" => BOOTING,
                _ => return None,
            };
            Some((self.id(member.number), state))
        });
        let leaving = self.leaving.iter().map(|it| (self.id(it.member.number), LEAVING));
        here.chain(leaving).collect()
    }
}
