//! An open load: requests come when they come, whether or not those before have an answer.

use setpoint_sim::chance::Chance;
use std::thread::JoinHandle;
use support::send_at;

/// What came of all requests.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How many there were.
    pub(crate) sent: usize,
    /// Those without a good answer.
    failed: usize,
    /// Seconds from when a request was due to its good answer, shortest first.
    answered: Vec<f64>,
}

impl Outcome {
    /// Requests without a good answer, in percent.
    pub(crate) fn failed_pct(&self) -> f64 {
        100.0 * self.failed as f64 / self.sent as f64
    }

    /// The milliseconds within which 99 of 100 answers came.
    pub(crate) fn p99_ms(&self) -> f64 {
        1000.0 * self.answered[self.answered.len() * 99 / 100]
    }

    fn of(requests: Vec<JoinHandle<Option<f64>>>) -> Self {
        let mut outcome = Self { sent: requests.len(), ..Self::default() };
        for request in requests {
            match request.join().expect("a request does not panic") {
                Some(seconds) => outcome.answered.push(seconds),
                None => outcome.failed += 1,
            }
        }
        outcome.answered.sort_by(f64::total_cmp);
        outcome
    }
}

/// Requests per second at points of time in seconds, with straight lines between them.
pub(crate) type Shape = [(f64, f64)];

/// When requests come, in seconds: a Poisson process whose rate follows `shape`.
///
/// By thinning a process of the highest rate. Source: Lewis and Shedler, "Simulation of
/// nonhomogeneous Poisson processes by thinning" (1979).
fn arrivals(shape: &Shape, seed: u64) -> Vec<f64> {
    let most = shape.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let end = shape.last().map_or(0.0, |(at, _)| *at);
    let mut luck = Chance::new(seed).stream("arrivals", 0);
    let (mut at, mut arrivals) = (0.0, Vec::new());
    loop {
        at -= (1.0 - luck.uniform()).ln() / most;
        if at >= end {
            return arrivals;
        }
        if luck.uniform() * most < rate(shape, at) {
            arrivals.push(at);
        }
    }
}

/// The rate at a time within the shape.
fn rate(shape: &Shape, at: f64) -> f64 {
    let after = shape.partition_point(|(point, _)| *point <= at);
    let ((t0, before), (t1, next)) = (shape[after - 1], shape[after]);
    before + (next - before) * (at - t0) / (t1 - t0)
}

/// Sends all requests, and waits for every answer.
pub(crate) fn send(port: u16, shape: &Shape, seed: u64) -> Outcome {
    Outcome::of(send_at(port, &arrivals(shape, seed)))
}
