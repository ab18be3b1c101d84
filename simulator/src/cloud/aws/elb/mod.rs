//! Elastic Load Balancing: an Application Load Balancer in front of the scenario's group.
//!
//! Its listener has one rule. Both the listener's default and the rule forward to two weighted target
//! groups: `GROUP`, whose targets are the members of the scenario's group, and `GROUP-candidate`,
//! whose targets are those of a group of that name, once a caller makes one. Weights are kept and
//! told; the world's load does not follow them.
//!
//! Start reading at [`Balancer`].

mod actions;
mod describe;
mod targets;

use super::{
    account::{ACCOUNT, Account},
    ask::Ask,
    data::Data,
    fault::Fault,
};
use actions::Action;
use std::collections::BTreeMap;
pub(super) use targets::State;

/// What is kept of the load balancer beside the world.
#[derive(Clone, Debug)]
pub(super) struct Balancer {
    /// The scenario's group, by whose name everything is called.
    group: String,
    /// What the listener does by default, and what the rule does.
    default: Vec<Action>,
    rule: Vec<Action>,
    /// By what has them, without its region.
    tags: BTreeMap<String, BTreeMap<String, String>>,
}

pub(super) fn act(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    match ask.action() {
        "DescribeLoadBalancers" => describe::balancers(account, ask),
        "DescribeListeners" => describe::listeners(account, ask),
        "DescribeRules" => describe::rules(account, ask),
        "DescribeTargetGroups" => describe::groups(account, ask),
        "DescribeTargetHealth" => targets::health(account, ask),
        "ModifyListener" => modify_listener(account, ask),
        "ModifyRule" => modify_rule(account, ask),
        "DescribeTags" => describe::tags(account, ask),
        "AddTags" => add_tags(account, ask),
        other => Err(Fault::unknown_action(format!("{other} is not simulated here"))),
    }
}

/// What an ARN of this service names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    LoadBalancer,
    Listener,
    /// The listener's default, which is a rule as well.
    DefaultRule,
    Rule,
    Stable,
    Candidate,
}

impl Thing {
    const ALL: [Self; 6] = [
        Self::LoadBalancer,
        Self::Listener,
        Self::DefaultRule,
        Self::Rule,
        Self::Stable,
        Self::Candidate,
    ];
}

impl Balancer {
    pub(super) fn new(group: &str) -> Self {
        let own = Self {
            group: group.to_owned(),
            default: Vec::new(),
            rule: Vec::new(),
            tags: BTreeMap::new(),
        };
        let all = vec![Action::beginning(own.name(Thing::Stable), own.name(Thing::Candidate))];
        Self { default: all.clone(), rule: all, ..own }
    }

    /// The last part of the ARN of a thing.
    fn name(&self, thing: Thing) -> String {
        let group = &self.group;
        let balancer = format!("app/{group}/0000000000000000");
        match thing {
            Thing::LoadBalancer => format!("loadbalancer/{balancer}"),
            Thing::Listener => format!("listener/{balancer}/0000000000000001"),
            Thing::DefaultRule => {
                format!("listener-rule/{balancer}/0000000000000001/0000000000000000")
            }
            Thing::Rule => format!("listener-rule/{balancer}/0000000000000001/0000000000000002"),
            Thing::Stable => format!("targetgroup/{group}/0000000000000003"),
            Thing::Candidate => format!("targetgroup/{group}-candidate/0000000000000004"),
        }
    }

    fn arn(&self, region: &str, thing: Thing) -> String {
        arn(region, &self.name(thing))
    }

    /// What an ARN names, of things that there are.
    fn thing(&self, arn: &str) -> Option<Thing> {
        let fields: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "elasticloadbalancing", _, _, name] = fields[..] else { return None };
        Thing::ALL.into_iter().find(|thing| self.name(*thing) == name)
    }

    /// The name of the group whose members are the targets of a target group.
    fn members(&self, of: Thing) -> Option<String> {
        match of {
            Thing::Stable => Some(self.group.clone()),
            Thing::Candidate => Some(format!("{}-candidate", self.group)),
            Thing::LoadBalancer | Thing::Listener | Thing::DefaultRule | Thing::Rule => None,
        }
    }
}

fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:{name}")
}

/// That there is nothing of such an ARN, in the words of what was asked for.
fn none(code: &'static str, arn: &str) -> Fault {
    Fault::sender(code, format!("there is no {arn}"))
}

fn modify_listener(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let arn = ask.must("ListenerArn")?;
    if account.balancer.thing(arn) != Some(Thing::Listener) {
        return Err(none("ListenerNotFound", arn));
    }
    let given = actions::given(&account.balancer, ask, "DefaultActions.member")?;
    // Without any they stay as they are.
    if !given.is_empty() {
        account.balancer.default = given;
    }
    let told = account.balancer.listener(&ask.region);
    Ok(Data::map().members("Listeners", [told]))
}

fn modify_rule(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let arn = ask.must("RuleArn")?;
    match account.balancer.thing(arn) {
        Some(Thing::Rule) => {}
        Some(Thing::DefaultRule) => {
            let why = "the default rule is the listener's default: ModifyListener changes it";
            return Err(Fault::sender("OperationNotPermitted", why));
        }
        Some(_) | None => return Err(none("RuleNotFound", arn)),
    }
    let given = actions::given(&account.balancer, ask, "Actions.member")?;
    if !given.is_empty() {
        account.balancer.rule = given;
    }
    let told = account.balancer.rule(&ask.region, Thing::Rule);
    Ok(Data::map().members("Rules", [told]))
}

fn add_tags(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let one = |entry: &Ask| {
        let value = entry.text("Value").unwrap_or_default().to_owned();
        Ok((entry.must("Key")?.to_owned(), value))
    };
    let given: BTreeMap<String, String> =
        ask.entries("Tags.member").iter().map(one).collect::<Result<_, Fault>>()?;
    // All of them or none.
    let named = describe::tagged(&account.balancer, ask)?;
    for (_, name) in named {
        account.balancer.tags.entry(name).or_default().extend(given.clone());
    }
    Ok(Data::map())
}
