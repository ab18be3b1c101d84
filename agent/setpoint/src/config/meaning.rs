//! Makes sense of a configuration: from what is written to what is meant.
//!
//! A value that makes no sense is reported and left out, and reading goes on, so
//! that a name that was taken by something broken is never reported as unknown.

use super::{
    bind, calendar,
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::{Raw, RawBrakes, RawNamed, RawProvider, RawTarget, RawTargetKind, RawWhich},
    source::source,
    suggest, unused,
    valid::{Config, Mode, Provider, Target, Which},
};
use setpoint_core::{
    Approve, DatabaseSettings, GroupSettings, Range, Span, TargetName, TargetSettings,
};
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
    let providers = each(&raw.providers, faults, |raw| provider(raw, region.as_deref(), faults));
    let mut targets: BTreeMap<TargetName, Target> =
        each(&raw.targets, faults, |target| self::target(target, mode, &raw.providers, faults))
            .into_iter()
            .map(|(name, target)| (TargetName::new(name), target))
            .collect();
    let calendars = each(&raw.calendars, faults, |raw| Some(calendar::mean(raw, faults)));
    let bench = bind::Bench { raw: &raw, sources: &sources, faults };
    let bind::AllBound { policies, mut inputs, shadows } = bench.bind_all(&mut targets);
    inputs.extend(bench.bind_sessions(&mut targets));
    one_target_each(&raw.targets, faults);
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

fn provider(raw: &RawProvider, region: Option<&str>, faults: &Faults) -> Option<Provider> {
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
    Some(Provider {
        region: region?.to_owned(),
        endpoint,
        credentials_file,
        profile: raw.profile.as_ref().map(|profile| profile.value.clone()),
        role: role(raw, faults),
        calls_per_second: raw.calls_per_second.as_ref().map(|at| at.value),
    })
}

/// The role to take on, with its external id.
fn role(raw: &RawProvider, faults: &Faults) -> Option<(String, Option<String>)> {
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

fn target(
    raw: &RawTarget,
    mode: Mode,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Target> {
    known_provider(&raw.provider, providers, faults);
    let which = which(raw, faults);
    let (settings, brakes) = match &raw.kind {
        RawTargetKind::Group { min, max, brakes, .. } => {
            let range = range(min.value, max, ("min", "max"), faults)?;
            (TargetSettings::Group(braked_group(GroupSettings::new(range), brakes)), brakes)
        }
        RawTargetKind::Database { min_replicas, max_replicas, brakes } => {
            let min = min_replicas.as_ref().map_or(0, |min| min.value);
            let range = range(min, max_replicas, ("min_replicas", "max_replicas"), faults)?;
            let settings = braked_database(DatabaseSettings::new(range), brakes);
            (TargetSettings::Database(settings), brakes)
        }
    };
    let provider = raw.provider.value.clone();
    let settings = shared_brakes(settings, &provider, brakes, faults);
    Some(Target { provider, which, settings, mode })
}

fn which(raw: &RawTarget, faults: &Faults) -> Which {
    let bad = |place: &Place, message: &str| ConfigFault::new(Code::BadValue, place, message);
    match &raw.which {
        RawWhich::Id(id) => {
            if id.value.trim().is_empty() {
                let message = "`id` is empty: it is the target's name at the provider";
                faults.push(bad(&id.place, message));
            }
            Which::One(id.value.clone())
        }
        RawWhich::Select { place, tags } => {
            if tags.is_empty() {
                let fault = bad(place, "`select` without tags would be everything there is");
                faults.push(fault.help("write `select = { tags = { app = \"web\" } }`"));
            }
            if !matches!(raw.kind, RawTargetKind::Group { .. }) {
                faults.push(bad(place, "`select` finds groups; a database is named by its `id`"));
            }
            let pairs = tags.iter().map(|(key, value)| (key.value.clone(), value.value.clone()));
            Which::Each(pairs.collect())
        }
    }
}

/// Two targets that are one thing at its provider would be sized twice.
fn one_target_each(targets: &[RawNamed<RawTarget>], faults: &Faults) {
    let mut seen: BTreeMap<(&str, &str), &Place> = BTreeMap::new();
    for target in targets.iter().filter_map(|target| target.what.as_ref()) {
        let Some(id) = target.id() else { continue };
        let thing = (&*target.provider.value, &*id.value);
        let Some(first) = seen.insert(thing, &id.place) else { continue };
        let message = format!("two targets are {} at `{}`", id.place.written(), thing.0);
        let fault = ConfigFault::new(Code::Twice, &id.place, message);
        faults.push(fault.label("here again").also(first, "a target already"));
    }
}

fn range(min: u32, max: &At<u32>, names: (&str, &str), faults: &Faults) -> Option<Range> {
    let range = Range::new(min, max.value);
    if range.is_none() {
        let message = format!("`{}` is {min}, above `{}`, {}", names.0, names.1, max.value);
        let fault = ConfigFault::new(Code::EmptyRange, &max.place, message);
        faults.push(fault.help("no size is allowed by this range: widen it"));
    }
    range
}

/// What is written, else the default.
pub(crate) fn or(written: Option<&At<Span>>, default: Span) -> Span {
    written.map_or(default, |at| at.value)
}

/// The brakes that every kind has.
fn shared_brakes(
    mut settings: TargetSettings,
    provider: &str,
    raw: &RawBrakes,
    faults: &Faults,
) -> TargetSettings {
    let brakes = settings.brakes_mut();
    brakes.provider = Some(provider.to_owned());
    brakes.foreign_respect = or(raw.foreign_respect.as_ref(), brakes.foreign_respect);
    if let Some(budget) = &raw.budget {
        match share(&budget.value) {
            Some(share) => brakes.budget.share = share,
            None => {
                let message = format!("`budget` is {}", budget.place.written());
                let fault = ConfigFault::new(Code::BadValue, &budget.place, message);
                faults.push(fault.help("write the share that may go in an hour: \"50%\""));
            }
        }
    }
    match raw.approve.as_ref().map(|approve| (&*approve.value, approve)) {
        None | Some(("nothing", _)) => {}
        Some(("shrink", _)) => brakes.approve = Approve::Shrink,
        Some((text, approve)) => {
            let message = format!("`approve` is {}", approve.place.written());
            let fault = ConfigFault::new(Code::BadValue, &approve.place, message);
            faults.push(fault.maybe_help(suggest::advice(text, ["nothing", "shrink"])));
        }
    }
    settings
}

/// A share from 0 to 1, of a text such as "50%".
fn share(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

fn braked_group(group: GroupSettings, brakes: &RawBrakes) -> GroupSettings {
    GroupSettings {
        stabilise_up: or(brakes.stabilise_up.as_ref(), group.stabilise_up),
        stabilise_down: or(brakes.stabilise_down.as_ref(), group.stabilise_down),
        cooldown_down: or(brakes.cooldown_down.as_ref(), group.cooldown_down),
        ready_after: or(brakes.ready_after.as_ref(), group.ready_after),
        settle: or(brakes.settle.as_ref(), group.settle),
        confirm_within: or(brakes.confirm_within.as_ref(), group.confirm_within),
        ..group
    }
}

fn braked_database(database: DatabaseSettings, brakes: &RawBrakes) -> DatabaseSettings {
    DatabaseSettings {
        cooldown_up: or(brakes.cooldown_up.as_ref(), database.cooldown_up),
        cooldown_down: or(brakes.cooldown_down.as_ref(), database.cooldown_down),
        settle: or(brakes.settle.as_ref(), database.settle),
        confirm_within: or(brakes.confirm_within.as_ref(), database.confirm_within),
        ..database
    }
}
