//! What a rule does with a request: here it forwards to weighted target groups, and nothing else.

use super::{
    super::{ask::Ask, data::Data, fault::Fault},
    Balancer, Thing, arn,
};

/// The largest weight.
const MOST_WEIGHT: u32 = 999;
/// The most target groups of an action.
const MOST_GROUPS: usize = 5;
/// For how long a user may stay with a target group, in seconds.
const STAYS: std::ops::RangeInclusive<u32> = 1..=604_800;

/// Forwards to target groups by their weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// The last parts of their ARNs, each with its weight.
    groups: Vec<(String, u32)>,
    /// For how many seconds a user stays with the target group that served him, if he does.
    stays: Option<u32>,
}

impl Action {
    /// What a rule does before anybody changes it: all goes to what is stable.
    pub(super) fn beginning(stable: String, candidate: String) -> Self {
        Self { groups: vec![(stable, 100), (candidate, 0)], stays: None }
    }

    /// As an answer has it.
    pub(super) fn told(&self, region: &str) -> Data {
        let group = |(name, weight): &(String, u32)| {
            Data::map().with("TargetGroupArn", arn(region, name)).with("Weight", *weight)
        };
        let sticks =
            Data::map().with("Enabled", self.stays.is_some()).maybe("DurationSeconds", self.stays);
        let config = Data::map()
            .members("TargetGroups", self.groups.iter().map(group))
            .with("TargetGroupStickinessConfig", sticks);
        // Where there is but one it stands beside them as well.
        let one = match self.groups.as_slice() {
            [(name, _)] => Some(arn(region, name)),
            _ => None,
        };
        Data::map()
            .with("Type", "forward")
            .maybe("TargetGroupArn", one)
            .with("Order", 1_u32)
            .with("ForwardConfig", config)
    }
}

/// The actions that a call gives; none, if it gives no list of this name.
pub(super) fn given(balancer: &Balancer, ask: &Ask, list: &str) -> Result<Vec<Action>, Fault> {
    let entries = ask.entries(list);
    if entries.len() > 1 {
        let why = "a rule has one action that forwards, and others are not simulated here";
        return Err(Fault::sender("InvalidLoadBalancerAction", why));
    }
    entries.iter().map(|entry| action(balancer, entry)).collect()
}

fn action(balancer: &Balancer, entry: &Ask) -> Result<Action, Fault> {
    let kind = entry.must("Type")?;
    if kind != "forward" {
        let why = format!("an action of type {kind} is not simulated here");
        return Err(Fault::sender("InvalidLoadBalancerAction", why));
    }
    let groups = entry.entries("ForwardConfig.TargetGroups.member");
    let named = |given: &str| match balancer.thing(given) {
        Some(thing @ (Thing::Stable | Thing::Candidate)) => Ok(balancer.name(thing)),
        Some(_) | None => Err(super::none("TargetGroupNotFound", given)),
    };
    let groups = match (groups.as_slice(), entry.text("TargetGroupArn")) {
        ([], Some(one)) => vec![(named(one)?, 1)],
        ([], None) => return Err(Fault::missing("ForwardConfig")),
        (all, _) if all.len() > MOST_GROUPS => {
            let why = format!("an action has at most {MOST_GROUPS} target groups");
            return Err(Fault::sender("TooManyTargetGroups", why));
        }
        (all, _) => {
            let one = |group: &Ask| {
                let weight = group.count("Weight")?.unwrap_or(1);
                if weight > MOST_WEIGHT {
                    let why = format!("the weight {weight} is above {MOST_WEIGHT}");
                    return Err(Fault::validation(why));
                }
                Ok((named(group.must("TargetGroupArn")?)?, weight))
            };
            all.iter().map(one).collect::<Result<Vec<_>, Fault>>()?
        }
    };
    let mut names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < groups.len() {
        return Err(Fault::validation("a target group is named twice"));
    }
    let sticks = entry.part("ForwardConfig.TargetGroupStickinessConfig");
    let stays = match sticks.flag("Enabled")? {
        Some(true) => {
            let stays = sticks.count("DurationSeconds")?.filter(|stays| STAYS.contains(stays));
            let none = || Fault::validation("DurationSeconds must be from 1 to 604800");
            Some(stays.ok_or_else(none)?)
        }
        Some(false) | None => None,
    };
    Ok(Action { groups, stays })
}
