//! What Auto Scaling's answers mean: pure.

use crate::fault::Fault;
use aws_sdk_autoscaling::types::{
    Activity, AutoScalingGroup, Instance, InstanceRefresh, InstanceRefreshStatus as Refresh,
    LifecycleState as Life, ScalingActivityStatusCode as Status,
};
use setpoint_core::{Group, Member, MemberState, Range};

/// The processes without which a change of size has no effect. Others, such as
/// `AlarmNotification`, stop only the cloud's own policies: good manners beside an agent.
const NEEDED: &[&str] = &["Launch", "Terminate"];

/// The group that `described` shows, but for its refreshes and activities.
///
/// Where instances carry weights, sizes are in the group's units, as AWS's are.
/// Fails if a size is missing, negative or contradicts another.
pub(crate) fn read(described: &AutoScalingGroup) -> Result<Group, Fault> {
    let (ready, unhealthy, warming) = count(described.instances());
    let min = size("minimum", described.min_size)?;
    let max = size("maximum", described.max_size)?;
    let own_range = Range::new(min, max)
        .ok_or_else(|| Fault::Refused(format!("its minimum {min} is above its maximum {max}")))?;
    Ok(Group {
        desired: size("desired size", described.desired_capacity)?,
        ready,
        unhealthy,
        warming,
        own_range: Some(own_range),
        busy: busy(described),
        shortfall: None,
        paused: None,
        members: Vec::new(),
    })
}

/// The members by name. None of a group whose instances carry weights: there a member is
/// not one of the group's units, and no number of them makes a size.
pub(crate) fn named(instances: &[Instance]) -> Vec<Member> {
    if instances.iter().any(|one| weight(one) != 1) {
        return Vec::new();
    }
    let member = |one: &Instance| {
        let name = one.instance_id()?.to_owned();
        let zone = one.availability_zone().map(str::to_owned);
        Some(Member { name, zone, state: state(one) })
    };
    let mut members: Vec<Member> = instances.iter().filter_map(member).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}

fn state(instance: &Instance) -> MemberState {
    match instance.lifecycle_state() {
        Some(Life::InService) if is_healthy(instance) => MemberState::Serving,
        Some(Life::InService) => MemberState::Sick,
        Some(Life::Standby) => MemberState::Standby,
        Some(_) | None => MemberState::Other,
    }
}

fn size(what: &str, given: Option<i32>) -> Result<u32, Fault> {
    let given = given.ok_or_else(|| Fault::Refused(format!("AWS gave no {what}")))?;
    u32::try_from(given).map_err(|_| Fault::Refused(format!("AWS gave {given} as its {what}")))
}

/// How many are ready, unhealthy and on their way.
fn count(instances: &[Instance]) -> (u32, u32, u32) {
    let sum = |wanted: &dyn Fn(&Instance) -> bool| {
        instances.iter().filter(|one| wanted(one)).map(weight).sum()
    };
    let ready = sum(&|one| one.lifecycle_state() == Some(&Life::InService) && is_healthy(one));
    let unhealthy = sum(&|one| !is_healthy(one) && !is_leaving(one));
    let warming = sum(&|one| starts_with(one, "Pending"));
    (ready, unhealthy, warming)
}

fn weight(instance: &Instance) -> u32 {
    instance.weighted_capacity().and_then(|weight| weight.parse().ok()).unwrap_or(1)
}

fn is_healthy(instance: &Instance) -> bool {
    instance.health_status().is_some_and(|status| status.eq_ignore_ascii_case("healthy"))
}

fn is_leaving(instance: &Instance) -> bool {
    starts_with(instance, "Terminat") || starts_with(instance, "Detach")
}

/// Lifecycle states come in families: `Pending`, `Pending:Wait`, `Pending:Proceed`.
fn starts_with(instance: &Instance, family: &str) -> bool {
    instance.lifecycle_state().is_some_and(|state| state.as_str().starts_with(family))
}

fn busy(described: &AutoScalingGroup) -> Option<String> {
    let suspended = described.suspended_processes().iter().filter_map(|process| {
        let name = process.process_name()?;
        NEEDED.contains(&name).then(|| format!("{name} is suspended"))
    });
    // The status is there only while the group is being deleted.
    let deleting = described.status().map(str::to_lowercase);
    let reasons: Vec<String> = deleting.into_iter().chain(suspended).collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// Why a group with these refreshes, newest first, should be left alone.
pub(crate) fn refresh_under_way(refreshes: &[InstanceRefresh]) -> Option<String> {
    let ended = [
        Refresh::Successful,
        Refresh::Failed,
        Refresh::Cancelled,
        Refresh::RollbackSuccessful,
        Refresh::RollbackFailed,
    ];
    let running =
        |refresh: &&InstanceRefresh| refresh.status().is_some_and(|status| !ended.contains(status));
    refreshes.iter().find(running).map(|refresh| match refresh.percentage_complete() {
        Some(percent) => format!("instance refresh under way ({percent} % done)"),
        None => "instance refresh under way".to_owned(),
    })
}

/// The cloud's words about the latest activity that ended, if that one failed.
pub(crate) fn shortfall(activities: &[Activity]) -> Option<String> {
    let ended = |activity: &&Activity| {
        matches!(
            activity.status_code(),
            Some(Status::Failed | Status::Successful | Status::Cancelled)
        )
    };
    let latest = activities.iter().find(ended)?;
    let failed = latest.status_code() == Some(&Status::Failed);
    failed.then(|| latest.status_message().unwrap_or("the last activity failed").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::SuspendedProcess;

    fn instance(state: &str, health: &str) -> Instance {
        Instance::builder().lifecycle_state(state.into()).health_status(health).build()
    }

    fn described(instances: &[(&str, &str)]) -> AutoScalingGroup {
        let instances = instances.iter().map(|(state, health)| instance(state, health)).collect();
        AutoScalingGroup::builder()
            .min_size(1)
            .max_size(9)
            .desired_capacity(3)
            .set_instances(Some(instances))
            .build()
    }

    /// Ready, unhealthy and warming, of one member in `state` with `health`.
    #[track_caller]
    fn check(state: &str, health: &str, expected: [u32; 3]) {
        let group = read(&described(&[(state, health)])).unwrap();
        assert_eq!([group.ready, group.unhealthy, group.warming], expected, "{state} {health}");
    }

    #[test]
    fn only_a_healthy_member_in_service_is_ready() {
        check("InService", "Healthy", [1, 0, 0]);
        check("InService", "HEALTHY", [1, 0, 0]);
        check("InService", "Unhealthy", [0, 1, 0]);
        check("Pending", "Healthy", [0, 0, 1]);
        check("Pending:Wait", "Healthy", [0, 0, 1]);
        check("Pending:Proceed", "Healthy", [0, 0, 1]);
        check("Terminating", "Unhealthy", [0, 0, 0]);
        check("Terminating:Wait", "Healthy", [0, 0, 0]);
        check("Standby", "Healthy", [0, 0, 0]);
        check("Warmed:Stopped", "Healthy", [0, 0, 0]);
        check("SomethingNew", "Healthy", [0, 0, 0]);
    }

    #[test]
    fn weighted_members_count_in_the_groups_units() {
        let mut group = described(&[("InService", "Healthy"), ("Pending", "Healthy")]);
        for instance in group.instances.as_mut().unwrap() {
            instance.weighted_capacity = Some("4".to_owned());
        }
        let group = read(&group).unwrap();
        assert_eq!((group.ready, group.warming), (4, 4));
    }

    #[test]
    fn a_member_that_is_not_wholly_in_or_out_is_nobodys_to_pick() {
        use MemberState::{Other, Serving, Sick, Standby};
        for (life, health, expected) in [
            ("InService", "Healthy", Serving),
            ("InService", "Unhealthy", Sick),
            ("Standby", "Healthy", Standby),
            ("EnteringStandby", "Healthy", Other),
            ("Pending", "Healthy", Other),
            ("Terminating:Wait", "Healthy", Other),
            ("SomethingNew", "Healthy", Other),
        ] {
            let mut one = instance(life, health);
            one.instance_id = Some("i-1".to_owned());
            one.availability_zone = Some("eu-west-1a".to_owned());
            let zone = one.availability_zone.clone();
            let member = Member { name: "i-1".to_owned(), zone, state: expected };
            assert_eq!(named(&[one]), [member], "{life} {health}");
        }
    }

    #[test]
    fn members_with_weights_are_never_counted_as_units() {
        let mut heavy = instance("InService", "Healthy");
        heavy.instance_id = Some("i-1".to_owned());
        heavy.weighted_capacity = Some("4".to_owned());
        assert_eq!(named(&[heavy]), []);
    }

    /// What is read of an empty group after `change`.
    fn changed(change: impl FnOnce(&mut AutoScalingGroup)) -> Result<Group, Fault> {
        let mut group = described(&[]);
        change(&mut group);
        read(&group)
    }

    #[test]
    fn a_size_that_makes_no_sense_is_never_guessed() {
        let why = |group: Result<Group, Fault>| group.unwrap_err().to_string();
        let missing = changed(|group| group.desired_capacity = None);
        assert_eq!(why(missing), "AWS gave no desired size");
        let negative = changed(|group| group.min_size = Some(-1));
        assert_eq!(why(negative), "AWS gave -1 as its minimum");
        let upside_down = changed(|group| group.min_size = Some(10));
        assert_eq!(why(upside_down), "its minimum 10 is above its maximum 9");
    }

    #[test]
    fn only_what_stops_our_own_changes_makes_it_busy() {
        let suspended = |names: &[&str]| {
            let process = |name: &&str| SuspendedProcess::builder().process_name(*name).build();
            let processes = names.iter().map(process).collect();
            changed(|group| group.suspended_processes = Some(processes)).unwrap().busy
        };
        assert_eq!(suspended(&["AlarmNotification", "AZRebalance"]), None);
        assert_eq!(suspended(&["Launch"]).unwrap(), "Launch is suspended");
        let both = suspended(&["Launch", "Terminate"]).unwrap();
        assert_eq!(both, "Launch is suspended, Terminate is suspended");
        let deleting = changed(|group| group.status = Some("Delete in progress".to_owned()));
        assert_eq!(deleting.unwrap().busy.unwrap(), "delete in progress");
    }

    #[test]
    fn a_refresh_makes_it_busy_until_it_ended() {
        let refresh = |status: Refresh| InstanceRefresh::builder().status(status).build();
        for ended in [Refresh::Successful, Refresh::Cancelled, Refresh::RollbackFailed] {
            assert_eq!(refresh_under_way(&[refresh(ended)]), None);
        }
        let unheard_of = Refresh::from("Paused");
        for running in [Refresh::Pending, Refresh::Baking, Refresh::RollbackInProgress, unheard_of]
        {
            assert!(refresh_under_way(&[refresh(running)]).is_some());
        }
    }

    #[test]
    fn it_tells_the_clouds_reason_only_while_launches_fail() {
        let activity = |status: Status, message: &str| {
            Activity::builder().status_code(status).status_message(message).build()
        };
        let failed = activity(Status::Failed, "no capacity for m7g.large in eu-west-1a");
        let trying = activity(Status::InProgress, "");
        let done = activity(Status::Successful, "");
        let words = |activities: &[&Activity]| {
            shortfall(&activities.iter().copied().cloned().collect::<Vec<_>>())
        };
        assert_eq!(words(&[&trying, &failed, &done]), failed.status_message);
        assert_eq!(words(&[&done, &failed]), None);
        assert_eq!(words(&[]), None);
    }
}
