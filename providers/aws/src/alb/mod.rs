//! Rollouts by an Application Load Balancer: a rule, or a listener's default, forwards to two
//! weighted target groups, and the candidate's share is what their weights make of it.
//!
//! The rule it keeps: an action is written as it was read, but for the two weights. The load
//! balancer takes no condition, so the action is read once more right before it is written; what
//! somebody else writes between these two calls is lost.
//!
//! Start reading at [`Alb::look`]; what is made of actions is in `forward.rs`.

mod forward;

use crate::{
    fault::Fault,
    query::{Element, Query, tags, whole},
    settings::WeightedGroups,
    tag,
};
use forward::{Forward, Sides};
use futures::future::join3;
use setpoint_core::{Rollout, Span};

/// Reads and changes candidates' shares.
#[derive(Clone, Debug)]
pub(crate) struct Alb {
    elb: Query,
}

/// A rollout as it was seen, and what else its looks told.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) rollout: Rollout,
    /// For how long a user stays with the target group that served him, if he does.
    pub(crate) stays: Option<Span>,
    /// The tags of the rule or the listener.
    pub(crate) tags: Vec<(String, String)>,
    /// Why health or tags are not known.
    pub(crate) untold: Vec<Fault>,
}

/// How many targets of a group are healthy, if that could be asked.
type Healthy = Result<usize, Fault>;

/// What tags tell, if they could be asked: the revision, the pause, and all of the rule's own.
struct Tags {
    revision: Result<Option<String>, Fault>,
    paused: Option<String>,
    own: Vec<(String, String)>,
}

impl Alb {
    pub(crate) const fn new(elb: Query) -> Self {
        Self { elb }
    }

    /// How a rollout stands. What is not known of health or revision keeps nobody from rolling back.
    pub(crate) async fn look(&self, own: &WeightedGroups) -> Result<Look, Fault> {
        let forward = self.forward(own).await?;
        let sides = forward.sides(own)?;
        let share = forward.share(sides)?;
        let (candidate, stable, told) =
            join3(self.healthy(sides.candidate), self.healthy(sides.stable), self.tags(own, sides))
                .await;
        let Tags { revision, paused, own: tags } = told;
        let unread = revision.as_ref().err().map(|it| format!("its revision is not known: {it}"));
        let busy = busy(&candidate, &stable).or(unread);
        let known = revision.as_ref().ok().cloned().flatten();
        let untold = [candidate.err(), stable.err(), revision.err()];
        Ok(Look {
            rollout: Rollout { share, revision: known, busy, paused },
            stays: forward.stays,
            tags,
            untold: untold.into_iter().flatten().collect(),
        })
    }

    /// Gives the candidate `to` percent, if it has `from` and, to have more, is still `revision`.
    pub(crate) async fn shift(
        &self,
        own: &WeightedGroups,
        (from, to): (u32, u32),
        revision: Option<&str>,
    ) -> Result<(), Fault> {
        let forward = self.forward(own).await?;
        let sides = forward.sides(own)?;
        let share = forward.share(sides)?;
        if share == to {
            return Ok(());
        }
        if share != from {
            return Err(Fault::Stale(format!("the candidate has {share} %, not {from}")));
        }
        if to > from {
            self.may_rise(own, sides, revision).await?;
        } else if matches!(self.healthy(sides.stable).await, Ok(0)) {
            // Health that cannot be asked holds no rollback: nobody is known not to serve.
            let why = "no stable target is healthy to take the traffic";
            return Err(Fault::Refused(why.to_owned()));
        }
        if self.forward(own).await? != forward {
            return Err(Fault::Stale("somebody else has changed it just now".to_owned()));
        }
        let place = Place::of(own);
        let mut fields = forward.with(place.actions, sides, to);
        fields.push((place.id.to_owned(), own.rule.clone()));
        self.elb.call(place.changes, &fields).await.map(drop)
    }

    /// Fails if a candidate must not have more than it has.
    async fn may_rise(
        &self,
        own: &WeightedGroups,
        sides: Sides<'_>,
        revision: Option<&str>,
    ) -> Result<(), Fault> {
        let (candidate, stable, told) =
            join3(self.healthy(sides.candidate), self.healthy(sides.stable), self.tags(own, sides))
                .await;
        let (candidate, stable, present) = (candidate?, stable?, told.revision?);
        if let Some(busy) = busy(&Ok(candidate), &Ok(stable)) {
            return Err(Fault::Stale(busy));
        }
        if present.as_deref() != revision {
            let now = present.as_deref().unwrap_or("of no name");
            let then = revision.unwrap_or("of no name");
            return Err(Fault::Stale(format!("the candidate is {now} now, not {then}")));
        }
        Ok(())
    }

    /// What the rule, or the listener by default, does with a request.
    async fn forward(&self, own: &WeightedGroups) -> Result<Forward, Fault> {
        let place = Place::of(own);
        let asked = [(format!("{}s.member.1", place.id), own.rule.clone())];
        let result = self.ask(place.looks, &asked).await?;
        let found = result.list(place.list).find(|it| it.text(place.id) == Some(&own.rule));
        let Some(found) = found else {
            whole(&result, "NextMarker")?;
            return Err(Fault::Stale(format!("there is no {}", own.rule)));
        };
        let none = || Fault::Refused(format!("AWS described {} without its actions", own.rule));
        Forward::read(found.find(place.actions).ok_or_else(none)?)
    }

    /// How many targets of a group take traffic.
    async fn healthy(&self, group: &str) -> Healthy {
        let asked = [("TargetGroupArn".to_owned(), group.to_owned())];
        let result = self.ask("DescribeTargetHealth", &asked).await?;
        let targets = result.list("TargetHealthDescriptions");
        Ok(targets.filter_map(|it| it.find("TargetHealth")).filter(|it| serves(it)).count())
    }

    /// What the tags of the rule and of the candidate tell.
    async fn tags(&self, own: &WeightedGroups, sides: Sides<'_>) -> Tags {
        let asked = [own.rule.as_str(), sides.candidate].into_iter().zip(1..);
        let asked = asked.map(|(arn, n)| (format!("ResourceArns.member.{n}"), arn.to_owned()));
        let answer = self.ask("DescribeTags", &asked.collect::<Vec<_>>()).await;
        let result = match answer {
            Ok(result) => result,
            Err(fault) => return Tags { revision: Err(fault), paused: None, own: Vec::new() },
        };
        let of = |arn: &str| {
            let described = result.list("TagDescriptions");
            let mut own = described.filter(|it| it.text("ResourceArn") == Some(arn));
            let tags = own.next().map(|it| tags(it.list("Tags"), ("Key", "Value")));
            tags.unwrap_or_default()
        };
        let (rule, candidate) = (of(&own.rule), of(sides.candidate));
        let paused = tag::paused(rule.iter().chain(&candidate).copied());
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let key = &own.revision_tag;
        let revision = match candidate.iter().find(|(name, _)| name == key) {
            Some((_, "")) => Err(Fault::Refused(format!("the candidate's tag {key} is empty"))),
            Some((_, revision)) => Ok(Some((*revision).to_owned())),
            None => Ok(None),
        };
        Tags { revision, paused, own: rule.into_iter().map(owned).collect() }
    }

    /// The result that a call was answered with.
    async fn ask(
        &self,
        action: &'static str,
        fields: &[(String, String)],
    ) -> Result<Element, Fault> {
        let answer = self.elb.call(action, fields).await?;
        let result = answer.find(&format!("{action}Result")).cloned();
        // Whatever else it is, nothing must be counted in it.
        result.ok_or_else(|| Fault::Refused(format!("{action}: the answer has no result")))
    }
}

/// How a rule, or a listener, is asked for and changed.
struct Place {
    looks: &'static str,
    changes: &'static str,
    list: &'static str,
    id: &'static str,
    actions: &'static str,
}

const RULE: Place = Place {
    looks: "DescribeRules",
    changes: "ModifyRule",
    list: "Rules",
    id: "RuleArn",
    actions: "Actions",
};

const LISTENER: Place = Place {
    looks: "DescribeListeners",
    changes: "ModifyListener",
    list: "Listeners",
    id: "ListenerArn",
    actions: "DefaultActions",
};

impl Place {
    fn of(own: &WeightedGroups) -> &'static Self {
        if own.is_listener() { &LISTENER } else { &RULE }
    }
}

/// Whether a target takes traffic: it is healthy, or nobody checks it.
fn serves(health: &Element) -> bool {
    match health.text("State") {
        Some("healthy") => true,
        Some("unavailable") => health.text("Reason") == Some("Target.HealthCheckDisabled"),
        _ => false,
    }
}

/// Why a candidate should be left alone, if it should.
fn busy(candidate: &Healthy, stable: &Healthy) -> Option<String> {
    let side = |healthy: &Healthy, what: &str| match healthy {
        Ok(0) => Some(format!("no {what} is healthy")),
        Ok(_) => None,
        Err(fault) => Some(format!("the health of the {what}s is not known: {fault}")),
    };
    side(candidate, "candidate").or_else(|| side(stable, "stable target"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_target_that_takes_traffic_counts_as_healthy() {
        for (health, expected) in [
            ("<State>healthy</State>", true),
            ("<State>unavailable</State><Reason>Target.HealthCheckDisabled</Reason>", true),
            ("<State>unavailable</State><Reason>Elb.InternalError</Reason>", false),
            ("<State>unused</State><Reason>Target.NotInUse</Reason>", false),
            ("<State>draining</State>", false),
            ("<State>initial</State>", false),
            ("", false),
        ] {
            let health = Element::parse(format!("<H>{health}</H>").as_bytes()).unwrap();
            assert_eq!(serves(&health), expected, "{health:?}");
        }
    }

    #[test]
    fn a_health_that_is_not_known_is_never_taken_for_a_good_one() {
        let unknown = || Err(Fault::Refused("nobody knows".to_owned()));
        assert_eq!(busy(&Ok(1), &Ok(1)), None);
        assert_eq!(busy(&Ok(0), &Ok(0)).as_deref(), Some("no candidate is healthy"));
        assert_eq!(busy(&Ok(1), &Ok(0)).as_deref(), Some("no stable target is healthy"));
        for (candidate, stable) in [(unknown(), Ok(1)), (Ok(1), unknown())] {
            assert!(busy(&candidate, &stable).is_some_and(|why| why.contains("is not known")));
        }
    }
}
