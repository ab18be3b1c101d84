//! A scenario's load as a script for k6: arrivals at a rate, whatever the service makes of them.

use super::stages::Stage;
use setpoint_core::Span;
use std::fmt::Write as _;

/// What the script is aimed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The scenario's name.
    pub name: String,
    /// The address; `-e URL=…` takes its place.
    pub url: String,
    /// The time within which 99 % of answers must come.
    pub objective: Span,
    /// The mean time of a request.
    pub mean: Span,
    /// How long a client waits.
    pub patience: Span,
    /// The share of the load, above 0.
    pub scale: f64,
    /// How many times faster the load goes by, above 0.
    pub speed: f64,
}

/// The script of a load that begins at `start` requests per second.
///
/// Virtual users are those that Little's law needs: at the peak, each for as long as a good
/// answer takes, and at most for as long as a client waits.
pub fn k6(target: &Target, start: f64, stages: &[Stage]) -> String {
    let rate = |rps: f64| (rps * target.scale).round();
    let peak = stages.iter().map(|stage| stage.rps).fold(start, f64::max) * target.scale;
    let users = |takes: Span| (peak * takes.secs()).ceil().max(1.0);
    let (usual, most) = (users(target.mean + target.objective), users(target.patience));
    let mut lines = String::new();
    for stage in stages {
        let takes = (stage.takes.secs() / target.speed).round();
        writeln!(lines, "        {{ target: {}, duration: '{takes}s' }},", rate(stage.rps))
            .expect("a string takes text");
    }
    let name = target.name.replace('*', "").replace('\n', " ");
    format!(
        "{HEAD}// The load of scenario {name}: k6 run --summary-export result.json -e URL=… SCRIPT\n\
         import http from 'k6/http';\n\
         \n\
         const url = __ENV.URL || {url};\n\
         \n\
         export const options = {{\n\
         \x20 // What `setpoint-sim verdict` compares.\n\
         \x20 summaryTrendStats: ['avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],\n\
         \x20 thresholds: {{\n\
         \x20   http_req_failed: ['rate<0.01'],\n\
         \x20   http_req_duration: ['p(99)<{objective}'],\n\
         \x20 }},\n\
         \x20 scenarios: {{\n\
         \x20   load: {{\n\
         \x20     executor: 'ramping-arrival-rate',\n\
         \x20     startRate: {start},\n\
         \x20     timeUnit: '1s',\n\
         \x20     preAllocatedVUs: {usual},\n\
         \x20     maxVUs: {most},\n\
         \x20     stages: [\n\
         {lines}\
         \x20     ],\n\
         \x20   }},\n\
         \x20 }},\n\
         }};\n\
         \n\
         export default function () {{\n\
         \x20 http.get(url, {{ timeout: '{patience}ms' }});\n\
         }}\n",
        url = serde_json::Value::from(target.url.as_str()),
        objective = target.objective.ms(),
        start = rate(start),
        most = most.max(usual),
        patience = target.patience.ms(),
    )
}

/// Who wrote it.
const HEAD: &str = "// Written by setpoint-sim export k6.\n";
