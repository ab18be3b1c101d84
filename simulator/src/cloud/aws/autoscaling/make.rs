//! Groups that callers make, change and delete.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    Group,
    processes::Process,
    tags,
};
use setpoint_core::Range;

/// The most groups there may be: each of them is a world.
pub(super) const MOST_GROUPS: usize = 200;
/// The most members of one.
const MOST: u32 = 10_000;

pub(super) fn create(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let name = ask.must("AutoScalingGroupName")?;
    if account.groups.contains_key(name) {
        let message = format!("AutoScalingGroup by this name already exists - {name}");
        return Err(Fault::sender("AlreadyExists", message));
    }
    if account.groups.len() >= MOST_GROUPS {
        return Err(Fault::sender(
            "LimitExceeded",
            format!("there are {MOST_GROUPS} groups already"),
        ));
    }
    let min = ask.count("MinSize")?.ok_or_else(|| Fault::missing("MinSize"))?;
    let max = ask.count("MaxSize")?.ok_or_else(|| Fault::missing("MaxSize"))?;
    let range = range(min, max)?;
    let launched_from = launched_from(ask).ok_or_else(|| {
        Fault::validation(
            "one of LaunchTemplate, LaunchConfigurationName and MixedInstancesPolicy must be given",
        )
    })?;
    if ask.list("AvailabilityZones.member").is_empty() && ask.text("VPCZoneIdentifier").is_none() {
        return Err(Fault::validation("AvailabilityZones or VPCZoneIdentifier must be given"));
    }
    let wanted = ask.count("DesiredCapacity")?.unwrap_or(min);
    if range.clamp(wanted) != wanted {
        let message = format!("DesiredCapacity {wanted} is outside of {range}");
        return Err(Fault::validation(message));
    }
    let given = tags::given(ask)?;
    let live = account.another_world(name, wanted, range);
    let now = account.now;
    let mut group = Group::new(live, name, now);
    group.launched_from = launched_from;
    group.tags.extend(given);
    adopt(&mut group, ask)?;
    group.note(now, "a caller made the group");
    account.groups.insert(name.to_owned(), group);
    Ok(Data::map())
}

fn range(min: u32, max: u32) -> Result<Range, Fault> {
    let range = Range::new(min, max).filter(|range| range.max() <= MOST);
    range.ok_or_else(|| {
        Fault::validation(format!("sizes are from {min} to {max}, and take 0 to {MOST} upwards"))
    })
}

fn launched_from(ask: &Ask) -> Option<(&'static str, String)> {
    if let Some(name) = ask.text("LaunchConfigurationName") {
        return Some(("LaunchConfigurationName", name.to_owned()));
    }
    let template = ask.part("LaunchTemplate");
    let mixed = ask.part("MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification");
    let named = |part: &Ask| {
        let name = part.text("LaunchTemplateName").or_else(|| part.text("LaunchTemplateId"));
        name.map(|name| ("LaunchTemplate", name.to_owned()))
    };
    named(&template).or_else(|| named(&mixed))
}

/// Takes over the settings that a call gives, but for sizes.
fn adopt(group: &mut Group, ask: &Ask) -> Result<(), Fault> {
    if let Some(cooldown) = ask.count("DefaultCooldown")? {
        group.cooldown = cooldown;
    }
    if let Some(grace) = ask.count("HealthCheckGracePeriod")? {
        group.grace = grace;
    }
    if let Some(kind) = ask.text("HealthCheckType") {
        group.health_check = kind.to_owned();
    }
    if let Some(protects) = ask.flag("NewInstancesProtectedFromScaleIn")? {
        group.protects_new = protects;
    }
    if let Some(from) = launched_from(ask) {
        group.launched_from = from;
    }
    Ok(())
}

pub(super) fn update(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let now = account.now;
    let group = account.group_to_change(ask)?;
    let (own, desired) = {
        let live = group.live();
        (live.world.range(), live.world.desired())
    };
    let min = ask.count("MinSize")?.unwrap_or(own.min());
    let max = ask.count("MaxSize")?.unwrap_or(own.max());
    let range = range(min, max)?;
    // A size that nobody gives is brought into the range; one that somebody gives must be in it.
    let wanted = match ask.count("DesiredCapacity")? {
        None => range.clamp(desired),
        Some(wanted) if range.clamp(wanted) == wanted => wanted,
        Some(wanted) => {
            let message = format!("DesiredCapacity {wanted} is outside of {range}");
            return Err(Fault::validation(message));
        }
    };
    adopt(group, ask)?;
    group.live().world.set_range(range);
    if wanted != desired {
        group.resize(wanted, now);
    }
    Ok(Data::map())
}

pub(super) fn delete(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let forced = ask.flag("ForceDelete")?.unwrap_or(false);
    let now = account.now;
    let group = account.group(ask)?;
    if !forced {
        if group.activities.iter().any(|activity| activity.is_under_way(now)) {
            let message =
                "You cannot delete an AutoScalingGroup while scaling activities are in progress";
            return Err(Fault::sender("ScalingActivityInProgress", message));
        }
        if group.members().next().is_some() {
            let message = "You cannot delete an AutoScalingGroup while there are instances in it";
            return Err(Fault::sender("ResourceInUse", message));
        }
    }
    group.deleting = true;
    group.suspended.remove(&Process::Terminate);
    let everybody: Vec<u64> = group.members().map(|member| member.number).collect();
    {
        let mut live = group.live();
        live.world.have_launch(false);
        live.world.ask_for(0);
        live.world.end(&everybody);
    }
    group.note(now, "a caller deleted the group");
    if group.is_gone() {
        let name = group.name.clone();
        account.groups.remove(&name);
    }
    Ok(Data::map())
}
