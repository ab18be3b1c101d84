//! `[service]`, `[clients]`, `[cache]`, `[degradation]`, `[metrics]` and `[api]`.

use super::section::Section as _;
use crate::{
    world::{
        ApiModel, Balancing, CacheModel, Clients, DegradationModel, EngineKind, FeedModel,
        MOST_RETRIES, Service,
    },
    written::{
        fault::{Code, FileFault},
        suggest,
        table::Table,
    },
};
use setpoint_core::Span;

/// One of a few words, or `default`.
pub(super) fn word<T: Copy>(
    table: &mut Table<'_>,
    key: &'static str,
    known: &[(&'static str, T)],
    default: T,
) -> T {
    let Some(written) = table.text(key) else { return default };
    if let Some((_, meant)) = known.iter().find(|(name, _)| *name == written.value) {
        return *meant;
    }
    let message = format!("`{key}` is {}, which means nothing here", written.place.written());
    let help = suggest::advice(&written.value, known.iter().map(|(name, _)| *name));
    let fault = FileFault::new(Code::BadValue, &written.place, message);
    table.reader.faults.push(fault.maybe_help(help));
    default
}

pub(super) fn engine(table: &mut Table<'_>) -> EngineKind {
    word(table, "engine", &EngineKind::NAMES, EngineKind::Fluid)
}

pub(super) fn service(mut table: Table<'_>) -> Service {
    let usual = USUAL;
    let known = [("least_outstanding", Balancing::LeastOutstanding), ("random", Balancing::Random)];
    let service = Service {
        workers: table.some("workers", usual.workers),
        mean: table.some_time("mean", usual.mean),
        patience: table.some_time("patience", usual.patience),
        slow: table.some_time("slow", usual.slow),
        cv: table.amount("cv", usual.cv),
        balancing: word(&mut table, "balancing", &known, usual.balancing),
        queue: table.count("queue").map(|places| places.value),
        drops_expired: table.truth("drops_expired").is_none_or(|drops| drops.value),
    };
    table.finish();
    service
}

pub(super) fn clients(mut table: Table<'_>) -> Clients {
    let usual = Clients { retries: 2, ..Clients::RESIGNED };
    let retries = table.count("retries");
    if let Some(many) = retries.as_ref().filter(|retries| retries.value > MOST_RETRIES) {
        let message = format!("`retries` is {}, at most {MOST_RETRIES} are made", many.value);
        table.reader.faults.push(FileFault::new(Code::BadValue, &many.place, message));
    }
    let clients = Clients {
        retries: retries.map_or(usual.retries, |retries| retries.value),
        backoff: table.some_time("backoff", usual.backoff),
        jitter: table.share("jitter", usual.jitter),
        budget: table.has("budget").then(|| table.share("budget", 0.1)),
    };
    table.finish();
    clients
}

pub(super) fn cache(mut table: Table<'_>) -> CacheModel {
    let cache = CacheModel {
        hits: table.share("hits", 0.9),
        miss: table.factor("miss", 5.0),
        warms: table.some_time("warms", Span::from_minutes(5)),
        nodes: table.some("nodes", 3),
    };
    table.finish();
    cache
}

pub(super) fn degradation(mut table: Table<'_>) -> DegradationModel {
    let degradation = DegradationModel { saves: table.share("saves", 0.5) };
    table.finish();
    degradation
}

pub(super) fn metrics(mut table: Table<'_>) -> FeedModel {
    let period = table.some_time("period", Span::from_secs(15));
    let window = table.some_time("window", period);
    let model = FeedModel {
        period,
        window,
        delay: table.length("delay", Span::from_secs(15)),
        lost: table.share("lost", 0.0),
    };
    if !period.ms().is_multiple_of(1000) {
        let message = format!("`period` is {period}, and is counted in whole seconds");
        table.reader.faults.push(FileFault::new(Code::BadValue, &table.place, message));
    } else if !window.ms().is_multiple_of(period.ms()) || window > period.max(LONGEST_WINDOW) {
        let message = format!(
            "`window` is {window}, and is one `period` ({period}) or several, at most {LONGEST_WINDOW}"
        );
        table.reader.faults.push(FileFault::new(Code::BadValue, &table.place, message));
    }
    table.finish();
    model
}

pub(super) fn api(mut table: Table<'_>) -> ApiModel {
    let model = ApiModel {
        burst: table.some("burst", 20),
        per_second: table.positive("per_second", 0.5),
        unavailable: table.share("error", 0.0),
        latency: table.length("latency", Span::ZERO),
    };
    table.finish();
    model
}

/// The longest window of metrics of several periods: all of them are kept.
const LONGEST_WINDOW: Span = Span::from_minutes(60);

/// Members with two workers, else as most are.
pub(super) const USUAL: Service = Service { workers: 2, ..Service::USUAL };

/// The metrics of a Prometheus that scrapes every 15 s.
pub(super) const SCRAPED: FeedModel = FeedModel::new(Span::from_secs(15), Span::from_secs(15));

/// A provider that takes calls as most do.
pub(super) const USUAL_API: ApiModel =
    ApiModel { burst: 20, per_second: 0.5, unavailable: 0.0, latency: Span::ZERO };
