//! Azure, plugged in.

use super::{
    CannotWire, Reach,
    clouds::{questions, replaces},
    targets::{Targets, each, give_hands, is_acted_on},
};
use crate::{
    config::{Config, Mode, Question, SourceKind, Subscription, Target, Which},
    system_clock::SystemClock,
};
use serde_json::{Value, json};
use setpoint_azure::{
    Azure, AzureSettings, DatabasePatient, Deadlines, Endpoints, Identity, MetricQuery,
    MonitorSettings, Needs, Patient, ProfileId, ScaleSetId, ServerId, TrafficPatient, Written,
    actions, scopes,
};
use setpoint_control::{Breaker, Finding, World};
use setpoint_core::{InputKey, TargetSettings};
use std::{collections::BTreeMap, env, sync::Arc};
use url::Url;

/// Azure Resource Manager of Azure's public cloud.
const PUBLIC: &str = "https://management.azure.com/";

/// The metrics and the eyes of one provider, and its hands if the agent gets any.
pub(super) fn plug_in(
    world: &mut World,
    config: &Config,
    (name, subscription): (&str, &Subscription),
    targets: &Targets<'_>,
    reach: Reach,
) -> Result<(), CannotWire> {
    let azure = connect(name, subscription)?;
    for (source, settings, queries) in metrics(config, name) {
        if !queries.is_empty() {
            let metrics = Box::new(azure.metrics(settings, queries));
            world.sources.push(Box::new(Breaker::new(source, metrics, config.every)));
        }
    }
    let place = |target: &Target| id(subscription, target);
    let seen = each(targets, |_| true, place);
    if !seen.is_empty() {
        let named = each(targets, replaces, |_| Some(()));
        world.eyes.push(Box::new(azure.eyes(seen, named.into_keys().collect())));
    }
    let acted_on = each(targets, |target| is_acted_on(target, reach), place);
    give_hands(world, acted_on, |own| Arc::new(azure.hands(own)));
    let place = |target: &Target| server(subscription, target);
    let seen = each(targets, |_| true, place);
    if !seen.is_empty() {
        world.eyes.push(Box::new(azure.database_eyes(seen)));
    }
    let acted_on = each(targets, |target| is_acted_on(target, reach), place);
    give_hands(world, acted_on, |own| Arc::new(azure.database_hands(own)));
    let place = |target: &Target| endpoints(subscription, target);
    let seen = each(targets, |_| true, place);
    if !seen.is_empty() {
        world.eyes.push(Box::new(azure.traffic_eyes(seen)));
    }
    let acted_on = each(targets, |target| is_acted_on(target, reach), place);
    give_hands(world, acted_on, |own| Arc::new(azure.traffic_hands(own)));
    Ok(())
}

/// Whether a source reads the Azure Monitor of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    metrics(config, name).next().is_some()
}

/// The sources that read the Azure Monitor of `provider`, each with its settings and what it is
/// asked.
fn metrics<'a>(
    config: &'a Config,
    provider: &'a str,
) -> impl Iterator<Item = (&'a str, MonitorSettings, BTreeMap<InputKey, MetricQuery>)> {
    config.sources.iter().filter_map(move |(name, source)| {
        let SourceKind::AzureMonitor(own) = &source.kind else { return None };
        let queries = questions(config, name, |question| {
            let Question::AzureMonitor(query) = question else { return None };
            Some(query.clone())
        });
        let settings =
            MonitorSettings { period: own.resolution, delay: source.delay, timeout: own.timeout };
        (own.provider == provider).then(|| (&**name, settings, queries))
    })
}

/// What a provider has to say about `targets`.
pub(super) async fn examine(
    name: &str,
    subscription: &Subscription,
    targets: &Targets<'_>,
) -> Result<Vec<Finding>, CannotWire> {
    let patient = |target: &Target| {
        let (id, range) = (id(subscription, target)?, target.settings.range());
        let (acts, replaces) = (target.mode == Mode::Act, replaces(target));
        Some(Patient { id, range, acts, replaces })
    };
    let database = |target: &Target| {
        let (id, acts) = (server(subscription, target)?, target.mode == Mode::Act);
        Some(DatabasePatient { id, acts })
    };
    let traffic = |target: &Target| {
        let (endpoints, acts) = (endpoints(subscription, target)?, target.mode == Mode::Act);
        Some(TrafficPatient { endpoints, acts })
    };
    let azure = connect(name, subscription)?;
    let mut findings = azure.examine(&each(targets, |_| true, patient)).await;
    findings.extend(azure.examine_databases(&each(targets, |_| true, database)).await);
    findings.extend(azure.examine_traffic(&each(targets, |_| true, traffic)).await);
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

/// The least role that a provider needs, as `az role definition create` takes it.
#[expect(clippy::unnecessary_wraps, reason = "a build without it fails")]
pub(super) fn permissions(
    config: &Config,
    name: &str,
    subscription: &Subscription,
) -> Result<Value, CannotWire> {
    let own = || config.targets.values().filter(|target| target.provider == name);
    let sets = || own().filter(|target| id(subscription, target).is_some());
    let servers = || own().filter(|target| server(subscription, target).is_some());
    let routed = || own().filter(|target| endpoints(subscription, target).is_some());
    let acts = |target: &&Target| target.mode == Mode::Act;
    let measured: Vec<MetricQuery> =
        metrics(config, name).flat_map(|(_, _, queries)| queries.into_values()).collect();
    let needs = Needs {
        seen: sets().next().is_some(),
        resized: sets().any(|target| acts(&target)),
        replaces: sets().filter(acts).any(replaces),
        databases: servers().next().is_some(),
        replicates: servers().any(|target| acts(&target)),
        traffic: routed().next().is_some(),
        routes: routed().any(|target| acts(&target)),
        measured: !measured.is_empty(),
    };
    let groups: Vec<String> = own().filter_map(|target| group(subscription, target)).collect();
    let groups = groups.iter().map(String::as_str);
    let mut scopes = scopes(&subscription.id, groups, measured.iter());
    let profiles = routed().filter_map(|target| endpoints(subscription, target));
    scopes.extend(profiles.map(|endpoints| endpoints.profile.scope(&subscription.id)));
    Ok(json!({
        "Name": format!("Setpoint {name}"),
        "IsCustom": true,
        "Description": "What the agent does to its targets, and no more",
        "Actions": actions(needs),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": scopes,
    }))
}

/// The way to one provider.
fn connect(name: &str, subscription: &Subscription) -> Result<Azure, CannotWire> {
    let written = Written {
        tenant: subscription.tenant.clone(),
        client_id: subscription.client_id.clone(),
        secret_file: subscription.secret_file.clone(),
        federated_file: subscription.federated_file.clone(),
        bearer_file: subscription.bearer_file.clone(),
        authority: subscription.authority.clone(),
    };
    let unknown = |error| CannotWire::Unknown(name.to_owned(), error);
    let identity = Identity::find(&written, |variable| env::var(variable).ok());
    let public = || Url::parse(PUBLIC).map_err(|error| unknown(error.into()));
    let settings = AzureSettings {
        name: name.to_owned(),
        subscription: subscription.id.clone(),
        endpoint: subscription.endpoint.clone().map_or_else(public, Ok)?,
        identity: identity.map_err(|error| unknown(error.into()))?,
        deadlines: Deadlines::default(),
    };
    let azure = Azure::new(settings, Arc::new(SystemClock::start()));
    azure.map_err(|error| CannotWire::Provider(name.to_owned(), error))
}

/// Which scale set a target is, if it is a group.
fn id(subscription: &Subscription, target: &Target) -> Option<ScaleSetId> {
    let Which::One(id) = &target.which else { return None };
    let is_group = matches!(target.settings, TargetSettings::Group(_));
    ScaleSetId::parse(id, subscription.resource_group.as_deref()).ok().filter(|_| is_group)
}

/// Which server a target is, if it is a database.
fn server(subscription: &Subscription, target: &Target) -> Option<ServerId> {
    let Which::One(id) = &target.which else { return None };
    let is_database = matches!(target.settings, TargetSettings::Database(_));
    ServerId::parse(id, subscription.resource_group.as_deref()).ok().filter(|_| is_database)
}

/// Which endpoints of which profile a target is, if it is a traffic.
fn endpoints(subscription: &Subscription, target: &Target) -> Option<Endpoints> {
    let Which::One(id) = &target.which else { return None };
    let destinations = target.endpoints.clone()?;
    let profile = ProfileId::parse(id, subscription.resource_group.as_deref()).ok()?;
    Some(Endpoints { profile, destinations })
}

/// In which resource group a group or a database is.
fn group(subscription: &Subscription, target: &Target) -> Option<String> {
    let set = id(subscription, target).map(|id| id.group().to_owned());
    set.or_else(|| server(subscription, target).map(|id| id.group().to_owned()))
}
