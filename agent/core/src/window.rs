//! The recent past of one input, and the questions a policy may ask of it.
//!
//! Missing is not empty: a window answers only when its samples cover 90 % of it.
//! A sample speaks for the time until the next one, but for no longer than three
//! periods, so a gap stays a gap.

use crate::{Sample, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

/// The share of a window that its samples must cover before it answers.
const COVERAGE: f64 = 0.9;

/// The recent samples of one input, oldest first, each stamp once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    samples: VecDeque<Sample>,
    keep: Span,
    period: Span,
}

/// A question about the recent past.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stat {
    /// The largest value.
    Peak,
    /// The smallest value.
    Low,
    /// The mean, each sample weighing the same.
    Avg,
    /// The value below which the share `q` of the samples lies, by linear interpolation.
    Quantile(f64),
    /// The last value less the first, per second.
    Rate,
    /// The slope of the least-squares line, per second.
    Slope,
    /// The least-squares line through the window, this far beyond the latest sample.
    Forecast(Span),
}

/// Why a window has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum NoAnswer {
    /// No sample at all, or none young enough.
    Stale {
        /// The age of the latest sample, if there is one.
        age: Option<Span>,
        /// The age at which it counts as missing.
        max_age: Span,
    },
    /// The samples cover too little of the window.
    Uncovered {
        /// The window asked about.
        window: Span,
        /// The share of it that is covered.
        share: f64,
    },
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale { age: None, .. } => f.write_str("no sample yet"),
            Self::Stale { age: Some(age), max_age } => {
                write!(f, "the last sample is {age} old (limit {max_age})")
            }
            Self::Uncovered { window, share } => {
                let percent = (share * 100.0).floor();
                write!(f, "samples cover {percent} % of the last {window}, 90 % are needed")
            }
        }
    }
}

impl Window {
    /// A window that keeps samples for `keep`, one expected every `period`.
    pub fn new(keep: Span, period: Span) -> Self {
        Self { samples: VecDeque::new(), keep, period }
    }

    /// Keeps samples for `keep` from now on, one expected every `period`: another policy may
    /// look further back than the one for which they were kept.
    pub(crate) fn fit(&mut self, keep: Span, period: Span) {
        self.keep = keep;
        self.period = period;
    }

    /// Takes in a sample, unless its stamp is not newer than the latest one's.
    pub fn push(&mut self, sample: Sample) {
        if self.samples.back().is_some_and(|last| sample.at <= last.at) {
            return;
        }
        self.samples.push_back(sample);
        self.forget();
    }

    /// Takes in samples of the past wherever they belong; what is there already stays.
    pub(crate) fn fill(&mut self, samples: impl IntoIterator<Item = Sample>) {
        let samples = samples.into_iter().map(|sample| (sample.at, sample));
        let mut all: BTreeMap<Timestamp, Sample> = samples.collect();
        all.extend(self.samples.iter().map(|sample| (sample.at, *sample)));
        self.samples = all.into_values().collect();
        self.forget();
    }

    /// Whether samples cover enough of the `window` before `now` to answer.
    pub(crate) fn is_full(&self, window: Span, now: Timestamp) -> bool {
        self.coverage(window, now) >= COVERAGE
    }

    /// Lets go of what is older than is kept, counted from the latest.
    fn forget(&mut self) {
        let Some(latest) = self.samples.back() else { return };
        let horizon = latest.at - self.keep;
        while self.samples.get(1).is_some_and(|second| second.at <= horizon) {
            self.samples.pop_front();
        }
    }

    /// The samples kept, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        self.samples.iter().copied()
    }

    /// The latest sample, unless it is older than `max_age`.
    pub fn latest(&self, now: Timestamp, max_age: Span) -> Result<Sample, NoAnswer> {
        let stale = |age| NoAnswer::Stale { age, max_age };
        let last = self.samples.back().ok_or(stale(None))?;
        let age = now.since(last.at);
        if age > max_age { Err(stale(Some(age))) } else { Ok(*last) }
    }

    /// The answer of `stat` over the `window` before `now`, each sample first put through `of`.
    ///
    /// Fails if the latest sample is older than `max_age` or too little of the window is covered.
    pub fn ask(
        &self,
        stat: Stat,
        window: Span,
        now: Timestamp,
        max_age: Span,
        of: impl Fn(Sample) -> f64,
    ) -> Result<f64, NoAnswer> {
        let latest = self.latest(now, max_age)?;
        let share = self.coverage(window, now);
        if share < COVERAGE {
            return Err(NoAnswer::Uncovered { window, share });
        }
        let points: Vec<(f64, f64)> = self
            .samples
            .range(self.first_within(now - window)..)
            .copied()
            .map(|sample| (-latest.at.since(sample.at).secs(), of(sample)))
            .collect();
        Ok(answer(stat, &points).unwrap_or_else(|| of(latest)))
    }

    /// The place of the first sample that is not before `horizon`.
    fn first_within(&self, horizon: Timestamp) -> usize {
        self.samples.partition_point(|sample| sample.at < horizon)
    }

    /// The share of the `window` before `now` that samples speak for, 0 to 1.
    fn coverage(&self, window: Span, now: Timestamp) -> f64 {
        let horizon = now - window;
        let longest = self.period.times(3).ms();
        // The sample before the window may speak for its beginning; none before that one does.
        let speakers = self.samples.range(self.first_within(horizon).saturating_sub(1)..);
        let ends = speakers.clone().skip(1).map(|next| next.at).chain([now]);
        let covered: u64 = speakers
            .zip(ends)
            .map(|(sample, end)| {
                let end = end.min(sample.at + Span::from_ms(longest));
                end.since(sample.at.max(horizon)).ms()
            })
            .sum();
        // A window starts between two samples: what lies before the first is forgiven up to a period.
        covered.saturating_add(self.period.ms()).min(window.ms()) as f64 / window.ms().max(1) as f64
    }
}

/// `stat` over points of (seconds before the latest sample, value); `None` without enough of them.
fn answer(stat: Stat, points: &[(f64, f64)]) -> Option<f64> {
    let values = || points.iter().map(|(_, value)| *value);
    match stat {
        Stat::Peak => values().reduce(f64::max),
        Stat::Low => values().reduce(f64::min),
        Stat::Avg => {
            let n = points.len();
            (n > 0).then(|| values().sum::<f64>() / n as f64)
        }
        Stat::Quantile(q) => quantile(q, values().collect()),
        Stat::Rate => {
            let ((t0, first), (t1, last)) = (points.first()?, points.last()?);
            Some(if t1 > t0 { (last - first) / (t1 - t0) } else { 0.0 })
        }
        Stat::Slope => Some(line(points)?.0),
        Stat::Forecast(ahead) => {
            let (slope, at_latest) = line(points)?;
            Some(at_latest + slope * ahead.secs())
        }
    }
}

fn quantile(q: f64, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = q.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let (below, above) = (place.floor(), place.ceil());
    let value = |place: f64| values.get(place as usize).copied();
    Some(value(below)? + (value(above)? - value(below)?) * (place - below))
}

/// Slope and value at time zero of the least-squares line; flat through a single point.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    if points.is_empty() {
        return None;
    }
    let (mean_t, mean_v) = points.iter().fold((0.0, 0.0), |(t, v), p| (t + p.0 / n, v + p.1 / n));
    let (across, along) = points.iter().fold((0.0, 0.0), |(across, along), (t, v)| {
        (across + (t - mean_t) * (v - mean_v), along + (t - mean_t).powi(2))
    });
    let slope = if along > 0.0 { across / along } else { 0.0 };
    Some((slope, mean_v - slope * mean_t))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Span = Span::from_secs(15);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * 1000)
    }

    /// A window with `values`, 15 s apart, the last one at `at(0)`.
    fn window(values: &[f64]) -> Window {
        let mut window = Window::new(Span::from_minutes(30), EVERY);
        let first = 15 * (1 - i64::try_from(values.len()).unwrap());
        for (time, value) in (first..).step_by(15).zip(values) {
            window.push(Sample::new(at(time), *value).unwrap());
        }
        window
    }

    #[track_caller]
    fn check(values: &[f64], stat: Stat, expected: f64) {
        let span = Span::from_secs(15 * (values.len() as u64 - 1));
        let answer = window(values).ask(stat, span, at(0), EVERY.times(6), Sample::value).unwrap();
        assert!((answer - expected).abs() < 1e-9, "{stat:?} of {values:?}: {answer}");
    }

    #[test]
    fn it_answers_over_a_covered_window() {
        let values = [1.0, 4.0, 2.0, 3.0];
        check(&values, Stat::Peak, 4.0);
        check(&values, Stat::Low, 1.0);
        check(&values, Stat::Avg, 2.5);
        check(&values, Stat::Quantile(0.5), 2.5);
        check(&[0.0, 15.0, 30.0], Stat::Rate, 1.0);
        check(&[0.0, 15.0, 30.0], Stat::Slope, 1.0);
        check(&[0.0, 15.0, 30.0], Stat::Forecast(Span::from_secs(60)), 90.0);
        check(&[7.0, 7.0], Stat::Forecast(Span::from_minutes(9)), 7.0);
    }

    #[test]
    fn it_never_answers_from_a_stale_sample() {
        let window = window(&[1.0, 2.0]);
        let asked = window.ask(Stat::Peak, EVERY, at(91), Span::from_secs(90), Sample::value);
        assert!(matches!(asked, Err(NoAnswer::Stale { age: Some(_), .. })), "{asked:?}");
    }

    #[test]
    fn it_never_answers_for_time_it_has_not_seen() {
        let ten_minutes = Span::from_minutes(10);
        let window = window(&[1.0; 20]);
        let asked = window.ask(Stat::Low, ten_minutes, at(0), EVERY.times(6), Sample::value);
        assert_eq!(
            asked.unwrap_err().to_string(),
            "samples cover 50 % of the last 10m, 90 % are needed"
        );
    }

    #[test]
    fn a_gap_is_not_covered_by_the_sample_before_it() {
        let mut window = Window::new(Span::from_minutes(30), EVERY);
        for time in (-600..-300).chain(-60..1).filter(|time| time % 15 == 0) {
            window.push(Sample::new(at(time), 1.0).unwrap());
        }
        assert!(window.coverage(Span::from_minutes(10), at(0)) < 0.75);
    }

    #[test]
    fn it_keeps_what_a_longer_look_back_needs_from_when_it_is_wanted() {
        let mut window = Window::new(Span::from_secs(30), EVERY);
        let push = |window: &mut Window, time| {
            window.push(Sample::new(at(time), 1.0).unwrap());
        };
        (0..10).for_each(|step| push(&mut window, 15 * step));
        assert_eq!(window.samples().count(), 3);
        window.fit(Span::from_secs(60), EVERY);
        (10..20).for_each(|step| push(&mut window, 15 * step));
        assert_eq!(window.samples().count(), 5);
    }

    #[test]
    fn what_is_filled_in_later_never_replaces_what_was_seen_nor_goes_beyond_what_is_kept() {
        let mut filled = Window::new(Span::from_secs(60), EVERY);
        for time in [0, 15] {
            filled.push(Sample::new(at(time), 1.0).unwrap());
        }
        filled.fill((-20..2).map(|step| Sample::new(at(15 * step), 9.0).unwrap()));
        let samples: Vec<(i64, f64)> =
            filled.samples().map(|sample| (sample.at.ms() / 1000, sample.value())).collect();
        assert_eq!(samples, [(-45, 9.0), (-30, 9.0), (-15, 9.0), (0, 1.0), (15, 1.0)]);
    }

    #[test]
    fn it_takes_each_stamp_once_and_none_that_goes_back() {
        let mut window = window(&[1.0, 2.0]);
        let before = window.clone();
        window.push(Sample::new(at(0), 9.0).unwrap());
        window.push(Sample::new(at(-99), 9.0).unwrap());
        assert_eq!(window, before);
    }
}
