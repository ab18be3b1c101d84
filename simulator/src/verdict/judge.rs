//! One limit, judged.

use super::{
    interval::{self, Interval},
    limit::{Bound, Limit, Unit},
    run::{Evidence, Measured},
};
use crate::trouble::Trouble;

/// How a measure stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is within, as far as can be told.
    Within,
    /// It is within, and chance may hide that it is not.
    Unsure,
    /// It is beyond, and chance alone may have brought that about.
    Noise,
    /// It is beyond.
    Beyond,
}

/// One limit, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The limit.
    pub limit: Limit,
    /// How the measure stands to it.
    pub outcome: Outcome,
    /// The baseline's figure, or the mean of several.
    pub baseline: f64,
    /// The candidate's.
    pub candidate: f64,
    /// The least and the most that the change may really be, each as sure as was asked for.
    pub change: Option<(f64, f64)>,
    /// What the judgement rests on, for people.
    pub basis: String,
    pub(super) unit: Unit,
    /// The candidate's figure at which the limit lies.
    pub(super) at: f64,
}

/// Compares one measure with its limit.
///
/// Fails if the two sides count in different units, or the limit in none of theirs.
pub(super) fn judge(
    limit: &Limit,
    old: &Measured,
    new: &Measured,
    confidence: f64,
) -> Result<Judged, Trouble> {
    if old.unit != new.unit {
        let what = format!("`{}` is of different units in the two", limit.measure());
        return Err(Trouble::file(what));
    }
    let bound = limit.bound(old.unit)?;
    let (baseline, candidate) = (old.evidence.mean(), new.evidence.mean());
    let over = |times| compared(&old.evidence, &new.evidence, times, confidence);
    let (interval, basis) = over(bound.times);
    let excess = candidate - bound.times * baseline - bound.plus;
    let outcome = match interval {
        None => plain(excess, bound),
        Some(interval) => with_noise(interval, bound),
    };
    let (change, _) = over(1.0);
    Ok(Judged {
        limit: limit.clone(),
        outcome,
        baseline,
        candidate,
        change: change.map(|change| (change.low, change.high)),
        basis,
        unit: old.unit,
        at: bound.times * baseline + bound.plus,
    })
}

fn plain(excess: f64, bound: Bound) -> Outcome {
    let excess = if bound.is_lower { -excess } else { excess };
    if is_above(excess, 0.0) { Outcome::Beyond } else { Outcome::Within }
}

fn with_noise(interval: Interval, bound: Bound) -> Outcome {
    let Interval { value, low, high } = interval;
    let (value, least, most, limit) = match bound.is_lower {
        false => (value, low, high, bound.plus),
        true => (-value, -high, -low, -bound.plus),
    };
    match () {
        () if is_above(least, limit) => Outcome::Beyond,
        () if is_above(value, limit) => Outcome::Noise,
        () if is_above(most, limit) => Outcome::Unsure,
        () => Outcome::Within,
    }
}

/// Above by more than the arithmetic loses.
fn is_above(value: f64, limit: f64) -> bool {
    value - limit > 1e-9 * value.abs().max(limit.abs()).max(1e-6)
}

/// What chance can make of the candidate less so many times the baseline, and what that rests
/// on. Shares are in percent.
fn compared(
    old: &Evidence,
    new: &Evidence,
    times: f64,
    confidence: f64,
) -> (Option<Interval>, String) {
    match (old, new) {
        (Evidence::Count(old), Evidence::Count(new)) => {
            let found = interval::of_counts(*old, *new, times, confidence);
            let percent = |share: f64| 100.0 * share;
            let (value, low, high) =
                (percent(found.value), percent(found.low), percent(found.high));
            let basis = format!("{:.0} and {:.0} samples", old.of, new.of);
            (Some(Interval { value, low, high }), basis)
        }
        (Evidence::Seeds(old), Evidence::Seeds(new)) => {
            let pairs: Vec<(f64, f64)> = old.values().copied().zip(new.values().copied()).collect();
            // What a seed without its partner says would be in one mean and not in the other.
            let is_paired = old.keys().eq(new.keys());
            match interval::of_pairs(&pairs, times, confidence).filter(|_| is_paired) {
                Some(found) => (Some(found), format!("{} paired seeds", pairs.len())),
                None => of_runs(&all(old.values()), &all(new.values()), times, confidence, "seeds"),
            }
        }
        (Evidence::Runs(old), Evidence::Runs(new)) => of_runs(old, new, times, confidence, "runs"),
        _ => (None, "nothing is known of its noise".to_owned()),
    }
}

fn all<'a>(values: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    values.copied().collect()
}

fn of_runs(
    old: &[f64],
    new: &[f64],
    times: f64,
    confidence: f64,
    what: &str,
) -> (Option<Interval>, String) {
    match interval::of_runs(old, new, times, confidence) {
        Some(found) => (Some(found), format!("{} and {} {what}", old.len(), new.len())),
        None => (None, "nothing is known of its noise".to_owned()),
    }
}
