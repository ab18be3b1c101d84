//! Changing the size of a group.

use crate::{api::Autoscaling, fault::Fault, group, groups::Groups};

/// Changes the size of Auto Scaling groups.
#[derive(Debug)]
pub(crate) struct Resizer {
    api: Autoscaling,
    groups: Groups,
}

impl Resizer {
    pub(crate) fn new(api: Autoscaling) -> Self {
        Self { groups: Groups::new(api.clone()), api }
    }

    /// Has the group `name` be `to` in size, if it is `from` now; nothing to do if it is `to`.
    ///
    /// AWS takes no precondition with the change, so a change by somebody else between
    /// the look and ours is overwritten; the look keeps that to the length of two calls.
    pub(crate) async fn resize(&self, name: &str, from: u32, to: u32) -> Result<(), Fault> {
        let group = group::read(&self.groups.describe_one(name).await?)?;
        if group.desired == to {
            return Ok(());
        }
        if group.desired != from {
            let desired = group.desired;
            return Err(Fault::Stale(format!("its desired size is {desired}, not {from}")));
        }
        if let Some(range) = group.own_range.filter(|range| range.clamp(to) != to) {
            return Err(Fault::Refused(format!("{to} is outside the group's own range {range}")));
        }
        // Eyes look for a refresh when it is the group's turn: what is about to be taken is
        // asked about now.
        if to < from
            && let Some(busy) = self.groups.refreshing(name).await?
        {
            return Err(Fault::Stale(busy));
        }
        self.set(name, to).await
    }

    /// Has the group `name` be `to` in size, whatever it is.
    pub(crate) async fn set(&self, name: &str, to: u32) -> Result<(), Fault> {
        let capacity = i32::try_from(to)
            .map_err(|_| Fault::Refused(format!("{to} is more than AWS can count")))?;
        let request = self
            .api
            .client()
            .set_desired_capacity()
            .auto_scaling_group_name(name)
            .desired_capacity(capacity)
            .honor_cooldown(false)
            .send();
        self.api.call("SetDesiredCapacity", request).await?;
        Ok(())
    }
}
