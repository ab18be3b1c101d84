//! Warnings: what is written and has no effect.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::Raw,
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
    let having = targets.map(|target| &*target.provider.value).collect();
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
    unused(&mut raw.providers.iter().map(|it| &it.name), &having, "no target is at the provider");
    unused(&mut raw.targets.iter().map(|it| &it.name), &bound, "no policy sizes the target");
}
