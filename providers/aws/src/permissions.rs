//! The least that AWS must permit for these very targets: pure.
//!
//! What looks has no resources of its own in AWS's permissions and is allowed on all; what
//! changes is allowed on the named resources alone, and what deletes on our own replicas.
//! Sources: the service authorization references of EC2 Auto Scaling, RDS, CloudWatch, Route 53
//! and Elastic Load Balancing v2.

use crate::{Dial, Records, Resource, WeightedGroups, route53::normal, tag};
use std::collections::{BTreeMap, BTreeSet};

/// One statement of a policy of AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name in the policy.
    pub id: String,
    /// What is allowed.
    pub actions: BTreeSet<&'static str>,
    /// On what.
    pub resources: BTreeSet<String>,
    /// Only if these keys have these values: by operator, then by key.
    pub conditions: BTreeMap<&'static str, BTreeMap<String, String>>,
}

impl Statement {
    fn new(
        id: &str,
        actions: &[&'static str],
        resources: impl IntoIterator<Item = String>,
    ) -> Self {
        let actions = actions.iter().copied().collect();
        let id = id.to_owned();
        Self {
            id,
            actions,
            resources: resources.into_iter().collect(),
            conditions: BTreeMap::new(),
        }
    }

    fn only_if(mut self, key: String, value: &str) -> Self {
        self.conditions.entry("StringEquals").or_default().insert(key, value.to_owned());
        self
    }
}

/// What is to be permitted to look at `targets` and at `fleets`, each the groups with certain
/// tags, in `region`, to change them if `acts`, and to read metrics if `reads_metrics`.
///
/// The members of the groups in `named` are picked by name.
pub fn permissions(
    region: &str,
    targets: &BTreeSet<Resource>,
    fleets: &[Fleet],
    named: &Named,
    (acts, reads_metrics): (bool, bool),
) -> Vec<Statement> {
    let arn = Arn { region };
    let names = |wanted: fn(&Resource) -> Option<&str>| -> BTreeSet<&str> {
        targets.iter().filter_map(wanted).collect()
    };
    let groups = names(|it| if let Resource::Group(name) = it { Some(name) } else { None });
    let databases = names(|it| if let Resource::Database(id) = it { Some(id) } else { None });
    let storage = names(|it| if let Resource::Storage(id) = it { Some(id) } else { None });
    let mut all =
        vec![looks(!groups.is_empty() || !fleets.is_empty(), !databases.is_empty(), reads_metrics)];
    if !storage.is_empty() {
        all[0].actions.insert("rds:DescribeDBInstances");
    }
    if acts && !groups.is_empty() {
        let groups = groups.iter().map(|name| arn.group(name));
        all.push(Statement::new("Resize", RESIZE, groups));
    }
    for (id, actions, groups) in
        [("Drain", DRAIN, &named.drained), ("Replace", REPLACE, &named.replaced)]
    {
        if acts && !groups.is_empty() {
            let groups = groups.iter().map(|name| arn.group(name));
            all.push(Statement::new(id, actions, groups));
        }
    }
    if acts {
        let numbered = (1..).zip(fleets);
        all.extend(numbered.flat_map(|(number, fleet)| fleet.statements(&arn, number)));
    }
    if acts && !databases.is_empty() {
        all.extend(replicas(&arn, &databases));
    }
    let volumes = names(|it| if let Resource::Volume(id) = it { Some(id) } else { None });
    if !volumes.is_empty() {
        all[0].actions.extend(["ec2:DescribeVolumes", "ec2:DescribeVolumesModifications"]);
    }
    if acts && !volumes.is_empty() {
        let volumes = volumes.iter().map(|id| arn.volume(id));
        all.push(Statement::new("GrowVolumes", &["ec2:ModifyVolume"], volumes));
    }
    if acts && !storage.is_empty() {
        let instances = storage.iter().map(|id| arn.rds("db", id));
        all.push(Statement::new("GrowStorage", &["rds:ModifyDBInstance"], instances));
    }
    all.extend(traffic(&arn, targets, acts));
    all.extend(settings(&arn, targets, acts));
    all.extend(rollouts(targets, acts));
    all.retain(|statement| !statement.actions.is_empty());
    all
}

/// What is to be permitted to ask Prometheus servers of AWS's in `region`, each by the path of
/// its address: `/workspaces/ws-…`. One whose path says nothing may be any.
pub fn query_permission(region: &str, paths: &BTreeSet<&str>) -> Statement {
    let arn = Arn { region };
    let workspace = |path: &&str| {
        let mut parts = path.split('/').skip_while(|part| *part != "workspaces");
        arn.workspace(parts.nth(1).filter(|id| !id.is_empty()).unwrap_or("*"))
    };
    Statement::new("Query", &["aps:QueryMetrics"], paths.iter().map(workspace))
}

/// What changes the size of a group.
const RESIZE: &[&str] = &["autoscaling:SetDesiredCapacity"];

/// What takes members out of service, ends them there and puts them back.
const DRAIN: &[&str] = &[
    "autoscaling:EnterStandby",
    "autoscaling:ExitStandby",
    "autoscaling:TerminateInstanceInAutoScalingGroup",
];

/// What ends a member of a group, so that another comes.
const REPLACE: &[&str] = &["autoscaling:TerminateInstanceInAutoScalingGroup"];

/// The groups whose members are picked by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Those whose members are drained before they go.
    pub drained: BTreeSet<String>,
    /// Those whose members are replaced one by one, at once.
    pub replaced: BTreeSet<String>,
}

/// The groups that have certain tags. Which these are is not known before: those with the
/// tags are permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// The tags; `*` is any value.
    pub tags: BTreeMap<String, String>,
    /// Whether members are drained before they go.
    pub drained: bool,
    /// Whether members are replaced one by one, at once.
    pub replaced: bool,
}

impl Fleet {
    fn statements(&self, arn: &Arn<'_>, number: usize) -> Vec<Statement> {
        let keyed =
            |(key, value): (&String, &String)| (format!("aws:ResourceTag/{key}"), value.clone());
        let one = |verb: &str, actions: &[&'static str]| {
            let id = format!("{verb}Fleet{number}");
            let mut statement = Statement::new(&id, actions, [arn.group("*")]);
            statement.conditions.insert("StringLike", self.tags.iter().map(keyed).collect());
            statement
        };
        let drain = self.drained.then(|| one("Drain", DRAIN));
        let replace = self.replaced.then(|| one("Replace", REPLACE));
        [one("Resize", RESIZE)].into_iter().chain(drain).chain(replace).collect()
    }
}

/// Looking at where users are sent, and changing that of those names alone.
fn traffic(arn: &Arn<'_>, targets: &BTreeSet<Resource>, acts: bool) -> Vec<Statement> {
    let records: Vec<&Records> = targets
        .iter()
        .filter_map(|it| if let Resource::Traffic(records) = it { Some(records) } else { None })
        .collect();
    if records.is_empty() {
        return Vec::new();
    }
    let zones = records.iter().map(|it| arn.route53("hostedzone", &it.zone));
    let mut all = vec![
        Statement::new("LookAtTraffic", &["route53:ListResourceRecordSets"], zones),
        Statement::new(
            "LookAtHealth",
            &["route53:GetHealthCheckStatus"],
            [arn.route53("healthcheck", "*")],
        ),
    ];
    let change = |(it, number): (&&Records, usize)| {
        let id = format!("Route{number}");
        let zone = arn.route53("hostedzone", &it.zone);
        let mut change = Statement::new(&id, &["route53:ChangeResourceRecordSets"], [zone]);
        let key = "route53:ChangeResourceRecordSetsNormalizedRecordNames".to_owned();
        let names = [(key, normal(&it.name))].into();
        change.conditions.insert("ForAllValues:StringEquals", names);
        change
    };
    if acts {
        all.extend(records.iter().zip(1..).map(change));
    }
    all
}

/// What looks at settings of groups and changes them. A share of on-demand instances is changed by
/// the call that changes everything about a group: AWS has no smaller one.
fn settings(arn: &Arn<'_>, targets: &BTreeSet<Resource>, acts: bool) -> Vec<Statement> {
    let dials = targets
        .iter()
        .filter_map(|it| if let Resource::Setting(dial) = it { Some(dial) } else { None });
    let (pools, mixes): (Vec<&Dial>, Vec<&Dial>) =
        dials.partition(|dial| matches!(dial, Dial::WarmPool(_)));
    let mut all = Vec::new();
    if !(pools.is_empty() && mixes.is_empty()) {
        let looks = &["autoscaling:DescribeAutoScalingGroups"];
        all.push(Statement::new("LookAtSettings", looks, ["*".to_owned()]));
    }
    for (id, action, dials) in [
        ("FillWarmPools", "autoscaling:PutWarmPool", pools),
        ("Mix", "autoscaling:UpdateAutoScalingGroup", mixes),
    ] {
        if acts && !dials.is_empty() {
            let groups = dials.iter().map(|dial| arn.group(dial.group()));
            all.push(Statement::new(id, &[action], groups));
        }
    }
    all
}

/// Looking at rules of load balancers, which has no grain finer than all, and changing those alone
/// that share traffic with a candidate.
fn rollouts(targets: &BTreeSet<Resource>, acts: bool) -> Vec<Statement> {
    let all = targets
        .iter()
        .filter_map(|it| if let Resource::Rollout(own) = it { Some(own) } else { None });
    let (listeners, rules): (Vec<&WeightedGroups>, Vec<_>) = all.partition(|it| it.is_listener());
    let arns =
        |of: &[&WeightedGroups]| -> Vec<String> { of.iter().map(|own| own.rule.clone()).collect() };
    let mut looks = Vec::new();
    let mut changes = Vec::new();
    for (own, id, look, change) in [
        (
            arns(&rules),
            "ShiftRules",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:ModifyRule",
        ),
        (
            arns(&listeners),
            "ShiftListeners",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:ModifyListener",
        ),
    ] {
        if own.is_empty() {
            continue;
        }
        looks.push(look);
        changes.extend(acts.then(|| Statement::new(id, &[change], own)));
    }
    if looks.is_empty() {
        return Vec::new();
    }
    looks
        .extend(["elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetHealth"]);
    let look = Statement::new("LookAtRollouts", &looks, ["*".to_owned()]);
    std::iter::once(look).chain(changes).collect()
}

fn looks(groups: bool, databases: bool, metrics: bool) -> Statement {
    let mut actions: Vec<&'static str> = Vec::new();
    if groups {
        actions.extend([
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeInstanceRefreshes",
            "autoscaling:DescribePolicies",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeScheduledActions",
        ]);
    }
    if databases {
        actions.extend([
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:DescribeDBParameters",
        ]);
    }
    if metrics {
        actions.push("cloudwatch:GetMetricData");
    }
    Statement::new("Look", &actions, ["*".to_owned()])
}

/// Adding replicas, with our tag on them from the start, and deleting those that have it.
fn replicas(arn: &Arn<'_>, databases: &BTreeSet<&str>) -> [Statement; 3] {
    let ours = || databases.iter().map(|id| arn.rds("db", &format!("{id}-sp-*")));
    let (key, value) = tag::OURS;
    let sources = databases.iter().flat_map(|id| [arn.rds("db", id), arn.rds("cluster", id)]);
    // Groups of parameters, options and subnets are chosen by the source, not by us.
    let chosen = ["pg", "cluster-pg", "og", "subgrp"].map(|kind| arn.rds(kind, "*"));
    let add = ["rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica"];
    [
        Statement::new("AddReplicas", &add, ours().chain(sources).chain(chosen)),
        Statement::new("TagReplicas", &["rds:AddTagsToResource"], ours())
            .only_if(format!("aws:RequestTag/{key}"), value),
        Statement::new("RemoveReplicas", &["rds:DeleteDBInstance"], ours())
            .only_if(format!("aws:ResourceTag/{key}"), value),
    ]
}

/// Names of resources in one region, of whatever account.
struct Arn<'a> {
    region: &'a str,
}

impl Arn<'_> {
    /// The part of AWS that the region is in.
    fn partition(&self) -> &'static str {
        match self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    fn group(&self, name: &str) -> String {
        let (partition, region) = (self.partition(), self.region);
        format!(
            "arn:{partition}:autoscaling:{region}:*:autoScalingGroup:*:autoScalingGroupName/{name}"
        )
    }

    fn workspace(&self, id: &str) -> String {
        format!("arn:{}:aps:{}:*:workspace/{id}", self.partition(), self.region)
    }

    fn volume(&self, id: &str) -> String {
        format!("arn:{}:ec2:{}:*:volume/{id}", self.partition(), self.region)
    }

    /// Route 53 is in no region.
    fn route53(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:route53:::{kind}/{id}", self.partition())
    }

    fn rds(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:rds:{}:*:{kind}:{name}", self.partition(), self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets() -> BTreeSet<Resource> {
        [Resource::Group("web".to_owned()), Resource::Database("orders".to_owned())].into()
    }

    fn drained() -> Named {
        Named { drained: ["web".to_owned()].into(), ..Named::default() }
    }

    #[test]
    fn an_agent_that_only_observes_is_permitted_nothing_that_writes() {
        for statement in permissions("eu-west-1", &targets(), &[], &drained(), (false, true)) {
            for action in statement.actions {
                let verb = action.split_once(':').unwrap().1;
                assert!(verb.starts_with("Describe") || verb.starts_with("Get"), "{action}");
            }
        }
    }

    #[test]
    fn nothing_that_writes_is_permitted_on_everything() {
        for statement in permissions("eu-west-1", &targets(), &[], &drained(), (true, true)) {
            let all = statement.resources.contains("*");
            assert_eq!(all, statement.id == "Look", "{statement:?}");
            if statement.id == "RemoveReplicas" {
                assert!(
                    statement.conditions["StringEquals"]
                        .contains_key("aws:ResourceTag/setpoint:managed-by")
                );
                assert!(statement.resources.iter().all(|arn| arn.ends_with(":db:orders-sp-*")));
            }
        }
    }

    #[test]
    fn only_what_is_configured_is_permitted() {
        let (group, none) = ([Resource::Group("web".to_owned())].into(), Named::default());
        let ids = |acts| {
            permissions("cn-north-1", &group, &[], &none, (acts, false))
                .into_iter()
                .map(|it| it.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(false), ["Look"]);
        assert_eq!(ids(true), ["Look", "Resize"]);
        let resize = &permissions("cn-north-1", &group, &[], &none, (true, false))[1];
        let arn = "arn:aws-cn:autoscaling:cn-north-1:*:autoScalingGroup:*:autoScalingGroupName/web";
        assert_eq!(resize.resources.iter().collect::<Vec<_>>(), [arn]);
        assert_eq!(permissions("eu-west-1", &BTreeSet::new(), &[], &none, (true, false)), []);
    }

    #[test]
    fn only_what_holds_a_setting_may_be_changed_for_it() {
        let dials = ["warm-pool/web", "on-demand/shop"].map(|it| it.parse().unwrap());
        let targets = dials.map(Resource::Setting).into();
        let asked = |acts| -> Vec<(&str, String)> {
            let all = permissions("eu-west-1", &targets, &[], &Named::default(), (acts, false));
            let one = |it: Statement| {
                let (action, on) = (it.actions.first().copied(), it.resources.first().cloned());
                (action.unwrap(), on.unwrap())
            };
            all.into_iter().map(one).collect()
        };
        let looks = ("autoscaling:DescribeAutoScalingGroups", "*".to_owned());
        assert_eq!(asked(false), std::slice::from_ref(&looks));
        let arn = Arn { region: "eu-west-1" };
        let fill = ("autoscaling:PutWarmPool", arn.group("web"));
        let mix = ("autoscaling:UpdateAutoScalingGroup", arn.group("shop"));
        assert_eq!(asked(true), [looks, fill, mix]);
    }

    #[test]
    fn only_the_servers_that_are_asked_are_permitted() {
        let paths = ["/workspaces/ws-1/", "/workspaces/ws-2/api"].into();
        let asked = query_permission("eu-west-1", &paths);
        let arns = ["ws-1", "ws-2"].map(|id| format!("arn:aws:aps:eu-west-1:*:workspace/{id}"));
        assert_eq!(asked.resources, arns.into());
        let anywhere = query_permission("eu-west-1", &["/"].into());
        assert_eq!(anywhere.resources, ["arn:aws:aps:eu-west-1:*:workspace/*".to_owned()].into());
    }

    #[test]
    fn a_fleet_is_permitted_by_its_tags_and_never_without() {
        let tags = BTreeMap::from([("app".to_owned(), "*".to_owned())]);
        let fleet = [Fleet { tags, drained: true, replaced: true }];
        let none = Named::default();
        let all = permissions("eu-west-1", &BTreeSet::new(), &fleet, &none, (true, false));
        let ids: Vec<&str> = all.iter().map(|it| &*it.id).collect();
        assert_eq!(ids, ["Look", "ResizeFleet1", "DrainFleet1", "ReplaceFleet1"]);
        for statement in &all[1..] {
            assert_eq!(statement.conditions["StringLike"]["aws:ResourceTag/app"], "*");
        }
    }

    #[test]
    fn only_the_bound_rules_may_be_changed() {
        let arn = |kind: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:1:{kind}/app/web/1");
        let rollout = |kind: &str| {
            Resource::Rollout(WeightedGroups {
                rule: arn(kind),
                stable: "web".to_owned(),
                candidate: "new".to_owned(),
                revision_tag: "setpoint:revision".to_owned(),
            })
        };
        let targets = [rollout("listener-rule"), rollout("listener")].into();
        let all = |acts| permissions("eu-west-1", &targets, &[], &Named::default(), (acts, false));
        let looks = all(false);
        assert_eq!(looks.len(), 1);
        assert!(looks[0].actions.iter().all(|action| action.contains(":Describe")));
        let changes: Vec<Statement> = all(true).into_iter().skip(1).collect();
        let told = changes.iter().map(|it| (&*it.id, &it.actions, &it.resources));
        let rules = ["elasticloadbalancing:ModifyRule"].into();
        let listeners = ["elasticloadbalancing:ModifyListener"].into();
        let (rule, listener) = ([arn("listener-rule")].into(), [arn("listener")].into());
        let expected = [("ShiftRules", &rules, &rule), ("ShiftListeners", &listeners, &listener)];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_the_records_of_the_bound_name_may_be_changed() {
        let zone = "Z1".to_owned();
        let traffic = |name: &str| {
            let (zone, name) = (zone.clone(), name.to_owned());
            Resource::Traffic(Records { zone, name, destinations: BTreeMap::new() })
        };
        let targets = [traffic("WWW.example.com."), traffic("*.example.com")].into();
        let all = |acts| permissions("eu-west-1", &targets, &[], &Named::default(), (acts, false));
        let looks: Vec<String> = all(false).into_iter().map(|it| it.id).collect();
        assert_eq!(looks, ["LookAtTraffic", "LookAtHealth"]);
        let changes = all(true).into_iter().filter(|it| it.id.starts_with("Route"));
        let names: Vec<String> = changes
            .map(|it| {
                assert_eq!(it.resources, ["arn:aws:route53:::hostedzone/Z1".to_owned()].into());
                let names = &it.conditions["ForAllValues:StringEquals"];
                names["route53:ChangeResourceRecordSetsNormalizedRecordNames"].clone()
            })
            .collect();
        assert_eq!(names, ["\\052.example.com", "www.example.com"]);
    }

    #[test]
    fn only_where_members_are_picked_by_name_may_one_be_ended() {
        let ends = |named: &Named| {
            let all = permissions("eu-west-1", &targets(), &[], named, (true, false));
            all.iter().any(|it| it.actions.iter().any(|action| action.contains("Terminate")))
        };
        let replaced = Named { replaced: ["web".to_owned()].into(), ..Named::default() };
        assert!(ends(&drained()) && ends(&replaced) && !ends(&Named::default()));
    }
}
