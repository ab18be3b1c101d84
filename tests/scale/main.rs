//! A thousand and ten thousand targets: what a pass costs, and what never grows with targets.
//!
//! The short form, which runs everywhere, counts calls and bytes, which are the same on every
//! machine. The long form (`just prove`) measures times as well, and prints its figures: those of
//! `docs/performance.md`.

mod breach;
mod cloud;
mod day;
mod passes;
mod scene;

use std::time::Duration;

/// Whether times are to be measured as well.
pub(crate) fn is_long() -> bool {
    std::env::var("SETPOINT_PROVE").is_ok_and(|how| how == "full")
}

/// Tells a figure to whoever runs this.
#[expect(clippy::print_stderr, reason = "the figures are what the long form is for")]
pub(crate) fn figure(what: &str, value: &str) {
    eprintln!("{what}: {value}");
}

/// The middle, the 99th of a hundred, and the last, in milliseconds.
pub(crate) fn told(times: &mut [Duration]) -> String {
    times.sort();
    let ms = |at: usize| times.get(at).map_or(0, Duration::as_millis);
    let (last, count) = (times.len().saturating_sub(1), times.len());
    let p99 = (count * 99).div_ceil(100).saturating_sub(1);
    format!("p50 {} ms, p99 {} ms, most {} ms of {count}", ms(count / 2), ms(p99), ms(last))
}
