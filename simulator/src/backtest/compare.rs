//! What is better and what is worse, and when.

use super::life::Life;
use setpoint_core::{Span, Timestamp};

/// What is better and what is worse.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Minutes over the objective that there are more of.
    pub minutes: i64,
    /// Member hours that there are more of.
    pub member_hours: f64,
    /// When the objective is held that was missed, the longest first.
    pub better: Vec<Stretch>,
    /// When it is missed that was held, the longest first.
    pub worse: Vec<Stretch>,
}

/// A stretch of time in which one life misses the objective and the other does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// When it begins.
    pub from: Timestamp,
    /// How long it is, short spells in between included.
    pub lasts: Span,
    /// The minutes of it that differ.
    pub minutes: usize,
    /// The largest load in it, in requests per second.
    pub rps: f64,
    /// Members that served at that load: today, and with the policy.
    pub ready: (u32, u32),
}

/// Minutes between two spells that are told as one.
const NEAR: usize = 10;

/// How the policy's life differs from today's.
pub(super) fn compare(today: &Life, policy: &Life, start: Timestamp) -> Change {
    let minutes = |life: &Life| i64::try_from(life.over()).unwrap_or(i64::MAX);
    let differs = |old: bool, new: bool| {
        let pairs = today.minutes.iter().zip(&policy.minutes);
        let found = pairs.enumerate().filter(|(_, (a, b))| (a.over, b.over) == (old, new));
        found.map(|(minute, _)| minute).collect::<Vec<usize>>()
    };
    let told = |minutes: Vec<usize>| stretches(today, policy, &minutes, start);
    Change {
        minutes: minutes(policy) - minutes(today),
        member_hours: policy.member_hours - today.member_hours,
        better: told(differs(true, false)),
        worse: told(differs(false, true)),
    }
}

fn stretches(today: &Life, policy: &Life, minutes: &[usize], start: Timestamp) -> Vec<Stretch> {
    let spells = minutes.chunk_by(|a, b| b - a <= NEAR);
    let told = spells.filter_map(|spell| {
        let (first, last) = (*spell.first()?, *spell.last()?);
        let looks = (first..=last)
            .filter_map(|minute| Some((today.minutes.get(minute)?, policy.minutes.get(minute)?)));
        let peak = looks.max_by(|a, b| a.0.rps.total_cmp(&b.0.rps))?;
        Some(Stretch {
            from: start + Span::from_minutes(first as u64),
            lasts: Span::from_minutes((last - first + 1) as u64),
            minutes: spell.len(),
            rps: peak.0.rps,
            ready: (peak.0.ready, peak.1.ready),
        })
    });
    let mut told: Vec<Stretch> = told.collect();
    told.sort_by(|a, b| b.minutes.cmp(&a.minutes).then(a.from.cmp(&b.from)));
    told
}

#[cfg(test)]
mod tests {
    use super::{super::life::Look, *};
    use crate::score::Score;

    fn life(over: &[usize]) -> Life {
        let look =
            |minute: usize| Look { over: over.contains(&minute), rps: minute as f64, ready: 3 };
        let minutes = (0..60).map(look).collect();
        Life { name: "x".into(), score: Score::default(), member_hours: 1.0, minutes }
    }

    #[test]
    fn what_is_missed_by_both_is_neither_better_nor_worse() {
        let change = compare(&life(&[1, 2, 3]), &life(&[1, 2, 3]), Timestamp::from_ms(0));
        assert_eq!((change.minutes, change.better.len(), change.worse.len()), (0, 0, 0));
    }

    #[test]
    fn spells_that_are_near_are_told_as_one_and_the_longest_first() {
        let change = compare(&life(&[5, 40, 41, 45]), &life(&[20]), Timestamp::from_ms(0));
        assert_eq!(change.minutes, -3);
        let told: Vec<_> =
            change.better.iter().map(|it| (it.from.ms() / 60_000, it.minutes)).collect();
        assert_eq!(told, [(40, 3), (5, 1)]);
        assert_eq!(change.better[0].lasts, Span::from_minutes(6));
        assert_eq!((change.better[0].rps, change.worse[0].minutes), (45.0, 1));
    }
}
