//! Whether what must hold held, and what that proves.

use super::results::{Results, Row};
use crate::scenario::{Against, Gate};
use statrs::distribution::{Beta, ContinuousCDF as _};
use std::fmt;

/// The risk of a wrong claim about all seeds that were not run.
const RISK: f64 = 0.001;

/// What came of every gate.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Each of them.
    pub gates: Vec<Judged>,
    /// Runs of policies in which a rule failed: who, and how.
    pub broken: Vec<(String, String)>,
}

/// What came of one gate.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The gate.
    pub gate: Gate,
    /// Whose runs.
    pub policy: String,
    /// Whether it held.
    pub pass: bool,
    /// The mean of what was measured; none without a run.
    pub mean: Option<f64>,
    /// The worst of it.
    pub worst: Option<f64>,
    /// Seeds in which it did not hold, of all; for means, none or all.
    pub violated: usize,
    /// Seeds.
    pub seeds: usize,
}

impl Verdict {
    /// Whether every gate held and no policy broke.
    pub fn pass(&self) -> bool {
        self.broken.is_empty() && self.gates.iter().all(|gate| gate.pass)
    }
}

/// Judges `results` by the gates of their scenario.
pub fn judge(results: &Results) -> Verdict {
    let first = results.scenario.contestants.first().map_or("", |one| one.name.as_str());
    let gates = results.scenario.gates.iter().map(|gate| {
        let policy = gate.policy.as_deref().unwrap_or(first);
        match &gate.against {
            Against::Max(max) => each(results, gate, policy, |value| value <= *max),
            Against::Min(min) => each(results, gate, policy, |value| value >= *min),
            Against::Times(times, rival) => means(results, gate, policy, (*times, 0.0), rival),
            Against::Over(over, rival) => means(results, gate, policy, (1.0, *over), rival),
        }
    });
    Verdict { gates: gates.collect(), broken: broken(results) }
}

/// Held by each seed, or by the share of them that the gate asks for.
fn each(results: &Results, gate: &Gate, policy: &str, holds: impl Fn(f64) -> bool) -> Judged {
    let values: Vec<f64> = values(results, gate, policy).collect();
    let (violated, seeds) = (values.iter().filter(|value| !holds(**value)).count(), values.len());
    let up = !matches!(gate.against, Against::Min(_));
    let worst = values.iter().copied().reduce(|a, b| if up { a.max(b) } else { a.min(b) });
    // A measure that means nothing in any run, such as a recovery without a violation, holds.
    let allowed = (1.0 - gate.share) * seeds as f64 + 1e-9;
    Judged {
        gate: gate.clone(),
        policy: policy.to_owned(),
        pass: violated as f64 <= allowed,
        mean: results.mean(policy, gate.measure),
        worst,
        violated,
        seeds,
    }
}

/// No more than so many times what the rival has, and so much.
fn means(
    results: &Results,
    gate: &Gate,
    policy: &str,
    (times, over): (f64, f64),
    rival: &str,
) -> Judged {
    let (mine, theirs) = (results.mean(policy, gate.measure), results.mean(rival, gate.measure));
    let pass = mine.zip(theirs).is_some_and(|(mine, theirs)| mine <= times * theirs + over);
    let seeds = values(results, gate, policy).count();
    let ratio = |(mine, theirs): (f64, f64)| (theirs != 0.0).then(|| mine / theirs);
    let worst = mine.zip(theirs).and_then(ratio);
    let violated = if pass { 0 } else { seeds };
    Judged {
        gate: gate.clone(),
        policy: policy.to_owned(),
        pass,
        mean: mine,
        worst,
        violated,
        seeds,
    }
}

fn values<'a>(
    results: &'a Results,
    gate: &'a Gate,
    policy: &'a str,
) -> impl Iterator<Item = f64> + 'a {
    results.of(policy).filter_map(|row| row.value(gate.measure))
}

/// Policies of which a rule failed, each once.
fn broken(results: &Results) -> Vec<(String, String)> {
    let mut broken: Vec<(String, String)> = Vec::new();
    let failed = |row: &Row| {
        let failure = row.cell.chronicle.as_ref()?.failure.as_ref()?;
        Some((row.policy.clone(), format!("seed {}, {failure}", row.cell.seed)))
    };
    for (policy, why) in results.rows.iter().filter_map(failed) {
        if !broken.iter().any(|(known, _)| *known == policy) {
            broken.push((policy, why));
        }
    }
    broken
}

/// The largest probability of a violation that is compatible with what was seen, at 99.9 %
/// confidence: the upper bound of Clopper and Pearson. Without a violation that is
/// 1 − 0.001^(1/n).
pub(super) fn bound(violated: usize, seeds: usize) -> f64 {
    if violated >= seeds {
        return 1.0;
    }
    let (bad, good) = (violated as f64 + 1.0, (seeds - violated) as f64);
    Beta::new(bad, good).map_or(1.0, |beta| beta.inverse_cdf(1.0 - RISK))
}

/// "0 of 135 seeds violated: P ≤ 5 % at 99.9 %"
impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { violated, seeds, .. } = self;
        match (&self.gate.against, self.worst) {
            (Against::Times(..) | Against::Over(..), Some(times)) => {
                return write!(f, "{times:.2} times, over {seeds} seeds");
            }
            (Against::Times(..) | Against::Over(..), None) => {
                return write!(f, "the other has none, over {seeds} seeds");
            }
            (Against::Max(_) | Against::Min(_), _) => {}
        }
        let percent = 100.0 * bound(*violated, *seeds);
        let rounded = (percent * 10.0).ceil() / 10.0;
        write!(f, "{violated} of {seeds} seeds violated: P ≤ {rounded} % at 99.9 %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_seeds_prove_what_scenario_theory_says() {
        // N ≥ ln β / ln(1 − ε): 135 seeds for 5 %, 688 for 1 %, at β = 0.001.
        for (seeds, most) in [(135, 0.05), (688, 0.01)] {
            let bound = bound(0, seeds);
            assert!((bound - (1.0 - 0.001_f64.powf(1.0 / seeds as f64))).abs() < 1e-9);
            assert!(bound <= most && bound > 0.98 * most, "{bound}");
        }
        assert!(bound(3, 135) > 0.05);
        assert_eq!(bound(135, 135), 1.0);
    }
}
