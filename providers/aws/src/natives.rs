//! What AWS's own scalers are told to do, as far as it can be done here as well.

use crate::{Aws, fault::CallError, group, groups::Groups, rivals};
use aws_sdk_autoscaling::types::{MetricType, ScalingPolicy, ScheduledUpdateGroupAction};
use setpoint_core::Range;

/// A group, and what scales it today.
#[derive(Clone, Debug, PartialEq)]
pub struct Native {
    /// The group's name.
    pub group: String,
    /// The group's own range.
    pub range: Range,
    /// What can be done here as well.
    pub rules: Vec<NativeRule>,
    /// What cannot be, in words.
    pub untold: Vec<String>,
}

/// One thing that scales a group today.
#[derive(Clone, Debug, PartialEq)]
pub enum NativeRule {
    /// The average CPU of the group is held at this percentage.
    Cpu {
        /// In percent.
        goal: f64,
    },
    /// The requests to each member are held at a rate.
    Requests {
        /// The load balancer, as CloudWatch names it: "app/web/1".
        balancer: String,
        /// Its target group, as CloudWatch names it: "targetgroup/web/1".
        target_group: String,
        /// How many each member gets a minute.
        each_minute: f64,
    },
    /// From this time of each day on, UTC, there are at least so many.
    Daily {
        /// Hours and minutes.
        at: (u8, u8),
        /// How many at least.
        min: u32,
    },
}

impl Aws {
    /// Every group that something of AWS's own scales, in order. Changes nothing.
    ///
    /// Fails, with AWS's words, rather than telling of some of them only.
    pub async fn natives(&self) -> Result<Vec<Native>, String> {
        self.read_natives().await.map_err(|error| error.to_string())
    }

    async fn read_natives(&self) -> Result<Vec<Native>, CallError> {
        let api = self.autoscaling();
        let policies = rivals::policies(api).await?;
        let pages = api.client().describe_scheduled_actions().max_records(100).into_paginator();
        let pages = pages.items().send();
        let scheduled: Vec<ScheduledUpdateGroupAction> =
            api.call("DescribeScheduledActions", pages.try_collect()).await?;
        let mut natives = Vec::new();
        for (name, described) in Groups::new(api.clone()).all().await? {
            let (mut rules, mut untold) = (Vec::new(), Vec::new());
            let own = policies.iter().filter(|it| it.auto_scaling_group_name() == Some(&name));
            sort(own.map(of_policy), &mut rules, &mut untold);
            let own = scheduled.iter().filter(|it| it.auto_scaling_group_name() == Some(&name));
            sort(own.map(of_action), &mut rules, &mut untold);
            let range = group::read(&described).ok().and_then(|group| group.own_range);
            if let (Some(range), false) = (range, rules.is_empty() && untold.is_empty()) {
                natives.push(Native { group: name, range, rules, untold });
            }
        }
        Ok(natives)
    }
}

fn sort(
    told: impl Iterator<Item = Result<NativeRule, String>>,
    rules: &mut Vec<NativeRule>,
    untold: &mut Vec<String>,
) {
    for one in told {
        match one {
            Ok(rule) => rules.push(rule),
            Err(words) => untold.push(words),
        }
    }
}

/// What a scaling policy does, or why it cannot be told.
fn of_policy(policy: &ScalingPolicy) -> Result<NativeRule, String> {
    let name = policy.policy_name().unwrap_or("without a name");
    let kind = policy.policy_type().unwrap_or("SimpleScaling");
    let untold = |why: &str| format!("policy {name} ({kind}): {why}");
    if !rivals::acts(policy) {
        return Err(untold("it is switched off, or only forecasts"));
    }
    let tracking = policy.target_tracking_configuration();
    let tracking =
        tracking.ok_or_else(|| untold("steps and forecasts have to be written by hand"))?;
    let goal = tracking.target_value().filter(|goal| goal.is_finite() && *goal > 0.0);
    let goal = goal.ok_or_else(|| untold("it has no goal"))?;
    let metric = tracking.predefined_metric_specification();
    let metric = metric.ok_or_else(|| untold("it tracks a metric of your own"))?;
    match metric.predefined_metric_type() {
        Some(MetricType::AsgAverageCpuUtilization) => Ok(NativeRule::Cpu { goal }),
        Some(MetricType::AlbRequestCountPerTarget) => {
            let label = metric.resource_label().unwrap_or_default();
            let (balancer, rest) = label
                .split_once("/targetgroup/")
                .ok_or_else(|| untold("it does not say which load balancer"))?;
            let (balancer, target_group) = (balancer.to_owned(), format!("targetgroup/{rest}"));
            Ok(NativeRule::Requests { balancer, target_group, each_minute: goal })
        }
        other => {
            let other = other.map_or("nothing", MetricType::as_str);
            Err(untold(&format!("it tracks {other}, for which the library has no policy")))
        }
    }
}

/// What a scheduled action does, or why it cannot be told.
fn of_action(action: &ScheduledUpdateGroupAction) -> Result<NativeRule, String> {
    let name = action.scheduled_action_name().unwrap_or("without a name");
    let untold = |why: &str| format!("scheduled action {name}: {why}");
    let utc = action.time_zone().is_none_or(|zone| matches!(zone, "UTC" | "Etc/UTC" | "GMT"));
    let at = action.recurrence().and_then(daily).filter(|_| utc);
    let at = at.ok_or_else(|| untold("only what happens each day at one time, UTC, is told"))?;
    let min = action.min_size().and_then(|min| u32::try_from(min).ok());
    let min = min.ok_or_else(|| untold("it sets no minimum"))?;
    Ok(NativeRule::Daily { at, min })
}

/// The time of day of a cron expression that means every day at that time.
fn daily(cron: &str) -> Option<(u8, u8)> {
    let [minute, hour, "*", "*", "*"] = cron.split_whitespace().collect::<Vec<_>>()[..] else {
        return None;
    };
    let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::{
        PredefinedMetricSpecification as Metric, TargetTrackingConfiguration as Tracking,
    };

    fn tracking(metric: MetricType, label: Option<&str>, goal: f64) -> ScalingPolicy {
        let metric = Metric::builder()
            .predefined_metric_type(metric)
            .set_resource_label(label.map(str::to_owned))
            .build();
        let tracking =
            Tracking::builder().predefined_metric_specification(metric).target_value(goal).build();
        ScalingPolicy::builder().policy_name("p").target_tracking_configuration(tracking).build()
    }

    #[test]
    fn what_can_be_told_is_told_exactly_and_the_rest_is_named() {
        let cpu = of_policy(&tracking(MetricType::AsgAverageCpuUtilization, None, 55.0));
        assert_eq!(cpu, Ok(NativeRule::Cpu { goal: 55.0 }));
        let label = Some("app/web/1/targetgroup/web/2");
        let requests = of_policy(&tracking(MetricType::AlbRequestCountPerTarget, label, 1200.0));
        let (balancer, target_group) = ("app/web/1".to_owned(), "targetgroup/web/2".to_owned());
        let expected = NativeRule::Requests { balancer, target_group, each_minute: 1200.0 };
        assert_eq!(requests, Ok(expected));
        let network = of_policy(&tracking(MetricType::AsgAverageNetworkIn, None, 1.0));
        assert!(network.unwrap_err().contains("ASGAverageNetworkIn"));
        let step = ScalingPolicy::builder().policy_name("s").policy_type("StepScaling").build();
        assert!(of_policy(&step).unwrap_err().starts_with("policy s (StepScaling)"));
        let nan = of_policy(&tracking(MetricType::AsgAverageCpuUtilization, None, f64::NAN));
        assert!(nan.is_err());
    }

    #[test]
    fn only_a_time_of_each_day_is_told() {
        for (cron, expected) in [
            ("0 8 * * *", Some((8, 0))),
            ("30 22 * * *", Some((22, 30))),
            ("0 8 * * MON-FRI", None),
            ("*/5 * * * *", None),
            ("0 24 * * *", None),
            ("", None),
        ] {
            assert_eq!(daily(cron), expected, "{cron}");
        }
    }
}
