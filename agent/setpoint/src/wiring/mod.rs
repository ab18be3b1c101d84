//! Plugs sources and clouds into the loop's ports: the only place that knows them all.

#[cfg(feature = "aws")]
mod aws;
#[cfg(not(feature = "aws"))]
#[path = "without_aws.rs"]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(not(feature = "azure"))]
#[path = "without_azure.rs"]
mod azure;
#[cfg(any(feature = "aws", feature = "azure", feature = "kubernetes"))]
mod clouds;
#[cfg(feature = "kubernetes")]
mod kubernetes;
#[cfg(not(feature = "kubernetes"))]
#[path = "without_kubernetes.rs"]
mod kubernetes;
mod notices;
mod own;
mod sources;
mod targets;

pub(crate) use aws::{Native, NativeRule};
pub(crate) use kubernetes::Autoscaler;
pub(crate) use notices::notices;

use crate::{
    cli::Init,
    config::{Account, Cluster, Config, FleetError, Provider, Target, Which},
    system_clock::SystemClock,
};
use serde_json::Value;
use setpoint_control::{Clock, Commands, Evaluator, Finding, Journal, Ports, World};
use setpoint_core::{Evaluation, Memory, POLICY_TIME, Program, Settings, Snapshot, TargetName};
use setpoint_http::SetUpError;
use setpoint_policies::Policies;
use std::{collections::BTreeMap, error::Error as StdError};

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
    #[cfg_attr(
        all(feature = "aws", feature = "azure", feature = "kubernetes"),
        expect(dead_code, reason = "every back end is built in")
    )]
    #[error(
        "provider `{provider}` needs the back end `{kind}`, which this build of setpoint was made without"
    )]
    LeftOut {
        /// The provider, as configured.
        provider: String,
        /// The back end.
        kind: &'static str,
    },
    /// A provider cannot even be asked.
    #[error("provider `{0}` cannot be set up")]
    Provider(String, #[source] SetUpError),
    /// There is no telling where a provider is, or who we are there.
    #[error("provider `{0}` cannot be set up")]
    #[cfg_attr(
        not(any(feature = "azure", feature = "kubernetes")),
        expect(dead_code, reason = "no back end has to find out")
    )]
    Unknown(String, #[source] Box<dyn StdError + Send + Sync>),
    /// A source cannot even be asked.
    #[error("source `{0}` cannot be set up")]
    Source(String, #[source] SetUpError),
    /// A receiver of notices cannot even be asked.
    #[error("the receiver of notices `{0}` cannot be set up")]
    Receiver(String, #[source] SetUpError),
    /// A provider has no credentials, not even a place to look for them.
    #[error("provider `{0}` has no credentials to sign with")]
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "no back end signs"))]
    Unsigned(String),
    /// The groups of a fleet cannot be found out.
    #[error("the fleet `{0}` cannot be found out: {1}")]
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "no back end has fleets"))]
    Unseen(TargetName, String),
    /// What scales groups today cannot be read.
    #[error("what scales groups today cannot be read: {0}")]
    #[cfg_attr(
        not(any(feature = "aws", feature = "kubernetes")),
        expect(dead_code, reason = "no back end has any")
    )]
    Natives(String),
    /// The groups of a fleet are not what they should be.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The policies were fine when they were checked, and are not now: a fault of ours.
    #[error("the policies cannot be bound: {0}")]
    Policies(String),
}

#[cfg(not(all(feature = "aws", feature = "azure", feature = "kubernetes")))]
impl CannotWire {
    /// The back end that a provider needs was left out of this build.
    fn left_out<T>(provider: &str, kind: &'static str) -> Result<T, Self> {
        Err(Self::LeftOut { provider: provider.to_owned(), kind })
    }
}

/// What the program of `config` is wired to. Hands get only those targets that may be
/// acted on, and none at all in reach of eyes.
pub(crate) async fn world(
    config: &Config,
    program: &Program,
    reach: Reach,
) -> Result<World, CannotWire> {
    let mut world = World {
        sources: sources::sources(config, &signers(config).await?)?,
        eyes: Vec::new(),
        hands: BTreeMap::new(),
        evaluator: watched(program)?,
    };
    for (name, provider) in &config.providers {
        let targets: BTreeMap<&TargetName, &Target> =
            config.targets.iter().filter(|(_, target)| target.provider == *name).collect();
        match provider {
            Provider::Aws(account) => {
                if !targets.is_empty() || aws::has_metrics(config, name) {
                    aws::plug_in(&mut world, config, (name, account), &targets, reach).await?;
                }
            }
            Provider::Azure(subscription) => {
                if !targets.is_empty() || azure::has_metrics(config, name) {
                    let provider = (&**name, &**subscription);
                    azure::plug_in(&mut world, config, provider, &targets, reach)?;
                }
            }
            Provider::Kubernetes(cluster) => {
                if !targets.is_empty() || kubernetes::has_metrics(config, name) {
                    let provider = (&**name, cluster);
                    kubernetes::plug_in(&mut world, config, provider, &targets, reach).await?;
                }
            }
            Provider::Webhook(service) => {
                own::webhook(&mut world, (name, service), &targets, reach)?;
            }
            Provider::Systemd { program } => {
                own::units(&mut world, (name, program), &targets, reach);
            }
            Provider::Flags { file } => own::flags(&mut world, (name, file), &targets, reach),
            Provider::File { folder } => own::files(&mut world, (name, folder), &targets, reach),
            Provider::Onprem { haproxy } => {
                own::machines(&mut world, (name, haproxy), &targets, reach);
            }
        }
    }
    Ok(world)
}

/// Who signs the requests of each source that has them signed.
async fn signers(config: &Config) -> Result<sources::Signers, CannotWire> {
    let mut signers = sources::Signers::new();
    for (name, source) in &config.sources {
        let Some(signed) = source.kind.web().and_then(|web| web.signed.as_ref()) else { continue };
        let Some(Provider::Aws(account)) = config.providers.get(&signed.provider) else { continue };
        signers.insert(name.clone(), aws::signer((&signed.provider, account), signed).await?);
    }
    Ok(signers)
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

/// `config` with a target for each group of each fleet that there is now.
pub(crate) async fn resolve(config: Config) -> Result<Config, CannotWire> {
    let mut found = BTreeMap::new();
    for (name, target) in config.fleets() {
        let Which::Each(tags) = &target.which else { continue };
        let Some(Provider::Aws(account)) = config.providers.get(&target.provider) else { continue };
        found.insert(name.clone(), aws::select((&target.provider, account), name, tags).await?);
    }
    if found.is_empty() { Ok(config) } else { Ok(config.with_fleets(&found)?) }
}

/// What scales groups of AWS in `region` today.
pub(crate) async fn natives(region: &str, options: &Init) -> Result<Vec<Native>, CannotWire> {
    aws::natives(region, options).await
}

/// What scales things in the namespace of a cluster today.
pub(crate) async fn autoscalers(cluster: &Cluster) -> Result<Vec<Autoscaler>, CannotWire> {
    kubernetes::autoscalers(cluster).await
}

/// The least that each cloud must permit, in its own words.
pub(crate) fn permissions(config: &Config) -> Result<Vec<(String, Value)>, CannotWire> {
    let mut all = Vec::new();
    for (name, provider) in &config.providers {
        let least = match provider {
            Provider::Aws(account) => aws::permissions(config, name, account)?,
            Provider::Azure(subscription) => azure::permissions(config, name, subscription)?,
            Provider::Kubernetes(cluster) => kubernetes::permissions(config, name, cluster)?,
            Provider::Webhook(_)
            | Provider::Flags { .. }
            | Provider::File { .. }
            | Provider::Systemd { .. }
            | Provider::Onprem { .. } => continue,
        };
        all.push((name.clone(), least));
    }
    Ok(all)
}

/// The providers that are accounts of AWS.
pub(crate) fn accounts(config: &Config) -> impl Iterator<Item = (&String, &Account)> {
    config.providers.iter().filter_map(|(name, provider)| match provider {
        Provider::Aws(account) => Some((name, account)),
        Provider::Azure(_)
        | Provider::Kubernetes(_)
        | Provider::Webhook(_)
        | Provider::Flags { .. }
        | Provider::File { .. }
        | Provider::Systemd { .. }
        | Provider::Onprem { .. } => None,
    })
}

/// What each provider has to say about the targets that it has.
pub(crate) async fn examine(config: &Config) -> Result<Vec<Finding>, CannotWire> {
    let mut findings = Vec::new();
    for (name, provider) in &config.providers {
        let targets: BTreeMap<&TargetName, &Target> =
            config.targets.iter().filter(|(_, target)| target.provider == *name).collect();
        findings.extend(match provider {
            Provider::Aws(account) => aws::examine(name, account, &targets).await?,
            Provider::Azure(subscription) => azure::examine(name, subscription, &targets).await?,
            Provider::Kubernetes(cluster) => kubernetes::examine(name, cluster, &targets).await?,
            Provider::Webhook(_)
            | Provider::Flags { .. }
            | Provider::File { .. }
            | Provider::Systemd { .. }
            | Provider::Onprem { .. } => own::examine((name, provider), &targets).await?,
        });
    }
    Ok(findings)
}

/// The policies under the clock on the wall: none of them may keep the others waiting.
fn watched(program: &Program) -> Result<Box<dyn Evaluator>, CannotWire> {
    let clock = SystemClock::start();
    let policies = policies(program)?.watched_by(move || clock.now().monotonic, POLICY_TIME);
    Ok(Box::new(Bound(policies)))
}

/// The policies, parsed from the very text that the journal keeps beside the passes.
///
/// Without a clock: what ran out of time when a pass was made is on record with it.
pub(crate) fn evaluator(program: &Program) -> Result<Box<dyn Evaluator>, CannotWire> {
    Ok(Box::new(Bound(policies(program)?)))
}

fn policies(program: &Program) -> Result<Policies, CannotWire> {
    let policies = Policies::from_program(program);
    policies.map_err(|faults| CannotWire::Policies(faults.join("; ")))
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
