//! Asking Auto Scaling how groups stand.

use crate::{
    api::Autoscaling,
    closer::Closely,
    fault::{CallError, Fault},
    group, tag,
};
use aws_sdk_autoscaling::{
    config::retry::RetryConfig,
    types::{Activity, AutoScalingGroup, Filter, InstanceRefresh},
};
use futures::future::{join, try_join};
use setpoint_core::Group;
use std::collections::BTreeMap;

/// The most groups that one `DescribeAutoScalingGroups` may name.
pub(crate) const NAMES_PER_CALL: usize = 100;

/// In a selector: any value.
const ANY: &str = "*";

/// How many of the latest activities are searched for the cloud's reason.
const ACTIVITIES: i32 = 10;

/// Reads Auto Scaling groups.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    api: Autoscaling,
}

impl Groups {
    pub(crate) fn new(api: Autoscaling) -> Self {
        Self { api }
    }

    /// The groups of these names, at most [`NAMES_PER_CALL`], by name. One that does not
    /// exist is left out. Fails as a whole if any page does.
    pub(crate) async fn describe(
        &self,
        names: &[impl AsRef<str>],
    ) -> Result<BTreeMap<String, AutoScalingGroup>, CallError> {
        let names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        let pages = self
            .api
            .client()
            .describe_auto_scaling_groups()
            .set_auto_scaling_group_names(Some(names))
            .max_records(100)
            .into_paginator()
            .items()
            .send();
        let all: Vec<AutoScalingGroup> =
            self.api.call("DescribeAutoScalingGroups", pages.try_collect()).await?;
        let by_name =
            |group: AutoScalingGroup| Some((group.auto_scaling_group_name.clone()?, group));
        Ok(all.into_iter().filter_map(by_name).collect())
    }

    /// Every group there is, by name. Fails as a whole if any page does.
    pub(crate) async fn all(&self) -> Result<BTreeMap<String, AutoScalingGroup>, CallError> {
        let pages = self.api.client().describe_auto_scaling_groups().max_records(100);
        let pages = pages.into_paginator().items().send();
        let all: Vec<AutoScalingGroup> =
            self.api.call("DescribeAutoScalingGroups", pages.try_collect()).await?;
        let by_name =
            |group: AutoScalingGroup| Some((group.auto_scaling_group_name.clone()?, group));
        Ok(all.into_iter().filter_map(by_name).collect())
    }

    /// The names of the groups that have all of `tags`, in order. Without tags, none: never all.
    pub(crate) async fn select(
        &self,
        tags: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, CallError> {
        let filter = |(key, value): (&String, &String)| match value.as_str() {
            ANY => Filter::builder().name("tag-key").values(key).build(),
            value => Filter::builder().name(format!("tag:{key}")).values(value).build(),
        };
        let pages = self
            .api
            .client()
            .describe_auto_scaling_groups()
            .set_filters(Some(tags.iter().map(filter).collect()))
            .max_records(100)
            .into_paginator()
            .items()
            .send();
        let all: Vec<AutoScalingGroup> =
            self.api.call("DescribeAutoScalingGroups", pages.try_collect()).await?;
        // The filters save reading; what counts is what the groups themselves say.
        let matches = |group: &AutoScalingGroup| !tags.is_empty() && has_all(group, tags);
        let mut names: Vec<String> =
            all.into_iter().filter(matches).filter_map(|it| it.auto_scaling_group_name).collect();
        names.sort();
        Ok(names)
    }

    /// The group named `name`, described alone.
    pub(crate) async fn describe_one(&self, name: &str) -> Result<AutoScalingGroup, Fault> {
        let none = || Fault::Stale(format!("there is no Auto Scaling group named {name}"));
        self.describe(&[name]).await?.remove(name).ok_or_else(none)
    }

    /// How the group described as `described` stands, whole.
    pub(crate) async fn look(
        &self,
        name: &str,
        described: &AutoScalingGroup,
    ) -> Result<Group, Fault> {
        let group = group::read(described)?;
        let Closely { busy, shortfall } = self.look_closely(name, &group).await?;
        Ok(Group { busy: group.busy.clone().or(busy), shortfall, ..group })
    }

    /// What is told of one group a call.
    pub(crate) async fn look_closely(&self, name: &str, group: &Group) -> Result<Closely, Fault> {
        let (busy, activities) =
            try_join(self.refreshing(name), self.activities(name, group)).await?;
        Ok(Closely { busy, shortfall: group::shortfall(&activities) })
    }

    /// Why the group should be left alone, if its members are being replaced.
    pub(crate) async fn refreshing(&self, name: &str) -> Result<Option<String>, CallError> {
        Ok(group::refresh_under_way(&self.refreshes(name).await?))
    }

    /// Makes the calls of a look that a healthy group may spare, to see whether they may be made.
    pub(crate) async fn trial(&self, name: &str) -> Vec<CallError> {
        let activities = async {
            let request = self.api.client().describe_scaling_activities();
            let request = request.auto_scaling_group_name(name).max_records(1).send();
            self.api.call("DescribeScalingActivities", request).await.map(drop)
        };
        let both = join(self.refreshes(name), activities).await;
        both.0.err().into_iter().chain(both.1.err()).collect()
    }

    /// The latest instance refreshes.
    ///
    /// Where the action is not known at all, as in some emulators, there are none. Asked
    /// once: such a place answers like a server at fault, which would be asked again.
    async fn refreshes(&self, name: &str) -> Result<Vec<InstanceRefresh>, CallError> {
        let once = aws_sdk_autoscaling::config::Builder::new()
            .retry_config(RetryConfig::standard().with_max_attempts(1));
        let request = self
            .api
            .client()
            .describe_instance_refreshes()
            .auto_scaling_group_name(name)
            .max_records(1)
            .customize()
            .config_override(once)
            .send();
        match self.api.call("DescribeInstanceRefreshes", request).await {
            Ok(answer) => Ok(answer.instance_refreshes.unwrap_or_default()),
            Err(error) if error.is_unknown_action() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The latest activities, newest first; asked for only while the group is short.
    async fn activities(&self, name: &str, group: &Group) -> Result<Vec<Activity>, CallError> {
        if group.ready >= group.desired {
            return Ok(Vec::new());
        }
        let request = self
            .api
            .client()
            .describe_scaling_activities()
            .auto_scaling_group_name(name)
            .max_records(ACTIVITIES)
            .send();
        let answer = self.api.call("DescribeScalingActivities", request).await?;
        Ok(answer.activities.unwrap_or_default())
    }
}

/// Whether `group` has every tag, with that value or, where it is [`ANY`], with some value.
fn has_all(group: &AutoScalingGroup, tags: &BTreeMap<String, String>) -> bool {
    let mut tags = tags.iter();
    tags.all(|(key, value)| {
        let wanted = |own: (&str, &str)| own.0 == key && (value == ANY || own.1 == value);
        tag::group_pairs(group.tags()).any(wanted)
    })
}
