//! What is named in a subscription of Azure, with its faults shown where they are written.

use super::fault::{At, Code, ConfigFault, Faults};
use setpoint_azure::ScaleSetId;

/// Says so if `id` names no scale set; `group` is where one is that names no resource group.
pub(crate) fn check_id(id: &At<String>, group: Option<&At<String>>, faults: &Faults) {
    if let Err(why) = ScaleSetId::parse(&id.value, group.map(|group| &*group.value)) {
        faults.push(ConfigFault::new(Code::BadValue, &id.place, why.to_string()));
    }
}
