//! Kubernetes, plugged in.

use super::{
    CannotWire, Reach,
    clouds::{questions, replaces},
    targets::{Targets, each, give_hands, is_acted_on},
};
use crate::{
    config::{self, Cluster, Config, Mode, Question, SourceKind, Target, Which},
    system_clock::SystemClock,
};
use serde_json::{Value, json};
use setpoint_control::{Breaker, Finding, World};
use setpoint_core::{InputKey, TargetSettings};
pub(crate) use setpoint_kubernetes::Native as Autoscaler;
use setpoint_kubernetes::{
    Kubernetes, KubernetesSettings, Needs, Patient, Place, Rule, Scalable, Usage, WeightedServices,
    rules,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The metrics and the eyes of one provider, and its hands if the agent gets any.
pub(super) async fn plug_in(
    world: &mut World,
    config: &Config,
    (name, cluster): (&str, &Cluster),
    targets: &Targets<'_>,
    reach: Reach,
) -> Result<(), CannotWire> {
    let kubernetes = connect(name, cluster).await?;
    for (source, timeout, queries) in metrics(config, name) {
        if !queries.is_empty() {
            let metrics = Box::new(kubernetes.usage(queries, timeout));
            world.sources.push(Box::new(Breaker::new(source, metrics, config.every)));
        }
    }
    let seen = each(targets, |_| true, scalable);
    if !seen.is_empty() {
        let named = each(targets, replaces, |_| Some(()));
        world.eyes.push(Box::new(kubernetes.eyes(seen, named.into_keys().collect())));
    }
    let acted_on = each(targets, |target| is_acted_on(target, reach), scalable);
    give_hands(world, acted_on, |own| Arc::new(kubernetes.hands(own)));
    let rollouts = each(targets, |_| true, weighted);
    if !rollouts.is_empty() {
        world.eyes.push(Box::new(kubernetes.route_eyes(rollouts)));
    }
    let shifted = each(targets, |target| is_acted_on(target, reach), weighted);
    give_hands(world, shifted, |own| Arc::new(kubernetes.route_hands(own)));
    Ok(())
}

/// Whether a source reads the metrics of the cluster of the provider called `name`.
pub(super) fn has_metrics(config: &Config, name: &str) -> bool {
    metrics(config, name).next().is_some()
}

/// The sources that read the metrics of the cluster of `provider`, each with how long a reading
/// may take and what it is asked.
fn metrics<'a>(
    config: &'a Config,
    provider: &'a str,
) -> impl Iterator<Item = (&'a str, Duration, BTreeMap<InputKey, Usage>)> {
    config.sources.iter().filter_map(move |(name, source)| {
        let SourceKind::Kubernetes(own) = &source.kind else { return None };
        let queries = questions(config, name, |question| {
            let Question::Usage(usage) = question else { return None };
            Some(usage.clone())
        });
        let timeout = Duration::from_millis(own.timeout.ms());
        (own.provider == provider).then(|| (&**name, timeout, queries))
    })
}

/// What a provider has to say about `targets`.
pub(super) async fn examine(
    name: &str,
    cluster: &Cluster,
    targets: &Targets<'_>,
) -> Result<Vec<Finding>, CannotWire> {
    let patient = |target: &Target| {
        let (scalable, range) = (scalable(target)?, target.settings.range());
        Some(Patient { scalable, range, acts: target.mode == Mode::Act })
    };
    let patients = each(targets, |_| true, patient);
    let rollout = |target: &Target| Some((weighted(target)?, target.mode == Mode::Act));
    let rollouts = each(targets, |_| true, rollout);
    Ok(connect(name, cluster).await?.examine(&patients, &rollouts).await)
}

/// What scales things in the namespace of a cluster today.
pub(super) async fn autoscalers(cluster: &Cluster) -> Result<Vec<Autoscaler>, CannotWire> {
    connect("k8s", cluster).await?.natives().await.map_err(CannotWire::Natives)
}

/// The least role that a provider needs, as the cluster takes it.
pub(super) fn permissions(
    config: &Config,
    name: &str,
    cluster: &Cluster,
) -> Result<Value, CannotWire> {
    let own = || config.targets.values().filter(|target| target.provider == name);
    let acts = |target: &&Target| target.mode == Mode::Act;
    let measured = metrics(config, name).flat_map(|(_, _, queries)| queries.into_values());
    let needs = Needs {
        seen: own().filter_map(scalable).collect(),
        resized: own().filter(acts).filter_map(scalable).collect(),
        measured: measured.map(|usage| usage.of().clone()).collect(),
        replaces: own().filter(acts).any(replaces),
        split: own().filter_map(weighted).collect(),
        shifted: own().filter(acts).filter_map(weighted).collect(),
    };
    let mut metadata = json!({ "name": "setpoint" });
    if let Some(namespace) = &cluster.namespace {
        metadata["namespace"] = json!(namespace);
    }
    let rules: Vec<Value> = rules(&needs).iter().map(rule).collect();
    Ok(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata,
        "rules": rules,
    }))
}

/// A rule as the cluster takes it.
fn rule(rule: &Rule) -> Value {
    let mut value =
        json!({ "apiGroups": [rule.group], "resources": rule.resources, "verbs": rule.verbs });
    if !rule.names.is_empty() {
        value["resourceNames"] = json!(rule.names);
    }
    value
}

/// The way to one provider.
async fn connect(name: &str, cluster: &Cluster) -> Result<Kubernetes, CannotWire> {
    let context = cluster.context.clone();
    let place = match (&cluster.endpoint, &cluster.kubeconfig) {
        (Some((url, token_file)), _) => {
            Place::Endpoint { url: url.clone(), token_file: token_file.clone() }
        }
        (None, Some(path)) => Place::File { path: path.clone(), context },
        (None, None) => Place::Around { context },
    };
    let settings = KubernetesSettings {
        place,
        namespace: cluster.namespace.clone(),
        ..KubernetesSettings::new(name)
    };
    let connected = Kubernetes::connect(settings, Arc::new(SystemClock::start())).await;
    connected.map_err(|error| CannotWire::Unknown(name.to_owned(), Box::new(error)))
}

/// What a target is in the cluster. What the configuration lets through has a name there.
fn scalable(target: &Target) -> Option<Scalable> {
    let (Which::One(id), TargetSettings::Group(_)) = (&target.which, &target.settings) else {
        return None;
    };
    Scalable::parse(id).ok()
}

/// The share of a candidate, as the cluster has it.
fn weighted(target: &Target) -> Option<WeightedServices> {
    let config::WeightedServices { route, stable, candidate } = target.services.clone()?;
    Some(WeightedServices { route, stable, candidate })
}
