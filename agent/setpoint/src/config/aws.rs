//! What AWS judges of a target.

use super::fault::{At, Code, ConfigFault, Faults};
use setpoint_aws::Dial;

/// Says so if `id` names no setting of AWS's.
pub(super) fn check_setting(id: &At<String>, faults: &Faults) {
    if let Err(why) = id.value.parse::<Dial>() {
        faults.push(ConfigFault::new(Code::BadValue, &id.place, why.to_string()));
    }
}
