//! What a group does of itself, and may be told not to do.

use super::super::{account::Account, ask::Ask, data::Data, fault::Fault};

/// Something a group does of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Process {
    AddToLoadBalancer,
    AlarmNotification,
    AzRebalance,
    HealthCheck,
    InstanceRefresh,
    Launch,
    ReplaceUnhealthy,
    ScheduledActions,
    Terminate,
}

const ALL: [(&str, Process); 9] = [
    ("AddToLoadBalancer", Process::AddToLoadBalancer),
    ("AlarmNotification", Process::AlarmNotification),
    ("AZRebalance", Process::AzRebalance),
    ("HealthCheck", Process::HealthCheck),
    ("InstanceRefresh", Process::InstanceRefresh),
    ("Launch", Process::Launch),
    ("ReplaceUnhealthy", Process::ReplaceUnhealthy),
    ("ScheduledActions", Process::ScheduledActions),
    ("Terminate", Process::Terminate),
];

impl Process {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(_, process)| *process == self).map_or("", |(name, _)| name)
    }
}

/// Those that a call names; without a name, all of them.
fn named(ask: &Ask) -> Result<Vec<Process>, Fault> {
    let names = ask.list("ScalingProcesses.member");
    if names.is_empty() {
        return Ok(ALL.iter().map(|(_, process)| *process).collect());
    }
    let one = |name: &&str| {
        let found = ALL.iter().find(|(known, _)| known == name).map(|(_, process)| *process);
        found.ok_or_else(|| Fault::validation(format!("there is no process {name}")))
    };
    names.iter().map(one).collect()
}

pub(super) fn suspend(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let named = named(ask)?;
    let group = account.group_to_change(ask)?;
    group.suspended.extend(named);
    group.live().world.have_launch(!group.suspended.contains(&Process::Launch));
    Ok(Data::map())
}

pub(super) fn resume(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let named = named(ask)?;
    let now = account.now;
    let group = account.group_to_change(ask)?;
    group.suspended.retain(|process| !named.contains(process));
    group.live().world.have_launch(!group.suspended.contains(&Process::Launch));
    group.live_until(now);
    Ok(Data::map())
}

pub(super) fn types() -> Data {
    let one = |(name, _): &(&str, Process)| Data::map().with("ProcessName", *name);
    Data::map().members("Processes", ALL.iter().map(one))
}
