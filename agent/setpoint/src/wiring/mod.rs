//! Plugs sources and clouds into the loop's ports: the only place that knows them all.

#[cfg(feature = "aws")]
mod aws;
#[cfg(not(feature = "aws"))]
#[path = "without_aws.rs"]
mod aws;
mod sources;

use crate::{
    config::{Config, Target},
    system_clock::SystemClock,
};
use setpoint_control::{Commands, Evaluator, Journal, Ports, World};
use setpoint_core::{Evaluation, Memory, Program, Settings, Snapshot, TargetName};
use setpoint_http::SetUpError;
use setpoint_policies::Policies;
use std::collections::BTreeMap;

/// Whether the agent gets hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It only looks: there is nothing it could write with.
    Eyes,
    /// It looks and acts.
    Hands,
}

/// The configuration asks for something that this build or this machine does not have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotWire {
    /// A back end was left out when the program was built.
    #[cfg_attr(feature = "aws", expect(dead_code, reason = "every back end is built in"))]
    #[error(
        "provider `{provider}` needs the back end `{kind}`, which this build of setpoint was made without"
    )]
    LeftOut {
        /// The provider, as configured.
        provider: String,
        /// The back end.
        kind: &'static str,
    },
    /// A source cannot even be asked.
    #[error("source `{0}` cannot be set up")]
    Source(String, #[source] SetUpError),
    /// The policies were fine when they were checked, and are not now: a fault of ours.
    #[error("the policies cannot be bound: {0}")]
    Policies(String),
}

/// What the program of `config` is wired to. Hands get only those targets that may be
/// acted on, and none at all in reach of eyes.
pub(crate) async fn world(
    config: &Config,
    program: &Program,
    reach: Reach,
) -> Result<World, CannotWire> {
    let mut world = World {
        sources: sources::sources(config)?,
        eyes: Vec::new(),
        hands: BTreeMap::new(),
        evaluator: evaluator(program)?,
    };
    for (name, provider) in &config.providers {
        let targets: BTreeMap<&TargetName, &Target> =
            config.targets.iter().filter(|(_, target)| target.provider == *name).collect();
        if !targets.is_empty() {
            aws::plug_in(&mut world, name, provider, &targets, reach).await?;
        }
    }
    Ok(world)
}

/// The world outside, as the loop sees it.
pub(crate) fn ports(
    world: World,
    clock: SystemClock,
    journal: Box<dyn Journal>,
    commands: Box<dyn Commands>,
) -> Ports {
    let World { sources, eyes, hands, evaluator } = world;
    Ports { clock: Box::new(clock), sources, eyes, hands, evaluator, journal, commands }
}

/// The policies, parsed from the very text that the journal keeps beside the passes.
pub(crate) fn evaluator(program: &Program) -> Result<Box<dyn Evaluator>, CannotWire> {
    let policies = Policies::from_program(program);
    let policies = policies.map_err(|faults| CannotWire::Policies(faults.join("; ")))?;
    Ok(Box::new(Bound(policies)))
}

/// The policies as the loop asks them.
struct Bound(Policies);

impl Evaluator for Bound {
    fn evaluate(
        &self,
        settings: &Settings,
        memory: &Memory,
        snapshot: &Snapshot,
    ) -> Vec<Evaluation> {
        self.0.evaluate(settings, memory, snapshot)
    }
}
