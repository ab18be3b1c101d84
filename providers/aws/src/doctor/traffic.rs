//! What is to be said about a traffic before work.

use super::{failed, not_seen};
use crate::{fault::Fault, route53::Look};
use setpoint_control::{Finding, Severity};

/// What a look at a traffic finds, or why there was none.
pub(super) fn findings(about: &str, looked: Result<Look, Fault>) -> Vec<Finding> {
    let look = match looked {
        Ok(look) => look,
        Err(fault @ (Fault::Stale(_) | Fault::Refused(_))) => {
            let help = "`id` is a hosted zone, `name` a name in it, and `destinations` names the \
                        set identifier of a weighted record set of that name for each";
            return vec![not_seen(about, "route53", &fault).help(help)];
        }
        Err(fault) => return vec![not_seen(about, "route53", &fault)],
    };
    let mut findings: Vec<Finding> =
        look.untold.iter().map(|error| failed(about, "route53", error)).collect();
    for (name, destination) in &look.traffic.destinations {
        let (severity, message, help) = match destination.healthy {
            Some(true) => continue,
            Some(false) => (
                Severity::Warning,
                format!("{name} does not answer just now"),
                "see its health check",
            ),
            None => (
                Severity::Warning,
                format!("nobody can tell whether {name} answers: rules that ask it are skipped"),
                "give its record set a health check of an endpoint",
            ),
        };
        findings.push(Finding::new(severity, about, message).help(help));
    }
    findings
}
