//! Taking members of a group out of service, ending them there, and putting them back.
//!
//! On standby an instance is deregistered from its load balancers, whose own connection
//! draining applies, takes no new work, and is left alone by scale-in and health checks. It is
//! no part of the desired size: that goes down and up by exactly the instances named, within
//! the same call. What ends an instance there leaves the desired size as it is.
//!
//! Every call looks first. AWS takes no precondition with a change, so what somebody else does
//! between the look and the call is not seen; the look keeps that to the length of two calls.

use crate::{api::Autoscaling, fault::Fault, group, groups::Groups, resize::Resizer};
use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleState as Life};
use setpoint_core::Group;

/// Members of Auto Scaling groups, by their instance ids.
#[derive(Debug)]
pub(crate) struct Standby {
    api: Autoscaling,
    groups: Groups,
}

/// Where the members that an action names are.
#[derive(Debug, Default)]
struct Stands<'a> {
    in_service: Vec<&'a str>,
    on_standby: Vec<&'a str>,
    /// On their way from one to the other, or gone.
    neither: Vec<&'a str>,
}

impl<'a> Stands<'a> {
    fn of(described: &AutoScalingGroup, members: &'a [String]) -> Self {
        let mut stands = Self::default();
        for name in members {
            let mut instances = described.instances().iter();
            let instance = instances.find(|one| one.instance_id() == Some(name));
            let place = match instance.and_then(|one| one.lifecycle_state()) {
                Some(Life::InService) => &mut stands.in_service,
                Some(Life::Standby) => &mut stands.on_standby,
                Some(_) | None => &mut stands.neither,
            };
            place.push(name);
        }
        stands
    }
}

impl Standby {
    pub(crate) fn new(api: Autoscaling) -> Self {
        Self { groups: Groups::new(api.clone()), api }
    }

    /// Has `members` out of service and the group `name` at `to`, if it is at `from` now but for
    /// those that are out already; nothing to do if all are.
    ///
    /// That it may shrink is found out before anybody is taken out.
    pub(crate) async fn enter(
        &self,
        name: &str,
        (from, to): (u32, u32),
        members: &[String],
    ) -> Result<(), Fault> {
        let described = self.groups.describe_one(name).await?;
        let (group, stands) = (group::read(&described)?, Stands::of(&described, members));
        if stands.in_service.is_empty() {
            return Ok(());
        }
        let out = count(&stands.on_standby) + count(&stands.neither);
        expect(&group, from.saturating_sub(out))?;
        let range = group.own_range.filter(|range| to < range.min());
        if let Some(range) = range {
            return Err(Fault::Refused(format!("{to} is outside the group's own range {range}")));
        }
        if group.desired.saturating_sub(count(&stands.in_service)) < to {
            return Err(Fault::Refused(format!("fewer than {to} would be left")));
        }
        // Eyes look for a refresh when it is the group's turn: what is about to be taken is
        // asked about now.
        if let Some(busy) = self.groups.refreshing(name).await? {
            return Err(Fault::Stale(busy));
        }
        let request = self.api.client().enter_standby().auto_scaling_group_name(name);
        let request = request.set_instance_ids(Some(owned(&stands.in_service)));
        let request = request.should_decrement_desired_capacity(true).send();
        self.api.call("EnterStandby", request).await?;
        Ok(())
    }

    /// Ends `members` of the group `name` that are on standby. Those that are gone, or going,
    /// are done; one that is in service is not ended.
    pub(crate) async fn retire(&self, name: &str, members: &[String]) -> Result<(), Fault> {
        let described = self.groups.describe_one(name).await?;
        let stands = Stands::of(&described, members);
        if let Some(back) = stands.in_service.first() {
            return Err(Fault::Stale(format!("{back} is in service")));
        }
        for member in stands.on_standby {
            let request = self.api.client().terminate_instance_in_auto_scaling_group();
            let request = request.instance_id(member).should_decrement_desired_capacity(false);
            self.api.call("TerminateInstanceInAutoScalingGroup", request.send()).await?;
        }
        Ok(())
    }

    /// Has another in the place of `member` in the group `name`, which stays at `size`: taken out
    /// of service if it is to be `drained`, else ended. One that is gone, or going, is done.
    pub(crate) async fn replace(
        &self,
        name: &str,
        size: u32,
        (member, drained): (&str, bool),
    ) -> Result<(), Fault> {
        let described = self.groups.describe_one(name).await?;
        let mut instances = described.instances().iter();
        let Some(instance) = instances.find(|one| one.instance_id() == Some(member)) else {
            return Ok(());
        };
        match instance.lifecycle_state() {
            Some(Life::InService) => {}
            Some(Life::Standby | Life::EnteringStandby) if drained => return Ok(()),
            Some(life) if life.as_str().starts_with("Terminat") => return Ok(()),
            life => {
                let life = life.map_or("in no state", Life::as_str);
                return Err(Fault::Stale(format!("{member} is {life}")));
            }
        }
        expect(&group::read(&described)?, size)?;
        if let Some(busy) = self.groups.refreshing(name).await? {
            return Err(Fault::Stale(busy));
        }
        if drained {
            let request = self.api.client().enter_standby().auto_scaling_group_name(name);
            let request = request.instance_ids(member).should_decrement_desired_capacity(false);
            self.api.call("EnterStandby", request.send()).await?;
        } else {
            let request = self.api.client().terminate_instance_in_auto_scaling_group();
            let request = request.instance_id(member).should_decrement_desired_capacity(false);
            self.api.call("TerminateInstanceInAutoScalingGroup", request.send()).await?;
        }
        Ok(())
    }

    /// Has `members` in service and the group `name` at `to`, if it is at `from` now but for
    /// those that are back already. One that cannot come back is made up for by a new one.
    pub(crate) async fn exit(
        &self,
        name: &str,
        (from, to): (u32, u32),
        members: &[String],
    ) -> Result<(), Fault> {
        let described = self.groups.describe_one(name).await?;
        let (group, stands) = (group::read(&described)?, Stands::of(&described, members));
        if group.desired == to && stands.on_standby.is_empty() {
            return Ok(());
        }
        expect(&group, from + count(&stands.in_service))?;
        if let Some(range) = group.own_range.filter(|range| to > range.max()) {
            return Err(Fault::Refused(format!("{to} is outside the group's own range {range}")));
        }
        if !stands.on_standby.is_empty() {
            let request = self.api.client().exit_standby().auto_scaling_group_name(name);
            let request = request.set_instance_ids(Some(owned(&stands.on_standby))).send();
            self.api.call("ExitStandby", request).await?;
        }
        let back = group.desired + count(&stands.on_standby);
        if back < to {
            return Resizer::new(self.api.clone()).set(name, to).await;
        }
        Ok(())
    }
}

/// Fails if the group is not at `size`.
fn expect(group: &Group, size: u32) -> Result<(), Fault> {
    let desired = group.desired;
    match desired == size {
        true => Ok(()),
        false => Err(Fault::Stale(format!("its desired size is {desired}, not {size}"))),
    }
}

fn count(names: &[&str]) -> u32 {
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
