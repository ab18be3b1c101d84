//! How metrics come: how often there is a new one, and how old it is when it can be read first.
//!
//! Told by stamps alone: when a sample was taken, beside when it was read. What a server keeps
//! of its past says when samples were taken, and not when they could be read.

use crate::history::History;
use setpoint_core::Span;

/// How metrics come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// From one sample to the next: the median.
    pub period: Span,
    /// From when a sample was taken until it could be read: the median.
    pub delay: Span,
    /// How finely that is known: the step of the history.
    pub resolution: Span,
    /// The samples that it rests on.
    pub samples: usize,
}

/// The fewest samples from which anything is told.
const FEWEST: usize = 10;

/// Tells how metrics come, or why that cannot be told.
pub(super) fn feed(history: &History) -> Result<Feed, String> {
    let mut last = None;
    let (mut periods, mut delays) = (Vec::new(), Vec::new());
    for step in 0..history.len() {
        let Some(stamp) = history.stamp(step) else {
            last = None;
            continue;
        };
        if let Some(last) = last.filter(|last| *last < stamp) {
            periods.push(stamp.since(last));
            delays.push(history.time(step).since(stamp));
        }
        last = Some(stamp);
    }
    if periods.len() < FEWEST {
        return Err("there are no stamps that tell when samples were taken".to_owned());
    }
    let samples = periods.len();
    let median = |mut spans: Vec<Span>| {
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied().unwrap_or_default()
    };
    let (period, delay) = (median(periods), median(delays));
    Ok(Feed { period, delay, resolution: history.step(), samples })
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::Timestamp;

    #[test]
    fn a_sample_is_as_late_as_it_is_old_when_it_is_first_read() {
        let (start, step) = (Timestamp::from_ms(0), Span::from_secs(5));
        let mut history = History::new(start, step, 400);
        for i in 0..400_u64 {
            // Every 60 s a sample, to be read 30 s later.
            let taken = (5 * i).saturating_sub(30) / 60 * 60;
            history.put_stamp(i as usize, start + Span::from_secs(taken));
        }
        let feed = feed(&history).unwrap();
        assert_eq!((feed.period, feed.delay), (Span::from_secs(60), Span::from_secs(30)));
    }

    #[test]
    fn without_stamps_nothing_is_told() {
        let history = History::new(Timestamp::from_ms(0), Span::from_secs(5), 400);
        assert!(feed(&history).is_err());
    }
}
