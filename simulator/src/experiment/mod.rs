//! Runs of a scenario: everyone who is to keep it, under every luck, and what came of it.
//!
//! Runs share nothing, so they are made on every core; what is reported depends on the
//! scenario alone. All contenders of one seed meet the same load, boots and faults (common
//! random numbers), so differences between them are paired.
//!
//! ```text
//! Scenario ──► Experiment ──► Cell × (contender × seed) ──► Results ──► Verdict
//!                                                              └──► text, JSON, HTML
//! ```
//!
//! Start reading at [`Experiment`].

mod cell;
mod json;
mod paired;
mod results;
mod sweep;
mod table;
mod timed;
mod verdict;

pub use cell::{Cell, Contender, Recording, told};
pub use json::json;
pub use paired::{Difference, Paired};
pub use results::{Results, Row};
pub use sweep::{Axis, Done, Point, grid, line, with};
pub use table::table;
pub(crate) use table::{cells, heads};
pub use timed::Timing;
pub use verdict::{Judged, Verdict, judge};

use crate::{
    baseline::{Baseline, Outlook},
    roomy::on_each,
    scenario::Scenario,
    score::Demand,
};
use std::{
    collections::BTreeSet,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// All runs of a scenario that are wanted.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The luck of each run.
    pub seeds: RangeInclusive<u64>,
    demand: Arc<Demand>,
    contenders: Vec<Contender>,
    records: bool,
}

impl Experiment {
    /// Everyone in `scenario`, under the luck of `seeds`.
    pub fn new(scenario: Scenario, seeds: Option<RangeInclusive<u64>>) -> Self {
        let policies = (0..scenario.contestants.len()).map(Contender::Policy);
        let mut contenders: Vec<Contender> = policies.collect();
        contenders.extend(scenario.baselines.iter().map(|one| Contender::Baseline(*one)));
        // Costs are told as multiples of these two, whether they are shown or not.
        for yardstick in [Baseline::StaticPeak, Baseline::Oracle] {
            if !scenario.baselines.contains(&yardstick) {
                contenders.push(Contender::Baseline(yardstick));
            }
        }
        let load = &scenario.world.load;
        let crowd = load.bursts.map_or(1.0, |bursts| bursts.factor.max(1.0));
        let days = scenario.length.secs() / 86_400.0;
        // Noise beyond six deviations is not worth a table.
        let peak = load.base_rps * load.shape.peak() * crowd * load.trend.powf(days).max(1.0);
        let demand = Demand::new(scenario.world.service, peak * (1.0 + 6.0 * load.noise));
        Self {
            seeds: seeds.unwrap_or_else(|| scenario.seeds.clone()),
            demand: Arc::new(demand),
            contenders,
            records: false,
            scenario: Arc::new(scenario),
        }
    }

    /// The same, and of the first seed everyone's run is recorded from beginning to end.
    #[must_use]
    pub fn recording(self) -> Self {
        Self { records: true, ..self }
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        let seeds = self.seeds.end().saturating_sub(*self.seeds.start()) + 1;
        self.contenders.len() * usize::try_from(seeds).unwrap_or(usize::MAX)
    }

    /// How many contenders are run under each seed, shown or not.
    pub fn contenders(&self) -> usize {
        self.contenders.len()
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.contenders.is_empty()
    }

    /// Makes every run, `jobs` at once, and calls `done` after each.
    pub fn run(&self, jobs: usize, done: impl Fn() + Sync) -> Results {
        let cells = Mutex::new(Vec::with_capacity(self.len()));
        let take = |cell: Cell| {
            cells.lock().unwrap_or_else(PoisonError::into_inner).push(cell);
            done();
        };
        // With fewer seeds than threads, these share the contenders of each.
        if self.len() / self.contenders.len().max(1) < jobs {
            self.seeds.clone().for_each(|seed| self.contenders_of(seed, jobs, &take));
        } else {
            self.seeds_of(jobs, &BTreeSet::new(), |seed| self.contenders_of(seed, 1, &take));
        }
        let mut cells: Vec<Cell> = cells.into_inner().unwrap_or_else(PoisonError::into_inner);
        cells.sort_by_key(|cell| (cell.place, cell.seed));
        Results::new(Arc::clone(&self.scenario), self.seeds.clone(), cells)
    }

    /// Makes all runs of every seed that is not to be skipped, and hands each seed's to `take`
    /// as they end. Little is kept, however many there are.
    pub fn each_seed(&self, jobs: usize, skip: &BTreeSet<u64>, take: impl Fn(Results) + Sync) {
        self.seeds_of(jobs, skip, |seed| {
            let outlook = self.outlook(seed);
            let places = 0..self.contenders.len();
            let cells = places.map(|place| self.cell(place, seed, &outlook)).collect();
            take(Results::new(Arc::clone(&self.scenario), seed..=seed, cells));
        });
    }

    /// Does `work` for every seed that is not to be skipped, on `jobs` threads.
    fn seeds_of(&self, jobs: usize, skip: &BTreeSet<u64>, work: impl Fn(u64) + Sync) {
        let next = AtomicU64::new(*self.seeds.start());
        on_each(jobs, || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed > *self.seeds.end() {
                    return;
                }
                if !skip.contains(&seed) {
                    work(seed);
                }
            }
        });
    }

    /// Makes the runs of one seed on `jobs` threads.
    fn contenders_of(&self, seed: u64, jobs: usize, take: &(impl Fn(Cell) + Sync)) {
        let (outlook, next) = (self.outlook(seed), AtomicUsize::new(0));
        on_each(jobs.min(self.contenders.len()), || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= self.contenders.len() {
                    return;
                }
                take(self.cell(place, seed, &outlook));
            }
        });
    }

    fn outlook(&self, seed: u64) -> Outlook {
        Outlook::new(&self.scenario.world, seed, self.scenario.length, &self.demand)
    }

    fn cell(&self, place: usize, seed: u64, outlook: &Outlook) -> Cell {
        let contender = &self.contenders[place];
        let demand = Arc::clone(&self.demand);
        let record = self.records && seed == *self.seeds.start();
        cell::run(&self.scenario, contender, place, seed, outlook, demand, record)
    }
}
