//! Amazon Web Services, plugged in.

use super::{CannotWire, Reach};
use crate::config::{Mode, Provider, Target};
use setpoint_aws::{Aws, AwsSettings, Resource};
use setpoint_control::{Act, World};
use setpoint_core::{TargetName, TargetSettings};
use std::{collections::BTreeMap, sync::Arc};

/// The eyes of one provider, and its hands if the agent gets any.
pub(super) async fn plug_in(
    world: &mut World,
    name: &str,
    provider: &Provider,
    targets: &BTreeMap<&TargetName, &Target>,
    reach: Reach,
) -> Result<(), CannotWire> {
    let resources = |wanted: &dyn Fn(&Target) -> bool| -> BTreeMap<TargetName, Resource> {
        let wanted = targets.iter().filter(|(_, target)| wanted(target));
        wanted.map(|(name, target)| ((*name).clone(), resource(target))).collect()
    };
    let aws = Aws::connect(AwsSettings {
        endpoint: provider.endpoint.clone(),
        credentials_file: provider.credentials_file.clone(),
        ..AwsSettings::new(name, &provider.region)
    })
    .await;
    world.eyes.push(Box::new(aws.eyes(resources(&|_| true))));
    let acted_on = resources(&|target| reach == Reach::Hands && target.mode == Mode::Act);
    if !acted_on.is_empty() {
        let names: Vec<TargetName> = acted_on.keys().cloned().collect();
        let hands: Arc<dyn Act> = Arc::new(aws.hands(acted_on));
        world.hands.extend(names.into_iter().map(|name| (name, Arc::clone(&hands))));
    }
    Ok(())
}

fn resource(target: &Target) -> Resource {
    match target.settings {
        TargetSettings::Group(_) => Resource::Group(target.id.clone()),
        TargetSettings::Database(_) => Resource::Database(target.id.clone()),
    }
}
