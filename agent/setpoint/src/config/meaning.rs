//! Makes sense of a configuration: from what is written to what is meant.
//!
//! A value that makes no sense is reported and left out, and reading goes on, so
//! that a name that was taken by something broken is never reported as unknown.

use super::{
    bind,
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::{
        Raw, RawBrakes, RawCloudWatch, RawNamed, RawProvider, RawSource, RawSourceKind, RawTarget,
        RawTargetKind, RawWhich,
    },
    suggest, unused,
    valid::{CloudWatch, Config, Mode, Provider, Source, SourceKind, Target, Which},
};
use setpoint_core::{DatabaseSettings, GroupSettings, Range, Span, TargetName, TargetSettings};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use url::Url;

const EVERY: Span = Span::from_secs(15);
const SHORTEST_PASS: Span = Span::from_secs(1);
const LONGEST_PASS: Span = Span::from_minutes(60);
const TIMEOUT: Span = Span::from_secs(5);
/// How much time one value of CloudWatch stands for, and how long it is still filled after
/// that: metrics of AWS's own come each minute and are mostly there one minute later.
const RESOLUTION: Span = Span::from_secs(60);
const DELAY: Span = Span::from_secs(60);
const DATA_DIR: &str = "/var/lib/setpoint";
const LONGEST_NAME: usize = 100;

/// The configuration that `raw` means. Only to be used if no fault (but warnings) was found.
pub(crate) fn mean(raw: Raw, whole: &Place, faults: &Faults) -> Option<Config> {
    let region = region(raw.region.as_ref(), whole, faults);
    let mode = mode(raw.mode.as_ref(), faults);
    let every = every(raw.every.as_ref(), faults);
    check_listen(raw.listen.as_ref(), faults);
    let sources =
        each(&raw.sources, faults, |source| self::source(source, every, &raw.providers, faults));
    let providers = each(&raw.providers, faults, |raw| provider(raw, region.as_deref(), faults));
    let mut targets: BTreeMap<TargetName, Target> =
        each(&raw.targets, faults, |target| self::target(target, &raw.providers, faults))
            .into_iter()
            .map(|(name, target)| (TargetName::new(name), target))
            .collect();
    let bench = bind::Bench { raw: &raw, sources: &sources, faults };
    let (policies, inputs) = bench.bind_all(&mut targets);
    one_target_each(&raw.targets, faults);
    if !faults.any_error() {
        unused::warn(&raw, whole, faults);
    }
    Some(Config {
        region: region?,
        mode,
        every,
        data_dir: data_dir(raw.data_dir.as_ref()),
        sources,
        providers,
        targets,
        policies,
        inputs,
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

fn mode(raw: Option<&At<String>>, faults: &Faults) -> Mode {
    let Some(mode) = raw else { return Mode::Observe };
    let written = mode.place.written();
    match mode.value.as_str() {
        "observe" => return Mode::Observe,
        "act" => return Mode::Act,
        "shadow" => faults.push(
            ConfigFault::new(
                Code::NotYet,
                &mode.place,
                "mode \"shadow\" is not supported by this version yet",
            )
            .help("`observe` decides and records, and writes nothing"),
        ),
        other => faults.push(
            ConfigFault::new(Code::BadValue, &mode.place, format!("there is no mode {written}"))
                .maybe_help(suggest::advice(other, ["observe", "act"])),
        ),
    }
    Mode::Observe
}

fn data_dir(raw: Option<&At<String>>) -> PathBuf {
    raw.map_or_else(|| PathBuf::from(DATA_DIR), |dir| beside(&dir.place, Path::new(&dir.value)))
}

/// `path`, counted from the folder of the file that names it.
pub(crate) fn beside(place: &Place, path: &Path) -> PathBuf {
    place.file.path.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
}

fn check_listen(raw: Option<&At<String>>, faults: &Faults) {
    let Some(listen) = raw else { return };
    let fault = |code, message: String| ConfigFault::new(code, &listen.place, message);
    faults.push(match listen.value.parse::<SocketAddr>() {
        Ok(_) => fault(Code::WithoutEffect, "this version does not listen yet".to_owned()),
        Err(_) => {
            let written = listen.place.written();
            fault(Code::BadValue, format!("`listen` is {written}, which is no address"))
                .help("write an IP address and a port: `127.0.0.1:9464`")
        }
    });
}

fn source(
    raw: &RawSource,
    every: Span,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Source> {
    let timeout = or(raw.timeout.as_ref(), TIMEOUT.min(every));
    if let Some(at) = raw.timeout.as_ref().filter(|at| at.value == Span::ZERO || at.value > every) {
        let message = format!("`timeout` is {}, a pass is made every {every}", at.value);
        let fault = ConfigFault::new(Code::BadValue, &at.place, message);
        faults.push(fault.help(format!("write more than 0s and at most {every}")));
    }
    let period = raw.period.as_ref();
    match &raw.kind {
        RawSourceKind::Scrape { url } => {
            let kind = SourceKind::Scrape { url: http_url(url, faults)? };
            let period = or(period, every).max(every);
            Some(Source { period, delay: Span::ZERO, timeout, kind })
        }
        RawSourceKind::CloudWatch(own) => {
            let kind = cloudwatch(own, period, providers, faults)?;
            let (period, delay) = (kind.resolution.max(every), or(own.delay.as_ref(), DELAY));
            Some(Source { period, delay, timeout, kind: SourceKind::CloudWatch(kind) })
        }
    }
}

fn cloudwatch(
    raw: &RawCloudWatch,
    period: Option<&At<Span>>,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<CloudWatch> {
    let resolution = or(period, RESOLUTION);
    let (ms, fine) = (resolution.ms(), [1, 5, 10, 20, 30]);
    if ms == 0 || (ms % 60_000 != 0 && !fine.iter().any(|secs| secs * 1000 == ms)) {
        let place = period.map_or(&raw.place, |at| &at.place);
        let message = format!("`period` is {resolution}, which CloudWatch does not keep");
        let fault = ConfigFault::new(Code::BadValue, place, message);
        faults.push(fault.help("write 1s, 5s, 10s, 20s, 30s, or whole minutes"));
    }
    let provider = match (&raw.provider, providers) {
        (Some(named), _) => {
            known_provider(named, providers, faults);
            named.value.clone()
        }
        (None, [only]) => only.name.value.clone(),
        (None, _) => {
            let message = "it is not clear in which account and region this CloudWatch is";
            let fault = ConfigFault::new(Code::MissingKey, &raw.place, message);
            faults.push(fault.help("write `provider = \"aws\"`: the provider whose they are"));
            return None;
        }
    };
    let endpoint = match &raw.endpoint {
        None => None,
        Some(endpoint) => Some(http_url(endpoint, faults)?),
    };
    Some(CloudWatch { provider, resolution, endpoint })
}

fn known_provider(named: &At<String>, providers: &[RawNamed<RawProvider>], faults: &Faults) {
    let names = providers.iter().map(|provider| provider.name.value.as_str());
    if !names.clone().any(|name| name == named.value) {
        let message = format!("there is no provider {}", named.place.written());
        let fault = ConfigFault::new(Code::UnknownName, &named.place, message);
        faults.push(fault.maybe_help(suggest::advice(&named.value, names)));
    }
}

fn provider(raw: &RawProvider, region: Option<&str>, faults: &Faults) -> Option<Provider> {
    let endpoint = match &raw.endpoint {
        None => None,
        Some(endpoint) => Some(http_url(endpoint, faults)?),
    };
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

/// An HTTP address. One with a password in it is refused: it would end up in logs.
fn http_url(raw: &At<String>, faults: &Faults) -> Option<Url> {
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

fn target(raw: &RawTarget, providers: &[RawNamed<RawProvider>], faults: &Faults) -> Option<Target> {
    known_provider(&raw.provider, providers, faults);
    let which = which(raw, faults);
    let settings = match &raw.kind {
        RawTargetKind::Group { min, max, brakes } => {
            let range = range(min.value, max, ("min", "max"), faults)?;
            TargetSettings::Group(braked_group(GroupSettings::new(range), brakes))
        }
        RawTargetKind::Database { min_replicas, max_replicas, brakes } => {
            let min = min_replicas.as_ref().map_or(0, |min| min.value);
            let range = range(min, max_replicas, ("min_replicas", "max_replicas"), faults)?;
            TargetSettings::Database(braked_database(DatabaseSettings::new(range), brakes))
        }
    };
    Some(Target { provider: raw.provider.value.clone(), which, settings })
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

fn or(written: Option<&At<Span>>, default: Span) -> Span {
    written.map_or(default, |at| at.value)
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
