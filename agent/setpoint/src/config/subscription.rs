//! Makes sense of a subscription of Azure: where it is, and who we are there.

use super::{
    fault::{At, Code, ConfigFault, Faults},
    meaning::{beside, endpoint},
    raw_provider::RawAzure,
    source::is_in_the_clear,
    valid::Subscription,
};
use std::path::{Path, PathBuf};
use url::Url;

/// The subscription that `raw` means.
pub(crate) fn subscription(raw: &RawAzure, faults: &Faults) -> Option<Subscription> {
    one_way(raw, faults);
    let text = |at: &Option<At<String>>| at.as_ref().map(|at| at.value.clone());
    let file = |at: &Option<At<String>>| -> Option<PathBuf> {
        at.as_ref().map(|at| beside(&at.place, Path::new(&at.value)))
    };
    let (authority, arm) =
        (address(raw.authority.as_ref(), faults), address(raw.endpoint.as_ref(), faults));
    let id = &raw.subscription;
    if id.value.is_empty() || !id.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        let message = format!("{} is no id of a subscription", id.place.written());
        let fault = ConfigFault::new(Code::BadValue, &id.place, message);
        faults.push(fault.help("`az account show --query id` tells it"));
        return None;
    }
    Some(Subscription {
        id: id.value.clone(),
        resource_group: text(&raw.resource_group),
        tenant: text(&raw.tenant_id),
        client_id: text(&raw.client_id),
        secret_file: file(&raw.secret_file),
        federated_file: file(&raw.federated_token_file),
        bearer_file: file(&raw.bearer_file),
        authority: authority?,
        endpoint: arm?,
    })
}

/// Says so if there are several answers to who we are.
fn one_way(raw: &RawAzure, faults: &Faults) {
    let ways = [&raw.bearer_file, &raw.secret_file, &raw.federated_token_file];
    let mut ways = ways.into_iter().flatten();
    let Some(first) = ways.next() else { return };
    for other in ways {
        let message = "the agent is known at Azure in one way";
        let fault = ConfigFault::new(Code::Twice, &other.place, message);
        faults.push(fault.also(&first.place, "another here").help("keep one of them"));
    }
    if raw.bearer_file.is_none() {
        return;
    }
    for at in [&raw.tenant_id, &raw.client_id, &raw.authority].into_iter().flatten() {
        let message = "a token that is sent as it is needs no application";
        let fault = ConfigFault::new(Code::WithoutEffect, &at.place, message);
        faults.push(fault.also(&first.place, "the token's file").help("leave this out"));
    }
}

/// Another address than Azure's own, if one is written; `None` if that is none. What goes there
/// are tokens and secrets.
#[expect(clippy::option_option, reason = "what makes no sense is left out, not left alone")]
fn address(written: Option<&At<String>>, faults: &Faults) -> Option<Option<Url>> {
    let url = endpoint(written, faults)?;
    if let (Some(at), true) = (written, url.as_ref().is_some_and(is_in_the_clear)) {
        let message = "the agent's token goes to another machine unencrypted";
        faults.push(ConfigFault::new(Code::InTheClear, &at.place, message).help("use https"));
    }
    Some(url)
}
