//! Metric chaos: everything that may happen to numbers on their way to a policy, at random, and
//! the smallest of it that does harm.
//!
//! A load that never changes is kept by a policy while numbers go missing, stand still, are no
//! numbers or lie for a while. What must hold whatever happens: no size below what the load
//! needs, never outside of the range. Where that fails, faults are taken away and made shorter
//! as long as it still fails: what is left is the reason.

use crate::{
    chance::Chance,
    experiment::Experiment,
    scenario::{Measure, Scenario},
    world::{Fault, FaultKind, Metric, MetricFaultKind, Shape, When},
};
use setpoint_core::Span;

/// How long each run is.
const LENGTH: Span = Span::from_minutes(120);
/// The most faults in a run.
const MOST: u64 = 8;

/// Numbers that are missing, old or none. They may do no harm at all.
const HONEST: [MetricFaultKind; 3] =
    [MetricFaultKind::Dropped, MetricFaultKind::NotANumber, MetricFaultKind::Stale];

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Harm {
    /// Whose policy.
    pub policy: String,
    /// The seed under which it was found.
    pub seed: u64,
    /// The faults that suffice for it.
    pub faults: Vec<Fault>,
    /// Requests that failed, in percent.
    pub failed_pct: f64,
}

/// Tries `tries` sets of faults on the policies of `scenario`, and shrinks the first that does
/// harm to each. `done` is called after each try.
pub fn search(scenario: &Scenario, tries: u64, jobs: usize, done: impl Fn()) -> Vec<Harm> {
    let mut harms: Vec<Harm> = Vec::new();
    let metrics: Vec<Metric> = scenario.world.metrics().collect();
    for seed in 1..=tries {
        let faults = faults(&metrics, seed);
        for policy in harmed(scenario, &faults, jobs) {
            if harms.iter().any(|harm| harm.policy == policy.0) {
                continue;
            }
            let faults = shrunk(scenario, &policy.0, faults.clone(), jobs);
            let failed_pct = policy.1;
            harms.push(Harm { policy: policy.0, seed, faults, failed_pct });
        }
        done();
    }
    harms
}

/// Faults of these metrics by the luck of `seed`.
fn faults(metrics: &[Metric], seed: u64) -> Vec<Fault> {
    let mut luck = Chance::new(seed).stream("chaos", 0);
    let many = 1 + (luck.uniform() * MOST as f64) as u64;
    let fault = |_| {
        let drawn = (luck.uniform() * (metrics.len() + 1) as f64) as usize;
        // The last of the draws is every metric.
        let metric = metrics.get(drawn).copied();
        let kind = HONEST[(luck.uniform() * HONEST.len() as f64) as usize % HONEST.len()];
        let at = Span::from_ms((luck.uniform() * LENGTH.ms() as f64) as u64);
        let lasts = Span::from_ms((luck.uniform().powi(2) * 3_600_000.0) as u64);
        Fault { when: When::At(at), lasts, kind: FaultKind::Metric(metric, kind) }
    };
    (0..many).map(fault).collect()
}

/// Policies under which requests failed, and how many percent.
fn harmed(scenario: &Scenario, faults: &[Fault], jobs: usize) -> Vec<(String, f64)> {
    let mut scenario = scenario.clone();
    scenario.length = LENGTH;
    scenario.world.faults = faults.to_vec();
    // Half the load that the fleet could serve at the start, and well above what its fewest can.
    let size = middle(&scenario);
    let start = f64::from(size) * scenario.world.service.member_rps();
    scenario.world.fleet.size = size;
    let load = &mut scenario.world.load;
    (load.base_rps, load.shape, load.noise) = (0.5 * start, Shape::Constant(1.0), 0.0);
    (load.trend, load.bursts) = (1.0, None);
    load.events.clear();
    scenario.baselines.clear();
    let policies: Vec<String> = scenario.contestants.iter().map(|one| one.name.clone()).collect();
    let results = Experiment::new(scenario, Some(1..=1)).run(jobs, || {});
    let failed = |name: &String| results.mean(name, Measure::Failed).filter(|failed| *failed > 0.0);
    policies.into_iter().filter_map(|name| failed(&name).map(|failed| (name, failed))).collect()
}

/// A size from which a fleet can shrink and grow, by as large a factor.
fn middle(scenario: &Scenario) -> u32 {
    let range = scenario.world.fleet.range;
    let (min, max) = (f64::from(range.min().max(1)), f64::from(range.max()));
    (min * max).sqrt().round() as u32
}

/// The faults that are left when each that is not needed is taken away, and each that can be
/// shorter is halved.
fn shrunk(scenario: &Scenario, policy: &str, faults: Vec<Fault>, jobs: usize) -> Vec<Fault> {
    let harms = |faults: &[Fault]| harmed(scenario, faults, jobs).iter().any(|it| it.0 == policy);
    let mut faults = faults;
    let mut at = 0;
    while at < faults.len() {
        let mut fewer = faults.clone();
        fewer.remove(at);
        if harms(&fewer) { faults = fewer } else { at += 1 }
    }
    for at in 0..faults.len() {
        loop {
            let mut shorter = faults.clone();
            shorter[at].lasts = Span::from_ms(shorter[at].lasts.ms() / 2);
            if shorter[at].lasts < Span::from_secs(1) || !harms(&shorter) {
                break;
            }
            faults = shorter;
        }
    }
    faults
}

/// What was found, for people.
pub fn text(tries: u64, harms: &[Harm]) -> String {
    if harms.is_empty() {
        return format!("{tries} sets of faults did no harm\n");
    }
    let mut text = String::new();
    for Harm { policy, seed, faults, failed_pct } in harms {
        text.push_str(&format!(
            "{policy}: {failed_pct:.3} % of requests failed under seed {seed}; this suffices:\n"
        ));
        for Fault { when, lasts, kind } in faults {
            let at = match when {
                When::At(at) => at.to_string(),
                When::Every(every) => format!("every {every}"),
            };
            text.push_str(&format!("  at {at} for {lasts}: {kind:?}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_the_seeds_and_never_lies() {
        let metrics = Metric::ALL.map(|(_, metric)| metric);
        let faults = |seed| super::faults(&metrics, seed);
        assert_eq!(faults(7), faults(7));
        assert_ne!(faults(7), faults(8));
        let all: Vec<Fault> = (1..200).flat_map(faults).collect();
        let honest = |fault: &Fault| {
            let is = |kind: MetricFaultKind| matches!(fault.kind, FaultKind::Metric(_, it) if it == kind);
            HONEST.into_iter().any(is)
        };
        assert!(all.len() > 500 && all.iter().all(honest));
    }
}
