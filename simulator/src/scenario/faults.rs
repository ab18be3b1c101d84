//! `[[fault]]`: what goes wrong, when, and for how long.

use super::{section::Section as _, service::word};
use crate::{
    world::{Fault, FaultKind, Metric, MetricFaultKind, When},
    written::{
        fault::{At, Code, FileFault},
        suggest,
        table::Table,
    },
};
use setpoint_core::Span;

/// Every kind by its name, and whether it lasts.
const KINDS: [(&str, Kind, bool); 18] = [
    ("instance_kill", Kind::InstanceKill, false),
    ("zone_down", Kind::ZoneDown, true),
    ("region_down", Kind::RegionDown, true),
    ("slow", Kind::Slow, true),
    ("metric_gap", Kind::Metric(MetricFaultKind::Dropped), true),
    ("metric_stale", Kind::Metric(MetricFaultKind::Stale), true),
    ("metric_nan", Kind::Metric(MetricFaultKind::NotANumber), true),
    ("metric_frozen", Kind::Metric(MetricFaultKind::Frozen), true),
    ("api_throttle", Kind::ApiThrottle, true),
    ("api_error", Kind::ApiError, true),
    ("lost_reply", Kind::LostReply, true),
    ("boot_slow", Kind::BootSlow, true),
    ("launch_fail", Kind::LaunchFail, true),
    ("no_capacity", Kind::NoCapacity, true),
    ("spot_reclaim", Kind::SpotReclaim, false),
    ("db_failover", Kind::DbFailover, true),
    ("dep_latency", Kind::DepLatency, true),
    ("cache_flush", Kind::CacheFlush, false),
];
/// And those of the agent itself.
const OF_THE_AGENT: [(&str, Kind, bool); 2] =
    [("clock_skew", Kind::ClockSkew, true), ("agent_restart", Kind::AgentRestart, true)];

#[derive(Clone, Copy)]
enum Kind {
    InstanceKill,
    ZoneDown,
    RegionDown,
    Slow,
    Metric(MetricFaultKind),
    ApiThrottle,
    ApiError,
    LostReply,
    BootSlow,
    LaunchFail,
    NoCapacity,
    SpotReclaim,
    DbFailover,
    DepLatency,
    CacheFlush,
    ClockSkew,
    AgentRestart,
}

/// The names of all kinds.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().chain(&OF_THE_AGENT).map(|(name, ..)| *name)
}

/// A fault of a world whose group has so many zones.
pub(super) fn fault(mut table: Table<'_>, zones: u32) -> Option<Fault> {
    let when = when(&mut table);
    let kind = kind(&mut table);
    let fault = kind.and_then(|(kind, lasts)| {
        let lasts = match lasts {
            true => lasting(&mut table),
            false => Some(Span::ZERO),
        };
        let kind = details(&mut table, kind, zones);
        Some(Fault { when: when?, lasts: lasts?, kind })
    });
    table.finish();
    fault
}

fn when(table: &mut Table<'_>) -> Option<When> {
    let (at, every) = (table.span("at"), table.span("every"));
    match (at, every) {
        (Some(at), None) => Some(When::At(at.value)),
        (None, Some(every)) if every.value > Span::ZERO => Some(When::Every(every.value)),
        (None, None) => {
            table.missing("at", "at = \"9h10m\"` or, for one now and then, `every = \"6h\"");
            None
        }
        (_, Some(every)) => {
            let message = "a fault comes `at` a time, or `every` so often, more than 0s apart";
            table.reader.faults.push(FileFault::new(Code::BadValue, &every.place, message));
            None
        }
    }
}

fn kind(table: &mut Table<'_>) -> Option<(Kind, bool)> {
    let Some(written) = table.text("kind") else {
        if !table.has("kind") {
            table.missing("kind", "kind = \"zone_down\"");
        }
        return None;
    };
    let known = KINDS.iter().chain(&OF_THE_AGENT).find(|(name, ..)| *name == written.value);
    if known.is_none() {
        let message = format!("there is no fault {}", written.place.written());
        let fault = FileFault::new(Code::UnknownName, &written.place, message);
        table.reader.faults.push(fault.maybe_help(suggest::advice(&written.value, names())));
    }
    known.map(|(_, kind, lasts)| (*kind, *lasts))
}

fn lasting(table: &mut Table<'_>) -> Option<Span> {
    if !table.has("for") {
        table.missing("for", "for = \"10m\"");
    }
    table.span("for").map(|span| span.value)
}

fn details(table: &mut Table<'_>, kind: Kind, zones: u32) -> FaultKind {
    match kind {
        Kind::InstanceKill => FaultKind::InstanceKill(table.share("share", 0.1)),
        Kind::SpotReclaim => FaultKind::SpotReclaim(table.share("share", 1.0)),
        Kind::ZoneDown => FaultKind::ZoneDown(zone(table, zones)),
        Kind::RegionDown => FaultKind::RegionDown,
        Kind::Slow => FaultKind::Slow {
            share: table.share("share", 0.1),
            factor: table.factor("factor", 5.0),
        },
        Kind::Metric(kind) => FaultKind::Metric(metric(table), kind),
        Kind::ApiThrottle => FaultKind::ApiThrottle,
        Kind::ApiError => FaultKind::ApiError(table.share("share", 1.0)),
        Kind::LostReply => FaultKind::LostReply(table.share("share", 1.0)),
        Kind::BootSlow => FaultKind::BootSlow(table.factor("factor", 5.0)),
        Kind::LaunchFail => FaultKind::LaunchFail(table.share("share", 1.0)),
        Kind::NoCapacity => FaultKind::NoCapacity,
        Kind::DbFailover => FaultKind::DbFailover,
        Kind::DepLatency => FaultKind::DepLatency(table.factor("factor", 3.0)),
        Kind::CacheFlush => FaultKind::CacheFlush,
        Kind::AgentRestart => FaultKind::AgentRestart,
        Kind::ClockSkew => {
            let by = table.length("by", Span::from_secs(30));
            let way = word(table, "way", &[("ahead", 1), ("behind", -1)], 1);
            FaultKind::ClockSkew(way * i64::try_from(by.ms()).unwrap_or(i64::MAX))
        }
    }
}

/// `zone = 1`: the zones are counted from 0.
fn zone(table: &mut Table<'_>, zones: u32) -> u32 {
    let Some(At { value, place }) = table.count("zone") else { return 0 };
    if value >= zones {
        let message = format!("there is no zone {value}: the group has {zones}, counted from 0");
        table.reader.faults.push(FileFault::new(Code::UnknownName, &place, message));
        return 0;
    }
    value
}

/// `metric = "cpu"`; without, every one.
fn metric(table: &mut Table<'_>) -> Option<Metric> {
    let written = table.text("metric")?;
    let metric = Metric::named(&written.value);
    if metric.is_none() {
        let message = format!("there is no metric {}", written.place.written());
        let known = Metric::ALL.iter().map(|(name, _)| *name);
        let fault = FileFault::new(Code::UnknownName, &written.place, message);
        table.reader.faults.push(fault.maybe_help(suggest::advice(&written.value, known)));
    }
    metric
}
