//! What happened in the course of a run, for charts: rows of equal length, and never
//! more of them than were asked for, however long the run is.

use super::{facts::Facts, latency::Latencies};
use setpoint_core::Span;

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

    /// The length of a row by now.
    pub const fn each(&self) -> Span {
        self.each
    }

    /// The rows that have ended, in the order of time.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes in the second that ended at `now`.
    pub(super) fn add(&mut self, second: &Facts, now: Span) {
        self.open.add(second);
        self.latencies.add(&second.answers);
        if !now.ms().is_multiple_of(self.each.ms()) {
            return;
        }
        if self.rows.len() == self.most {
            self.rows = self.rows.chunks(2).map(Row::of).collect();
            self.each = self.each.times(2);
            // The number of rows was even, so the open one is the first half of the next.
            return;
        }
        self.open.p99 = std::mem::take(&mut self.latencies).quantile(0.99);
        self.rows.push(std::mem::take(&mut self.open));
    }
}

/// What happened in one row's time.
#[derive(Clone, Debug, Default)]
pub struct Row {
    seconds: f64,
    offered: f64,
    capacity: f64,
    /// Requests without a good answer.
    pub failed: f64,
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
    fn add(&mut self, second: &Facts) {
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
        rows.iter().fold(Self::default(), |all, row| Self {
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
}

#[cfg(test)]
mod tests {
    use super::super::engine::Flow;
    use super::*;

    const MINUTE: Span = Span::from_minutes(1);

    fn after(seconds: u32, mut record: Record) -> Record {
        for second in 1..=seconds {
            let flow = Flow { offered: 2.0, ..Flow::default() };
            let facts = Facts { flow, desired: second, ..Facts::default() };
            record.add(&facts, Span::from_secs(u64::from(second)));
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
}
