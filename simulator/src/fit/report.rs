//! A fit, for people and for programs.

use super::Fit;
use serde_json::json;
use std::fmt::Write as _;

impl Fit {
    /// Whether the figures may be used.
    pub fn is_conclusive(&self) -> bool {
        self.inconclusive.is_empty()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, what: String| {
            writeln!(text, "{name:<22}{what}").expect("a string takes text");
        };
        if let Some(it) = self.capacity {
            line(
                "capacity per member",
                format!(
                    "{} requests/s at 100 % CPU  (R² {:.3}, {} steps)",
                    with_error(it.rps, it.error),
                    it.r2,
                    it.steps
                ),
            );
            if let Some((ms, workers)) = it.service_ms.zip(it.workers()) {
                let noun = if workers == 1 { "worker" } else { "workers" };
                line("time of a request", format!("{ms:.1} ms: {workers} {noun} a member"));
            }
        }
        if let Some(it) = self.boot {
            line(
                "boot time",
                format!(
                    "median {:.0} ± {:.0} s, sigma {:.2}  ({} launches)",
                    it.median, it.error, it.sigma, it.launches
                ),
            );
        }
        if let Some(it) = self.feed {
            let (period, delay, to) = (it.period, it.delay, it.resolution);
            line("metrics", format!("every {period}, {delay} late  (to within {to})"));
        }
        let percent = |share: f64| format!("{:.1} % of the time", 100.0 * share);
        line("demand unknowable", percent(self.unknowable.saturated));
        line("not known at all", percent(self.unknowable.missing));
        self.notes.iter().for_each(|note| line("note", note.clone()));
        self.inconclusive.iter().for_each(|why| line("inconclusive", why.clone()));
        text
    }

    /// For programs: one JSON object. What could not be found is null.
    pub fn json(&self) -> String {
        let capacity = self.capacity.map(|it| {
            json!({
                "rps": it.rps, "error": it.error, "r2": it.r2, "steps": it.steps,
                "idle_cpu_pct": it.idle, "service_ms": it.service_ms, "workers": it.workers(),
            })
        });
        let boot = self.boot.map(|it| {
            json!({
                "median_s": it.median, "error_s": it.error, "sigma": it.sigma,
                "launches": it.launches,
            })
        });
        let feed = self.feed.map(|it| {
            json!({
                "period_s": it.period.secs(), "delay_s": it.delay.secs(),
                "resolution_s": it.resolution.secs(), "samples": it.samples,
            })
        });
        let fit = json!({
            "schema": 1,
            "conclusive": self.is_conclusive(),
            "inconclusive": self.inconclusive,
            "capacity": capacity,
            "boot": boot,
            "feed": feed,
            "unknowable": self.unknowable.saturated,
            "missing": self.unknowable.missing,
            "notes": self.notes,
        });
        format!("{fit:#}\n")
    }
}

/// A figure with its error, to two digits of the error that count.
fn with_error(value: f64, error: f64) -> String {
    let digits = if error > 0.0 { (1.0 - error.log10().floor()).clamp(0.0, 4.0) } else { 4.0 };
    let digits = digits as usize;
    format!("{value:.digits$} ± {error:.digits$}")
}
