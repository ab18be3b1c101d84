//! Makes sense of a source: where it is, how often it speaks, how it is talked to.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    meaning::{beside, check_name, endpoint, http_url, known_provider, or},
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_source::{RawAccess, RawOwn, RawSigV4, RawSource, RawWeb},
    valid::{AzureMetrics, CloudWatch, ClusterMetrics, Signed, Source, SourceKind, Web},
};
use setpoint_core::Span;
use setpoint_http::{Auth, HttpSettings, Secret, TlsFiles, header_fault};
use setpoint_prometheus::{MAX_ALERTS, MAX_ANSWER, MAX_PAGE};
use setpoint_promql::AlertQuery;
use std::{
    net::IpAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};
use url::Url;

/// How long one reading may take, unless a pass is shorter.
pub(crate) const TIMEOUT: Span = Span::from_secs(5);
/// How much time one value of CloudWatch stands for, and how long it is still filled after
/// that: metrics of AWS's own come each minute and are mostly there one minute later.
const RESOLUTION: Span = Span::from_secs(60);
const DELAY: Span = Span::from_secs(60);
/// The largest JSON document that is read.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;
/// The statuses that mean that a service is up.
const EXPECTED: RangeInclusive<u16> = 200..=299;
/// The statuses there are.
const STATUSES: RangeInclusive<u16> = 100..=599;
/// The alert that fires as long as Alertmanager is fed, as Prometheus' own operator calls it.
const WATCHDOG: &str = "Watchdog";
/// The service that signed requests are for: Amazon Managed Service for Prometheus.
const SERVICE: &str = "aps";

/// The keys of a source that have a default, each with it as it is written.
pub(crate) fn defaults() -> [(&'static str, String); 4] {
    let expected = format!("{}-{}", EXPECTED.start(), EXPECTED.end());
    [
        ("timeout", TIMEOUT.to_string()),
        ("delay", DELAY.to_string()),
        ("expect", expected),
        ("watchdog", WATCHDOG.to_owned()),
    ]
}

/// The source that `raw` means.
pub(crate) fn source(
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
    match &raw.own {
        RawOwn::Web(own) => {
            let kind = web_kind(own, &raw.kind, timeout, (providers, faults))?;
            Some(Source { period: or(period, every).max(every), delay: Span::ZERO, kind })
        }
        RawOwn::CloudWatch(own) => {
            let (resolution, delay) = (or(period, RESOLUTION), or(own.delay.as_ref(), DELAY));
            check_resolution(resolution, period.map_or(&own.place, |at| &at.place), faults);
            let kind = SourceKind::CloudWatch(CloudWatch {
                provider: account(
                    (own.provider.as_ref(), &own.place),
                    "it is not clear in which account and region this CloudWatch is",
                    &AWS,
                    (providers, faults),
                )?,
                resolution,
                timeout,
                endpoint: endpoint(own.endpoint.as_ref(), faults)?,
            });
            Some(Source { period: resolution.max(every), delay, kind })
        }
        RawOwn::AzureMonitor { place, provider, delay } => {
            let unclear = "it is not clear in which subscription this Azure Monitor is";
            let provider =
                account((provider.as_ref(), place), unclear, &AZURE, (providers, faults))?;
            let (resolution, delay) = (or(period, RESOLUTION), or(delay.as_ref(), DELAY));
            if resolution.ms() == 0 || !resolution.ms().is_multiple_of(1000) {
                let at = period.map_or(place, |at| &at.place);
                let message =
                    format!("`period` is {resolution}, which Azure Monitor does not keep");
                let fault = ConfigFault::new(Code::BadValue, at, message);
                faults.push(fault.help("write 1m, 5m, 15m, 30m, 1h, 6h, 12h or 1d"));
            }
            let kind = SourceKind::AzureMonitor(AzureMetrics { provider, resolution, timeout });
            Some(Source { period: resolution.max(every), delay, kind })
        }
        RawOwn::Kubernetes { place, provider } => {
            let unclear = "it is not clear in which cluster these metrics are";
            let provider =
                account((provider.as_ref(), place), unclear, &KUBERNETES, (providers, faults))?;
            let kind = SourceKind::Kubernetes(ClusterMetrics { provider, timeout });
            Some(Source { period: or(period, every).max(every), delay: Span::ZERO, kind })
        }
    }
}

fn web_kind(
    raw: &RawWeb,
    kind: &str,
    timeout: Span,
    (providers, faults): (&[RawNamed<RawProvider>], &Faults),
) -> Option<SourceKind> {
    let expected = expected(raw.expect.as_ref(), faults);
    let web = |max_bytes| web(raw, HttpSettings::new(timeout, max_bytes), providers, faults);
    Some(match kind {
        "prometheus" => SourceKind::Prometheus(web(MAX_ANSWER)?),
        "alertmanager" => {
            let watchdog = watchdog(raw.watchdog.as_ref(), faults);
            SourceKind::Alertmanager { web: web(MAX_ALERTS)?, watchdog: watchdog? }
        }
        "http-json" => SourceKind::HttpJson(web(MAX_DOCUMENT)?),
        "probe" => SourceKind::Probe { web: web(MAX_DOCUMENT)?, expected },
        _ => SourceKind::Scrape(web(MAX_PAGE)?),
    })
}

fn check_resolution(resolution: Span, place: &Place, faults: &Faults) {
    let (ms, fine) = (resolution.ms(), [1, 5, 10, 20, 30]);
    if ms == 0 || (ms % 60_000 != 0 && !fine.iter().any(|secs| secs * 1000 == ms)) {
        let message = format!("`period` is {resolution}, which CloudWatch does not keep");
        let fault = ConfigFault::new(Code::BadValue, place, message);
        faults.push(fault.help("write 1s, 5s, 10s, 20s, 30s, or whole minutes"));
    }
}

/// The kind of provider that a source belongs to.
struct Wanted {
    is: fn(&RawProvider) -> bool,
    /// What providers of other kinds are told to be: "has no CloudWatch: it is not AWS".
    is_not: &'static str,
    /// A name that such a provider has as a rule.
    example: &'static str,
}

const AWS: Wanted = Wanted {
    is: |provider| matches!(provider, RawProvider::Aws(_)),
    is_not: "has no CloudWatch: it is not AWS",
    example: "aws",
};

const AZURE: Wanted = Wanted {
    is: |provider| matches!(provider, RawProvider::Azure(_)),
    is_not: "has no Azure Monitor: it is not Azure",
    example: "azure",
};

const KUBERNETES: Wanted = Wanted {
    is: |provider| matches!(provider, RawProvider::Kubernetes(_)),
    is_not: "has no metrics of pods: it is not Kubernetes",
    example: "k8s",
};

/// The provider that is named at `place`, or the only one of its kind.
fn account(
    (named, place): (Option<&At<String>>, &Place),
    unclear: &str,
    wanted: &Wanted,
    (providers, faults): (&[RawNamed<RawProvider>], &Faults),
) -> Option<String> {
    // One that makes no sense may have been meant.
    let is_other =
        |it: &&RawNamed<RawProvider>| it.what.as_ref().is_some_and(|it| !(wanted.is)(it));
    let clouds: Vec<_> = providers.iter().filter(|it| !is_other(it)).collect();
    match (named, clouds.as_slice()) {
        (Some(named), _) => {
            known_provider(named, providers, faults);
            if let Some(other) =
                providers.iter().filter(is_other).find(|it| it.name.value == named.value)
            {
                let message = format!("`{}` {}", other.name.value, wanted.is_not);
                faults.push(ConfigFault::new(Code::WrongKind, &named.place, message));
            }
            Some(named.value.clone())
        }
        (None, [only]) => Some(only.name.value.clone()),
        (None, _) => {
            let fault = ConfigFault::new(Code::MissingKey, place, unclear);
            let example = wanted.example;
            let help = format!("write `provider = \"{example}\"`: the provider whose they are");
            faults.push(fault.help(help));
            None
        }
    }
}

fn web(
    raw: &RawWeb,
    http: HttpSettings,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Web> {
    let url = http_url(&raw.url, faults);
    let access = &raw.access;
    let signed = access.sigv4.as_ref().map(|raw| signed(raw, access, (providers, faults)));
    let place = (url.as_ref(), &raw.url.place);
    let http = trusted(access, place, signed.is_some(), http, faults);
    let signed = match signed {
        Some(signed) => Some(signed?),
        None => None,
    };
    Some(Web { url: url?, http, signed })
}

/// `http`, with who we say we are at the address, and whom we trust.
pub(crate) fn trusted(
    access: &RawAccess,
    (url, place): (Option<&Url>, &Place),
    signed: bool,
    http: HttpSettings,
    faults: &Faults,
) -> HttpSettings {
    let headers = headers(access, faults);
    let auth = auth(access, faults);
    let tls = tls(access, faults);
    let tells = auth.is_some() || signed;
    if let Some(url) = url.filter(|url| tells && is_in_the_clear(url)) {
        let message = format!("the credentials go to {} unencrypted", url.authority());
        let fault = ConfigFault::new(Code::InTheClear, place, message);
        faults.push(fault.help("use https"));
    }
    HttpSettings { headers, auth, tls, ..http }
}

/// Who signs, for whom.
fn signed(
    raw: &RawSigV4,
    access: &RawAccess,
    (providers, faults): (&[RawNamed<RawProvider>], &Faults),
) -> Option<Signed> {
    let others = [&access.bearer, &access.bearer_file, &access.user, &access.password_file];
    if let Some(other) = others.into_iter().flatten().next() {
        let message = "a request is signed, or it carries a token or a user, not both";
        let fault = ConfigFault::new(Code::Twice, &raw.place, message).label("signed here");
        faults.push(fault.also(&other.place, "credentials here").help("keep one of them"));
    }
    let unclear = "it is not clear whose credentials sign these requests";
    let provider =
        account((raw.provider.as_ref(), &raw.place), unclear, &AWS, (providers, faults))?;
    let region = raw.region.as_ref();
    let good = region.is_none_or(|it| check_name(it, "the name of a region", faults));
    let service = raw.service.as_ref().map_or(SERVICE, |service| &service.value).to_owned();
    good.then(|| Signed { provider, region: region.map(|it| it.value.clone()), service })
}

/// Whether what is sent there can be read on its way.
pub(crate) fn is_in_the_clear(url: &Url) -> bool {
    url.scheme() == "http" && !url.host_str().is_some_and(is_local)
}

/// Whether a host is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// The alert whose silence means that nothing is known.
fn watchdog(raw: Option<&At<String>>, faults: &Faults) -> Option<AlertQuery> {
    let written = raw.map_or(WATCHDOG, |at| &at.value);
    match AlertQuery::parse(written) {
        Ok(query) => Some(query),
        Err(why) => {
            let place = &raw?.place;
            let message = format!("`watchdog` is {}: {why}", place.written());
            let fault = ConfigFault::new(Code::BadValue, place, message);
            faults.push(fault.help("write the name of a rule whose condition is always true"));
            None
        }
    }
}

/// "200" or "200-299".
fn expected(raw: Option<&At<String>>, faults: &Faults) -> RangeInclusive<u16> {
    let Some(raw) = raw else { return EXPECTED };
    let (first, last) = raw.value.split_once('-').unwrap_or((&raw.value, &raw.value));
    let status = |text: &str| text.trim().parse().ok().filter(|status| STATUSES.contains(status));
    match (status(first), status(last)) {
        (Some(first), Some(last)) if first <= last => first..=last,
        _ => {
            let message = format!("`expect` is {}, which is no status", raw.place.written());
            let fault = ConfigFault::new(Code::BadValue, &raw.place, message);
            faults.push(fault.help("write one as \"204\", several as \"200-299\""));
            EXPECTED
        }
    }
}

/// The headers to send besides. Their values may be secret: no message shows them.
fn headers(raw: &RawAccess, faults: &Faults) -> Vec<(String, String)> {
    for (name, value) in &raw.headers {
        if let Some(why) = header_fault(&name.value, &value.value) {
            let message = format!("the header `{}` cannot be sent", name.value);
            faults.push(ConfigFault::new(Code::BadValue, &name.place, message).help(why));
        } else if name.value.eq_ignore_ascii_case("authorization") {
            let message = "`authorization` is no header for here: it would hold a secret";
            let fault = ConfigFault::new(Code::BadValue, &name.place, message);
            faults.push(fault.help("write `bearer_file`, or `user` with `password_file`"));
        }
    }
    let pairs = raw.headers.iter();
    pairs.map(|(name, value)| (name.value.clone(), value.value.clone())).collect()
}

fn auth(raw: &RawAccess, faults: &Faults) -> Option<Auth> {
    let bearer = secret(&raw.bearer, &raw.bearer_file, ["bearer", "bearer_file"], faults);
    let password = secret(&raw.password, &raw.password_file, ["password", "password_file"], faults);
    let places = [&raw.bearer, &raw.bearer_file];
    let token = places.into_iter().flatten().next();
    match (bearer, &raw.user, password) {
        (Some(bearer), None, None) => Some(Auth::Bearer(bearer)),
        (None, Some(user), Some(password)) => {
            Some(Auth::Basic { user: user.value.clone(), password })
        }
        (None, Some(user), None) => {
            let message = "`user` has no password";
            let fault = ConfigFault::new(Code::MissingKey, &user.place, message);
            faults.push(fault.help("write `password_file = \"a file with it\"`"));
            None
        }
        (_, None, Some(_)) => {
            let given = [&raw.password, &raw.password_file].into_iter().flatten().next();
            if let Some(given) = given {
                let fault =
                    ConfigFault::new(Code::MissingKey, &given.place, "a password without `user`");
                faults.push(fault.help("write `user = \"whose it is\"`"));
            }
            None
        }
        (Some(_), Some(user), _) => {
            let fault =
                ConfigFault::new(Code::Twice, &user.place, "both a token and a user are set");
            let fault = fault.label("a user here");
            faults.push(match token {
                Some(token) => fault.also(&token.place, "a token here").help("keep one of them"),
                None => fault,
            });
            None
        }
        (None, None, None) => None,
    }
}

/// A secret that is written, or that is in a file; not both.
pub(crate) fn secret(
    text: &Option<At<String>>,
    file: &Option<At<String>>,
    names: [&str; 2],
    faults: &Faults,
) -> Option<Secret> {
    match (text, file) {
        (Some(text), Some(file)) => {
            let message = format!("`{}` and `{}` are both set", names[0], names[1]);
            let fault = ConfigFault::new(Code::Twice, &file.place, message).label("a file here");
            faults.push(fault.also(&text.place, "a text here").help("keep one of them"));
            None
        }
        (Some(text), None) => Some(Secret::Text(text.value.clone())),
        (None, Some(file)) => Some(Secret::File(path(file))),
        (None, None) => None,
    }
}

fn tls(raw: &RawAccess, faults: &Faults) -> TlsFiles {
    let identity = match (&raw.certificate_file, &raw.key_file) {
        (Some(certificate), Some(key)) => Some((path(certificate), path(key))),
        (None, None) => None,
        (Some(alone), None) | (None, Some(alone)) => {
            let message = "a certificate and its key are needed together";
            let fault = ConfigFault::new(Code::MissingKey, &alone.place, message);
            faults.push(fault.help("write `certificate_file` and `key_file`"));
            None
        }
    };
    TlsFiles { authorities: raw.ca_file.as_ref().map(path), identity }
}

fn path(raw: &At<String>) -> PathBuf {
    beside(&raw.place, Path::new(&raw.value))
}
