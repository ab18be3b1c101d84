//! The oscillation map: does a policy come to rest under a load that never changes?
//!
//! Each load is held for three hours, without noise and without faults. The first hour is for
//! getting there; whoever still moves afterwards, to and fro, is in a limit cycle.

use crate::{
    experiment::{Contender, Experiment},
    scenario::Scenario,
    world::Shape,
};
use setpoint_core::Span;
use std::fmt::Write as _;

/// How long each load is held.
const HELD: Span = Span::from_minutes(180);
/// The time for getting there.
const SETTLING: Span = Span::from_minutes(60);
/// Changes of direction in the time after that from which on it is a cycle and no settling.
const CYCLE: usize = 3;

/// One policy under one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// Whose.
    pub policy: String,
    /// Requests a second.
    pub rps: f64,
    /// The fewest and the most members asked for after settling.
    pub sizes: (u32, u32),
    /// Changes of direction after settling.
    pub turns: usize,
}

impl Rest {
    /// Whether it moves to and fro for ever.
    pub const fn is_cycle(&self) -> bool {
        self.turns >= CYCLE
    }

    /// The time from one peak to the next; none where there is no cycle.
    pub fn period(&self) -> Option<Span> {
        let cycles = u64::try_from(self.turns / 2).ok().filter(|_| self.is_cycle())?;
        Some(Span::from_ms(HELD.minus(SETTLING).ms() / cycles.max(1)))
    }
}

/// Every contender of `scenario` under `steps` loads, from a tenth of what its largest group
/// serves at 60 % CPU to all of it. `done` is called after each load.
pub fn map(scenario: &Scenario, steps: u32, jobs: usize, done: impl Fn()) -> Vec<Rest> {
    let world = &scenario.world;
    let most = 0.6 * f64::from(world.fleet.range.max()) * world.service.member_rps();
    let mut rests = Vec::new();
    for step in 1..=steps {
        let rps = most * (0.1 + 0.9 * f64::from(step) / f64::from(steps));
        let experiment = Experiment::new(steady(scenario, rps), Some(1..=1)).recording();
        let results = experiment.run(jobs, || {});
        for name in results.shown() {
            rests.extend(results.of(name).filter_map(|row| {
                let record = &row.cell.recording.as_ref()?.record;
                let skip = (SETTLING.ms() / record.each().ms()) as usize;
                let sizes = record.rows().iter().skip(skip).map(|row| row.desired);
                Some(rest(name, rps, &sizes.collect::<Vec<_>>()))
            }));
        }
        done();
    }
    rests.sort_by(|a, b| a.policy.cmp(&b.policy).then(a.rps.total_cmp(&b.rps)));
    rests
}

/// The scenario with a load that never changes.
fn steady(scenario: &Scenario, rps: f64) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.length = HELD;
    scenario.gates.clear();
    scenario.world.faults.clear();
    let load = &mut scenario.world.load;
    (load.base_rps, load.shape, load.noise) = (rps, Shape::Constant(1.0), 0.0);
    (load.trend, load.bursts) = (1.0, None);
    load.events.clear();
    scenario
}

fn rest(policy: &str, rps: f64, sizes: &[u32]) -> Rest {
    let moves = sizes.windows(2).filter_map(|pair| match pair[1].cmp(&pair[0]) {
        std::cmp::Ordering::Less => Some(false),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(true),
    });
    let moves: Vec<bool> = moves.collect();
    let turns = moves.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let least = sizes.iter().min().copied().unwrap_or(0);
    let most = sizes.iter().max().copied().unwrap_or(0);
    Rest { policy: policy.to_owned(), rps, sizes: (least, most), turns }
}

/// A line for each load at which somebody is in a cycle, and a sentence for those who are not.
pub fn text(rests: &[Rest]) -> String {
    let mut text = String::new();
    let mut policies: Vec<&str> = rests.iter().map(|rest| rest.policy.as_str()).collect();
    policies.dedup();
    for policy in policies {
        let own: Vec<&Rest> = rests.iter().filter(|rest| rest.policy == policy).collect();
        let cycles: Vec<&&Rest> = own.iter().filter(|rest| rest.is_cycle()).collect();
        if cycles.is_empty() {
            writeln!(text, "{policy}: comes to rest under all of {} loads", own.len())
                .expect("a string takes text");
            continue;
        }
        writeln!(text, "{policy}: in a limit cycle under {} of {} loads", cycles.len(), own.len())
            .expect("a string takes text");
        for rest in cycles {
            let (least, most) = rest.sizes;
            let period = rest.period().map_or_else(String::new, |period| period.to_string());
            writeln!(text, "  {:8.0}/s  {least}..{most} members, every {period}", rest.rps)
                .expect("a string takes text");
        }
    }
    text
}

/// Contenders that are policies, for whom a cycle is a fault.
pub fn faulty<'a>(scenario: &Scenario, rests: &'a [Rest]) -> Option<&'a Rest> {
    let names: Vec<&str> =
        (0..scenario.contestants.len()).map(|at| Contender::Policy(at).name(scenario)).collect();
    rests.iter().find(|rest| rest.is_cycle() && names.contains(&rest.policy.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_and_fro_is_a_cycle_and_coming_down_is_not() {
        let flapping = [10, 12, 12, 10, 10, 12, 10, 10];
        let rest = rest("p", 1.0, &flapping);
        assert_eq!((rest.turns, rest.sizes, rest.is_cycle()), (3, (10, 12), true));
        assert_eq!(rest.period(), Some(Span::from_minutes(120)));
        let calm = super::rest("p", 1.0, &[20, 18, 16, 15, 15, 15]);
        assert_eq!((calm.turns, calm.is_cycle(), calm.period()), (0, false, None));
    }
}
