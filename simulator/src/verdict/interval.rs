//! What chance alone can make of a difference.
//!
//! All of it is about `candidate − times × baseline`: a share of the baseline that may be added
//! is a factor, so that a limit in percent is judged by the same arithmetic as one in
//! milliseconds.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A difference, and between which bounds it is when chance is taken out, each bound by itself
/// as sure as was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// How often something happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Count {
    pub(super) hits: f64,
    pub(super) of: f64,
}

impl Count {
    pub(super) fn share(self) -> f64 {
        self.hits / self.of
    }

    /// The bounds of the share behind the count.
    /// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    /// inference", 1927. It holds for rare events and for none at all.
    fn wilson(self, z: f64) -> (f64, f64) {
        let (p, n, zz) = (self.share(), self.of, z * z);
        let centre = (p + zz / (2.0 * n)) / (1.0 + zz / n);
        let half = z / (1.0 + zz / n) * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
        (if p > 0.0 { centre - half } else { 0.0 }, if p < 1.0 { centre + half } else { 1.0 })
    }
}

/// Of two counts: the bounds of each share are combined.
/// Source: R. G. Newcombe, "Interval estimation for the difference between independent
/// proportions", 1998, method 10; with a factor by G. Y. Zou and A. Donner, "Construction of
/// confidence limits about effect measures", 2008.
pub(super) fn of_counts(old: Count, new: Count, times: f64, confidence: f64) -> Interval {
    let z = Normal::standard().inverse_cdf(confidence);
    let ((old_low, old_high), (new_low, new_high)) = (old.wilson(z), new.wilson(z));
    let (p, q) = (old.share(), new.share());
    let value = q - times * p;
    Interval {
        value,
        low: value - (q - new_low).hypot(times * (old_high - p)),
        high: value + (new_high - q).hypot(times * (p - old_low)),
    }
}

/// Of pairs that share their luck: Student's t of their differences. `None` of fewer than two.
pub(super) fn of_pairs(pairs: &[(f64, f64)], times: f64, confidence: f64) -> Option<Interval> {
    let differences: Vec<f64> = pairs.iter().map(|(old, new)| new - times * old).collect();
    let (mean, variance) = moments(&differences)?;
    let n = differences.len() as f64;
    student(mean, variance / n, n - 1.0, confidence)
}

/// Of runs that share nothing: B. L. Welch's t, 1947. `None` of fewer than two on either side.
pub(super) fn of_runs(old: &[f64], new: &[f64], times: f64, confidence: f64) -> Option<Interval> {
    let ((old_mean, old_variance), (new_mean, new_variance)) = (moments(old)?, moments(new)?);
    let (n, m) = (old.len() as f64, new.len() as f64);
    let (a, b) = (times * times * old_variance / n, new_variance / m);
    let freedom = (a + b).powi(2) / (a * a / (n - 1.0) + b * b / (m - 1.0));
    student(new_mean - times * old_mean, a + b, freedom, confidence)
}

fn student(mean: f64, variance: f64, freedom: f64, confidence: f64) -> Option<Interval> {
    if variance == 0.0 {
        return Some(Interval { value: mean, low: mean, high: mean });
    }
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(confidence);
    let half = t * variance.sqrt();
    Some(Interval { value: mean, low: mean - half, high: mean + half })
}

/// The mean and the variance of a sample of two or more.
fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, squares / (n - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[track_caller]
    fn near(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 5e-4, "{actual}, not {expected}");
    }

    #[test]
    fn the_interval_of_two_shares_is_newcombes() {
        // His example (a): 56 of 70 against 48 of 80, 95 % on both sides: 0.0524 to 0.3339.
        let (new, old) = (Count { hits: 56.0, of: 70.0 }, Count { hits: 48.0, of: 80.0 });
        let interval = of_counts(old, new, 1.0, 0.975);
        near(interval.value, 0.2);
        near(interval.low, 0.0524);
        near(interval.high, 0.3339);
    }

    #[test]
    fn nothing_failed_twice_is_no_difference_and_not_certainty() {
        let none = Count { hits: 0.0, of: 1000.0 };
        let interval = of_counts(none, none, 1.0, 0.95);
        assert_eq!(interval.value, 0.0);
        assert!(interval.low < 0.0 && interval.high > 0.0 && interval.high < 0.004, "{interval:?}");
    }

    #[test]
    fn pairs_take_out_the_luck_that_they_share() {
        let pairs: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), f64::from(i) + 1.0)).collect();
        let interval = of_pairs(&pairs, 1.0, 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (1.0, 1.0));
        let (old, new): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let apart = of_runs(&old, &new, 1.0, 0.95).unwrap();
        near(apart.value, 1.0);
        assert!(apart.low < 0.0 && apart.high > 2.0, "{apart:?}");
    }

    #[test]
    fn student_s_t_is_in_the_tables() {
        // t of 95 % with 4 degrees of freedom: 2.1318.
        let values = [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (0.0, 4.0), (0.0, 5.0)];
        let interval = of_pairs(&values, 1.0, 0.95).unwrap();
        near(interval.high - 3.0, 2.1318 * (2.5_f64 / 5.0).sqrt());
    }

    #[test]
    fn one_run_tells_nothing_of_chance() {
        assert_eq!(of_runs(&[1.0], &[2.0, 3.0], 1.0, 0.95), None);
        assert_eq!(of_pairs(&[(1.0, 2.0)], 1.0, 0.95), None);
    }

    /// How often the lower bound is above a difference that is not there.
    #[test]
    fn noise_is_called_a_regression_about_as_often_as_was_agreed() {
        let chance = Chance::new(1);
        let count = |nth: u64, side: &str| {
            let mut stream = chance.stream(side, nth);
            let hits = (0..2000).filter(|_| stream.uniform() < 0.01).count();
            Count { hits: hits as f64, of: 2000.0 }
        };
        let alarms = (0..1000)
            .filter(|nth| of_counts(count(*nth, "old"), count(*nth, "new"), 1.0, 0.95).low > 0.0)
            .count();
        assert!((20..=70).contains(&alarms), "{alarms} of 1000");
    }
}
