//! An Application Load Balancer at an emulator, whose rule forwards to two weighted target groups:
//! set up and looked at by calls of its own.

use crate::moto::{self, ELB, Moto};
use std::net::SocketAddr;

/// How long a user stays with the target group that served him, in seconds.
const STAYS: &str = "300";

/// A load balancer; what is stable has one target, and so has the candidate.
#[derive(Debug)]
pub struct Balancer {
    server: SocketAddr,
    rule: String,
    listener: String,
    stable: String,
    candidate: String,
}

/// Where weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwards {
    /// The rule.
    Rule,
    /// The default of the listener.
    Listener,
}

impl Balancer {
    /// Makes one called `name` with these weights of what is stable and of the candidate, by the rule
    /// and by default. The target groups are `NAME-old` and `NAME-new`.
    #[track_caller]
    pub fn make(moto: &Moto, name: &str, weights: (u32, u32)) -> Self {
        let server = moto.address();
        let subnets = moto.ec2("DescribeSubnets", &[]);
        let mut subnets = subnets.split("<subnetId>").skip(1).map(|rest| until(rest, "<"));
        let pair = (subnets.next().expect("a subnet"), subnets.next().expect("another"));
        let vpc = moto.ec2("DescribeVpcs", &[]);
        let vpc = inside(&vpc, "vpcId");
        let made = [("Name", name), ("Subnets.member.1", pair.0), ("Subnets.member.2", pair.1)];
        let made = moto::call(server, &ELB, "CreateLoadBalancer", &made);
        let balancer = inside(&made, "LoadBalancerArn");
        let group = |side: &str, target: &str| {
            let name = format!("{name}-{side}");
            let made = [
                ("Name", name.as_str()),
                ("Protocol", "HTTP"),
                ("Port", "80"),
                ("VpcId", vpc),
                ("TargetType", "ip"),
            ];
            let made = moto::call(server, &ELB, "CreateTargetGroup", &made);
            let arn = inside(&made, "TargetGroupArn").to_owned();
            let target = [("TargetGroupArn", arn.as_str()), ("Targets.member.1.Id", target)];
            moto::call(server, &ELB, "RegisterTargets", &target);
            arn
        };
        let (stable, candidate) = (group("old", "10.0.0.1"), group("new", "10.0.0.2"));
        let mut all =
            Self { server, rule: String::new(), listener: String::new(), stable, candidate };
        let actions = all.actions("DefaultActions", weights);
        let mut made = vec![("LoadBalancerArn", balancer), ("Protocol", "HTTP"), ("Port", "80")];
        made.extend(borrowed(&actions));
        let made = moto::call(server, &ELB, "CreateListener", &made);
        let listener = inside(&made, "ListenerArn").to_owned();
        let actions = all.actions("Actions", weights);
        let mut made = vec![
            ("ListenerArn", listener.as_str()),
            ("Priority", "1"),
            ("Conditions.member.1.Field", "path-pattern"),
            ("Conditions.member.1.Values.member.1", "/checkout"),
        ];
        made.extend(borrowed(&actions));
        let made = moto::call(server, &ELB, "CreateRule", &made);
        all.rule = inside(&made, "RuleArn").to_owned();
        all.listener = listener;
        all
    }

    /// The ARN of the rule or of the listener.
    pub fn arn(&self, of: Forwards) -> &str {
        match of {
            Forwards::Rule => &self.rule,
            Forwards::Listener => &self.listener,
        }
    }

    /// The ARN of the candidate's target group.
    pub fn candidate(&self) -> &str {
        &self.candidate
    }

    /// Puts a tag on the candidate's target group.
    #[track_caller]
    pub fn tag(&self, key: &str, value: &str) {
        let tag = [
            ("ResourceArns.member.1", self.candidate.as_str()),
            ("Tags.member.1.Key", key),
            ("Tags.member.1.Value", value),
        ];
        moto::call(self.server, &ELB, "AddTags", &tag);
    }

    /// Has the rule weigh what is stable and the candidate so.
    #[track_caller]
    pub fn weigh(&self, weights: (u32, u32)) {
        let actions = self.actions("Actions", weights);
        let mut changed = vec![("RuleArn", self.rule.as_str())];
        changed.extend(borrowed(&actions));
        moto::call(self.server, &ELB, "ModifyRule", &changed);
    }

    /// The weights of what is stable and of the candidate.
    #[track_caller]
    pub fn weights(&self, of: Forwards) -> (u32, u32) {
        let answer = self.described(of);
        let weight = |arn: &str| {
            let group = answer.split_once(&format!("{arn}</TargetGroupArn><Weight>"));
            let weight = group.map(|(_, rest)| until(rest, "<"));
            weight.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no weight: {answer}"))
        };
        (weight(&self.stable), weight(&self.candidate))
    }

    /// Whether users still stay with the target group that served them, as at the beginning.
    #[track_caller]
    pub fn keeps_users(&self, of: Forwards) -> bool {
        let stays = format!("<Enabled>true</Enabled><DurationSeconds>{STAYS}</DurationSeconds>");
        self.described(of).contains(&stays)
    }

    fn described(&self, of: Forwards) -> String {
        let (action, field) = match of {
            Forwards::Rule => ("DescribeRules", "RuleArns.member.1"),
            Forwards::Listener => ("DescribeListeners", "ListenerArns.member.1"),
        };
        moto::call(self.server, &ELB, action, &[(field, self.arn(of))])
    }

    fn actions(&self, list: &str, (stable, candidate): (u32, u32)) -> Vec<(String, String)> {
        let config = format!("{list}.member.1.ForwardConfig");
        let groups = format!("{config}.TargetGroups.member");
        let sticks = format!("{config}.TargetGroupStickinessConfig");
        vec![
            (format!("{list}.member.1.Type"), "forward".to_owned()),
            (format!("{groups}.1.TargetGroupArn"), self.stable.clone()),
            (format!("{groups}.1.Weight"), stable.to_string()),
            (format!("{groups}.2.TargetGroupArn"), self.candidate.clone()),
            (format!("{groups}.2.Weight"), candidate.to_string()),
            (format!("{sticks}.Enabled"), "true".to_owned()),
            (format!("{sticks}.DurationSeconds"), STAYS.to_owned()),
        ]
    }
}

fn borrowed(fields: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn until<'a>(text: &'a str, end: &str) -> &'a str {
    text.split(end).next().unwrap_or_default()
}

/// What stands in the first element of this name.
#[track_caller]
fn inside<'a>(text: &'a str, name: &str) -> &'a str {
    let found = text.split_once(&format!("<{name}>"));
    found.map_or_else(|| panic!("no {name}: {text}"), |(_, rest)| until(rest, "<"))
}
