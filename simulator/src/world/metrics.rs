//! What the world says of itself: numbers over windows, published late.
//!
//! A policy sees only what was published, never the world: this is the fidelity
//! that matters. Faults take numbers away or make them lie, for a while.

use super::{
    facts::Facts,
    latency::Latencies,
    rollout::{Side, Sides},
};
use crate::chance::Stream;
use setpoint_core::{Reading, Sample, Span, Timestamp, Unit};
use std::collections::{BTreeMap, VecDeque};

/// Something the world measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// The members' mean CPU, in percent. Nothing without ready members.
    Cpu,
    /// Requests that arrived, per second.
    Rps,
    /// The time within which 99 % of answers came, in milliseconds. Nothing without answers.
    P99,
    /// Connections of the fullest database instance, in percent of what it takes.
    Connections,
    /// Requests without a good answer, in percent. Nothing without requests.
    Errors,
    /// Requests that wait.
    Backlog,
    /// Requests answered from the cache, in percent. Nothing without a cache.
    Hits,
    /// The traffic that is announced, in requests per second.
    Announced,
    /// Requests that the candidate of a rollout served, well or not, in the window.
    CanaryRequests,
    /// Those of them that ended in an error, in percent. Nothing without requests.
    CanaryErrors,
    /// The time within which 99 % of its answers came, in milliseconds. Nothing without answers.
    CanaryP99,
    /// Requests that the stable revision served and that ended in an error, in percent. Nothing
    /// without requests.
    StableErrors,
    /// The time within which 99 % of its answers came, in milliseconds. Nothing without answers.
    StableP99,
    /// What [`Cpu`](Self::Cpu) is at the main site, at the standby.
    StandbyCpu,
    /// What [`Rps`](Self::Rps) is at the main site, at the standby.
    StandbyRps,
    /// What [`P99`](Self::P99) is at the main site, at the standby.
    StandbyP99,
    /// What [`Errors`](Self::Errors) is at the main site, at the standby.
    StandbyErrors,
}

impl Metric {
    /// Every metric with its name.
    pub const ALL: [(&'static str, Self); 17] = [
        ("cpu", Self::Cpu),
        ("rps", Self::Rps),
        ("p99", Self::P99),
        ("connections", Self::Connections),
        ("errors", Self::Errors),
        ("backlog", Self::Backlog),
        ("hits", Self::Hits),
        ("announced", Self::Announced),
        ("canary_requests", Self::CanaryRequests),
        ("canary_errors", Self::CanaryErrors),
        ("canary_p99", Self::CanaryP99),
        ("stable_errors", Self::StableErrors),
        ("stable_p99", Self::StableP99),
        ("standby_cpu", Self::StandbyCpu),
        ("standby_rps", Self::StandbyRps),
        ("standby_p99", Self::StandbyP99),
        ("standby_errors", Self::StandbyErrors),
    ];

    /// The metric of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric)
    }

    /// What is told of the standby, each with what it is there.
    const OF_THE_STANDBY: [(Self, Self); 4] = [
        (Self::StandbyCpu, Self::Cpu),
        (Self::StandbyRps, Self::Rps),
        (Self::StandbyP99, Self::P99),
        (Self::StandbyErrors, Self::Errors),
    ];

    /// Which metric of the standby it is, as the standby itself knows it; none if it is of another.
    pub fn of_the_standby(self) -> Option<Self> {
        Self::OF_THE_STANDBY.iter().find(|(metric, _)| *metric == self).map(|(_, own)| *own)
    }

    /// The same metric at the standby, where that is told.
    pub fn at_the_standby(self) -> Option<Self> {
        let is = |(metric, own): &&(Self, Self)| *own == self || *metric == self;
        Self::OF_THE_STANDBY.iter().find(is).map(|(metric, _)| *metric)
    }

    /// Whether it is missing where the main site is dead: what is announced is known elsewhere.
    pub(super) fn is_of_the_main_site(self) -> bool {
        self != Self::Announced && self.of_the_standby().is_none()
    }

    /// Whether only worlds with a rollout have it.
    pub const fn is_of_a_rollout(self) -> bool {
        match self {
            Self::CanaryRequests
            | Self::CanaryErrors
            | Self::CanaryP99
            | Self::StableErrors
            | Self::StableP99 => true,
            Self::Cpu
            | Self::Rps
            | Self::P99
            | Self::Connections
            | Self::Errors
            | Self::Backlog
            | Self::Hits
            | Self::Announced
            | Self::StandbyCpu
            | Self::StandbyRps
            | Self::StandbyP99
            | Self::StandbyErrors => false,
        }
    }

    /// The unit of its numbers.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cpu
            | Self::Connections
            | Self::Errors
            | Self::Hits
            | Self::CanaryErrors
            | Self::StableErrors
            | Self::StandbyCpu
            | Self::StandbyErrors => Unit::Percent,
            Self::Rps | Self::Announced | Self::StandbyRps => Unit::PerSecond,
            Self::P99 | Self::CanaryP99 | Self::StableP99 | Self::StandbyP99 => Unit::Ms,
            Self::Backlog | Self::CanaryRequests => Unit::Count,
        }
    }
}

/// How the world's metrics are published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedModel {
    /// From one number to the next, in whole seconds, above zero.
    pub period: Span,
    /// The time that a number speaks for, up to its stamp: one period or several. A rate over five
    /// minutes of a page that is scraped every 15 s is told every 15 s and speaks for twenty of them.
    pub window: Span,
    /// From the end of a window until it can be read.
    pub delay: Span,
    /// The share of numbers that are lost, 0 to 1.
    pub lost: f64,
}

impl FeedModel {
    /// Windows of this length one after the other, published so much later, and none of them lost.
    pub const fn new(period: Span, delay: Span) -> Self {
        Self { period, window: period, delay, lost: 0.0 }
    }

    /// How many periods a window has.
    fn periods(&self) -> usize {
        usize::try_from(self.window.ms() / self.period.ms()).unwrap_or(usize::MAX).max(1)
    }
}

/// A time in which a metric cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricFault {
    /// Which one.
    pub metric: Metric,
    /// From when.
    pub from: Span,
    /// For how long.
    pub lasts: Span,
    /// What is wrong with it.
    pub kind: MetricFaultKind,
}

/// What may be wrong with a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricFaultKind {
    /// The source does not answer.
    Dropped,
    /// The source answers with what is no number.
    NotANumber,
    /// The source answers with the last value before the fault, honestly stamped.
    Stale,
    /// The source answers with the last value before the fault as if it were fresh.
    Frozen,
}

/// One window's numbers.
#[derive(Clone, Debug)]
struct Published {
    /// When the window ended.
    end: Span,
    values: Values,
}

/// What a window has of each metric. Of a revision without requests there is nothing to ask for,
/// which is another answer than a number that was lost.
type Values = BTreeMap<Metric, Option<f64>>;

/// What was measured in a period, or in several.
#[derive(Clone, Debug, Default)]
struct Measured {
    seconds: f64,
    manned: f64,
    busy: f64,
    offered: f64,
    left: f64,
    failed: f64,
    fullest: f64,
    backlog: f64,
    hits: f64,
    cached: f64,
    announced: f64,
    databased: f64,
    latencies: Latencies,
    sides: Option<Box<[MeasuredSide; 2]>>,
}

/// What was measured of one revision.
#[derive(Clone, Debug, Default)]
struct MeasuredSide {
    took: f64,
    failed: f64,
    latencies: Latencies,
}

impl MeasuredSide {
    fn add(&mut self, side: &Side) {
        self.took += side.took;
        self.failed += side.failed;
        self.latencies.add(&side.answers);
    }

    fn take_in(&mut self, other: &Self) {
        self.took += other.took;
        self.failed += other.failed;
        self.latencies.take_in(&other.latencies);
    }

    fn errors(&self) -> Option<f64> {
        (self.took > 0.0).then(|| 100.0 * self.failed / self.took)
    }

    fn p99(&self) -> Option<f64> {
        self.latencies.quantile(0.99).map(|seconds| seconds * 1000.0)
    }
}

impl Measured {
    fn add(&mut self, second: &Facts) {
        let flow = second.flow;
        self.seconds += 1.0;
        if let Some(cpu) = second.cpu {
            self.manned += 1.0;
            self.busy += cpu;
        }
        self.offered += flow.offered;
        self.left += flow.served + flow.given_up;
        self.failed += second.failed();
        if second.has_database {
            self.databased += 1.0;
            self.fullest += second.connections.fullest.min(1.0);
        }
        if let Some(hits) = second.hits {
            self.cached += 1.0;
            self.hits += hits;
        }
        self.backlog += second.backlog;
        self.announced += second.announced;
        second.answers_to(&mut self.latencies);
        if let Some(Sides { stable, candidate, .. }) = second.sides.as_deref() {
            let [own, beside] = &mut **self.sides.get_or_insert_default();
            own.add(stable);
            beside.add(candidate);
        }
    }

    /// Takes in another period.
    fn take_in(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.manned += other.manned;
        self.busy += other.busy;
        self.offered += other.offered;
        self.left += other.left;
        self.failed += other.failed;
        self.fullest += other.fullest;
        self.backlog += other.backlog;
        self.hits += other.hits;
        self.cached += other.cached;
        self.announced += other.announced;
        self.databased += other.databased;
        self.latencies.take_in(&other.latencies);
        if let Some(sides) = &other.sides {
            let ours = self.sides.get_or_insert_default();
            ours.iter_mut().zip(&**sides).for_each(|(ours, theirs)| ours.take_in(theirs));
        }
    }

    fn values(&self) -> Values {
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| 100.0 * part / whole);
        let mean = |sum: f64| (self.seconds > 0.0).then(|| sum / self.seconds);
        let values = [
            (Metric::Cpu, share(self.busy, self.manned)),
            (Metric::Rps, mean(self.offered)),
            (Metric::P99, self.latencies.quantile(0.99).map(|seconds| seconds * 1000.0)),
            (Metric::Connections, share(self.fullest, self.databased)),
            (Metric::Errors, share(self.failed, self.left)),
            (Metric::Backlog, mean(self.backlog)),
            (Metric::Hits, share(self.hits, self.cached)),
            (Metric::Announced, mean(self.announced)),
        ];
        let known = |(metric, value): (Metric, Option<f64>)| Some((metric, Some(value?)));
        let mut values: Values = values.into_iter().filter_map(known).collect();
        if let Some([stable, candidate]) = self.sides.as_deref() {
            values.insert(Metric::CanaryRequests, Some(candidate.took));
            values.insert(Metric::CanaryErrors, candidate.errors());
            values.insert(Metric::CanaryP99, candidate.p99());
            values.insert(Metric::StableErrors, stable.errors());
            values.insert(Metric::StableP99, stable.p99());
        }
        values
    }
}

/// Everything that was published of late.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    model: FeedModel,
    faults: Vec<MetricFault>,
    started: Timestamp,
    /// The period that is still open.
    open: Measured,
    /// The latest periods that have ended, as many as a window has; none where a window is one period.
    before: VecDeque<Measured>,
    published: VecDeque<Published>,
    /// The luck of numbers that are lost.
    luck: Stream,
}

impl Feed {
    /// How long published windows are kept.
    const KEEP: Span = Span::from_minutes(24 * 60);

    pub(super) fn new(
        model: FeedModel,
        faults: Vec<MetricFault>,
        started: Timestamp,
        luck: Stream,
    ) -> Self {
        let (open, before, published) = (Measured::default(), VecDeque::new(), VecDeque::new());
        Self { model, faults, started, open, before, published, luck }
    }

    /// Takes in the second that ended at `now`.
    pub(super) fn add(&mut self, second: &Facts, now: Span) {
        self.open.add(second);
        if now.ms().is_multiple_of(self.model.period.ms()) {
            let mut values = self.window().values();
            if self.model.lost > 0.0 {
                values.retain(|_, _| self.luck.uniform() >= self.model.lost);
            }
            self.published.push_back(Published { end: now, values });
            let horizon = now.minus(Self::KEEP);
            while self.published.front().is_some_and(|oldest| oldest.end < horizon) {
                self.published.pop_front();
            }
        }
    }

    /// What was measured in the window that ends with the open period, which is closed; at first the
    /// window is shorter.
    fn window(&mut self) -> Measured {
        let mut last = std::mem::take(&mut self.open);
        let periods = self.model.periods();
        if periods > 1 {
            self.before.push_back(last.clone());
            while self.before.len() > periods {
                self.before.pop_front();
            }
            self.before.iter().rev().skip(1).for_each(|earlier| last.take_in(earlier));
        }
        last
    }

    /// What a reader gets to hear of `metric` at `now`.
    pub(super) fn read(&self, metric: Metric, now: Span) -> Reading {
        let active = |fault: &&MetricFault| {
            fault.metric == metric && fault.from <= now && now < fault.from + fault.lasts
        };
        let Some(fault) = self.faults.iter().find(active) else {
            return self.told(metric, now, Span::ZERO);
        };
        match fault.kind {
            MetricFaultKind::Dropped => Reading::Failed("the metrics server did not answer".into()),
            MetricFaultKind::NotANumber => Reading::Absent("the value is NaN".into()),
            MetricFaultKind::Stale => self.told(metric, fault.from, Span::ZERO),
            MetricFaultKind::Frozen => self.told(metric, fault.from, now.minus(fault.from)),
        }
    }

    /// What could be read at `at`, with its stamp moved on by `younger`.
    fn told(&self, metric: Metric, at: Span, younger: Span) -> Reading {
        let shown = self.published.partition_point(|window| window.end + self.model.delay <= at);
        let Some(window) = shown.checked_sub(1).and_then(|last| self.published.get(last)) else {
            return Reading::Absent("no window was published yet".into());
        };
        match window.values.get(&metric) {
            Some(None) => Reading::Empty,
            told => told
                .and_then(|value| Sample::new(self.started + window.end + younger, (*value)?))
                .map_or_else(|| Reading::Absent("the window is empty".into()), Reading::Sample),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::Flow;
    use super::*;
    use crate::chance::Chance;

    fn feed(faults: Vec<MetricFault>) -> Feed {
        let model = FeedModel::new(Span::from_secs(15), Span::from_secs(10));
        let mut feed =
            Feed::new(model, faults, Timestamp::from_ms(0), Chance::new(1).stream("metrics", 0));
        for second in 1..=300_u32 {
            let flow = Flow { offered: f64::from(second), ..Flow::default() };
            let cpu = Some(f64::from(second) / 300.0);
            let facts = Facts { flow, cpu, ..Facts::default() };
            feed.add(&facts, Span::from_secs(u64::from(second)));
        }
        feed
    }

    #[track_caller]
    fn check(feed: &Feed, metric: Metric, now: u64, expected: Option<(i64, f64)>) {
        let heard = match feed.read(metric, Span::from_secs(now)) {
            Reading::Sample(sample) => Some((sample.at.ms() / 1000, sample.value())),
            Reading::Each(_)
            | Reading::Partly(..)
            | Reading::Absent(_)
            | Reading::Failed(_)
            | Reading::Empty => None,
        };
        assert_eq!(heard, expected, "{metric:?} at {now} s");
    }

    #[test]
    fn a_window_is_read_only_after_its_delay_and_stamped_with_its_end() {
        let feed = feed(vec![]);
        check(&feed, Metric::Rps, 24, None);
        check(&feed, Metric::Rps, 25, Some((15, 8.0)));
        check(&feed, Metric::Rps, 39, Some((15, 8.0)));
        check(&feed, Metric::Rps, 40, Some((30, 23.0)));
    }

    #[test]
    fn a_window_of_several_periods_speaks_for_all_of_them_and_comes_every_period() {
        let (period, window) = (Span::from_secs(15), Span::from_secs(60));
        let mut feed = feed(vec![]);
        feed.model = FeedModel { window, ..FeedModel::new(period, Span::ZERO) };
        for second in 301..=360_u32 {
            let flow = Flow { offered: f64::from(second), ..Flow::default() };
            feed.add(&Facts { flow, ..Facts::default() }, Span::from_secs(u64::from(second)));
        }
        check(&feed, Metric::Rps, 315, Some((315, 308.0)));
        check(&feed, Metric::Rps, 345, Some((345, 323.0)));
        check(&feed, Metric::Rps, 360, Some((360, 330.5)));
    }

    #[test]
    fn what_was_not_measured_is_absent_and_never_zero() {
        check(&feed(vec![]), Metric::P99, 100, None);
        check(&feed(vec![]), Metric::Errors, 100, None);
    }

    #[test]
    fn a_fault_takes_a_number_away_or_makes_it_old() {
        let fault = |kind| {
            let (from, lasts) = (Span::from_secs(100), Span::from_secs(60));
            feed(vec![MetricFault { metric: Metric::Rps, from, lasts, kind }])
        };
        check(&fault(MetricFaultKind::Dropped), Metric::Rps, 120, None);
        check(&fault(MetricFaultKind::NotANumber), Metric::Rps, 120, None);
        check(&fault(MetricFaultKind::Stale), Metric::Rps, 120, Some((90, 83.0)));
        check(&fault(MetricFaultKind::Frozen), Metric::Rps, 120, Some((110, 83.0)));
        check(&fault(MetricFaultKind::Dropped), Metric::Rps, 160, Some((150, 143.0)));
    }
}
