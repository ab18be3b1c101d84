//! What the operator settled about one AWS account and region.

use crate::Dial;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use url::Url;

/// Where to find the cloud, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The provider, as named in the configuration; errors carry it.
    pub name: String,
    /// The region: "eu-west-1".
    pub region: String,
    /// Another place to call than the region's own: an emulator, a private link.
    pub endpoint: Option<Url>,
    /// A file in AWS's own credentials format whose `default` profile is used alone.
    /// Without one, the SDK's default chain: environment, profile files, web
    /// identity, container, instance.
    pub credentials_file: Option<PathBuf>,
    /// The profile of the credentials to use; `default` without one.
    pub profile: Option<String>,
    /// A role to take on with those credentials, in this account or another.
    pub role: Option<Role>,
    /// Calls a second, by all that use this provider together. Default 20.
    pub calls_per_second: u32,
    /// How long to wait.
    pub deadlines: Deadlines,
}

impl AwsSettings {
    /// The region's own endpoints, credentials by the default chain, default deadlines.
    pub fn new(name: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            region: region.into(),
            endpoint: None,
            credentials_file: None,
            profile: None,
            role: None,
            calls_per_second: 20,
            deadlines: Deadlines::default(),
        }
    }
}

/// A role to take on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its trust policy asks a stranger for.
    pub external_id: Option<String>,
}

/// How long to wait for the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For a connection. Default 3 s.
    pub connect: Duration,
    /// For a whole look at all targets, a second attempt at each call included. Default 10 s.
    pub look: Duration,
    /// For a whole action: the look before it and the change itself. Default 20 s.
    pub act: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            look: Duration::from_secs(10),
            act: Duration::from_secs(20),
        }
    }
}

/// What a target is in AWS, by the name it has there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// An Auto Scaling group, by its name.
    Group(String),
    /// A database with its read replicas, by the id of the source instance (RDS) or of
    /// the cluster (Aurora): which of both is found out by asking.
    Database(String),
    /// The storage of a database, by the id of its instance.
    Storage(String),
    /// A volume of Elastic Block Store, by its id.
    Volume(String),
    /// Where users are sent.
    Traffic(Records),
    /// A number of a group that is not its size.
    Setting(Dial),
    /// The share of the traffic that a candidate has.
    Rollout(WeightedGroups),
}

/// Two weighted target groups that a load balancer forwards to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeightedGroups {
    /// The ARN of the rule, or of the listener whose default it is.
    pub rule: String,
    /// The target group of what is stable, by its ARN or its name.
    pub stable: String,
    /// That of the candidate.
    pub candidate: String,
    /// The key of the tag of the candidate's target group that tells its revision.
    pub revision_tag: String,
}

impl WeightedGroups {
    /// Whether it is the default of a listener, and not a rule.
    pub fn is_listener(&self) -> bool {
        self.rule.contains(":listener/")
    }
}

/// Weighted record sets of one name in a hosted zone of Route 53, a destination each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Records {
    /// The id of the hosted zone.
    pub zone: String,
    /// The name: "www.example.com".
    pub name: String,
    /// The set identifier of each destination.
    pub destinations: BTreeMap<String, String>,
}
