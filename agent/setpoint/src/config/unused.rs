//! Warnings: what is written and has no effect.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::{Raw, RawInput, RawPolicy},
    raw_provider::RawProvider,
    raw_source::RawOwn,
    raw_target::RawTargetKind,
};
use std::collections::BTreeSet;

/// Warns of everything in `raw` that nothing uses, or that another line takes the effect of.
pub(crate) fn warn(raw: &Raw, whole: &Place, faults: &Faults) {
    for policy in &raw.policies {
        held_back(raw, policy, faults);
    }
    if raw.policies.is_empty() {
        let fault = ConfigFault::new(Code::Idle, whole, "there are no policies");
        faults.push(fault.help("name one: `[[policies]]` with `file = \"…\"`"));
        return;
    }
    let inputs = raw.policies.iter().flat_map(|policy| &policy.inputs);
    let asked = inputs.filter_map(|(_, input)| input.as_ref()).chain(in_groups(raw));
    let asked = asked.map(|input| &*input.source.value).collect();
    let bound = raw.policies.iter().flat_map(|policy| &policy.targets);
    let bound = bound.map(|(_, target)| &*target.value).collect();
    let targets = raw.targets.iter().filter_map(|target| target.what.as_ref());
    let mut having: BTreeSet<&str> = targets.map(|target| &*target.provider.value).collect();
    having.extend(in_sources(raw));
    let unused =
        |names: &mut dyn Iterator<Item = &At<String>>, used: &BTreeSet<&str>, what: &str| {
            for name in names.filter(|name| !used.contains(&*name.value)) {
                faults.push(ConfigFault::new(
                    Code::Unused,
                    &name.place,
                    format!("{what} `{}`", name.value),
                ));
            }
        };
    unused(&mut raw.sources.iter().map(|it| &it.name), &asked, "no input asks the source");
    unused(&mut raw.providers.iter().map(|it| &it.name), &having, "nothing is at the provider");
    unused(&mut raw.targets.iter().map(|it| &it.name), &bound, "no policy sizes the target");
}

/// What groups ask about the sessions of their members.
fn in_groups(raw: &Raw) -> impl Iterator<Item = &RawInput> {
    raw.targets.iter().filter_map(|target| match &target.what.as_ref()?.kind {
        RawTargetKind::Group { more, .. } => more.sessions.input.as_ref()?.as_ref(),
        RawTargetKind::Database { .. }
        | RawTargetKind::Flag { .. }
        | RawTargetKind::Rollout { .. }
        | RawTargetKind::Setting { .. }
        | RawTargetKind::Job { .. }
        | RawTargetKind::Volume { .. }
        | RawTargetKind::Traffic { .. } => None,
    })
}

/// Warns of a policy that says it acts, where somebody who may do less has the last word.
fn held_back(raw: &Raw, policy: &RawPolicy, faults: &Faults) {
    let acts = |mode: &At<String>| mode.value == "act";
    let Some(own) = policy.mode.as_ref().filter(|mode| acts(mode)) else { return };
    let fault = |message: String| ConfigFault::new(Code::WithoutEffect, &own.place, message);
    if !raw.mode.as_ref().is_some_and(acts) {
        let fault = fault("the policy may act, the agent may not: it only observes".to_owned());
        faults.push(fault.help("the lower of both holds; write `mode = \"act\"` at the top"));
    }
    for other in &raw.policies {
        let observes = |mode: &&At<String>| mode.value == "observe";
        let Some(lower) = other.mode.as_ref().filter(observes) else { continue };
        let both = |(_, target): &&(At<String>, At<String>)| {
            policy.targets.iter().any(|(_, ours)| ours.value == target.value)
        };
        for (_, target) in other.targets.iter().filter(both) {
            let (target, mode) = (&target.value, &lower.value);
            let message =
                format!("nothing is done to `{target}`: another policy of it is in mode {mode}");
            faults.push(fault(message).also(&lower.place, "the lower of both holds"));
        }
    }
}

/// The providers in whose accounts sources are.
fn in_sources(raw: &Raw) -> impl Iterator<Item = &str> {
    let named = raw.sources.iter().filter_map(|source| match &source.what.as_ref()?.own {
        RawOwn::CloudWatch(own) => Some((own.provider.as_ref(), AWS)),
        RawOwn::AzureMonitor { provider, .. } => Some((provider.as_ref(), AZURE)),
        RawOwn::Kubernetes { provider, .. } => Some((provider.as_ref(), KUBERNETES)),
        RawOwn::Web(own) => own.access.sigv4.as_ref().map(|own| (own.provider.as_ref(), AWS)),
    });
    let only = |is: Is| raw.providers.iter().find(|it| it.what.as_ref().is_some_and(is));
    named
        .filter_map(move |(named, is)| named.or_else(|| Some(&only(is)?.name)))
        .map(|named| &*named.value)
}

/// Whether a provider is of a kind.
type Is = fn(&RawProvider) -> bool;

const AWS: Is = |provider| matches!(provider, RawProvider::Aws(_));
const AZURE: Is = |provider| matches!(provider, RawProvider::Azure(_));
const KUBERNETES: Is = |provider| matches!(provider, RawProvider::Kubernetes(_));
