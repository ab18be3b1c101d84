//! What is named in a cluster of Kubernetes, with its faults shown where they are written.

use super::fault::{At, Code, ConfigFault, Faults};
use setpoint_core::Unit;
use setpoint_kubernetes::Scalable;
pub(crate) use setpoint_kubernetes::Usage;

/// Says so if `id` names nothing that has a size.
pub(crate) fn check_id(id: &At<String>, faults: &Faults) {
    if let Err(why) = Scalable::parse(&id.value) {
        faults.push(ConfigFault::new(Code::BadValue, &id.place, why.to_string()));
    }
}

/// What is asked of the metrics, for an input of this `unit`; or a fault.
pub(crate) fn usage(written: &At<String>, unit: Unit, faults: &Faults) -> Option<Usage> {
    let fault = |message: String| ConfigFault::new(Code::BadQuery, &written.place, message);
    if unit != Unit::Percent {
        let message = "the metrics of a cluster are told in percent of what pods request";
        faults.push(
            fault(message.to_owned()).help("the policy's input must have the unit \"percent\""),
        );
        return None;
    }
    match Usage::parse(&written.value) {
        Ok(usage) => Some(usage),
        Err(why) => {
            faults.push(fault(format!("this query cannot be answered: {why}")));
            None
        }
    }
}
