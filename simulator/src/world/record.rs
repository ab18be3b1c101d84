//! What happened in the course of a run, for charts: rows of equal length, and never
//! more of them than were asked for, however long the run is.

use super::{facts::Facts, latency::Latencies};
use setpoint_core::Span;

/// The most rows of a record that is made for charts: more than a wide screen has room for.
const MOST: usize = 1_500;

/// Lengths that read well on an axis, in seconds.
const EVEN: [u64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];

/// A run in rows. When there are too many, each two become one of twice the length.
#[derive(Clone, Debug)]
pub struct Record {
    each: Span,
    most: usize,
    rows: Vec<Row>,
    /// The row that has not ended yet.
    open: Row,
    latencies: Latencies,
}

impl Record {
    /// Nothing recorded yet, in rows of `each`, a whole number of seconds above zero, and no more than
    /// `most` of them: an even number, so an odd one is rounded down, and two at least.
    pub fn new(each: Span, most: usize) -> Self {
        Self {
            each,
            most: (most & !1).max(2),
            rows: Vec::new(),
            open: Row::default(),
            latencies: Latencies::default(),
        }
    }

    /// Nothing recorded yet, for charts of a run of about this `length`.
    pub fn of_length(length: Span) -> Self {
        let fits = |each: &u64| length.ms().div_ceil(each * 1000) <= MOST as u64;
        let each = EVEN.into_iter().find(fits).unwrap_or(EVEN[EVEN.len() - 1]);
        Self::new(Span::from_secs(each), MOST)
    }

    /// The length of a row by now.
    pub const fn each(&self) -> Span {
        self.each
    }

    /// The rows that have ended, in the order of time.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes in the second that ended at `now`; `cost` tells the dollars paid until then.
    pub(super) fn add(
        &mut self,
        second: &Facts,
        beside: Beside,
        now: Span,
        cost: impl Fn() -> f64,
    ) {
        self.open.add(second, beside);
        second.answers_to(&mut self.latencies);
        if !now.ms().is_multiple_of(self.each.ms()) {
            return;
        }
        if self.rows.len() == self.most {
            self.rows = self.rows.chunks(2).map(Row::of).collect();
            self.each = self.each.times(2);
            // The number of rows was even, so the open one is the first half of the next.
            return;
        }
        self.open.cost = cost();
        self.open.p99 = std::mem::take(&mut self.latencies).quantile(0.99);
        self.rows.push(std::mem::take(&mut self.open));
    }
}

/// What is true of a second besides its facts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Beside {
    /// Members that the objective needs; 0 where that is not known.
    pub(super) demand: u32,
    /// Features that are on, in percent.
    pub(super) features: u32,
    /// The candidate's share of the requests, in percent.
    pub(super) rollout: u32,
    /// Users who are sent to the main site, in percent.
    pub(super) here: u32,
}

/// What happened in one row's time. What must not be lost where rows become one is kept as an
/// extreme.
#[derive(Clone, Debug, Default)]
pub struct Row {
    seconds: f64,
    offered: f64,
    capacity: f64,
    slow: f64,
    /// Requests without a good answer.
    pub failed: f64,
    /// The most requests that arrived in one second.
    pub peak: f64,
    /// The most members that the objective needed; 0 where that is not known.
    pub demand: u32,
    /// The fewest members that served.
    pub fewest: u32,
    /// The fewest features that were on, in percent.
    pub features: u32,
    /// The largest share of the requests that a candidate had, in percent.
    pub rollout: u32,
    /// The fewest users who were sent to the main site, in percent.
    pub here: u32,
    /// Dollars paid until its end.
    pub cost: f64,
    /// The most members asked for.
    pub desired: u32,
    /// The most members that served.
    pub ready: u32,
    /// The most replicas that served.
    pub replicas: u32,
    /// The most connections asked of one instance, as a share of what it takes; above 1 it refuses.
    pub fullest: f64,
    /// The time in seconds within which 99 % of answers came, in a row of several the worst of theirs;
    /// none without answers.
    pub p99: Option<f64>,
}

impl Row {
    fn add(&mut self, second: &Facts, beside: Beside) {
        let first = self.seconds == 0.0;
        self.fewest = if first { second.ready } else { self.fewest.min(second.ready) };
        self.features = if first { beside.features } else { self.features.min(beside.features) };
        self.demand = self.demand.max(beside.demand);
        self.rollout = self.rollout.max(beside.rollout);
        self.here = if first { beside.here } else { self.here.min(beside.here) };
        self.peak = self.peak.max(second.flow.offered);
        self.slow += second.flow.slow;
        self.seconds += 1.0;
        self.offered += second.flow.offered;
        self.capacity += second.capacity;
        self.failed += second.failed();
        self.desired = self.desired.max(second.desired);
        self.ready = self.ready.max(second.ready);
        self.replicas = self.replicas.max(second.replicas);
        self.fullest = self.fullest.max(second.connections.fullest);
    }

    /// One row of several that follow each other.
    fn of(rows: &[Self]) -> Self {
        rows.iter()
            .cloned()
            .reduce(|all, row| Self {
                slow: all.slow + row.slow,
                peak: all.peak.max(row.peak),
                demand: all.demand.max(row.demand),
                fewest: all.fewest.min(row.fewest),
                features: all.features.min(row.features),
                rollout: all.rollout.max(row.rollout),
                here: all.here.min(row.here),
                cost: row.cost,
                seconds: all.seconds + row.seconds,
                offered: all.offered + row.offered,
                capacity: all.capacity + row.capacity,
                failed: all.failed + row.failed,
                desired: all.desired.max(row.desired),
                ready: all.ready.max(row.ready),
                replicas: all.replicas.max(row.replicas),
                fullest: all.fullest.max(row.fullest),
                p99: all.p99.into_iter().chain(row.p99).reduce(f64::max),
            })
            .unwrap_or_default()
    }

    /// Requests that arrived, per second.
    pub fn offered_rps(&self) -> f64 {
        self.offered / self.seconds.max(1.0)
    }

    /// Requests per second that the ready members could have served.
    pub fn capacity_rps(&self) -> f64 {
        self.capacity / self.seconds.max(1.0)
    }

    /// The share of requests without a good answer, 0 to 1.
    pub fn failed_share(&self) -> f64 {
        if self.offered > 0.0 { self.failed / self.offered } else { 0.0 }
    }

    /// Requests without a good answer, in percent of those that arrived.
    pub fn failed_pct(&self) -> f64 {
        self.percent(self.failed)
    }

    /// Requests without a good answer in time, in percent of those that arrived.
    pub fn missed_pct(&self) -> f64 {
        self.percent(self.failed + self.slow)
    }

    /// What arrived earlier may fail now, so there may be more failures than arrivals.
    fn percent(&self, part: f64) -> f64 {
        if self.offered > 0.0 { (100.0 * part / self.offered).min(100.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::Flow;
    use super::*;

    const MINUTE: Span = Span::from_minutes(1);

    fn after(seconds: u32, mut record: Record) -> Record {
        for second in 1..=seconds {
            let flow = Flow { offered: 2.0, ..Flow::default() };
            let facts = Facts { flow, desired: second, ready: second, ..Facts::default() };
            let beside = Beside { demand: 3, features: 100, rollout: 0, here: 100 };
            let now = Span::from_secs(u64::from(second));
            record.add(&facts, beside, now, || f64::from(second));
        }
        record
    }

    #[test]
    fn a_row_is_there_once_its_time_is_over() {
        let record = after(119, Record::new(MINUTE, 10));
        assert_eq!((record.rows().len(), record.rows()[0].desired), (1, 60));
    }

    #[test]
    fn there_are_never_too_many_rows_and_none_is_lost() {
        for seconds in [600, 660, 720, 86_400] {
            let record = after(seconds, Record::new(MINUTE, 11));
            let rows = record.rows();
            assert!((5..=10).contains(&rows.len()), "{} rows", rows.len());
            let ends = rows.len() as u64 * record.each().ms() / 1000;
            assert_eq!(u64::from(rows.last().unwrap().desired), ends, "after {seconds} s");
            assert!(rows.iter().all(|row| row.offered_rps() == 2.0));
        }
    }

    #[test]
    fn a_day_is_told_by_the_minute_and_an_hour_by_five_seconds() {
        let told = |length| Record::of_length(Span::from_secs(length)).each().ms() / 1000;
        assert_eq!((told(86_400), told(3_600), told(600)), (60, 5, 1));
    }

    #[test]
    fn extremes_and_the_cost_outlive_the_joining_of_rows() {
        let record = after(4 * 3600, Record::of_length(Span::from_secs(1_000)));
        let (first, each) = (&record.rows()[0], record.each().ms() / 1000);
        assert_eq!((u64::from(first.desired), first.fewest, first.demand), (each, 1, 3));
        assert_eq!((first.cost, first.features), (each as f64, 100));
    }
}
