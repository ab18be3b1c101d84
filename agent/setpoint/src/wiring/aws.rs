//! Amazon Web Services, plugged in.

use super::{
    CannotWire, Reach,
    clouds::{questions, replaces},
    targets::{Targets, each, give_hands, is_acted_on},
};
use crate::{
    cli::Init,
    config::{
        self, Account, CloudWatch, Config, Mode, Question, Signed, Source, SourceKind, Target,
        Which,
    },
    system_clock::SystemClock,
};
use serde_json::{Value, json};
use setpoint_aws::{
    Aws, AwsSettings, CloudWatchSettings, Fleet, Named, Patient, Records, Resource, Role,
    Statement, WeightedGroups,
};
pub(crate) use setpoint_aws::{Native, NativeRule};
use setpoint_control::{Breaker, Finding, World};
use setpoint_core::{TargetName, TargetSettings};
use setpoint_http::{SigV4, Sign};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The metrics and the eyes of one provider, and its hands if the agent gets any.
pub(super) async fn plug_in(
    world: &mut World,
    config: &Config,
    (name, provider): (&str, &Account),
    targets: &Targets<'_>,
    reach: Reach,
) -> Result<(), CannotWire> {
    let aws = connect(name, provider).await;
    for (source, settings, own) in metrics(config, name) {
        let queries = questions(config, source, |question| {
            let Question::CloudWatch(query) = question else { return None };
            Some(query.clone())
        });
        if !queries.is_empty() {
            let settings = CloudWatchSettings {
                period: own.resolution,
                delay: settings.delay,
                timeout: own.timeout,
                endpoint: own.endpoint.clone(),
            };
            let metrics = Box::new(aws.metrics(settings, queries));
            world.sources.push(Box::new(Breaker::new(source, metrics, config.every)));
        }
    }
    let seen = each(targets, |_| true, resource);
    if !seen.is_empty() {
        world.eyes.push(Box::new(aws.eyes(seen).naming_members_of(&with_names(targets))));
    }
    let acted_on = each(targets, |target| is_acted_on(target, reach), resource);
    give_hands(world, acted_on, |own| Arc::new(aws.hands(own)));
    Ok(())
}

/// Who signs requests with the credentials of a provider.
pub(super) async fn signer(
    (name, provider): (&str, &Account),
    signed: &Signed,
) -> Result<Arc<dyn Sign>, CannotWire> {
    let credentials = connect(name, provider).await.credentials();
    let credentials = credentials.ok_or_else(|| CannotWire::Unsigned(name.to_owned()))?;
    let region = signed.region.as_ref().unwrap_or(&provider.region);
    let clock = Arc::new(SystemClock::start());
    Ok(Arc::new(SigV4::new((region, &signed.service), credentials, clock)))
}

/// The regions of the Prometheus servers of AWS's that are asked as the provider called
/// `name`, each with the paths of their addresses.
fn servers<'a>(
    config: &'a Config,
    name: &'a str,
    provider: &'a Account,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut servers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for web in config.sources.values().filter_map(|source| source.kind.web()) {
        let Some(signed) = web.signed.as_ref().filter(|signed| signed.provider == name) else {
            continue;
        };
        let region = signed.region.as_ref().unwrap_or(&provider.region);
        if signed.service == "aps" {
            servers.entry(region).or_default().insert(web.url.path());
        }
    }
    servers
}

/// The groups whose members are picked by name.
fn with_names(targets: &Targets<'_>) -> BTreeSet<TargetName> {
    each(targets, |it| has_sessions(it) || replaces(it), |_| Some(())).into_keys().collect()
}

fn has_sessions(target: &Target) -> bool {
    matches!(&target.settings, TargetSettings::Group(group) if group.sessions.is_some())
}

/// Whether members are replaced that nobody drains first.
fn is_replaced_at_once(target: &Target) -> bool {
    replaces(target) && !has_sessions(target)
}

/// Whether a source reads the CloudWatch of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    metrics(config, name).next().is_some()
}

/// The sources that read the CloudWatch of the provider called `provider`.
fn metrics<'a>(
    config: &'a Config,
    provider: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Source, &'a CloudWatch)> {
    config.sources.iter().filter_map(move |(name, source)| {
        let SourceKind::CloudWatch(own) = &source.kind else { return None };
        (own.provider == provider).then_some((&**name, source, own))
    })
}

/// The groups at a provider that have these tags: those of the fleet called `fleet`.
pub(super) async fn select(
    (name, provider): (&str, &Account),
    fleet: &TargetName,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<String>, CannotWire> {
    let found = connect(name, provider).await.select(tags).await;
    found.map_err(|why| CannotWire::Unseen(fleet.clone(), why))
}

/// What a provider has to say about `targets`.
pub(super) async fn examine(
    name: &str,
    provider: &Account,
    targets: &Targets<'_>,
) -> Result<Vec<Finding>, CannotWire> {
    let patient = |target: &Target| {
        let (range, drained) = (target.settings.range(), has_sessions(target));
        Some(Patient { resource: resource(target)?, range, drained })
    };
    let patients = each(targets, |_| true, patient);
    Ok(connect(name, provider).await.examine(&patients).await)
}

/// What scales groups in `region` today.
pub(super) async fn natives(region: &str, options: &Init) -> Result<Vec<Native>, CannotWire> {
    let settings = AwsSettings {
        endpoint: options.endpoint.clone(),
        profile: options.profile.clone(),
        ..AwsSettings::new("aws", region)
    };
    let aws = Aws::connect(settings, Arc::new(SystemClock::start())).await;
    aws.natives().await.map_err(CannotWire::Natives)
}

/// The least that IAM must permit for what a provider has.
pub(super) fn permissions(
    config: &Config,
    name: &str,
    provider: &Account,
) -> Result<Value, CannotWire> {
    let targets = || config.targets.values().filter(|target| target.provider == name);
    let resources = targets().filter_map(resource).collect();
    let fleet = |target: &Target| match &target.which {
        Which::Each(tags) => {
            let (tags, drained) = (tags.clone(), has_sessions(target));
            Some(Fleet { tags, drained, replaced: is_replaced_at_once(target) })
        }
        Which::One(_) => None,
    };
    let fleets: Vec<Fleet> = targets().filter_map(fleet).collect();
    let groups = |wanted: fn(&Target) -> bool| {
        let wanted = targets().filter(|target| wanted(target));
        let one = |target: &Target| match &target.which {
            Which::One(id) => Some(id.clone()),
            Which::Each(_) => None,
        };
        wanted.filter_map(one).collect()
    };
    let named = Named { drained: groups(has_sessions), replaced: groups(is_replaced_at_once) };
    let acts = targets().any(|target| target.mode == Mode::Act);
    let statements = setpoint_aws::permissions(
        &provider.region,
        &resources,
        &fleets,
        &named,
        (acts, has_metrics(config, name)),
    );
    let servers = servers(config, name, provider);
    let queries = servers.iter().zip(1..).map(|((region, paths), number)| {
        let asked = setpoint_aws::query_permission(region, paths);
        Statement { id: format!("{}{number}", asked.id), ..asked }
    });
    let statements: Vec<Value> =
        statements.into_iter().chain(queries).map(|one| statement(&one)).collect();
    Ok(json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// A statement as IAM takes it.
fn statement(statement: &Statement) -> Value {
    let mut value = json!({
        "Sid": statement.id,
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": statement.resources,
    });
    if !statement.conditions.is_empty() {
        value["Condition"] = json!(statement.conditions);
    }
    value
}

/// The way to one provider.
async fn connect(name: &str, provider: &Account) -> Aws {
    let defaults = AwsSettings::new(name, &provider.region);
    let role = provider.role.clone().map(|(arn, external_id)| Role { arn, external_id });
    let settings = AwsSettings {
        endpoint: provider.endpoint.clone(),
        credentials_file: provider.credentials_file.clone(),
        profile: provider.profile.clone(),
        role,
        calls_per_second: provider.calls_per_second.unwrap_or(defaults.calls_per_second),
        ..defaults
    };
    Aws::connect(settings, Arc::new(SystemClock::start())).await
}

/// What a target is to AWS; a fleet is nothing until its groups are known.
fn resource(target: &Target) -> Option<Resource> {
    let Which::One(id) = &target.which else { return None };
    match target.settings {
        TargetSettings::Group(_) => Some(Resource::Group(id.clone())),
        TargetSettings::Database(_) => Some(Resource::Database(id.clone())),
        TargetSettings::Volume(_) if id.starts_with("vol-") => Some(Resource::Volume(id.clone())),
        TargetSettings::Volume(_) => Some(Resource::Storage(id.clone())),
        TargetSettings::Traffic(_) => target.records.as_ref().map(records),
        TargetSettings::Rollout(_) => target.weighted.as_ref().map(weighted),
        TargetSettings::Setting(_) => id.parse().ok().map(Resource::Setting),
        TargetSettings::Flag(_) | TargetSettings::Job(_) => None,
    }
}

/// Where users are sent, as AWS has it.
fn records(records: &config::Records) -> Resource {
    let config::Records { zone, name, destinations } = records.clone();
    Resource::Traffic(Records { zone, name, destinations })
}

/// The share of a candidate, as AWS has it.
fn weighted(groups: &config::WeightedGroups) -> Resource {
    let config::WeightedGroups { rule, stable, candidate, revision_tag } = groups.clone();
    Resource::Rollout(WeightedGroups { rule, stable, candidate, revision_tag })
}
