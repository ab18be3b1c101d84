//! How long a member takes to serve: the members asked for rise, those that serve follow.
//!
//! Members are told apart only by their order: the first that was asked for counts as the
//! first that serves. Where launches overlap that mixes them up, which leaves the median and the
//! mean as they are and makes the spread a little smaller.

use crate::history::{Column, History};
use setpoint_core::Span;
use std::collections::{BTreeMap, VecDeque};

/// The fewest launches from which anything is told.
const FEWEST: u64 = 5;

/// How long a member takes to serve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boot {
    /// Half of the members took less, in seconds.
    pub median: f64,
    /// The standard error of that in seconds: of the draws, and of half a step, within which
    /// nothing is seen.
    pub error: f64,
    /// The standard deviation of the logarithm.
    pub sigma: f64,
    /// The launches that it rests on.
    pub launches: u64,
}

/// Fits the boot time, or says why that cannot be.
pub(super) fn boot(history: &History) -> Result<Boot, String> {
    for column in [Column::Ready, Column::Desired] {
        if history.columns().all(|known| known != column) {
            return Err(format!("there is no column `{column}`"));
        }
    }
    let steps = boots(history);
    let launches: u64 = steps.values().sum();
    if launches < FEWEST {
        return Err(format!("{launches} launches can be followed, {FEWEST} are needed"));
    }
    Ok(spread(&steps, launches, history.step()))
}

/// How many members took how many steps.
fn boots(history: &History) -> BTreeMap<usize, u64> {
    let mut boots = BTreeMap::new();
    let mut launches = Launches::default();
    for step in 0..history.len() {
        let number = |column| history.get(column, step).map(|value| value.round() as u64);
        match number(Column::Desired).zip(number(Column::Ready)) {
            Some((desired, ready)) => launches.step(step, desired, ready, &mut boots),
            None => launches = Launches::default(),
        }
    }
    boots
}

/// Members on their way.
#[derive(Default)]
struct Launches {
    desired: Option<u64>,
    /// When each was asked for, the oldest first. Nothing of those that were on their way when
    /// the look began, or that replace a member that was lost: nobody saw them begin.
    since: VecDeque<Option<usize>>,
}

impl Launches {
    fn step(&mut self, step: usize, desired: u64, ready: u64, boots: &mut BTreeMap<usize, u64>) {
        let before = self.desired.replace(desired);
        match before {
            None => {}
            Some(before) if desired >= before => {
                self.since.extend((before..desired).map(|_| Some(step)));
            }
            // The newest go first, as in most groups.
            Some(before) => {
                let left = self.since.len().saturating_sub((before - desired) as usize);
                self.since.truncate(left);
            }
        }
        let on_their_way = desired.saturating_sub(ready) as usize;
        while self.since.len() > on_their_way {
            if let Some(Some(since)) = self.since.pop_front() {
                *boots.entry(step - since).or_default() += 1;
            }
        }
        self.since.resize(on_their_way, None);
    }
}

/// The median and the spread of times that are known to within a step.
///
/// A time between two looks is a time anywhere in the step around it: quantiles are read
/// between the counts, and the variance that the looks add (two of them, each uniform: a sixth of a
/// step's square) is taken off. A lognormal time is `sinh σ` medians from its median to
/// halfway between its 16 % and 84 % quantiles.
fn spread(steps: &BTreeMap<usize, u64>, launches: u64, step: Span) -> Boot {
    let n = launches as f64;
    let seconds = step.secs();
    let at = |share: f64| (quantile(steps, share * n) * seconds).max(0.0);
    let median = at(0.5);
    let half = (at(0.8413) - at(0.1587)) / 2.0;
    let own = (half * half - seconds * seconds / 6.0).max(0.0).sqrt();
    let sigma = if median > 0.0 { (own / median).asinh() } else { 0.0 };
    // The error of a median is 1.2533 times that of a mean.
    let error = (1.2533 * half / n.sqrt()).hypot(seconds / 2.0);
    Boot { median, error, sigma, launches }
}

/// The number of steps below which `rank` of the times are.
fn quantile(steps: &BTreeMap<usize, u64>, rank: f64) -> f64 {
    let mut below = 0.0;
    for (taken, count) in steps {
        let count = *count as f64;
        if below + count >= rank {
            return *taken as f64 - 0.5 + (rank - below) / count;
        }
        below += count;
    }
    steps.last_key_value().map_or(0.0, |(taken, _)| *taken as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::Timestamp;

    #[track_caller]
    fn check(rows: &[(f64, f64)], expected: &[(usize, u64)]) {
        let mut history = History::new(Timestamp::from_ms(0), Span::from_secs(15), rows.len());
        for (step, (desired, ready)) in rows.iter().enumerate() {
            history.put(Column::Desired, step, *desired);
            history.put(Column::Ready, step, *ready);
        }
        assert_eq!(boots(&history), expected.iter().copied().collect());
    }

    #[test]
    fn who_was_asked_for_first_serves_first() {
        check(&[(2.0, 2.0), (4.0, 2.0), (5.0, 2.0), (5.0, 4.0), (5.0, 5.0)], &[(2, 3)]);
        check(&[(2.0, 2.0), (4.0, 2.0), (5.0, 3.0), (5.0, 5.0)], &[(1, 2), (2, 1)]);
    }

    #[test]
    fn who_was_not_seen_to_be_asked_for_tells_nothing() {
        // On its way at the start; and lost without anybody asking for another.
        check(&[(3.0, 2.0), (3.0, 2.0), (3.0, 3.0)], &[]);
        check(&[(3.0, 3.0), (3.0, 2.0), (3.0, 2.0), (3.0, 3.0)], &[]);
        // A gap: what went on in it is not known. A value below zero is put down as one.
        check(&[(2.0, 2.0), (3.0, 2.0), (-1.0, 2.0), (3.0, 3.0)], &[]);
    }

    #[test]
    fn a_launch_that_was_taken_back_never_counts() {
        check(&[(2.0, 2.0), (4.0, 2.0), (2.0, 2.0), (2.0, 2.0)], &[]);
        check(&[(2.0, 2.0), (4.0, 2.0), (3.0, 2.0), (3.0, 3.0)], &[(2, 1)]);
    }
}
