//! How groups and their instances stand.

use super::{
    super::{
        account::{ACCOUNT, Account},
        ask::Ask,
        data::Data,
        fault::Fault,
        pages::page,
    },
    Group,
    member::zone,
    tags::Filters,
};

/// The most groups that one call may name.
const NAMES: usize = 100;

pub(super) fn groups(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let names = ask.list("AutoScalingGroupNames.member");
    if names.len() > NAMES {
        return Err(Fault::validation(format!("{} names, at most {NAMES} are taken", names.len())));
    }
    let most = most(ask, 50, 100)?;
    let filters = Filters::of(ask)?;
    let wanted = |group: &&Group| {
        (names.is_empty() || names.contains(&group.name.as_str())) && filters.match_group(group)
    };
    let all: Vec<&Group> = account.groups.values().filter(wanted).collect();
    let at = (ask.text("NextToken"), most);
    let (all, next) = page(all, |group| group.name.clone(), at, "InvalidNextToken")?;
    let told = all.into_iter().map(|group| told(group, account, &ask.region));
    Ok(Data::map().members("AutoScalingGroups", told).maybe("NextToken", next))
}

fn told(group: &Group, account: &Account, region: &str) -> Data {
    let live = group.live();
    let (desired, range) = (live.world.desired(), live.world.range());
    let zones = live.world.model().fleet.zones;
    drop(live);
    let name = &group.name;
    let arn = format!(
        "arn:aws:autoscaling:{region}:{ACCOUNT}:autoScalingGroup:00000000:autoScalingGroupName/{name}"
    );
    let instances = group.instances(region, account.now, |data| data);
    let suspended = group.suspended.iter().map(|process| {
        Data::map()
            .with("ProcessName", process.name())
            .with("SuspensionReason", "suspended by a caller")
    });
    Data::map()
        .with("AutoScalingGroupName", name.clone())
        .with("AutoScalingGroupARN", arn)
        .with(group.launched_from.0, group.launched_from())
        .with("MinSize", range.min())
        .with("MaxSize", range.max())
        .with("DesiredCapacity", desired)
        .with("DefaultCooldown", group.cooldown)
        .members("AvailabilityZones", (0..zones).map(|nth| zone(region, nth).into()))
        .members("LoadBalancerNames", [])
        .members("TargetGroupARNs", [])
        .with("HealthCheckType", group.health_check.clone())
        .with("HealthCheckGracePeriod", group.grace)
        .members("Instances", instances.into_iter().map(|(_, data)| data))
        .with("CreatedTime", account.outside(group.made))
        .members("SuspendedProcesses", suspended)
        .maybe("Status", group.deleting.then_some("Delete in progress"))
        .members("Tags", group.tags.iter().map(|(key, tag)| tag.told(name, key)))
        .members("TerminationPolicies", [Data::from("NewestInstance")])
        .with("NewInstancesProtectedFromScaleIn", group.protects_new)
}

pub(super) fn instances(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let ids = ask.list("InstanceIds.member");
    let most = most(ask, 50, 50)?;
    let mut all = Vec::new();
    for group in account.groups.values() {
        let named = |data: Data| data.with("AutoScalingGroupName", group.name.clone());
        all.extend(group.instances(&ask.region, account.now, |data| health(named(data))));
    }
    all.retain(|(id, _)| ids.is_empty() || ids.contains(&id.as_str()));
    let at = (ask.text("NextToken"), most);
    let (all, next) = page(all, |(id, _)| id.clone(), at, "InvalidNextToken")?;
    let told = all.into_iter().map(|(_, data)| data);
    Ok(Data::map().members("AutoScalingInstances", told).maybe("NextToken", next))
}

/// This call alone writes the health in capitals.
fn health(data: Data) -> Data {
    let Data::Map(mut values) = data else { return data };
    for (name, value) in &mut values {
        if let (&mut "HealthStatus", Data::Text(health)) = (name, value) {
            *health = health.to_uppercase();
        }
    }
    Data::Map(values)
}

pub(super) fn limits(account: &Account) -> Data {
    let groups = u32::try_from(account.groups.len()).unwrap_or(u32::MAX);
    Data::map()
        .with("MaxNumberOfAutoScalingGroups", super::make::MOST_GROUPS as u32)
        .with("MaxNumberOfLaunchConfigurations", 0_u32)
        .with("NumberOfAutoScalingGroups", groups)
        .with("NumberOfLaunchConfigurations", 0_u32)
}

/// How many entries a page has.
pub(super) fn most(ask: &Ask, usual: u32, top: u32) -> Result<usize, Fault> {
    match ask.count("MaxRecords")? {
        Some(most) if !(1..=top).contains(&most) => {
            Err(Fault::validation(format!("MaxRecords is {most}, and takes 1 to {top}")))
        }
        most => Ok(most.unwrap_or(usual) as usize),
    }
}
