//! Warnings: what is written and has no effect.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::{Raw, RawSourceKind},
};
use std::collections::BTreeSet;

/// Warns of everything in `raw` that nothing uses.
pub(crate) fn warn(raw: &Raw, whole: &Place, faults: &Faults) {
    if raw.policies.is_empty() {
        let fault = ConfigFault::new(Code::Idle, whole, "there are no policies");
        faults.push(fault.help("name one: `[[policies]]` with `file = \"…\"`"));
        return;
    }
    let inputs = raw.policies.iter().flat_map(|policy| &policy.inputs);
    let asked = inputs.filter_map(|(_, input)| Some(&*input.as_ref()?.source.value)).collect();
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

/// The providers in whose accounts sources are.
fn in_sources(raw: &Raw) -> impl Iterator<Item = &str> {
    let named = raw.sources.iter().filter_map(|source| match &source.what.as_ref()?.kind {
        RawSourceKind::CloudWatch(own) => Some(own.provider.as_ref()),
        RawSourceKind::Scrape { .. } => None,
    });
    let only = raw.providers.first().map(|provider| &provider.name);
    named.filter_map(move |named| named.or(only)).map(|named| &*named.value)
}
