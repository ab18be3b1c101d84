//! Makes sense of a rollout in a cluster: the route, and a Service for what is stable and for the
//! candidate.

use super::{
    fault::{At, Code, ConfigFault, Faults},
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_target::{RawTarget, RawTargetKind},
    valid::WeightedServices,
    weighted::strangers,
};

/// How the `id` of such a rollout begins.
const ROUTE: &str = "httproute/";

/// The Services of `raw`, if it is a rollout in a cluster.
pub(super) fn services(
    raw: &RawTarget,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<WeightedServices> {
    let RawTargetKind::Rollout { own, .. } = &raw.kind else { return None };
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    let Some(RawProvider::Kubernetes(_)) = named?.what.as_ref() else { return None };
    let keys = [
        ("candidates", own.candidates.as_ref().map(|at| &at.place)),
        ("revision_file", own.revision_file.as_ref().map(|at| &at.place)),
    ];
    let instead = "a route has `stable` and `candidate`; an annotation tells the revision";
    strangers(keys, "onprem", instead, faults);
    let tag = [("revision_tag", own.revision_tag.as_ref().map(|at| &at.place))];
    strangers(tag, "aws", instead, faults);
    let bad = |at: &At<String>, message: String, help: &str| {
        faults.push(ConfigFault::new(Code::BadValue, &at.place, message).help(help));
    };
    let id = raw.id()?;
    let route = id.value.strip_prefix(ROUTE);
    if !route.is_some_and(is_name) {
        let message = format!("{} is no route", id.place.written());
        bad(id, message, "write `httproute/` and the name of an HTTPRoute");
    }
    let service = |key: &str, at: &Option<At<String>>| {
        let Some(at) = at else {
            let message = format!("a rollout in a cluster has `{key}`");
            let fault = ConfigFault::new(Code::MissingKey, &raw.provider.place, message);
            faults.push(fault.help(format!("write `{key} = \"its Service\"`")));
            return None;
        };
        if !is_name(&at.value) {
            let message = format!("{} is no Service", at.place.written());
            bad(at, message, "write its name: `a-z`, `0-9` and `-`");
        }
        Some(at.value.clone())
    };
    let (stable, candidate) =
        (service("stable", &own.stable)?, service("candidate", &own.candidate)?);
    if stable == candidate {
        let place = &own.candidate.as_ref()?.place;
        let message = "`stable` and `candidate` are one Service";
        faults.push(ConfigFault::new(Code::Twice, place, message));
    }
    Some(WeightedServices { route: route?.to_owned(), stable, candidate })
}

/// Whether an object in a cluster can have this name.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    !name.is_empty() && name.len() <= 253 && name.chars().all(plain)
}
