//! Auto Scaling: groups whose members are those of a world.
//!
//! A call changes what is kept here and asks the world; what the world does of itself (members
//! that boot, fail, are lost or come back) is found out by comparing its members with those of
//! a moment ago, and told as activities.
//!
//! Start reading at [`Group`] and its `live_until`.

mod activity;
mod describe;
mod group;
mod hooks;
mod make;
mod member;
mod named;
mod processes;
mod size;
mod tags;
mod targets;

pub(super) use group::Group;
pub(super) use member::zone;

use super::{account::Account, ask::Ask, data::Data, fault::Fault};

pub(super) fn act(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    match ask.action() {
        "DescribeAutoScalingGroups" => describe::groups(account, ask),
        "DescribeAutoScalingInstances" => describe::instances(account, ask),
        "DescribeScalingActivities" => activity::describe(account, ask),
        // Neither is there a way to make one here.
        "DescribePolicies" => Ok(Data::map().members("ScalingPolicies", [])),
        "DescribeScheduledActions" => Ok(Data::map().members("ScheduledUpdateGroupActions", [])),
        "DescribeInstanceRefreshes" => {
            account.group(ask)?;
            Ok(Data::map().members("InstanceRefreshes", []))
        }
        "CreateAutoScalingGroup" => make::create(account, ask),
        "UpdateAutoScalingGroup" => make::update(account, ask),
        "DeleteAutoScalingGroup" => make::delete(account, ask),
        "SetDesiredCapacity" => size::set(account, ask),
        "TerminateInstanceInAutoScalingGroup" => named::terminate(account, ask),
        "EnterStandby" => named::enter_standby(account, ask),
        "ExitStandby" => named::exit_standby(account, ask),
        "SetInstanceProtection" => named::protect(account, ask),
        "SetInstanceHealth" => named::set_health(account, ask),
        "CreateOrUpdateTags" => tags::put(account, ask),
        "DeleteTags" => tags::delete(account, ask),
        "DescribeTags" => tags::describe(account, ask),
        "SuspendProcesses" => processes::suspend(account, ask),
        "ResumeProcesses" => processes::resume(account, ask),
        "DescribeScalingProcessTypes" => Ok(processes::types()),
        "PutLifecycleHook" => hooks::put(account, ask),
        "DescribeLifecycleHooks" => hooks::describe(account, ask),
        "DeleteLifecycleHook" => hooks::delete(account, ask),
        "CompleteLifecycleAction" => hooks::complete(account, ask),
        "RecordLifecycleActionHeartbeat" => hooks::heartbeat(account, ask),
        "DescribeAccountLimits" => Ok(describe::limits(account)),
        other => Err(Fault::unknown_action(format!("{other} is not simulated here"))),
    }
}
