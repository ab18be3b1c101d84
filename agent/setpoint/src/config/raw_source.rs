//! `[sources.x]` as it is written: what all kinds have in common, and what each has besides.

use super::{
    fault::{At, Place},
    raw::{kind, required},
    table::Table,
};
use setpoint_core::Span;

/// The kinds of source that this version knows.
pub(crate) const KINDS: [&str; 8] = [
    "scrape",
    "prometheus",
    "alertmanager",
    "http-json",
    "probe",
    "cloudwatch",
    "azure-monitor",
    "kubernetes",
];

/// Kinds that the manual speaks of and this version does not act on.
const LATER: [&str; 1] = ["otlp"];

/// `[sources.x]`.
#[derive(Debug)]
pub(crate) struct RawSource {
    /// One of [`KINDS`].
    pub(crate) kind: String,
    pub(crate) period: Option<At<Span>>,
    pub(crate) timeout: Option<At<Span>>,
    pub(crate) own: RawOwn,
}

/// What only some kinds have.
#[derive(Debug)]
pub(crate) enum RawOwn {
    /// Everything that is talked to by HTTP.
    Web(Box<RawWeb>),
    /// `kind = "cloudwatch"`.
    CloudWatch(RawCloudWatch),
    /// `kind = "azure-monitor"`.
    AzureMonitor {
        /// Where the source is named.
        place: Place,
        provider: Option<At<String>>,
        delay: Option<At<Span>>,
    },
    /// `kind = "kubernetes"`.
    Kubernetes {
        /// Where the source is named.
        place: Place,
        provider: Option<At<String>>,
    },
}

/// What is talked to by HTTP.
#[derive(Debug)]
pub(crate) struct RawWeb {
    pub(crate) url: At<String>,
    pub(crate) access: RawAccess,
    /// Of a probe: the statuses that mean that it is up.
    pub(crate) expect: Option<At<String>>,
    /// Of Alertmanager: the alert that always fires.
    pub(crate) watchdog: Option<At<String>>,
}

/// What only CloudWatch has.
#[derive(Debug)]
pub(crate) struct RawCloudWatch {
    /// Where the source is named.
    pub(crate) place: Place,
    pub(crate) provider: Option<At<String>>,
    pub(crate) endpoint: Option<At<String>>,
    pub(crate) delay: Option<At<Span>>,
}

/// Who we say we are, and whom we trust.
#[derive(Debug)]
pub(crate) struct RawAccess {
    pub(crate) headers: Vec<(At<String>, At<String>)>,
    pub(crate) bearer: Option<At<String>>,
    pub(crate) bearer_file: Option<At<String>>,
    pub(crate) user: Option<At<String>>,
    pub(crate) password: Option<At<String>>,
    pub(crate) password_file: Option<At<String>>,
    pub(crate) ca_file: Option<At<String>>,
    pub(crate) certificate_file: Option<At<String>>,
    pub(crate) key_file: Option<At<String>>,
    pub(crate) sigv4: Option<RawSigV4>,
}

/// `sigv4 = { … }`: signed as AWS has it.
#[derive(Debug)]
pub(crate) struct RawSigV4 {
    pub(crate) place: Place,
    pub(crate) provider: Option<At<String>>,
    pub(crate) region: Option<At<String>>,
    pub(crate) service: Option<At<String>>,
}

/// Reads one source.
pub(crate) fn source(mut table: Table<'_>) -> Option<RawSource> {
    let kind = kind(&mut table, &KINDS, &LATER)?;
    let own = match kind.as_str() {
        "cloudwatch" => Some(RawOwn::CloudWatch(cloudwatch(&mut table))),
        "azure-monitor" => Some(RawOwn::AzureMonitor {
            place: table.place.clone(),
            provider: table.text("provider"),
            delay: table.span("delay"),
        }),
        "kubernetes" => Some(RawOwn::Kubernetes {
            place: table.place.clone(),
            provider: table.text("provider"),
        }),
        _ => web(&mut table, &kind).map(Box::new).map(RawOwn::Web),
    };
    let period = table.span("period");
    let timeout = table.span("timeout");
    table.finish();
    Some(RawSource { kind, period, timeout, own: own? })
}

fn cloudwatch(table: &mut Table<'_>) -> RawCloudWatch {
    RawCloudWatch {
        place: table.place.clone(),
        provider: table.text("provider"),
        endpoint: table.text("endpoint"),
        delay: table.span("delay"),
    }
}

fn web(table: &mut Table<'_>, kind: &str) -> Option<RawWeb> {
    let example = match kind {
        "prometheus" => "url = \"http://127.0.0.1:9090\"",
        "alertmanager" => "url = \"http://127.0.0.1:9093\"",
        "http-json" | "probe" => "url = \"http://127.0.0.1:8080/status\"",
        _ => "url = \"http://127.0.0.1:9100/metrics\"",
    };
    let url = required(table, "url", example, Table::text);
    let expect = if kind == "probe" { table.text("expect") } else { None };
    let watchdog = if kind == "alertmanager" { table.text("watchdog") } else { None };
    let access = access(table);
    Some(RawWeb { url: url?, access, expect, watchdog })
}

/// Reads who we say we are, and whom we trust.
pub(crate) fn access(table: &mut Table<'_>) -> RawAccess {
    RawAccess {
        headers: table.named_texts("headers"),
        bearer: table.text("bearer"),
        bearer_file: table.text("bearer_file"),
        user: table.text("user"),
        password: table.text("password"),
        password_file: table.text("password_file"),
        ca_file: table.text("ca_file"),
        certificate_file: table.text("certificate_file"),
        key_file: table.text("key_file"),
        sigv4: table.table("sigv4").map(sigv4),
    }
}

fn sigv4(mut table: Table<'_>) -> RawSigV4 {
    let read = RawSigV4 {
        place: table.place.clone(),
        provider: table.text("provider"),
        region: table.text("region"),
        service: table.text("service"),
    };
    table.finish();
    read
}
