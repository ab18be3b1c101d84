//! Servers as documents have them.

use super::{
    super::{route::Route, subscription::Subscription},
    KIND, MOST, Server,
};
use serde_json::{Value, json};

/// Where everything is, as servers say it.
const PLACE: &str = "West Europe";

/// The document of a server.
pub(super) fn of_server(all: &Subscription, route: &Route, server: &Server) -> Value {
    let Server { name, source, state, replication, made } = server;
    let role = if source.is_some() { "AsyncReplica" } else { "Primary" };
    let capacity = if source.is_some() { 0 } else { MOST };
    let made = all.stamp(*made);
    let mut properties = json!({
        "administratorLogin": "setpoint", "version": "16", "minorVersion": "4", "state": state,
        "fullyQualifiedDomainName": format!("{name}.postgres.invalid"),
        "availabilityZone": "1", "replicationRole": role, "replicaCapacity": capacity,
        "replica": { "role": role, "capacity": capacity },
        "storage": { "storageSizeGB": 128, "iops": 500, "tier": "P10", "autoGrow": "Disabled" },
        "authConfig": { "activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled" },
        "dataEncryption": { "type": "SystemManaged" },
        "backup": { "backupRetentionDays": 7, "geoRedundantBackup": "Disabled",
                    "earliestRestoreDate": made },
        "network": { "publicNetworkAccess": "Enabled" },
        "highAvailability": { "mode": "Disabled", "state": "NotEnabled" },
        "maintenanceWindow": { "customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0,
                               "startMinute": 0 },
        "privateEndpointConnections": [],
    });
    if let Some(replication) = replication {
        properties["replica"]["replicationState"] = json!(replication);
    }
    if let Some(source) = source {
        properties["sourceServerResourceId"] = json!(route.id(KIND, source));
    }
    json!({
        "id": route.id(KIND, name), "name": name, "type": KIND, "location": PLACE,
        "tags": all.server_tags.get(name).cloned().unwrap_or_default(),
        "sku": { "name": "Standard_D4ds_v5", "tier": "GeneralPurpose" },
        "systemData": { "createdAt": made },
        "properties": properties,
    })
}
