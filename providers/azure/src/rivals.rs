//! Other scalers on our scale sets: Azure's own autoscale settings, which would undo what we do.

use crate::{
    arm::Arm,
    insights::{AutoscaleSetting, autoscale_settings},
    scale_set::ScaleSetId,
};
use setpoint_control::{Clock, OtherScalers};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// How long the answer may take: a look at the scale sets themselves must not be late for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Knows which scale sets Azure itself scales.
pub(crate) struct Rivals {
    arm: Arm,
    subscription: String,
    clock: Arc<dyn Clock>,
    /// By resource group.
    known: Mutex<BTreeMap<String, OtherScalers<Vec<Rival>>>>,
}

/// An autoscale setting that is in force, and what it scales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rival {
    /// What it is called: "autoscale setting web".
    pub(crate) who: String,
    of: String,
}

impl Rival {
    /// Whether it scales what is at this path.
    pub(crate) fn is_of(&self, path: &str) -> bool {
        // Azure writes its own paths in several ways.
        self.of.eq_ignore_ascii_case(path)
    }
}

impl Rivals {
    pub(crate) fn new(arm: Arm, subscription: String, clock: Arc<dyn Clock>) -> Self {
        Self { arm, subscription, clock, known: Mutex::default() }
    }

    /// Why a scale set should be left to another scaler, if there is one.
    ///
    /// Where settings may not be read none is known: a person learns that from `doctor`.
    pub(crate) async fn of(&self, id: &ScaleSetId) -> Option<String> {
        let now = self.clock.now().monotonic;
        let mut known = self.known.lock().await;
        let known = known.entry(id.group.clone()).or_default();
        let path = id.path(&self.subscription);
        let find = |all: &Vec<Rival>| {
            all.iter().find(|rival| rival.is_of(&path)).map(|rival| rival.who.clone())
        };
        known.hold(now, self.read(&id.group), find).await
    }

    async fn read(&self, group: &str) -> Result<Vec<Rival>, String> {
        let read = autoscale_settings(&self.arm, &self.subscription, group);
        match timeout(PATIENCE, read).await {
            Err(_elapsed) => Err(format!("no answer within {PATIENCE:?}")),
            Ok(Ok(read)) => Ok(in_force(&read)),
            Ok(Err(error)) if error.is_forbidden() => Ok(Vec::new()),
            Ok(Err(error)) => Err(error.to_string()),
        }
    }
}

/// Those of `settings` that act.
pub(crate) fn in_force(settings: &[AutoscaleSetting]) -> Vec<Rival> {
    let acts = |setting: &&AutoscaleSetting| setting.properties.enabled != Some(false);
    let rival = |setting: &AutoscaleSetting| {
        let name = setting.name.as_deref().unwrap_or("without a name");
        let of = setting.properties.target_resource_uri.clone()?;
        Some(Rival { who: format!("autoscale setting {name}"), of })
    };
    settings.iter().filter(acts).filter_map(rival).collect()
}
