//! The metrics page: what is told just now, each number with the stamp of its window.

use super::super::{Pace, Shared, live::lock};
use crate::world::Metric;
use setpoint_promql::Past;
use std::fmt::Write as _;

/// The name of each metric on the page, and what it is.
pub(super) const NAMES: [(Metric, &str, &str); 17] = [
    (Metric::Cpu, "world_cpu_percent", "Mean CPU of the members that serve."),
    (Metric::Rps, "world_requests_per_second", "Requests that arrive."),
    (Metric::P99, "world_latency_p99_ms", "The time within which 99 % of answers come."),
    (Metric::Connections, "world_connections_percent", "Connections of the fullest instance."),
    (Metric::Errors, "world_errors_percent", "Requests without a good answer."),
    (Metric::Backlog, "world_backlog_requests", "Requests that wait."),
    (Metric::Hits, "world_cache_hits_percent", "Requests answered from the cache."),
    (Metric::Announced, "world_announced_per_second", "The traffic that is announced."),
    (Metric::CanaryRequests, "world_canary_requests", "Requests of the candidate in the window."),
    (Metric::CanaryErrors, "world_canary_errors_percent", "Those of them that failed."),
    (Metric::CanaryP99, "world_canary_latency_p99_ms", "The same latency, of the candidate alone."),
    (Metric::StableErrors, "world_stable_errors_percent", "What fails of the stable revision."),
    (Metric::StableP99, "world_stable_latency_p99_ms", "The same latency, of the stable revision."),
    (Metric::StandbyCpu, "world_standby_cpu_percent", "Mean CPU of the standby's members."),
    (
        Metric::StandbyRps,
        "world_standby_requests_per_second",
        "Requests that arrive at the standby.",
    ),
    (Metric::StandbyP99, "world_standby_latency_p99_ms", "The same latency, at the standby."),
    (Metric::StandbyErrors, "world_standby_errors_percent", "What fails at the standby."),
];

/// The page. A metric that nobody tells is not on it.
pub(super) fn page(worlds: &[Shared], pace: &Pace) -> String {
    let mut text = String::new();
    for (metric, name, about) in NAMES {
        let mut samples = String::new();
        for world in worlds {
            let live = lock(world);
            let Some(point) = live.log.told(metric) else { continue };
            let (cloud, group) = (live.cloud, &live.group);
            let (value, at) = (point.value, pace.outside(point.at).ms());
            // A name of a group is one of TOML's: it may have quotes in it.
            let line = format!("{name}{{cloud=\"{cloud}\",group={group:?}}} {value} {at}\n");
            samples.push_str(&line);
        }
        if !samples.is_empty() {
            // Writing to a text does not fail.
            write!(text, "# HELP {name} {about}\n# TYPE {name} gauge\n{samples}").ok();
        }
    }
    text
}

/// Everything that was told so far, stamped in the machine's time.
pub(super) fn past(worlds: &[Shared], pace: &Pace) -> Past {
    let mut past = Past::default();
    for world in worlds {
        let live = lock(world);
        let labels = [("cloud", live.cloud), ("group", &live.group)];
        for (metric, name, _) in NAMES {
            let points = live.log.points(metric).map(|it| (pace.outside(it.at), it.value));
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            past.add(name, labels.into_iter().collect(), points.collect());
        }
    }
    past
}
