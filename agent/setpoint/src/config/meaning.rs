//! Makes sense of a configuration: from what is written to what is meant.
//!
//! A value that makes no sense is reported and left out, and reading goes on, so
//! that a name that was taken by something broken is never reported as unknown.

use super::{
    bind, calendar,
    fault::{At, Code, ConfigFault, Faults, Place},
    notices::notices,
    provider::{ID, provider},
    raw::{Raw, RawNamed},
    raw_provider::RawProvider,
    raw_target::{RawTarget, RawTargetKind},
    source::source,
    suggest,
    target::target,
    unused,
    valid::{Config, Mode, Target},
};
use setpoint_core::{Span, TargetName};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use url::Url;

const EVERY: Span = Span::from_secs(15);
const SHORTEST_PASS: Span = Span::from_secs(1);
const LONGEST_PASS: Span = Span::from_minutes(60);
const DATA_DIR: &str = "/var/lib/setpoint";
const LONGEST_NAME: usize = 100;

/// The keys of the agent that have a default, each with it as it is written.
pub(crate) fn defaults() -> [(&'static str, String); 3] {
    [
        ("mode", Mode::Observe.to_string()),
        ("every", EVERY.to_string()),
        ("data_dir", DATA_DIR.to_owned()),
    ]
}

/// The configuration that `raw` means. Only to be used if no fault (but warnings) was found.
pub(crate) fn mean(raw: Raw, whole: &Place, faults: &Faults) -> Option<Config> {
    let region = region(raw.region.as_ref(), whole, faults);
    let mode = raw.mode.as_ref().map_or(Mode::Observe, |mode| self::mode(mode, faults));
    let every = every(raw.every.as_ref(), faults);
    let listen = raw.listen.as_ref().and_then(|listen| self::listen(listen, faults));
    let sources = each(&raw.sources, faults, |it| source(it, every, &raw.providers, faults));
    let providers =
        each(&raw.providers, faults, |raw| provider(raw, region.as_deref(), every, faults));
    let mut targets: BTreeMap<TargetName, Target> =
        each(&raw.targets, faults, |raw_target| target(raw_target, mode, &raw.providers, faults))
            .into_iter()
            .map(|(name, target)| (TargetName::new(name), target))
            .collect();
    let calendars = each(&raw.calendars, faults, |raw| Some(calendar::mean(raw, faults)));
    let bench = bind::Bench { raw: &raw, sources: &sources, faults };
    let notices = notices(&raw.notices, faults);
    let bind::AllBound { policies, mut inputs, shadows, held_back } = bench.bind_all(&mut targets);
    inputs.extend(bench.bind_sessions(&mut targets));
    one_target_each(&raw.targets, faults);
    one_document_each(&raw, faults);
    if !faults.any_error() {
        unused::warn(&raw, whole, faults);
    }
    Some(Config {
        region: region?,
        mode,
        every,
        data_dir: data_dir(raw.data_dir.as_ref()),
        listen,
        sources,
        providers,
        targets,
        policies,
        inputs,
        shadows,
        calendars: calendars.into_iter().collect(),
        notices,
        held_back,
    })
}

/// Makes sense of each of several named things; what makes none is left out.
fn each<T, V>(
    all: &[RawNamed<T>],
    faults: &Faults,
    mean: impl Fn(&T) -> Option<V>,
) -> BTreeMap<String, V> {
    let named = |raw: &RawNamed<T>| {
        check_name(&raw.name, "a name", faults);
        Some((raw.name.value.clone(), mean(raw.what.as_ref()?)?))
    };
    all.iter().filter_map(named).collect()
}

/// Names become parts of ids and keys, which use `/` and `#` between names.
pub(crate) fn check_name(name: &At<String>, what: &str, faults: &Faults) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let text = &name.value;
    let good = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(inner)
        && text.len() <= LONGEST_NAME;
    if !good {
        let message = format!("{} cannot be {what}", name.place.written());
        faults.push(
            ConfigFault::new(Code::BadValue, &name.place, message)
                .help("use up to 100 letters, digits, `-`, `_` and `.`, a letter or digit first"),
        );
    }
    good
}

fn region(raw: Option<&At<String>>, whole: &Place, faults: &Faults) -> Option<String> {
    let Some(region) = raw else {
        let fault = ConfigFault::new(Code::MissingKey, whole, "`region` is missing");
        faults
            .push(fault.help("write `region = \"eu-west-1\"`: the region this agent looks after"));
        return None;
    };
    check_name(region, "the name of a region", faults).then(|| region.value.clone())
}

fn every(raw: Option<&At<Span>>, faults: &Faults) -> Span {
    let Some(every) = raw else { return EVERY };
    if !(SHORTEST_PASS..=LONGEST_PASS).contains(&every.value) {
        let message = format!("`every` is {}, out of bounds", every.value);
        let fault = ConfigFault::new(Code::BadValue, &every.place, message);
        faults.push(fault.help(format!("write {SHORTEST_PASS} to {LONGEST_PASS}")));
    }
    every.value
}

/// One of the modes, of the agent or of a policy; the least where it is none.
pub(crate) fn mode(mode: &At<String>, faults: &Faults) -> Mode {
    if let Some((_, mode)) = Mode::NAMES.iter().find(|(name, _)| *name == mode.value) {
        return *mode;
    }
    let message = format!("there is no mode {}", mode.place.written());
    let advice = suggest::advice(&mode.value, Mode::NAMES.map(|(name, _)| name));
    faults.push(ConfigFault::new(Code::BadValue, &mode.place, message).maybe_help(advice));
    Mode::Observe
}

/// Where the agent keeps what it must not forget.
pub(crate) fn data_dir(raw: Option<&At<String>>) -> PathBuf {
    raw.map_or_else(|| PathBuf::from(DATA_DIR), |dir| beside(&dir.place, Path::new(&dir.value)))
}

/// `path`, counted from the folder of the file that names it.
pub(crate) fn beside(place: &Place, path: &Path) -> PathBuf {
    place.file.path.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
}

fn listen(listen: &At<String>, faults: &Faults) -> Option<SocketAddr> {
    let address = listen.value.parse().ok();
    if address.is_none() {
        let message = format!("`listen` is {}, which is no address", listen.place.written());
        let fault = ConfigFault::new(Code::BadValue, &listen.place, message);
        faults.push(fault.help("write an IP address and a port: `127.0.0.1:9464`"));
    }
    address
}

/// Says so if there is no provider of this name.
pub(crate) fn known_provider(
    named: &At<String>,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) {
    let names = providers.iter().map(|provider| provider.name.value.as_str());
    if !names.clone().any(|name| name == named.value) {
        let message = format!("there is no provider {}", named.place.written());
        let fault = ConfigFault::new(Code::UnknownName, &named.place, message);
        faults.push(fault.maybe_help(suggest::advice(&named.value, names)));
    }
}

/// Another address than the cloud's own, if one is written; `None` if that is none.
#[expect(clippy::option_option, reason = "what makes no sense is left out, not left alone")]
pub(crate) fn endpoint(raw: Option<&At<String>>, faults: &Faults) -> Option<Option<Url>> {
    match raw {
        None => Some(None),
        Some(raw) => http_url(raw, faults).map(Some),
    }
}

/// An HTTP address. One with a password in it is refused: it would end up in logs.
pub(crate) fn http_url(raw: &At<String>, faults: &Faults) -> Option<Url> {
    let fault = |message: String| ConfigFault::new(Code::BadValue, &raw.place, message);
    let written = raw.place.written();
    let url = Url::parse(&raw.value).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.is_empty())
    });
    let Some(url) = url else {
        let fault = fault(format!("{written} is not an HTTP address"));
        faults.push(fault.help("write it as `http://127.0.0.1:9100/metrics`"));
        return None;
    };
    if url.password().is_some() || !url.username().is_empty() {
        faults.push(fault("an address with a password in it would show it in logs".to_owned()));
        return None;
    }
    Some(url)
}

/// Two targets that are one thing at its provider would be sized twice.
fn one_target_each(targets: &[RawNamed<RawTarget>], faults: &Faults) {
    let mut seen: BTreeMap<(&str, &str, &str), &Place> = BTreeMap::new();
    for target in targets.iter().filter_map(|target| target.what.as_ref()) {
        let Some(id) = target.id() else { continue };
        // A database and its storage are two things with one name, and so are names of a zone.
        let part = match &target.kind {
            RawTargetKind::Volume { .. } => "storage",
            RawTargetKind::Traffic { name, .. } => name.as_ref().map_or("", |name| &name.value),
            RawTargetKind::Group { .. }
            | RawTargetKind::Database { .. }
            | RawTargetKind::Setting { .. }
            | RawTargetKind::Flag { .. }
            | RawTargetKind::Rollout { .. }
            | RawTargetKind::Job { .. } => "",
        };
        let thing = (&*target.provider.value, &*id.value, part);
        let Some(first) = seen.insert(thing, &id.place) else { continue };
        let message = format!("two targets are {} at `{}`", id.place.written(), thing.0);
        let fault = ConfigFault::new(Code::Twice, &id.place, message);
        faults.push(fault.label("here again").also(first, "a target already"));
    }
}

/// The address of a web service that does not name the target is that of one target only.
fn one_document_each(raw: &Raw, faults: &Faults) {
    for provider in &raw.providers {
        let Some(RawProvider::Webhook(service)) = &provider.what else { continue };
        let targets = raw.targets.iter().filter_map(|target| target.what.as_ref());
        let own = targets.filter(|target| target.provider.value == provider.name.value);
        let second = own.filter_map(RawTarget::id).nth(1);
        if let Some(second) = second.filter(|_| !service.url.value.contains(ID)) {
            let message = format!("two targets would be one document of `{}`", provider.name.value);
            let fault = ConfigFault::new(Code::Twice, &second.place, message);
            faults.push(
                fault
                    .also(&service.url.place, "one address")
                    .help("write `{id}` into its `url`, where the id of a target belongs"),
            );
        }
    }
}

/// What is written, else the default.
pub(crate) fn or(written: Option<&At<Span>>, default: Span) -> Span {
    written.map_or(default, |at| at.value)
}
