//! How instances stand, and what they are set to.

use super::{
    super::{super::live, account::Account, ask::Ask, data::Data, fault::Fault, pages::page},
    Instance, none,
};

/// The parameter group of every instance.
pub(super) const PARAMETERS: &str = "setpoint-sim";

pub(super) fn instances(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let mut all = account.instances();
    if ask.text("DBInstanceIdentifier").is_some() {
        let one = account.instance(ask)?;
        all.retain(|instance| instance.name == one.name);
    }
    for filter in ask.entries("Filters.Filter") {
        let values: Vec<String> =
            filter.list("Values.Value").into_iter().map(str::to_lowercase).collect();
        match filter.must("Name")? {
            "db-instance-id" => all.retain(|it| values.contains(&it.name.to_lowercase())),
            "engine" => all.retain(|_| values.iter().any(|value| value == "postgres")),
            // Nobody here is in a cluster.
            "db-cluster-id" => all.clear(),
            other => {
                let message = format!("Unrecognized filter name: {other}");
                return Err(Fault::sender("InvalidParameterValue", message));
            }
        }
    }
    let at = (ask.text("Marker"), most(ask)?);
    let key = |instance: &Instance| instance.name.clone();
    let (all, next) = page(all, key, at, "InvalidParameterValue")?;
    let told = all.iter().map(|instance| account.told_of(instance, &ask.region)).collect();
    Ok(Data::map().maybe("Marker", next).with("DBInstances", Data::List("DBInstance", told)))
}

fn most(ask: &Ask) -> Result<usize, Fault> {
    match ask.count("MaxRecords")? {
        Some(most) if !(20..=100).contains(&most) => {
            let message = format!("MaxRecords is {most}, and takes 20 to 100");
            Err(Fault::sender("InvalidParameterValue", message))
        }
        most => Ok(most.unwrap_or(100) as usize),
    }
}

/// There are none: only instances are simulated.
pub(super) fn clusters(ask: &Ask) -> Result<Data, Fault> {
    match ask.text("DBClusterIdentifier") {
        Some(name) => {
            let message = format!("DBCluster {name} not found.");
            Err(Fault::not_found("DBClusterNotFoundFault", message))
        }
        None => Ok(Data::map().with("DBClusters", Data::List("DBCluster", Vec::new()))),
    }
}

pub(super) fn parameters(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let group = ask.must("DBParameterGroupName")?;
    if group != PARAMETERS {
        let message = format!("DBParameterGroup not found: {group}");
        return Err(Fault::not_found("DBParameterGroupNotFound", message));
    }
    let live = live::lock(&account.main);
    let model = live.world.model().database.as_ref().ok_or_else(|| none(group))?;
    let most = Data::map()
        .with("ParameterName", "max_connections")
        .with("ParameterValue", model.max_connections.to_string())
        .with("Source", "user")
        .with("ApplyType", "static")
        .with("DataType", "integer")
        .with("IsModifiable", true);
    let is_wanted = ask.text("Source").is_none_or(|source| source == "user");
    let all = is_wanted.then_some(most).into_iter().collect();
    Ok(Data::map().with("Parameters", Data::List("Parameter", all)))
}
