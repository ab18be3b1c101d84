//! Amazon Web Services, plugged in.

use super::{CannotWire, Reach};
use crate::config::{Provider, Target};
use setpoint_aws::{Aws, AwsSettings, Resource};
use setpoint_control::{Act, Ports};
use setpoint_core::{TargetName, TargetSettings};
use std::{collections::BTreeMap, sync::Arc};

/// The eyes of one provider, and its hands if the agent gets any.
pub(super) async fn plug_in(
    ports: &mut Ports,
    name: &str,
    provider: &Provider,
    targets: &BTreeMap<&TargetName, &Target>,
    reach: Reach,
) -> Result<(), CannotWire> {
    let resources: BTreeMap<TargetName, Resource> =
        targets.iter().map(|(name, target)| ((*name).clone(), resource(target))).collect();
    let aws = Aws::connect(AwsSettings {
        endpoint: provider.endpoint.clone(),
        credentials_file: provider.credentials_file.clone(),
        ..AwsSettings::new(name, &provider.region)
    })
    .await;
    ports.eyes.push(Box::new(aws.eyes(resources.clone())));
    if reach == Reach::Hands {
        let hands: Arc<dyn Act> = Arc::new(aws.hands(resources));
        ports.hands.extend(targets.keys().map(|name| ((*name).clone(), Arc::clone(&hands))));
    }
    Ok(())
}

fn resource(target: &Target) -> Resource {
    match target.settings {
        TargetSettings::Group(_) => Resource::Group(target.id.clone()),
        TargetSettings::Database(_) => Resource::Database(target.id.clone()),
    }
}
