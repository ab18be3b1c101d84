//! Providers of the user's own, plugged in: web services, files and units of this machine, and
//! groups and databases on machines behind a HAProxy.

use super::{
    CannotWire, Reach,
    targets::{Targets, each, give_hands, is_acted_on},
};
use crate::config::{ID, Mode, Provider, Service, Target, Which};
use setpoint_control::{Finding, World};
use setpoint_core::{TargetName, TargetSettings};
use setpoint_flags::Flags;
use setpoint_http::{Document, Webhook, WebhookSettings, What};
use setpoint_local::{Files, Located, Unit, Units};
use setpoint_onprem::{Address, Onprem, Resource};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use url::Url;

/// A web service of the user's own.
pub(super) fn webhook(
    world: &mut World,
    (name, service): (&str, &Service),
    targets: &Targets<'_>,
    reach: Reach,
) -> Result<(), CannotWire> {
    if targets.is_empty() {
        return Ok(());
    }
    let webhook = Arc::new(connect(name, service)?);
    let place = |id: &str, settings: &TargetSettings| document(service, id, settings);
    world.eyes.push(Box::new(webhook.eyes(placed(targets, |_| true, place))));
    let acted_on = placed(targets, |target| is_acted_on(target, reach), place);
    give_hands(world, acted_on, |own| Arc::new(webhook.hands(own)));
    Ok(())
}

/// The way to a service.
fn connect(name: &str, service: &Service) -> Result<Webhook, CannotWire> {
    let webhook = Webhook::new(WebhookSettings {
        name: name.to_owned(),
        http: service.http.clone(),
        pointer: service.pointer.clone(),
        run: service.run.clone(),
        method: service.method,
    });
    webhook.map_err(|error| CannotWire::Provider(name.to_owned(), error))
}

/// Where the document of a target is.
fn document(service: &Service, id: &str, settings: &TargetSettings) -> Option<Document> {
    let url = Url::parse(&service.url.replace(ID, id)).ok()?;
    let job = matches!(settings, TargetSettings::Job(_));
    Some(Document { url, what: if job { What::Job } else { What::Setting } })
}

/// What a provider of the user's own has to say about its targets; nothing, of another kind.
pub(super) async fn examine(
    (name, provider): (&str, &Provider),
    targets: &Targets<'_>,
) -> Result<Vec<Finding>, CannotWire> {
    let acts = |target: &TargetName| targets.get(target).is_some_and(|it| it.mode == Mode::Act);
    Ok(match provider {
        Provider::Aws(_) | Provider::Azure(_) | Provider::Kubernetes(_) => Vec::new(),
        Provider::Webhook(service) => {
            let place = |id: &str, settings: &TargetSettings| {
                Some((document(service, id, settings)?, settings.range()))
            };
            connect(name, service)?.examine(&placed(targets, |_| true, place)).await
        }
        Provider::File { folder } => {
            let place = |id: &str, settings: &TargetSettings| {
                Some((Located::new(folder, id).ok()?, settings.range()))
            };
            Files::new(name).examine(placed(targets, |_| true, place), acts).await
        }
        Provider::Flags { file } => {
            let keys = placed(targets, |_| true, flag_key);
            Flags::new(name, file).examine(keys, acts).await
        }
        Provider::Onprem { haproxy } => {
            let own = resources(targets, |_| true).into_iter();
            let ranged = own.filter_map(|(name, resource)| {
                let range = targets.get(&name)?.settings.range();
                Some((name, (resource, range)))
            });
            Onprem::new(name, haproxy.clone()).examine(&ranged.collect(), acts).await
        }
        Provider::Systemd { program } => {
            let place = |id: &str, _: &TargetSettings| Unit::new(id).ok();
            Units::new(name, program).examine(&placed(targets, |_| true, place), acts).await
        }
    })
}

/// Files of this machine.
pub(super) fn files(
    world: &mut World,
    (name, folder): (&str, &Path),
    targets: &Targets<'_>,
    reach: Reach,
) {
    if targets.is_empty() {
        return;
    }
    let files = Files::new(name);
    let place = |id: &str, _: &TargetSettings| Located::new(folder, id).ok();
    world.eyes.push(Box::new(files.eyes(placed(targets, |_| true, place))));
    let acted_on = placed(targets, |target| is_acted_on(target, reach), place);
    give_hands(world, acted_on, |own| Arc::new(files.hands(own)));
}

/// Feature flags in a file.
pub(super) fn flags(
    world: &mut World,
    (name, file): (&str, &Path),
    targets: &Targets<'_>,
    reach: Reach,
) {
    if targets.is_empty() {
        return;
    }
    let flags = Flags::new(name, file);
    world.eyes.push(Box::new(flags.eyes(placed(targets, |_| true, flag_key))));
    let acted_on = placed(targets, |target| is_acted_on(target, reach), flag_key);
    give_hands(world, acted_on, |own| Arc::new(flags.hands(own)));
}

/// The key of a flag in its document: any text is one.
fn flag_key(id: &str, _: &TargetSettings) -> Option<String> {
    Some(id.to_owned())
}

/// Units of this machine.
pub(super) fn units(
    world: &mut World,
    (name, program): (&str, &str),
    targets: &Targets<'_>,
    reach: Reach,
) {
    if targets.is_empty() {
        return;
    }
    let units = Units::new(name, program);
    let place = |id: &str, _: &TargetSettings| Unit::new(id).ok();
    world.eyes.push(Box::new(units.eyes(placed(targets, |_| true, place))));
    let acted_on = placed(targets, |target| is_acted_on(target, reach), place);
    give_hands(world, acted_on, |own| Arc::new(units.hands(own)));
}

/// Groups and databases on one's own machines.
pub(super) fn machines(
    world: &mut World,
    (name, haproxy): (&str, &Address),
    targets: &Targets<'_>,
    reach: Reach,
) {
    if targets.is_empty() {
        return;
    }
    let provider = Onprem::new(name, haproxy.clone());
    world.eyes.push(Box::new(provider.eyes(resources(targets, |_| true))));
    let acted_on = resources(targets, |target| is_acted_on(target, reach));
    give_hands(world, acted_on, |own| Arc::new(provider.hands(own)));
}

/// What the wanted targets are there. What the configuration lets through has its places.
fn resources(
    targets: &Targets<'_>,
    wanted: impl Fn(&Target) -> bool,
) -> BTreeMap<TargetName, Resource> {
    each(targets, wanted, |target| target.own.clone())
}

/// Where each wanted target is. What the configuration lets through has a place.
fn placed<T>(
    targets: &Targets<'_>,
    wanted: impl Fn(&Target) -> bool,
    place: impl Fn(&str, &TargetSettings) -> Option<T>,
) -> BTreeMap<TargetName, T> {
    each(targets, wanted, |target| match &target.which {
        Which::One(id) => place(id, &target.settings),
        Which::Each(_) => None,
    })
}
