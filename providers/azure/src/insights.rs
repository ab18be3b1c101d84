//! Azure Monitor's autoscale settings, which no crate has: their shape and the call for them.

use crate::{
    arm::Arm,
    fault::{Asked, CallError},
    scale_set::group_path,
};
use serde::Deserialize;

/// What permissions call the look at autoscale settings.
pub(crate) const READ_AUTOSCALE: &str = "Microsoft.Insights/autoscaleSettings/read";

const VERSION: &str = "2022-10-01";

/// An autoscale setting: what is read of it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AutoscaleSetting {
    /// Its name.
    pub(crate) name: Option<String>,
    /// What it does.
    #[serde(default)]
    pub(crate) properties: Properties,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    /// Whether it acts; it does unless it says otherwise.
    pub(crate) enabled: Option<bool>,
    /// The path of what it scales.
    pub(crate) target_resource_uri: Option<String>,
}

/// The autoscale settings of a resource group.
pub(crate) async fn autoscale_settings(
    arm: &Arm,
    subscription: &str,
    group: &str,
) -> Result<Vec<AutoscaleSetting>, CallError> {
    let scope = group_path(subscription, group);
    let path = format!("{scope}/providers/Microsoft.Insights/autoscalesettings");
    let words = format!("list the autoscale settings of {group}");
    let asked = Asked { words, action: READ_AUTOSCALE, scope };
    arm.list(&asked, &path, &[("api-version", VERSION)]).await
}
