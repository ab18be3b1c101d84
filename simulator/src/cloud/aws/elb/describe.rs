//! What is told of the load balancer, its listener, its rules and their tags.

use super::{
    super::{account::Account, ask::Ask, autoscaling, data::Data, fault::Fault},
    Balancer, Thing, none,
};

/// The most resources whose tags one call asks for.
const MOST_TAGGED: usize = 20;

/// The network in which everything is.
const VPC: &str = "vpc-00000000";

/// Those of `things` that a list of ARNs, or one of names, asks for: all where neither is given.
fn wanted(
    balancer: &Balancer,
    ask: &Ask,
    (arns, code): (&str, &'static str),
    things: &[Thing],
) -> Result<Vec<Thing>, Fault> {
    let by_arn = ask.list(&format!("{arns}.member"));
    let by_name = ask.list("Names.member");
    let mut all = Vec::new();
    for arn in &by_arn {
        let found = balancer.thing(arn).filter(|thing| things.contains(thing));
        all.push(found.ok_or_else(|| none(code, arn))?);
    }
    for name in &by_name {
        let called = |thing: &&Thing| balancer.name(**thing).split('/').any(|it| it == *name);
        all.push(*things.iter().find(called).ok_or_else(|| none(code, name))?);
    }
    if by_arn.is_empty() && by_name.is_empty() {
        all.extend(things);
    }
    Ok(all)
}

pub(super) fn balancers(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let balancer = &account.balancer;
    let named = ("LoadBalancerArns", "LoadBalancerNotFound");
    let found = wanted(balancer, ask, named, &[Thing::LoadBalancer])?;
    let (region, group) = (&ask.region, &balancer.group);
    let zone = |zone: u32| {
        Data::map()
            .with("ZoneName", autoscaling::zone(region, zone))
            .with("SubnetId", format!("subnet-{zone:08}"))
    };
    let told = |thing: Thing| {
        Data::map()
            .with("LoadBalancerArn", balancer.arn(region, thing))
            .with("DNSName", format!("{group}.{region}.elb.invalid"))
            .with("CanonicalHostedZoneId", "Z00000000000000000001")
            .with("CreatedTime", account.outside(setpoint_core::Span::ZERO))
            .with("LoadBalancerName", group.clone())
            .with("Scheme", "internet-facing")
            .with("VpcId", VPC)
            .with("State", Data::map().with("Code", "active"))
            .with("Type", "application")
            .members("AvailabilityZones", (0..2).map(zone))
            .members("SecurityGroups", [])
            .with("IpAddressType", "ipv4")
    };
    Ok(Data::map().members("LoadBalancers", found.into_iter().map(told)))
}

pub(super) fn listeners(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let balancer = &account.balancer;
    if let Some(arn) = ask.text("LoadBalancerArn")
        && balancer.thing(arn) != Some(Thing::LoadBalancer)
    {
        return Err(none("LoadBalancerNotFound", arn));
    }
    let found = wanted(balancer, ask, ("ListenerArns", "ListenerNotFound"), &[Thing::Listener])?;
    let told = found.into_iter().map(|_| balancer.listener(&ask.region));
    Ok(Data::map().members("Listeners", told))
}

pub(super) fn rules(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let balancer = &account.balancer;
    match ask.text("ListenerArn") {
        Some(arn) if balancer.thing(arn) != Some(Thing::Listener) => {
            return Err(none("ListenerNotFound", arn));
        }
        None if ask.list("RuleArns.member").is_empty() => {
            return Err(Fault::validation("a listener or rules must be given"));
        }
        Some(_) | None => {}
    }
    let rules = [Thing::Rule, Thing::DefaultRule];
    let found = wanted(balancer, ask, ("RuleArns", "RuleNotFound"), &rules)?;
    let told = found.into_iter().map(|thing| balancer.rule(&ask.region, thing));
    Ok(Data::map().members("Rules", told))
}

pub(super) fn groups(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let balancer = &account.balancer;
    if let Some(arn) = ask.text("LoadBalancerArn")
        && balancer.thing(arn) != Some(Thing::LoadBalancer)
    {
        return Err(none("LoadBalancerNotFound", arn));
    }
    let sides = [Thing::Stable, Thing::Candidate];
    let found = wanted(balancer, ask, ("TargetGroupArns", "TargetGroupNotFound"), &sides)?;
    let told = |thing: Thing| {
        Data::map()
            .with("TargetGroupArn", balancer.arn(&ask.region, thing))
            .maybe("TargetGroupName", balancer.members(thing))
            .with("Protocol", "HTTP")
            .with("Port", 80_u32)
            .with("VpcId", VPC)
            .with("HealthCheckEnabled", true)
            .members("LoadBalancerArns", [balancer.arn(&ask.region, Thing::LoadBalancer).into()])
            .with("TargetType", "instance")
    };
    Ok(Data::map().members("TargetGroups", found.into_iter().map(told)))
}

/// The resources that a call about tags names, each with the part of its ARN after the region.
pub(super) fn tagged(balancer: &Balancer, ask: &Ask) -> Result<Vec<(String, String)>, Fault> {
    let arns = ask.list("ResourceArns.member");
    if arns.is_empty() || arns.len() > MOST_TAGGED {
        return Err(Fault::validation(format!("1 to {MOST_TAGGED} resources must be given")));
    }
    let one = |arn: &&str| {
        let code = match arn.rsplit(':').next().and_then(|name| name.split('/').next()) {
            Some("targetgroup") => "TargetGroupNotFound",
            Some("listener") => "ListenerNotFound",
            Some("listener-rule") => "RuleNotFound",
            _ => "LoadBalancerNotFound",
        };
        let thing = balancer.thing(arn).ok_or_else(|| none(code, arn))?;
        Ok(((*arn).to_owned(), balancer.name(thing)))
    };
    arns.iter().map(one).collect()
}

pub(super) fn tags(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let balancer = &account.balancer;
    let told = |(arn, name): (String, String)| {
        let told = |(key, value): (&String, &String)| {
            Data::map().with("Key", key.clone()).with("Value", value.clone())
        };
        let own = balancer.tags.get(&name).filter(|own| !own.is_empty());
        let own = own.map(|own| Data::List("member", own.iter().map(told).collect()));
        Data::map().with("ResourceArn", arn).maybe("Tags", own)
    };
    let all = tagged(balancer, ask)?.into_iter().map(told);
    Ok(Data::map().members("TagDescriptions", all))
}

impl Balancer {
    /// The listener, as an answer has it.
    pub(super) fn listener(&self, region: &str) -> Data {
        Data::map()
            .with("ListenerArn", self.arn(region, Thing::Listener))
            .with("LoadBalancerArn", self.arn(region, Thing::LoadBalancer))
            .with("Port", 80_u32)
            .with("Protocol", "HTTP")
            .members("DefaultActions", self.default.iter().map(|it| it.told(region)))
    }

    /// A rule, as an answer has it.
    pub(super) fn rule(&self, region: &str, thing: Thing) -> Data {
        let is_default = thing == Thing::DefaultRule;
        let (priority, actions) = match is_default {
            true => ("default", &self.default),
            false => ("1", &self.rule),
        };
        let path = Data::map()
            .with("Field", "path-pattern")
            .members("Values", [Data::from("/*")])
            .with("PathPatternConfig", Data::map().members("Values", [Data::from("/*")]));
        Data::map()
            .with("RuleArn", self.arn(region, thing))
            .with("Priority", priority)
            .members("Conditions", (!is_default).then_some(path))
            .members("Actions", actions.iter().map(|it| it.told(region)))
            .with("IsDefault", is_default)
    }
}
