//! Settings: numbers of an Auto Scaling group that are not its size.
//!
//! They are told with the group, and changed as a whole with everything that stands beside them:
//! AWS keeps nothing that is left out. Start at [`Dial`].

use crate::{api::Autoscaling, fault::Fault, groups::Groups};
use aws_sdk_autoscaling::types::{
    AutoScalingGroup, LaunchTemplate, LaunchTemplateOverrides, LaunchTemplateSpecification,
    MixedInstancesPolicy, WarmPoolConfiguration, WarmPoolStatus,
};
use setpoint_core::Setting;
use std::{fmt, str::FromStr};

/// All of what a mixed group has above its base, in percent. Also what AWS takes where nothing is
/// said. Source: `InstancesDistribution` in the reference of EC2 Auto Scaling.
const ALL: u32 = 100;

/// A number of a group, named as `warm-pool/web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dial {
    /// The least number of instances in its warm pool.
    WarmPool(String),
    /// The percentage of on-demand instances above the base of its mixed instances policy, 0 to 100.
    OnDemand(String),
}

/// A text names no setting of AWS's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no setting of AWS's: write `warm-pool/GROUP` or `on-demand/GROUP`")]
pub struct BadDial(String);

impl FromStr for Dial {
    type Err = BadDial;

    fn from_str(text: &str) -> Result<Self, BadDial> {
        match text.split_once('/') {
            Some(("warm-pool", group)) if !group.is_empty() => Ok(Self::WarmPool(group.to_owned())),
            Some(("on-demand", group)) if !group.is_empty() => Ok(Self::OnDemand(group.to_owned())),
            _ => Err(BadDial(text.to_owned())),
        }
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WarmPool(group) => write!(f, "warm-pool/{group}"),
            Self::OnDemand(group) => write!(f, "on-demand/{group}"),
        }
    }
}

impl Dial {
    /// The group whose number it is.
    pub(crate) fn group(&self) -> &str {
        let (Self::WarmPool(group) | Self::OnDemand(group)) = self;
        group
    }

    /// How it stands, by how its group is described.
    pub(crate) fn read(&self, described: &AutoScalingGroup) -> Result<Setting, Fault> {
        let (value, busy) = match self {
            Self::WarmPool(group) => {
                let pool = warm_pool(group, described)?;
                let leaves = pool.status == Some(WarmPoolStatus::PendingDelete);
                (pool.min_size, leaves.then(|| "the warm pool is being deleted".to_owned()))
            }
            Self::OnDemand(group) => {
                let policy = mixed(group, described)?;
                let own = policy
                    .instances_distribution()
                    .and_then(|it| it.on_demand_percentage_above_base_capacity());
                (own.or_else(|| i32::try_from(ALL).ok()), None)
            }
        };
        let value = value.and_then(|value| u32::try_from(value).ok());
        let none = || Fault::Refused(format!("AWS tells no number of {self}"));
        Ok(Setting { value: value.ok_or_else(none)?, busy })
    }
}

fn warm_pool<'a>(
    group: &str,
    described: &'a AutoScalingGroup,
) -> Result<&'a WarmPoolConfiguration, Fault> {
    let none = || Fault::Refused(format!("group {group} has no warm pool"));
    described.warm_pool_configuration().ok_or_else(none)
}

fn mixed<'a>(
    group: &str,
    described: &'a AutoScalingGroup,
) -> Result<&'a MixedInstancesPolicy, Fault> {
    let none = || Fault::Refused(format!("group {group} has no mixed instances policy"));
    described.mixed_instances_policy().ok_or_else(none)
}

/// Changes settings.
#[derive(Debug)]
pub(crate) struct Dials {
    api: Autoscaling,
    groups: Groups,
}

impl Dials {
    pub(crate) fn new(api: Autoscaling) -> Self {
        Self { groups: Groups::new(api.clone()), api }
    }

    /// Has the setting be `to`, if it is `from` now; nothing to do if it is `to`.
    ///
    /// AWS takes no precondition with the change, so a change by somebody else between the look
    /// and ours is overwritten; the look keeps that to the length of two calls.
    pub(crate) async fn set(&self, dial: &Dial, from: u32, to: u32) -> Result<(), Fault> {
        let described = self.groups.describe_one(dial.group()).await?;
        let Setting { value, busy } = dial.read(&described)?;
        if value == to {
            return Ok(());
        }
        if value != from {
            return Err(Fault::Stale(format!("it is {value}, not {from}")));
        }
        if let Some(busy) = busy {
            return Err(Fault::Stale(busy));
        }
        match dial {
            Dial::WarmPool(group) => self.fill(group, warm_pool(group, &described)?, to).await,
            Dial::OnDemand(_) if to > ALL => {
                Err(Fault::Refused(format!("{to} is more than all, {ALL} %")))
            }
            Dial::OnDemand(group) => self.mix(group, mixed(group, &described)?, to).await,
        }
    }

    /// Has the warm pool of `group` keep `to` instances.
    async fn fill(&self, group: &str, pool: &WarmPoolConfiguration, to: u32) -> Result<(), Fault> {
        let request = self
            .api
            .client()
            .put_warm_pool()
            .auto_scaling_group_name(group)
            .min_size(counted(to)?)
            .set_max_group_prepared_capacity(pool.max_group_prepared_capacity)
            .set_pool_state(pool.pool_state.clone())
            .set_instance_reuse_policy(pool.instance_reuse_policy.clone())
            .send();
        self.api.call("PutWarmPool", request).await?;
        Ok(())
    }

    /// Has `to` percent of `group` above its base be on demand.
    async fn mix(&self, group: &str, policy: &MixedInstancesPolicy, to: u32) -> Result<(), Fault> {
        let mut policy = policy.clone();
        policy.launch_template = policy.launch_template.map(named_once);
        let mut distribution = policy.instances_distribution.unwrap_or_else(|| {
            aws_sdk_autoscaling::types::InstancesDistribution::builder().build()
        });
        distribution.on_demand_percentage_above_base_capacity = Some(counted(to)?);
        policy.instances_distribution = Some(distribution);
        let request = self
            .api
            .client()
            .update_auto_scaling_group()
            .auto_scaling_group_name(group)
            .mixed_instances_policy(policy)
            .send();
        self.api.call("UpdateAutoScalingGroup", request).await?;
        Ok(())
    }
}

fn counted(to: u32) -> Result<i32, Fault> {
    i32::try_from(to).map_err(|_| Fault::Refused(format!("{to} is more than AWS can count")))
}

/// `template` as AWS takes it: it tells templates by id and by name, and takes one of both.
/// Source: `LaunchTemplateSpecification` in the reference of EC2 Auto Scaling.
fn named_once(mut template: LaunchTemplate) -> LaunchTemplate {
    let once = |mut named: LaunchTemplateSpecification| {
        if named.launch_template_id.is_some() {
            named.launch_template_name = None;
        }
        named
    };
    let overrides = |mut one: LaunchTemplateOverrides| {
        one.launch_template_specification = one.launch_template_specification.map(once);
        one
    };
    template.launch_template_specification = template.launch_template_specification.map(once);
    template.overrides = template.overrides.map(|all| all.into_iter().map(overrides).collect());
    template
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::InstancesDistribution;

    #[test]
    fn a_setting_is_named_by_what_it_is_and_by_its_group() {
        for text in ["warm-pool/web", "on-demand/team/web"] {
            assert_eq!(text.parse::<Dial>().map(|dial| dial.to_string()).as_deref(), Ok(text));
        }
        for bad in ["web", "warm-pool", "warm-pool/", "pool/web", "/web"] {
            assert!(
                bad.parse::<Dial>().unwrap_err().to_string().contains("`warm-pool/GROUP`"),
                "{bad}"
            );
        }
    }

    fn group(
        pool: Option<WarmPoolConfiguration>,
        mixed: Option<MixedInstancesPolicy>,
    ) -> AutoScalingGroup {
        let group = AutoScalingGroup::builder().set_warm_pool_configuration(pool);
        group.set_mixed_instances_policy(mixed).build()
    }

    #[test]
    fn what_is_not_told_is_never_a_number() {
        let (warm, share) = (Dial::WarmPool("web".to_owned()), Dial::OnDemand("web".to_owned()));
        let pool = |min| WarmPoolConfiguration::builder().set_min_size(min).build();
        let read =
            |dial: &Dial, group| dial.read(&group).map(|it| it.value).map_err(|it| it.to_string());
        assert_eq!(read(&warm, group(Some(pool(Some(3))), None)), Ok(3));
        assert!(read(&warm, group(Some(pool(None)), None)).unwrap_err().contains("no number"));
        assert!(read(&warm, group(Some(pool(Some(-1))), None)).unwrap_err().contains("no number"));
        assert!(read(&warm, group(None, None)).unwrap_err().contains("no warm pool"));
        let of = |percent| {
            let own = InstancesDistribution::builder()
                .set_on_demand_percentage_above_base_capacity(percent);
            Some(MixedInstancesPolicy::builder().instances_distribution(own.build()).build())
        };
        assert_eq!(read(&share, group(None, of(Some(40)))), Ok(40));
        assert_eq!(read(&share, group(None, of(None))), Ok(100));
        assert!(read(&share, group(None, None)).unwrap_err().contains("no mixed instances policy"));
    }

    #[test]
    fn a_pool_that_is_being_deleted_is_left_alone() {
        let pool =
            WarmPoolConfiguration::builder().min_size(3).status(WarmPoolStatus::PendingDelete);
        let read = Dial::WarmPool("web".to_owned()).read(&group(Some(pool.build()), None)).unwrap();
        assert!(read.busy.is_some_and(|why| why.contains("deleted")));
    }

    #[test]
    fn a_template_that_is_told_by_id_and_name_is_given_back_by_its_id() {
        let both = LaunchTemplateSpecification::builder()
            .launch_template_id("lt-1")
            .launch_template_name("web")
            .version("3")
            .build();
        let own = LaunchTemplateOverrides::builder().launch_template_specification(both.clone());
        let template = LaunchTemplate::builder()
            .launch_template_specification(both)
            .overrides(own.instance_type("m7g.large").build())
            .build();
        let given = named_once(template);
        let named = [
            given.launch_template_specification.as_ref(),
            given.overrides()[0].launch_template_specification(),
        ];
        for named in named.map(Option::unwrap) {
            assert_eq!(
                (named.launch_template_id(), named.launch_template_name()),
                (Some("lt-1"), None)
            );
            assert_eq!(named.version(), Some("3"));
        }
        assert_eq!(given.overrides()[0].instance_type(), Some("m7g.large"));
    }
}
