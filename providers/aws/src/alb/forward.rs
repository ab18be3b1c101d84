//! The action of a rule that shares traffic among target groups, and the same with other weights: pure.

use crate::{fault::Fault, query::Element, settings::WeightedGroups};
use setpoint_core::Span;

/// The actions of a rule, of which one forwards by weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forward {
    /// All that was read, as fields of a form without the name of their list.
    fields: Vec<(String, String)>,
    groups: Vec<Group>,
    /// For how long a user stays with the target group that served him, if he does.
    pub(super) stays: Option<Span>,
}

/// A target group that traffic is forwarded to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    arn: String,
    weight: u64,
    /// The field of its weight.
    field: String,
}

/// The target groups of a rollout, by their ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sides<'a> {
    pub(super) stable: &'a str,
    pub(super) candidate: &'a str,
}

/// What a target group weighs of which none is told.
const DEFAULT_WEIGHT: u64 = 1;

impl Forward {
    /// Makes sense of the list of a rule's actions. Fails if none of them forwards by weights.
    pub(super) fn read(actions: &Element) -> Result<Self, Fault> {
        let forwards = |action: &&Element| action.text("Type") == Some("forward");
        let action = actions.items().zip(1..).find(|(action, _)| forwards(action));
        let config = action.and_then(|(it, number)| Some((it.find("ForwardConfig")?, number)));
        let Some((config, number)) = config else {
            return Err(refused("it does not forward to weighted target groups".to_owned()));
        };
        let mut groups = Vec::new();
        for (group, place) in config.list("TargetGroups").zip(1..) {
            let arn = group.text("TargetGroupArn").unwrap_or_default().to_owned();
            let weight = group.text("Weight").map_or(Ok(DEFAULT_WEIGHT), str::parse);
            let unread = |_| refused(format!("the weight of {arn} is no number"));
            let field =
                format!(".member.{number}.ForwardConfig.TargetGroups.member.{place}.Weight");
            groups.push(Group { weight: weight.map_err(unread)?, arn, field });
        }
        let sticks = config.find("TargetGroupStickinessConfig");
        let sticks = sticks.filter(|it| it.text("Enabled") == Some("true"));
        let seconds = |it: &Element| it.text("DurationSeconds")?.parse().ok().map(Span::from_secs);
        let stays = sticks.map(|it| seconds(it).unwrap_or(Span::ZERO));
        let mut fields = actions.fields("");
        fields.extend(kept_secrets(actions));
        Ok(Self { fields, groups, stays })
    }

    /// The two target groups. Fails if one is not there, or if others take traffic.
    pub(super) fn sides(&self, own: &WeightedGroups) -> Result<Sides<'_>, Fault> {
        let find = |named: &str| {
            let found = self.groups.iter().find(|group| is_called(&group.arn, named));
            let none = || refused(format!("it forwards to no target group {named}"));
            found.map(|group| &*group.arn).ok_or_else(none)
        };
        let sides = Sides { stable: find(&own.stable)?, candidate: find(&own.candidate)? };
        if sides.stable == sides.candidate {
            return Err(refused("stable and candidate are one target group".to_owned()));
        }
        let other = |group: &&Group| ![sides.stable, sides.candidate].contains(&&*group.arn);
        match self.groups.iter().filter(other).find(|group| group.weight > 0) {
            None => Ok(sides),
            Some(Group { arn, .. }) => {
                let why = format!("the target group {arn} has traffic, and is on neither side");
                Err(refused(why))
            }
        }
    }

    /// The candidate's share, in whole percent: of some traffic never 0, of not all never 100.
    pub(super) fn share(&self, sides: Sides<'_>) -> Result<u32, Fault> {
        let (candidate, stable) = (self.weight(sides.candidate), self.weight(sides.stable));
        match (candidate, stable) {
            (0, 0) => Err(refused("neither target group has any weight".to_owned())),
            (0, _) => Ok(0),
            (_, 0) => Ok(100),
            (some, rest) => {
                let share = some as f64 / (some as f64 + rest as f64) * 100.0;
                Ok((share.round() as u32).clamp(1, 99))
            }
        }
    }

    fn weight(&self, arn: &str) -> u64 {
        self.groups.iter().find(|group| group.arn == arn).map_or(0, |group| group.weight)
    }

    /// The same actions as fields of the list called `list`, the candidate with `share` percent.
    pub(super) fn with(&self, list: &str, sides: Sides<'_>, share: u32) -> Vec<(String, String)> {
        let share = share.min(100);
        let weighed = |arn: &str| match arn {
            arn if arn == sides.candidate => Some(share),
            arn if arn == sides.stable => Some(100 - share),
            _ => None,
        };
        let new: Vec<(&str, u32)> =
            self.groups.iter().filter_map(|it| Some((&*it.field, weighed(&it.arn)?))).collect();
        let kept =
            self.fields.iter().filter(|(name, _)| new.iter().all(|(field, _)| name != field));
        let kept = kept.map(|(name, value)| (format!("{list}{name}"), value.clone()));
        let new = new.iter().map(|(name, weight)| (format!("{list}{name}"), weight.to_string()));
        kept.chain(new).collect()
    }
}

/// What has each action that signs users in keep its secret, which is never told.
fn kept_secrets(actions: &Element) -> Vec<(String, String)> {
    const CONFIG: &str = "AuthenticateOidcConfig";
    let secret = |(action, number): (&Element, usize)| {
        action.find(CONFIG)?;
        let field = format!(".member.{number}.{CONFIG}.UseExistingClientSecret");
        Some((field, "true".to_owned()))
    };
    actions.items().zip(1..).filter_map(secret).collect()
}

/// Whether a target group is the one that is called so, by its ARN or its name.
fn is_called(arn: &str, named: &str) -> bool {
    let name = arn.split_once(":targetgroup/").and_then(|(_, rest)| rest.split_once('/'));
    arn == named || name.is_some_and(|(name, _)| name == named)
}

fn refused(why: String) -> Fault {
    Fault::Refused(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STABLE: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/1";
    const CANDIDATE: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web-new/2";
    const OLD: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/old/3";

    /// Actions that sign users in and then forward to these, each with its weight.
    fn forward(groups: &[(&str, u64)]) -> Result<Forward, Fault> {
        let group = |(arn, weight): &(&str, u64)| {
            format!(
                "<member><TargetGroupArn>{arn}</TargetGroupArn><Weight>{weight}</Weight></member>"
            )
        };
        let groups: String = groups.iter().map(group).collect();
        let text = format!(
            "<Actions><member><Type>authenticate-oidc</Type><Order>1</Order><AuthenticateOidcConfig>\
             <Issuer>https://example.com</Issuer></AuthenticateOidcConfig></member>\
             <member><Type>forward</Type><Order>2</Order><ForwardConfig><TargetGroups>{groups}\
             </TargetGroups><TargetGroupStickinessConfig><Enabled>true</Enabled><DurationSeconds>300\
             </DurationSeconds></TargetGroupStickinessConfig></ForwardConfig></member></Actions>"
        );
        Forward::read(&Element::parse(text.as_bytes()).unwrap())
    }

    fn own() -> WeightedGroups {
        WeightedGroups {
            rule: "a rule".to_owned(),
            stable: "web".to_owned(),
            candidate: CANDIDATE.to_owned(),
            revision_tag: "setpoint:revision".to_owned(),
        }
    }

    #[track_caller]
    fn check(groups: &[(&str, u64)], expected: Result<u32, &str>) {
        let forward = forward(groups).unwrap();
        match (forward.sides(&own()).and_then(|sides| forward.share(sides)), expected) {
            (Ok(share), Ok(expected)) => assert_eq!(share, expected, "{groups:?}"),
            (Err(fault), Err(part)) => assert!(fault.to_string().contains(part), "{fault}"),
            (share, _) => panic!("{share:?}, {expected:?} was expected"),
        }
    }

    #[test]
    fn who_has_some_traffic_never_reads_as_none_and_who_has_not_all_never_as_all() {
        check(&[(STABLE, 3), (CANDIDATE, 1)], Ok(25));
        check(&[(STABLE, 95), (CANDIDATE, 5), (OLD, 0)], Ok(5));
        check(&[(STABLE, 999), (CANDIDATE, 1)], Ok(1));
        check(&[(STABLE, 1), (CANDIDATE, 999)], Ok(99));
        check(&[(CANDIDATE, 0), (STABLE, 1)], Ok(0));
        check(&[(CANDIDATE, 7), (STABLE, 0)], Ok(100));
    }

    #[test]
    fn traffic_that_goes_elsewhere_is_never_counted_as_ours() {
        check(&[(STABLE, 3), (CANDIDATE, 1), (OLD, 1)], Err("old/3 has traffic"));
        check(&[(STABLE, 3), (OLD, 1)], Err("no target group arn"));
        check(&[(OLD, 3), (CANDIDATE, 1)], Err("no target group web"));
        check(&[(STABLE, 0), (CANDIDATE, 0)], Err("neither target group has any weight"));
        let fixed = "<Actions><member><Type>fixed-response</Type></member></Actions>";
        assert!(Forward::read(&Element::parse(fixed.as_bytes()).unwrap()).is_err());
        let one = WeightedGroups { candidate: "web".to_owned(), ..own() };
        assert!(forward(&[(STABLE, 1), (CANDIDATE, 1)]).unwrap().sides(&one).is_err());
    }

    #[test]
    fn a_change_is_all_that_was_read_with_other_weights() {
        let read = forward(&[(STABLE, 3), (OLD, 0), (CANDIDATE, 1)]).unwrap();
        assert_eq!(read.stays, Some(Span::from_secs(300)));
        let mut fields = read.with("Actions", read.sides(&own()).unwrap(), 50);
        fields.sort();
        let groups = "Actions.member.2.ForwardConfig.TargetGroups.member";
        let sticks = "Actions.member.2.ForwardConfig.TargetGroupStickinessConfig";
        let signs = "Actions.member.1.AuthenticateOidcConfig";
        let expected = [
            (format!("{signs}.Issuer"), "https://example.com"),
            (format!("{signs}.UseExistingClientSecret"), "true"),
            ("Actions.member.1.Order".to_owned(), "1"),
            ("Actions.member.1.Type".to_owned(), "authenticate-oidc"),
            (format!("{sticks}.DurationSeconds"), "300"),
            (format!("{sticks}.Enabled"), "true"),
            (format!("{groups}.1.TargetGroupArn"), STABLE),
            (format!("{groups}.1.Weight"), "50"),
            (format!("{groups}.2.TargetGroupArn"), OLD),
            (format!("{groups}.2.Weight"), "0"),
            (format!("{groups}.3.TargetGroupArn"), CANDIDATE),
            (format!("{groups}.3.Weight"), "50"),
            ("Actions.member.2.Order".to_owned(), "2"),
            ("Actions.member.2.Type".to_owned(), "forward"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())));
    }
}
