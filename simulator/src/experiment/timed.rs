//! How long a run takes: for who writes policies, and for who works on this program.

use super::{Contender, Experiment};
use crate::roomy::roomy;
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};

/// How long one contender's runs took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Whose they were.
    pub contender: Contender,
    /// The shortest run.
    pub shortest: Duration,
    /// The median of all runs.
    pub median: Duration,
}

impl Experiment {
    /// Makes every contender's run under the first seed `times` times, one after the other, and
    /// tells how long each took by `clock`, which begins anywhere and goes on.
    ///
    /// By turns, so that a moment in which the machine does something else hits all of them.
    pub fn timed(
        &self,
        times: usize,
        clock: impl Fn() -> Duration + Sync,
        done: impl Fn() + Sync,
    ) -> Vec<Timing> {
        roomy(|| {
            let seed = *self.seeds.start();
            let outlook = self.outlook(seed);
            let mut took = vec![Vec::with_capacity(times); self.contenders.len()];
            for _ in 0..times {
                for (place, took) in took.iter_mut().enumerate() {
                    let begin = clock();
                    self.cell(place, seed, &outlook);
                    took.push(clock().saturating_sub(begin));
                    done();
                }
            }
            let contenders = self.contenders.iter().zip(took);
            contenders.filter_map(|(contender, took)| Timing::of(*contender, took)).collect()
        })
    }

    /// The timings as a table, in what they come to.
    pub fn timings(&self, timings: &[Timing]) -> String {
        let scenario = &self.scenario;
        let name = |timing: &Timing| timing.contender.name(scenario).len();
        let widest = timings.iter().map(name).max().unwrap_or(0).max(8);
        let mut text = format!(
            "{}: {}, a pass every {}\n{:widest$}  a day takes    shortest  simulated hours\n\
             {:widest$}           ms          ms       per second\n",
            scenario.name, scenario.length, scenario.every, "", ""
        );
        for timing in timings {
            let (day, shortest) = (self.day(timing.median), self.day(timing.shortest));
            let (name, hours) = (timing.contender.name(scenario), 24_000.0 / day);
            writeln!(text, "{name:widest$}  {day:>11.1} {shortest:>11.1} {hours:>16.0}")
                .expect("a string takes text");
        }
        text
    }

    /// The timings for programs.
    pub fn timings_json(&self, timings: &[Timing]) -> Value {
        let result = |timing: &Timing| {
            json!({
                "who": timing.contender.name(&self.scenario),
                "ms_per_day": self.day(timing.median),
                "shortest_ms_per_day": self.day(timing.shortest),
            })
        };
        let results: Vec<Value> = timings.iter().map(result).collect();
        json!({ "schema": 1, "scenario": self.scenario.name, "results": results })
    }

    /// The milliseconds that a day takes, where the whole scenario takes so long.
    fn day(&self, whole: Duration) -> f64 {
        1000.0 * whole.as_secs_f64() * 86_400.0 / self.scenario.length.secs()
    }
}

impl Timing {
    fn of(contender: Contender, mut took: Vec<Duration>) -> Option<Self> {
        took.sort_unstable();
        let (shortest, median) = (*took.first()?, *took.get(took.len() / 2)?);
        Some(Self { contender, shortest, median })
    }
}
