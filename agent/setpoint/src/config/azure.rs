//! What is named in a subscription of Azure, with its faults shown where they are written.

use super::fault::{At, Code, ConfigFault, Faults};
pub(crate) use setpoint_azure::MetricQuery;
use setpoint_azure::{ProfileId, ScaleSetId, ServerId};
use setpoint_policies::Kind;

/// Says so if `id` names no scale set, no server where a database is meant, or no profile where a
/// traffic is; `group` is where one is that names no resource group.
pub(crate) fn check_id(kind: Kind, id: &At<String>, group: Option<&At<String>>, faults: &Faults) {
    let group = group.map(|group| &*group.value);
    let named = if kind == Kind::Database {
        ServerId::parse(&id.value, group).map(drop)
    } else if kind == Kind::Traffic {
        ProfileId::parse(&id.value, group).map(drop)
    } else {
        ScaleSetId::parse(&id.value, group).map(drop)
    };
    if let Err(why) = named {
        faults.push(ConfigFault::new(Code::BadValue, &id.place, why.to_string()));
    }
}

/// What is asked of Azure Monitor, or a fault.
pub(crate) fn metric(written: &At<String>, faults: &Faults) -> Option<MetricQuery> {
    match MetricQuery::parse(&written.value) {
        Ok(query) => Some(query),
        Err(why) => {
            // What a variable holds is not to be shown.
            let expanded = written.place.written().contains("${");
            let why = if expanded { "once its variables are expanded" } else { &why.to_string() };
            let message = format!("this query cannot be answered: {why}");
            faults.push(ConfigFault::new(Code::BadQuery, &written.place, message));
            None
        }
    }
}
