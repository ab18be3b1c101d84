//! The score of a run, kept second by second in little memory.

use super::{
    demand::{ALLOWED, Demand},
    elasticity::Elasticity,
};
use std::{collections::VecDeque, sync::Arc};

/// What one second came to, for the score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Second {
    /// Requests that arrived, first attempts, undegraded: what demand is made of.
    pub offered: f64,
    /// Requests with a good answer.
    pub served: f64,
    /// Of those, the ones that waited too long.
    pub slow: f64,
    /// Requests without a good answer.
    pub failed: f64,
    /// Whether features were off.
    pub degraded: bool,
    /// Members that served.
    pub ready: u32,
    /// Members asked for.
    pub desired: u32,
}

/// How a run went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Requests that arrived.
    pub offered: f64,
    /// Requests without a good answer, in percent.
    pub failed_pct: f64,
    /// Requests whose answer had to wait too long, in percent.
    pub slow_pct: f64,
    /// Requests served while features were off, in percent.
    pub degraded_pct: f64,
    /// How supply followed demand.
    pub elasticity: Elasticity,
    /// Changes of the size asked for.
    pub adaptations: u32,
    /// Of those, the ones that went the other way than the one before.
    pub direction_changes: u32,
    /// Scale-ins that were taken back within ten minutes.
    pub needless: u32,
    /// The most members asked for.
    pub max_instances: u32,
    /// Times in which the objective was not held, at least a minute apart.
    pub violations: u32,
    /// All their seconds.
    pub violated_s: u32,
    /// The seconds of the longest.
    pub worst_violation_s: u32,
}

impl Score {
    /// Seconds from the beginning of a violation until it is over for a minute at least, on
    /// average; none without one.
    pub fn recovery_s(&self) -> Option<f64> {
        (self.violations > 0).then(|| f64::from(self.violated_s) / f64::from(self.violations))
    }

    /// The share of clients who were content, the merely served counting half (Apdex).
    pub fn apdex(&self) -> f64 {
        1.0 - (self.failed_pct + self.slow_pct / 2.0) / 100.0
    }
}

/// Seconds in a turn: the step in which changes of supply and demand are compared.
const TURN: u32 = 60;
/// Seconds without a violation that end it.
const CALM: u32 = 60;
/// Seconds within which a scale-in that is taken back was needless.
const SOON: u32 = 600;

/// The score in the making.
#[derive(Clone, Debug)]
pub struct Ledger {
    demand: Arc<Demand>,
    now: u32,
    offered: f64,
    failed: f64,
    slow: f64,
    degraded: f64,
    elasticity: Elasticity,
    turn_offered: f64,
    moves: Moves,
    violations: Violations,
}

impl Ledger {
    /// Nothing has happened yet.
    pub fn new(demand: Arc<Demand>) -> Self {
        Self {
            demand,
            now: 0,
            offered: 0.0,
            failed: 0.0,
            slow: 0.0,
            degraded: 0.0,
            elasticity: Elasticity::default(),
            turn_offered: 0.0,
            moves: Moves::default(),
            violations: Violations::default(),
        }
    }

    /// Takes in a second, and tells how many members it needed.
    pub fn add(&mut self, second: &Second) -> u32 {
        let demand = self.demand.of(second.offered);
        self.elasticity.step(demand, second.ready);
        self.offered += second.offered;
        self.failed += second.failed;
        self.slow += second.slow;
        self.degraded += if second.degraded { second.served } else { 0.0 };
        self.moves.add(self.now, second.desired);
        let bad = second.slow + second.failed > ALLOWED * second.offered.max(second.served);
        self.violations.add(self.now, bad);
        self.turn_offered += second.offered;
        self.now += 1;
        if self.now.is_multiple_of(TURN) {
            let mean = std::mem::take(&mut self.turn_offered) / f64::from(TURN);
            self.elasticity.turn(self.demand.of(mean), second.ready);
        }
        demand
    }

    /// The score so far.
    pub fn score(&self) -> Score {
        let percent =
            |part: f64| if self.offered > 0.0 { 100.0 * part / self.offered } else { 0.0 };
        Score {
            offered: self.offered,
            failed_pct: percent(self.failed),
            slow_pct: percent(self.slow),
            degraded_pct: percent(self.degraded),
            elasticity: self.elasticity,
            adaptations: self.moves.adaptations,
            direction_changes: self.moves.direction_changes,
            needless: self.moves.needless,
            max_instances: self.moves.most,
            violations: self.violations.count,
            violated_s: self.violations.seconds,
            worst_violation_s: self.violations.worst,
        }
    }
}

/// How the size asked for moved.
#[derive(Clone, Debug, Default)]
struct Moves {
    last: Option<u32>,
    grew: Option<bool>,
    adaptations: u32,
    direction_changes: u32,
    needless: u32,
    most: u32,
    /// Sizes that were left by a scale-in of late, and when.
    left: VecDeque<(u32, u32)>,
}

impl Moves {
    fn add(&mut self, now: u32, desired: u32) {
        self.most = self.most.max(desired);
        let Some(before) = self.last.replace(desired).filter(|before| *before != desired) else {
            return;
        };
        let grew = desired > before;
        self.adaptations += 1;
        if self.grew.replace(grew).is_some_and(|last| last != grew) {
            self.direction_changes += 1;
        }
        self.left.retain(|(at, _)| now - at <= SOON);
        if grew {
            let back = self.left.iter().filter(|(_, size)| *size <= desired).count();
            self.left.retain(|(_, size)| *size > desired);
            self.needless += u32::try_from(back).unwrap_or(u32::MAX);
        } else {
            self.left.push_back((now, before));
        }
    }
}

/// When the objective was not held.
#[derive(Clone, Debug, Default)]
struct Violations {
    /// When the one under way began, and the last second of it.
    open: Option<(u32, u32)>,
    count: u32,
    seconds: u32,
    worst: u32,
}

impl Violations {
    fn add(&mut self, now: u32, bad: bool) {
        if !bad {
            return;
        }
        match &mut self.open {
            Some((began, last)) if now - *last <= CALM => {
                self.seconds += now - *last;
                *last = now;
                self.worst = self.worst.max(now + 1 - *began);
            }
            Some(_) | None => {
                self.open = Some((now, now));
                self.count += 1;
                self.seconds += 1;
                self.worst = self.worst.max(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Service;

    fn score(seconds: impl IntoIterator<Item = Second>) -> Score {
        let mut ledger = Ledger::new(Arc::new(Demand::new(Service::USUAL, 100.0)));
        for second in seconds {
            ledger.add(&second);
        }
        ledger.score()
    }

    fn second(failed: f64, desired: u32) -> Second {
        Second { offered: 100.0, served: 100.0 - failed, failed, desired, ..Second::default() }
    }

    #[test]
    fn a_violation_lasts_until_there_is_none_for_a_minute() {
        let bad = [10, 11, 40, 200];
        let seconds = (0..300).map(|s| second(if bad.contains(&s) { 5.0 } else { 0.5 }, 10));
        let score = score(seconds);
        assert_eq!((score.violations, score.worst_violation_s, score.violated_s), (2, 31, 32));
        assert_eq!(score.recovery_s(), Some(16.0));
    }

    #[test]
    fn a_scale_in_that_is_soon_taken_back_was_needless() {
        let sizes = |sizes: &[(u32, u32)]| {
            let all = sizes.iter().flat_map(|(size, s)| (0..*s).map(|_| second(0.0, *size)));
            score(all.collect::<Vec<_>>())
        };
        let soon = sizes(&[(20, 60), (18, 300), (20, 60)]);
        assert_eq!((soon.adaptations, soon.direction_changes, soon.needless), (2, 1, 1));
        let late = sizes(&[(20, 60), (18, 601), (20, 60)]);
        assert_eq!((late.adaptations, late.needless), (2, 0));
        let not_wholly = sizes(&[(20, 60), (10, 60), (15, 60)]);
        assert_eq!(not_wholly.needless, 0);
    }

    #[test]
    fn shares_are_of_what_arrived() {
        let score = score((0..100).map(|_| second(2.0, 10)));
        assert_eq!((score.failed_pct, score.offered), (2.0, 10_000.0));
        assert!((score.apdex() - 0.98).abs() < 1e-12);
    }
}
