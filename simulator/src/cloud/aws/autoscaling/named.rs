//! Changes to members by name.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    Group,
    activity::{Activity, What},
};
use crate::world::Member;

pub(super) fn terminate(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let id = ask.must("InstanceId")?;
    let shrinks = ask.flag("ShouldDecrementDesiredCapacity")?;
    let shrinks = shrinks.ok_or_else(|| Fault::missing("ShouldDecrementDesiredCapacity"))?;
    let now = account.now;
    let (group, member) = account.group_of(id)?;
    {
        let mut live = group.live();
        // One on standby is no part of the size.
        if shrinks && member.aside.is_none() {
            let desired = live.world.desired();
            if desired <= live.world.range().min() {
                let message = format!("without {id} the group would be below its minimum");
                return Err(Fault::validation(message));
            }
            live.world.end(&[member.number]);
            live.world.ask_for(desired - 1);
        } else {
            live.world.end(&[member.number]);
        }
    }
    group.note(now, "a caller ended the instance");
    let number = member.number;
    let name = group.name.clone();
    let told = latest(account, &name, |it| it.what == What::Terminate(number));
    Ok(Data::map().maybe("Activity", told))
}

/// The latest activity that is `meant`, as an answer has it.
fn latest(account: &Account, group: &str, meant: impl Fn(&Activity) -> bool) -> Option<Data> {
    let group = account.groups.get(group)?;
    let activity = group.activities.iter().rfind(|it| meant(it))?;
    Some(activity.told(account, group))
}

/// The members that a call names, all of them in this phase.
fn those(
    group: &Group,
    ask: &Ask,
    phase: &str,
    now: setpoint_core::Span,
) -> Result<Vec<Member>, Fault> {
    let one = |id: &str| {
        let member = group.member(id).ok_or_else(|| {
            Fault::validation(format!(
                "The instance {id} is not part of Auto Scaling group {}",
                group.name
            ))
        })?;
        let own = group.phase(&member, now);
        if own != phase {
            return Err(Fault::validation(format!("The instance {id} is {own}, not {phase}")));
        }
        Ok(member)
    };
    ask.list("InstanceIds.member").into_iter().map(one).collect()
}

fn numbers(members: &[Member]) -> Vec<u64> {
    members.iter().map(|member| member.number).collect()
}

fn count(members: &[Member]) -> u32 {
    u32::try_from(members.len()).unwrap_or(u32::MAX)
}

pub(super) fn enter_standby(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let shrinks = ask.flag("ShouldDecrementDesiredCapacity")?;
    let shrinks = shrinks.ok_or_else(|| Fault::missing("ShouldDecrementDesiredCapacity"))?;
    let now = account.now;
    let group = account.group_to_change(ask)?;
    let members = those(group, ask, "InService", now)?;
    {
        let mut live = group.live();
        let (desired, min) = (live.world.desired(), live.world.range().min());
        if shrinks && desired < min + count(&members) {
            let message = "without these instances the group would be below its minimum";
            return Err(Fault::validation(message));
        }
        live.world.put_on_standby(&numbers(&members));
        if !shrinks {
            live.world.ask_for(desired);
        }
    }
    group.note(now, "a caller put instances on standby");
    let until = group.live().world.members().iter().filter_map(|it| it.aside).max();
    for member in &members {
        let what = What::Aside(member.number);
        group.tell(what, now, until.unwrap_or(now), "a caller put the instance on standby", None);
    }
    let name = group.name.clone();
    Ok(told(account, &name, members.len()))
}

/// The latest activities of a group.
fn told(account: &Account, group: &str, many: usize) -> Data {
    let group = account.groups.get(group);
    let told = group.map(|group| {
        let latest = group.activities.iter().rev().take(many);
        latest.map(|activity| activity.told(account, group)).collect::<Vec<_>>()
    });
    Data::map().members("Activities", told.unwrap_or_default())
}

pub(super) fn exit_standby(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let now = account.now;
    let group = account.group_to_change(ask)?;
    let members = those(group, ask, "Standby", now)?;
    {
        let mut live = group.live();
        if live.world.desired() + count(&members) > live.world.range().max() {
            let message = "with these instances the group would be above its maximum";
            return Err(Fault::validation(message));
        }
        live.world.put_into_service(&numbers(&members));
    }
    group.note(now, "a caller put instances back into service");
    for member in &members {
        let what = What::Back(member.number);
        group.tell(what, now, now, "a caller put the instance back into service", None);
    }
    let name = group.name.clone();
    Ok(told(account, &name, members.len()))
}

pub(super) fn protect(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let protects = ask.flag("ProtectedFromScaleIn")?;
    let protects = protects.ok_or_else(|| Fault::missing("ProtectedFromScaleIn"))?;
    let now = account.now;
    let group = account.group_to_change(ask)?;
    let members = those(group, ask, "InService", now)?;
    for member in members {
        if protects {
            group.protected.insert(member.number);
        } else {
            group.protected.remove(&member.number);
        }
    }
    group.trim(now, "an instance is protected no more");
    Ok(Data::map())
}

pub(super) fn set_health(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let id = ask.must("InstanceId")?;
    let status = ask.must("HealthStatus")?;
    let now = account.now;
    let (group, member) = account.group_of(id)?;
    match status.to_ascii_lowercase().as_str() {
        "healthy" => drop(group.sick.remove(&member.number)),
        "unhealthy" => drop(group.sick.entry(member.number).or_insert(now)),
        other => {
            let message = format!("HealthStatus is {other}, not Healthy or Unhealthy");
            return Err(Fault::validation(message));
        }
    }
    Ok(Data::map())
}
