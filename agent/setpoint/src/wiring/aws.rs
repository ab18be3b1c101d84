//! Amazon Web Services, plugged in.

use super::{CannotWire, Reach, asked};
use crate::config::{BoundQuery, CloudWatch, Config, Provider, Source, SourceKind, Target};
use setpoint_aws::{Aws, AwsSettings, CloudWatchSettings, Resource};
use setpoint_control::{Act, Ports};
use setpoint_core::{TargetName, TargetSettings};
use std::{collections::BTreeMap, sync::Arc};

/// The metrics and the eyes of one provider, and its hands if the agent gets any.
pub(super) async fn plug_in(
    ports: &mut Ports,
    config: &Config,
    (name, provider): (&str, &Provider),
    targets: &BTreeMap<&TargetName, &Target>,
    reach: Reach,
) -> Result<(), CannotWire> {
    let aws = connect(name, provider).await;
    for (source, settings, own) in metrics(config, name) {
        let queries = asked(config, source, |query| match query {
            BoundQuery::CloudWatch(query) => Some(query.clone()),
            BoundQuery::PromQl(_) => None,
        });
        if !queries.is_empty() {
            let settings = CloudWatchSettings {
                period: own.resolution,
                delay: settings.delay,
                timeout: settings.timeout,
                endpoint: own.endpoint.clone(),
            };
            ports.sources.push(Box::new(aws.metrics(settings, queries)));
        }
    }
    let resources: BTreeMap<TargetName, Resource> =
        targets.iter().map(|(name, target)| ((*name).clone(), resource(target))).collect();
    if resources.is_empty() {
        return Ok(());
    }
    ports.eyes.push(Box::new(aws.eyes(resources.clone())));
    if reach == Reach::Hands {
        let hands: Arc<dyn Act> = Arc::new(aws.hands(resources));
        ports.hands.extend(targets.keys().map(|name| ((*name).clone(), Arc::clone(&hands))));
    }
    Ok(())
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
    config.sources.iter().filter_map(move |(name, source)| match &source.kind {
        SourceKind::CloudWatch(own) if own.provider == provider => Some((&**name, source, own)),
        SourceKind::CloudWatch(_) | SourceKind::Scrape { .. } => None,
    })
}

/// The way to one provider.
async fn connect(name: &str, provider: &Provider) -> Aws {
    Aws::connect(AwsSettings {
        endpoint: provider.endpoint.clone(),
        credentials_file: provider.credentials_file.clone(),
        ..AwsSettings::new(name, &provider.region)
    })
    .await
}

/// What a target is to AWS.
fn resource(target: &Target) -> Resource {
    match target.settings {
        TargetSettings::Group(_) => Resource::Group(target.id.clone()),
        TargetSettings::Database(_) => Resource::Database(target.id.clone()),
    }
}
