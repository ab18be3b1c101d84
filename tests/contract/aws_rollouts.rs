//! Candidates' shares by rules of a load balancer of AWS's, at moto.

use crate::{
    aws::{REMEDY, TONGUE, scene},
    subject::{Case, Provider, Scene, Step, Way},
    wire::{List, Tongue, Wire},
};
use setpoint_aws::{AwsEyes, AwsHands, Resource, WeightedGroups};
use setpoint_core::Action;
use std::sync::Arc;
use support::{Balancer, Calls, Forwards::Rule, Moto};

/// A list of rules that says it goes on, without the one that was asked for.
const RULES: List = List {
    first: Calls::Of("DescribeRules"),
    next: Calls::With("Marker=more"),
    goes_on: |body, _| {
        let (head, rest) = body.split_once("<Rules>").expect("a list of rules");
        let (_, tail) = rest.split_once("</Rules>").expect("the list ends");
        format!("{head}<Rules/><NextMarker>more</NextMarker>{tail}")
    },
};

/// Rollouts, each a load balancer of its own.
pub(crate) struct Rollouts(Moto);

impl Provider for Rollouts {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Moto::start())
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        let balancer = Arc::new(Balancer::make(&self.0, name, (3, 1)));
        let own = |rule: &str| {
            let text = |end: &str| format!("{name}-{end}");
            let (stable, candidate) = (text("old"), text("new"));
            let (rule, revision_tag) = (rule.to_owned(), "revision".to_owned());
            Resource::Rollout(WeightedGroups { rule, stable, candidate, revision_tag })
        };
        let targets = (own(balancer.arn(Rule)), own(&format!("{}f", balancer.arn(Rule))));
        let truth = {
            let balancer = Arc::clone(&balancer);
            move || {
                let (stable, candidate) = balancer.weights(Rule);
                100 * candidate / (stable + candidate)
            }
        };
        let tongue = Tongue { list: Some(RULES), ..TONGUE };
        let wire =
            Wire::new(self.0.address(), tongue, truth).moved_by(move || balancer.weigh((88, 12)));
        let action = Action::Set { from: 25, to: 50, leaves: true, revision: None };
        scene((wire, way), targets, Step { from: 25, to: 50, action }).await
    }
}
