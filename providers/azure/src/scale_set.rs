//! A scale set and its machines, and what they amount to: pure.

use crate::{fault::Fault, tag};
use setpoint_core::{Group, Member, MemberState};
use std::{collections::BTreeMap, fmt};

/// Which scale set of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScaleSetId {
    /// Its resource group.
    pub(crate) group: String,
    /// Its name.
    pub(crate) name: String,
}

/// A text names no scale set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// There is no telling its resource group.
    #[error(
        "in which resource group is `{0}`? write `GROUP/{0}`, or `resource_group` at its provider"
    )]
    Group(String),
    /// Something that Azure cannot have.
    #[error("`{0}` names no scale set: write its name, or `GROUP/NAME` with its resource group")]
    Name(String),
    /// Something that no server can be called.
    #[error(
        "`{0}` names no server: write its name, in small letters, digits and hyphens, or `GROUP/NAME` \
         with its resource group"
    )]
    Server(String),
    /// Something that no profile can be called.
    #[error(
        "`{0}` names no profile of Traffic Manager: write its name, `GROUP/NAME` with its resource \
         group, or its whole id, which begins with `/subscriptions/`"
    )]
    Profile(String),
}

impl ScaleSetId {
    /// The scale set that `id` names: `web`, in the resource group `usual`, or `games/web`.
    pub fn parse(id: &str, usual: Option<&str>) -> Result<Self, IdError> {
        let (group, name) = in_group(id, usual)?;
        Ok(Self { group, name })
    }

    /// Its resource group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Its path at Azure Resource Manager.
    pub(crate) fn path(&self, subscription: &str) -> String {
        let (group, name) = (group_path(subscription, &self.group), &self.name);
        format!("{group}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}")
    }
}

impl fmt::Display for ScaleSetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}

/// The resource group and the name that `id` tells: `web`, in the resource group `usual`, or
/// `games/web`.
pub(crate) fn in_group(id: &str, usual: Option<&str>) -> Result<(String, String), IdError> {
    let (group, name) = match id.split_once('/') {
        Some((group, name)) => (Some(group), name),
        None => (usual, id),
    };
    if !is_name(name) || group.is_some_and(|group| !is_name(group)) {
        return Err(IdError::Name(id.to_owned()));
    }
    let group = group.ok_or_else(|| IdError::Group(id.to_owned()))?;
    Ok((group.to_owned(), name.to_owned()))
}

/// The path of a resource group.
pub(crate) fn group_path(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}

/// Whether Azure can have a scale set or a resource group of this name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=90).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.()".contains(c))
        && !name.ends_with('.')
}

/// A scale set as Azure describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ScaleSet {
    /// The machines asked for; absent where it has no size of its own.
    pub(crate) capacity: Option<i64>,
    /// The kind of its machines, which a change of the size has to repeat.
    pub(crate) sku: (Option<String>, Option<String>),
    /// What Azure is doing with it: "Succeeded", "Updating", "Failed".
    pub(crate) state: String,
    /// What tells this state of it from every other.
    pub(crate) etag: Option<String>,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Whether its machines are virtual machines of their own.
    pub(crate) flexible: bool,
}

/// A machine of a scale set as Azure describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// What actions of the scale set know it by.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its zone.
    pub(crate) zone: Option<String>,
    /// What Azure is doing with it: "Succeeded", "Creating", "Deleting", "Failed".
    pub(crate) state: String,
    /// Its power: "running", "deallocated"; absent until it has any.
    pub(crate) power: Option<String>,
    /// What its health probe says: "healthy", "unhealthy", "unknown"; absent without a probe.
    pub(crate) health: Option<String>,
    /// What went wrong with it, in Azure's words.
    pub(crate) trouble: Option<String>,
}

/// Where a machine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Warming,
    Ready,
    Sick,
    /// Somebody stopped it: it is there, and serves nobody.
    Stopped,
    Leaving,
}

impl ScaleSet {
    /// The machines asked for.
    pub(crate) fn desired(&self) -> Result<u32, Fault> {
        let capacity = self.capacity.and_then(|capacity| u32::try_from(capacity).ok());
        capacity.ok_or_else(|| {
            Fault::Refused("it has no size: machines are put into it one by one".to_owned())
        })
    }

    /// Why nothing should be taken from it just now.
    pub(crate) fn busy(&self) -> Option<String> {
        match self.state.to_lowercase().as_str() {
            "succeeded" | "failed" | "canceled" | "" => None,
            state => Some(format!("Azure is {state} it")),
        }
    }

    /// Whether the last thing that Azure did with it went wrong.
    pub(crate) fn has_failed(&self) -> bool {
        self.state.eq_ignore_ascii_case("failed")
    }

    /// Why a person wants it left alone.
    pub(crate) fn paused(&self) -> Option<String> {
        tag::paused(self.tags.iter().map(|(key, value)| (&**key, &**value)))
    }
}

impl Machine {
    fn life(&self) -> Life {
        let state = self.state.to_lowercase();
        match (&*state, self.power.as_deref(), self.health.as_deref()) {
            ("deleting", ..) => Life::Leaving,
            ("failed", ..) => Life::Sick,
            (_, Some("stopped" | "stopping" | "deallocated" | "deallocating"), _) => Life::Stopped,
            (_, Some("running"), Some("unhealthy")) => Life::Sick,
            (_, Some("running"), Some("healthy")) | ("succeeded", Some("running"), None) => {
                Life::Ready
            }
            _ => Life::Warming,
        }
    }

    /// Whether it is on its way out.
    pub(crate) fn is_leaving(&self) -> bool {
        self.life() == Life::Leaving
    }

    fn member(&self) -> Member {
        let state = match self.life() {
            Life::Ready => MemberState::Serving,
            Life::Sick => MemberState::Sick,
            Life::Warming | Life::Stopped | Life::Leaving => MemberState::Other,
        };
        Member { name: self.name.clone(), zone: self.zone.clone(), state }
    }
}

/// What a scale set and its machines amount to; `cause` is Azure's for what went wrong last.
pub(crate) fn group(
    set: &ScaleSet,
    machines: &[Machine],
    named: bool,
    cause: Option<String>,
) -> Result<Group, Fault> {
    let desired = set.desired()?;
    let count = |life: Life| {
        let count = machines.iter().filter(|machine| machine.life() == life).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let (ready, stopped) = (count(Life::Ready), count(Life::Stopped));
    let trouble = machines.iter().find_map(|machine| {
        let trouble = machine.trouble.as_ref()?;
        Some(format!("{}: {trouble}", machine.name))
    });
    let stopped = (stopped > 0).then(|| format!("{stopped} of its machines are stopped"));
    let mut members: Vec<Member> = Vec::new();
    if named {
        members.extend(machines.iter().map(Machine::member));
        members.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(Group {
        desired,
        ready,
        unhealthy: count(Life::Sick),
        warming: count(Life::Warming),
        own_range: None,
        busy: set.busy(),
        // A reason for being short is none where there are enough.
        shortfall: cause.or(trouble).or(stopped).filter(|_| ready < desired),
        paused: set.paused(),
        members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(state: &str, power: &str, health: &str) -> Machine {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (power, health) = (text(power), text(health));
        Machine {
            name: "web_1".to_owned(),
            state: state.to_owned(),
            power,
            health,
            ..Machine::default()
        }
    }

    #[test]
    fn a_machine_is_ready_only_when_it_runs_and_nobody_says_otherwise() {
        for (state, power, health, expected) in [
            ("Succeeded", "running", "", Life::Ready),
            ("Succeeded", "running", "healthy", Life::Ready),
            ("Updating", "running", "healthy", Life::Ready),
            ("Updating", "running", "", Life::Warming),
            ("Succeeded", "running", "unhealthy", Life::Sick),
            ("Succeeded", "running", "unknown", Life::Warming),
            ("Creating", "", "", Life::Warming),
            ("Creating", "running", "", Life::Warming),
            ("Succeeded", "", "", Life::Warming),
            ("Succeeded", "starting", "", Life::Warming),
            ("Succeeded", "deallocated", "", Life::Stopped),
            ("Failed", "running", "healthy", Life::Sick),
            ("Deleting", "running", "healthy", Life::Leaving),
        ] {
            assert_eq!(machine(state, power, health).life(), expected, "{state} {power} {health}");
        }
    }

    #[test]
    fn it_is_counted_once_and_a_reason_is_given_only_while_it_is_short() {
        let set = ScaleSet { capacity: Some(3), state: "Failed".to_owned(), ..ScaleSet::default() };
        let mut lost = machine("Failed", "", "");
        lost.trouble = Some("AllocationFailed".to_owned());
        let ready = machine("Succeeded", "running", "");
        let machines = [ready.clone(), lost, machine("Creating", "", "")];
        let seen = group(&set, &machines, false, None).unwrap();
        let expected = Group {
            desired: 3,
            ready: 1,
            unhealthy: 1,
            warming: 1,
            shortfall: Some("web_1: AllocationFailed".to_owned()),
            ..Group::default()
        };
        assert_eq!(seen, expected);
        let cause = Some("no room in zone 1".to_owned());
        let whole = [ready.clone(), ready.clone(), ready];
        assert_eq!(group(&set, &whole, false, cause).unwrap().shortfall, None);
    }

    #[test]
    fn nothing_is_taken_while_azure_is_at_it_and_nothing_at_all_while_a_person_says_so() {
        let state = |state: &str| ScaleSet { state: state.to_owned(), ..ScaleSet::default() };
        assert_eq!(state("Updating").busy().unwrap(), "Azure is updating it");
        assert_eq!((state("Succeeded").busy(), state("Failed").busy()), (None, None));
        let tags = [("Setpoint:Pause".to_owned(), " ".to_owned())].into();
        let paused = ScaleSet { tags, ..ScaleSet::default() };
        assert_eq!(paused.paused().unwrap(), "no reason given", "Azure's tags know no case");
        assert!(state("Succeeded").desired().is_err(), "no size is not the size 0");
    }

    #[test]
    fn a_scale_set_has_a_resource_group() {
        let parse = |id: &str, usual| ScaleSetId::parse(id, usual).map(|it| it.to_string());
        assert_eq!(parse("web", Some("games")), Ok("games/web".to_owned()));
        assert_eq!(parse("other/web", Some("games")), Ok("other/web".to_owned()));
        assert_eq!(parse("web", None), Err(IdError::Group("web".to_owned())));
        for wrong in ["", "a/b/c", "../web", "games/", "we b", "web?x=1", "web."] {
            assert_eq!(parse(wrong, Some("g")), Err(IdError::Name(wrong.to_owned())));
        }
        let id = ScaleSetId::parse("games/web", None).unwrap();
        assert_eq!(
            id.path("s"),
            "/subscriptions/s/resourceGroups/games/providers/Microsoft.Compute/virtualMachineScaleSets/web"
        );
    }
}
