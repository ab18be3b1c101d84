//! Other scalers on our groups: AWS's own policies, which would undo what we do.

use crate::{api::Autoscaling, fault::CallError, pace::SharedClock};
use aws_sdk_autoscaling::types::ScalingPolicy;
use setpoint_control::OtherScalers;
use std::{collections::BTreeMap, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// How long the answer may take: a look at the groups themselves must not be late for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Knows which groups have a scaling policy of AWS's own at work.
#[derive(Debug)]
pub(crate) struct Rivals {
    api: Autoscaling,
    clock: SharedClock,
    /// The name of a policy, by group.
    known: Mutex<OtherScalers<BTreeMap<String, String>>>,
}

impl Rivals {
    pub(crate) fn new(api: Autoscaling, clock: SharedClock) -> Self {
        Self { api, clock, known: Mutex::default() }
    }

    /// Why the group `name` should be left to another scaler, if there is one.
    ///
    /// Where policies may not be read, or the place has none to read, none is known: a
    /// person learns that from `doctor`.
    pub(crate) async fn of(&self, name: &str) -> Option<String> {
        let now = self.clock.now().monotonic;
        let mut known = self.known.lock().await;
        let find = |all: &BTreeMap<String, String>| Some(format!("policy {}", all.get(name)?));
        known.hold(now, self.read(), find).await
    }

    async fn read(&self) -> Result<BTreeMap<String, String>, String> {
        match timeout(PATIENCE, policies(&self.api)).await {
            Ok(Ok(all)) => Ok(at_work(&all)),
            Ok(Err(error)) if error.is_refusal() => Ok(BTreeMap::new()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_elapsed) => Err(format!("no answer within {PATIENCE:?}")),
        }
    }
}

/// Every scaling policy of the region. Fails as a whole if any page does.
pub(crate) async fn policies(api: &Autoscaling) -> Result<Vec<ScalingPolicy>, CallError> {
    let pages = api.client().describe_policies().max_records(100).into_paginator().items().send();
    api.call("DescribePolicies", pages.try_collect()).await
}

/// The name of one policy at work for each group that has any.
fn at_work(policies: &[ScalingPolicy]) -> BTreeMap<String, String> {
    let working = policies.iter().filter(|policy| acts(policy));
    let named = |policy: &ScalingPolicy| {
        let name = policy.policy_name().unwrap_or("without a name").to_owned();
        Some((policy.auto_scaling_group_name.clone()?, name))
    };
    working.filter_map(named).collect()
}

/// Whether `policy` changes its group: it is not switched off, and does more than forecast.
pub(crate) fn acts(policy: &ScalingPolicy) -> bool {
    let predictive = policy.predictive_scaling_configuration();
    // Without a mode it only forecasts: that is AWS's default.
    let scales =
        predictive.and_then(|it| it.mode()).is_some_and(|it| it.as_str() != "ForecastOnly");
    let forecasts = policy.policy_type() == Some("PredictiveScaling") && !scales;
    policy.enabled() != Some(false) && !forecasts
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::{
        PredictiveScalingConfiguration as Predictive, PredictiveScalingMode as Mode,
    };

    fn policy(group: &str, enabled: Option<bool>, mode: Option<Mode>) -> ScalingPolicy {
        let kind = if mode.is_some() { "PredictiveScaling" } else { "TargetTrackingScaling" };
        let predictive = mode.map(|mode| {
            Predictive::builder().set_metric_specifications(Some(Vec::new())).mode(mode).build()
        });
        ScalingPolicy::builder()
            .auto_scaling_group_name(group)
            .policy_name("cpu-60")
            .policy_type(kind)
            .set_enabled(enabled)
            .set_predictive_scaling_configuration(predictive)
            .build()
    }

    #[test]
    fn only_a_policy_at_work_is_another_scaler() {
        let all = [
            policy("web", None, None),
            policy("off", Some(false), None),
            policy("forecast", Some(true), Some(Mode::ForecastOnly)),
            policy("predictive", Some(true), Some(Mode::ForecastAndScale)),
        ];
        let found: Vec<String> = at_work(&all).into_keys().collect();
        assert_eq!(found, ["predictive", "web"]);
    }
}
