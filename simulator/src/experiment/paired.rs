//! Differences between contenders that met the same luck.

use super::results::Results;
use crate::scenario::Measure;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// How far the mean of several differences lies from zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The mean.
    pub mean: f64,
    /// The half width of the interval that holds the true mean with 95 % confidence; none
    /// from a single pair.
    pub within: Option<f64>,
    /// Pairs.
    pub pairs: usize,
}

impl Difference {
    /// Of these differences; none without any. By Student's t: the pairs are independent.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let pairs = differences.len();
        if pairs == 0 {
            return None;
        }
        let n = pairs as f64;
        let mean = differences.iter().sum::<f64>() / n;
        let squares: f64 = differences.iter().map(|one| (one - mean).powi(2)).sum();
        let within = (pairs > 1).then(|| {
            let error = (squares / (n - 1.0) / n).sqrt();
            StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::NAN, |t| t.inverse_cdf(0.975)) * error
        });
        Some(Self { mean, within, pairs })
    }

    /// Whether zero lies outside of the interval.
    pub fn is_sure(&self) -> bool {
        self.within.is_some_and(|within| self.mean.abs() > within)
    }
}

/// A measure of two contenders, seed by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// What is measured.
    pub measure: Measure,
    /// The mean of the one, and of the other.
    pub means: (f64, f64),
    /// The other less the one.
    pub difference: Difference,
}

impl Paired {
    /// `other` against `one`; none where they have no seed in common.
    pub fn new(results: &Results, one: &str, other: &str, measure: Measure) -> Option<Self> {
        let pairs = results.of(one).filter_map(|row| {
            let twin = results.of(other).find(|twin| twin.cell.seed == row.cell.seed)?;
            Some((row.value(measure)?, twin.value(measure)?))
        });
        let pairs: Vec<(f64, f64)> = pairs.collect();
        let differences: Vec<f64> = pairs.iter().map(|(one, other)| other - one).collect();
        let difference = Difference::of(&differences)?;
        let n = pairs.len() as f64;
        let sums = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        Some(Self { measure, means: (sums.0 / n, sums.1 / n), difference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        // t(0.975, 3 degrees of freedom) = 3.182; s = 1.291, n = 4.
        let difference = Difference::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(difference.mean, 2.5);
        assert!((difference.within.unwrap() - 3.182 * 1.291 / 2.0).abs() < 0.002);
        assert!(difference.is_sure());
        assert_eq!(Difference::of(&[]), None);
        assert!(!Difference::of(&[5.0]).unwrap().is_sure());
    }
}
