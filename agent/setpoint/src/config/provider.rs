//! Makes sense of a provider: where targets live, and how it is talked to.

use super::{
    fault::{At, Code, ConfigFault, Faults},
    meaning::{beside, check_name, endpoint, http_url, or},
    raw_provider::{RawAws, RawKubernetes, RawProvider, RawWebhook},
    source::{TIMEOUT, is_in_the_clear, trusted},
    subscription, suggest,
    valid::{Account, Cluster, Provider, Service},
};
use setpoint_core::Span;
use setpoint_http::{HttpSettings, JsonQuery, Method};
use std::path::Path;

/// What stands for the target's id in the address of a web service.
pub(crate) const ID: &str = "{id}";
/// The largest document of a web service that is read.
const MAX_DOCUMENT: usize = 1024 * 1024;
/// The program of systemd's own that is asked.
const PROGRAM: &str = "systemctl";
/// How a web service is written to, unless it wants it otherwise.
const METHOD: (&str, Method) = ("PUT", Method::Put);

/// The defaults of a provider's keys, as they are written.
pub(crate) fn defaults() -> [(&'static str, String); 3] {
    [
        ("timeout", TIMEOUT.to_string()),
        ("method", METHOD.0.to_owned()),
        ("program", PROGRAM.to_owned()),
    ]
}

/// The provider that `raw` means.
pub(crate) fn provider(
    raw: &RawProvider,
    region: Option<&str>,
    every: Span,
    faults: &Faults,
) -> Option<Provider> {
    match raw {
        RawProvider::Aws(raw) => aws(raw, region, faults).map(Provider::Aws),
        RawProvider::Azure(raw) => {
            subscription::subscription(raw, faults).map(Box::new).map(Provider::Azure)
        }
        RawProvider::Kubernetes(raw) => kubernetes(raw, faults).map(Provider::Kubernetes),
        RawProvider::Webhook(raw) => webhook(raw, every, faults).map(Provider::Webhook),
        RawProvider::Systemd(raw) => {
            let program = raw.program.as_ref();
            let program = program.map_or_else(|| PROGRAM.to_owned(), |at| at.value.clone());
            Some(Provider::Systemd { program })
        }
        RawProvider::Onprem(raw) => match raw.haproxy.value.parse() {
            Ok(haproxy) => Some(Provider::Onprem { haproxy }),
            Err(_) => {
                let message = format!("`haproxy` is {}, no address", raw.haproxy.place.written());
                let fault = ConfigFault::new(Code::BadValue, &raw.haproxy.place, message);
                faults.push(fault.help(
                    "write the path of its socket, `/run/haproxy/admin.sock`, or an IP address \
                     with a port, `127.0.0.1:9999`",
                ));
                None
            }
        },
        RawProvider::Flags(raw) => {
            let file = beside(&raw.file.place, Path::new(&raw.file.value));
            Some(Provider::Flags { file })
        }
        RawProvider::File(raw) => {
            let folder = beside(&raw.folder.place, Path::new(&raw.folder.value));
            Some(Provider::File { folder })
        }
    }
}

fn kubernetes(raw: &RawKubernetes, faults: &Faults) -> Option<Cluster> {
    let place = endpoint(raw.endpoint.as_ref(), faults)?;
    let text = |at: &Option<At<String>>| at.as_ref().map(|at| at.value.clone());
    let file =
        |at: &Option<At<String>>| at.as_ref().map(|at| beside(&at.place, Path::new(&at.value)));
    let fault = |at: &At<String>, message: &str| ConfigFault::new(Code::Twice, &at.place, message);
    match &raw.endpoint {
        Some(endpoint) => {
            for at in [&raw.kubeconfig, &raw.context].into_iter().flatten() {
                let fault =
                    fault(at, "a cluster is found by an address or by a kubeconfig, not both");
                faults
                    .push(fault.also(&endpoint.place, "an address here").help("keep one of them"));
            }
            if place.as_ref().is_some_and(is_in_the_clear) && raw.bearer_file.is_some() {
                let message = "the token goes to another machine unencrypted";
                let fault = ConfigFault::new(Code::InTheClear, &endpoint.place, message);
                faults.push(fault.help("use https"));
            }
        }
        None => {
            if let Some(at) = &raw.bearer_file {
                let message = "`bearer_file` is for an `endpoint`, and there is none";
                let fault = ConfigFault::new(Code::MissingKey, &at.place, message);
                faults.push(fault.help("a kubeconfig and a pod's account bring their own tokens"));
            }
        }
    }
    if let Some(at) = raw.namespace.as_ref().filter(|at| !is_label(&at.value)) {
        let message = format!("{} cannot be the name of a namespace", at.place.written());
        let fault = ConfigFault::new(Code::BadValue, &at.place, message);
        faults.push(fault.help("write up to 63 of `a-z`, `0-9` and `-`"));
    }
    Some(Cluster {
        namespace: text(&raw.namespace),
        kubeconfig: file(&raw.kubeconfig),
        context: text(&raw.context),
        endpoint: place.map(|url| (url, file(&raw.bearer_file))),
    })
}

/// Whether a namespace can have this name.
fn is_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 63
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

fn webhook(raw: &RawWebhook, every: Span, faults: &Faults) -> Option<Service> {
    let timeout = or(raw.timeout.as_ref(), TIMEOUT.min(every));
    if let Some(at) = raw.timeout.as_ref().filter(|at| at.value == Span::ZERO || at.value > every) {
        let message = format!("`timeout` is {}, a pass is made every {every}", at.value);
        let fault = ConfigFault::new(Code::BadValue, &at.place, message);
        faults.push(fault.help(format!("write more than 0s and at most {every}")));
    }
    // An address with any id in it is as good as one with each.
    let value = raw.url.value.replace(ID, "an-id");
    let url = http_url(&At { value, place: raw.url.place.clone() }, faults)?;
    let http = HttpSettings::new(timeout, MAX_DOCUMENT);
    let http = trusted(&raw.access, (Some(&url), &raw.url.place), false, http, faults);
    let pointer = raw.pointer.as_ref();
    for (key, at) in [("pointer", pointer), ("run", raw.run.as_ref())] {
        let Some(at) = at.filter(|at| JsonQuery::new(&at.value, None).is_err()) else { continue };
        let message = format!("`{key}` is {}, which is no JSON pointer", at.place.written());
        let fault = ConfigFault::new(Code::BadValue, &at.place, message);
        faults.push(fault.help("write it as `/pool/max`; nothing for the whole document"));
    }
    Some(Service {
        url: raw.url.value.clone(),
        http,
        pointer: pointer.map_or_else(String::new, |at| at.value.clone()),
        run: raw.run.as_ref().map(|at| at.value.clone()),
        method: raw.method.as_ref().map_or(METHOD.1, |method| self::method(method, faults)),
    })
}

fn method(written: &At<String>, faults: &Faults) -> Method {
    if let Some((_, method)) = Method::NAMES.iter().find(|(name, _)| *name == written.value) {
        return *method;
    }
    let message = format!("`method` is {}, which writes nothing", written.place.written());
    let advice = suggest::advice(&written.value, Method::NAMES.map(|(name, _)| name));
    faults.push(ConfigFault::new(Code::BadValue, &written.place, message).maybe_help(advice));
    METHOD.1
}

fn aws(raw: &RawAws, region: Option<&str>, faults: &Faults) -> Option<Account> {
    let endpoint = endpoint(raw.endpoint.as_ref(), faults)?;
    let region = match &raw.region {
        Some(region) => {
            check_name(region, "the name of a region", faults).then_some(&*region.value)
        }
        None => region,
    };
    let file = raw.credentials_file.as_ref();
    let credentials_file = file.map(|file| beside(&file.place, Path::new(&file.value)));
    if let Some(at) = raw.calls_per_second.as_ref().filter(|at| !(1..=1000).contains(&at.value)) {
        let message = format!("`calls_per_second` is {}, out of bounds", at.value);
        let fault = ConfigFault::new(Code::BadValue, &at.place, message);
        faults.push(fault.help("write 1 to 1000"));
    }
    Some(Account {
        region: region?.to_owned(),
        endpoint,
        credentials_file,
        profile: raw.profile.as_ref().map(|profile| profile.value.clone()),
        role: role(raw, faults),
        calls_per_second: raw.calls_per_second.as_ref().map(|at| at.value),
    })
}

/// The role to take on, with its external id.
fn role(raw: &RawAws, faults: &Faults) -> Option<(String, Option<String>)> {
    let id = raw.external_id.as_ref();
    let Some(arn) = &raw.role_arn else {
        if let Some(id) = id {
            let message = "`external_id` is for taking on a role, and there is no `role_arn`";
            faults.push(ConfigFault::new(Code::MissingKey, &id.place, message));
        }
        return None;
    };
    let is_role = arn.value.starts_with("arn:") && arn.value.contains(":role/");
    if !is_role {
        let message = format!("`role_arn` is {}, which is no role", arn.place.written());
        let fault = ConfigFault::new(Code::BadValue, &arn.place, message);
        faults.push(fault.help("write it as `arn:aws:iam::123456789012:role/setpoint`"));
    }
    Some((arn.value.clone(), id.map(|id| id.value.clone())))
}
