//! What one member can do: the load at which its CPU would be at 100 %.
//!
//! In every step that is not saturated and in which hardly a request failed, busy members (CPU ×
//! ready) are in proportion to the load: the slope of that line is what one request a second costs.

use super::{
    Terms,
    regression::{intercept, through_origin},
    saturation::is_saturated,
};
use crate::history::{Column, History};

/// The fewest steps from which anything is told.
const FEWEST: usize = 30;
/// The requests without a good answer, in percent, from which on a step does not tell.
const MOST_FAILED: f64 = 1.0;

/// What one member can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Requests per second at 100 % CPU.
    pub rps: f64,
    /// The standard error of that.
    pub error: f64,
    /// The share of the variance that the line explains, at most 1.
    pub r2: f64,
    /// The steps that it rests on.
    pub steps: usize,
    /// The CPU of a member without load, in percent, where that is clearly not zero.
    pub idle: Option<f64>,
    /// The mean time of a request in milliseconds, where the latency of calm steps tells it.
    pub service_ms: Option<f64>,
}

impl Capacity {
    /// What somebody should know if CPU does not begin at zero.
    pub(super) fn idle_note(self) -> Option<String> {
        self.idle.map(|idle| {
            format!(
                "CPU is at {idle:.1} % without load: a line through zero tells too little \
                 capacity, the more so at low load"
            )
        })
    }

    /// Why the figure is not to be used, if its error is too large.
    pub(super) fn against(self, terms: Terms) -> Option<String> {
        let share = self.error / self.rps;
        (share > terms.error).then(|| {
            format!(
                "the capacity of a member is known to within {:.0} % only: CPU does not follow the load",
                100.0 * share
            )
        })
    }

    /// Requests that a member works on at once, where the time of a request is known: at least 1.
    pub fn workers(self) -> Option<u32> {
        self.service_ms.map(|ms| (self.rps * ms / 1000.0).round().clamp(1.0, 1024.0) as u32)
    }
}

/// What one step tells.
#[derive(Clone, Copy)]
struct Point {
    load: f64,
    ready: f64,
    /// The share of a member's time that is used, 0 to 1.
    busy: f64,
    /// Whether members came or went: CPU is of the whole step, their number of one moment.
    moved: bool,
}

/// Fits the capacity of a member, or says why that cannot be.
pub(super) fn capacity(history: &History) -> Result<Capacity, String> {
    for column in [Column::Load, Column::Ready, Column::Cpu] {
        if history.columns().all(|known| known != column) {
            return Err(format!("there is no column `{column}`"));
        }
    }
    let all: Vec<Point> = (0..history.len()).filter_map(|step| point(history, step)).collect();
    let still: Vec<Point> = all.iter().copied().filter(|point| !point.moved).collect();
    let points = if still.len() >= FEWEST { still } else { all };
    if points.len() < FEWEST {
        let known = points.len();
        return Err(format!("{known} steps with load, ready and cpu, {FEWEST} are needed"));
    }
    let line: Vec<(f64, f64)> = points.iter().map(|it| (it.load, it.busy * it.ready)).collect();
    let line = through_origin(&line).filter(|line| line.slope > 0.0);
    let line = line.ok_or("CPU is zero whatever the load")?;
    let each: Vec<(f64, f64)> = points.iter().map(|it| (it.load / it.ready, it.busy)).collect();
    let idle = intercept(&each).filter(|(at, error)| *at > 0.03 && *at > 3.0 * error);
    Ok(Capacity {
        rps: 1.0 / line.slope,
        error: line.error / (line.slope * line.slope),
        r2: line.r2,
        steps: points.len(),
        idle: idle.map(|(at, _)| 100.0 * at),
        service_ms: service_ms(history),
    })
}

fn point(history: &History, step: usize) -> Option<Point> {
    let load = history.get(Column::Load, step)?;
    let ready = history.get(Column::Ready, step).filter(|ready| *ready > 0.0)?;
    let busy = history.get(Column::Cpu, step)? / 100.0;
    let before = step.checked_sub(1).and_then(|before| history.get(Column::Ready, before));
    let moved = before.is_some_and(|before| before != ready);
    // Requests that were turned away arrived, and took no work.
    let failed = history.get(Column::Failed, step).is_some_and(|failed| failed > MOST_FAILED);
    (!failed && !is_saturated(history, step)).then_some(Point { load, ready, busy, moved })
}

/// The CPU, in percent, below which hardly a request waits for another.
const CALM: f64 = 40.0;

/// The mean time of a request: 99 % of exponential times are below ln 100 times their mean, and
/// in calm steps latency is nothing but that time. The median of those steps.
fn service_ms(history: &History) -> Option<f64> {
    let calm = |step: &usize| history.get(Column::Cpu, *step).is_some_and(|cpu| cpu < CALM);
    let p99 = |step| history.get(Column::P99, step);
    let mut times: Vec<f64> = (0..history.len()).filter(calm).filter_map(p99).collect();
    times.sort_unstable_by(f64::total_cmp);
    let median = times.get(times.len() / 2).filter(|_| times.len() >= FEWEST)?;
    (*median > 0.0).then(|| median / 100.0_f64.ln())
}
