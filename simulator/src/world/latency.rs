//! The distribution of answer times over a while, in few numbers.

use super::engine::Waiting;
use std::sync::LazyLock;

/// How long the answers of one second took.
#[derive(Clone, Debug)]
pub enum Answers {
    /// So many requests under that waiting.
    Modelled {
        /// Requests with a good answer.
        requests: f64,
        /// How long they waited.
        waiting: Waiting,
    },
}

impl Answers {
    /// How many answers there were.
    pub fn requests(&self) -> f64 {
        match self {
            Self::Modelled { requests, .. } => *requests,
        }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::Modelled { requests: 0.0, waiting: Waiting::default() }
    }
}

/// The number of bounds at which requests are counted.
const BOUNDS: usize = 64;
/// The smallest and the largest bound, in seconds.
const RANGE: (f64, f64) = (0.005, 10.0);

/// The bounds in seconds: each 13 % above the one before.
static SECONDS: LazyLock<[f64; BOUNDS]> = LazyLock::new(|| {
    let ratio = RANGE.1 / RANGE.0;
    std::array::from_fn(|i| RANGE.0 * ratio.powf(i as f64 / (BOUNDS - 1) as f64))
});

/// How many requests took longer than each bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latencies {
    longer: [f64; BOUNDS],
    requests: f64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { longer: [0.0; BOUNDS], requests: 0.0 }
    }
}

impl Latencies {
    /// Takes in the answers of one second.
    pub(super) fn add(&mut self, answers: &Answers) {
        let Answers::Modelled { requests, waiting } = answers;
        self.requests += requests;
        for (longer, bound) in self.longer.iter_mut().zip(SECONDS.iter()) {
            *longer += requests * waiting.answered_after(*bound);
        }
    }

    /// The time in seconds within which the share `q` of requests was answered, to
    /// within a bound's 13 %; none without requests.
    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        if self.requests <= 0.0 {
            return None;
        }
        let allowed = (1.0 - q) * self.requests;
        let mut below = (0.0, self.requests);
        for (bound, longer) in SECONDS.iter().zip(self.longer) {
            if longer <= allowed {
                let share = (below.1 - allowed) / (below.1 - longer);
                return Some(below.0 + (bound - below.0) * share);
            }
            below = (*bound, longer);
        }
        Some(RANGE.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{
        Clients, Service,
        engine::{Asked, Engine, Fluid},
    };

    #[test]
    fn the_p99_of_an_idle_service_is_that_of_its_own_time() {
        let service = Service { workers: 2, ..Service::USUAL };
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.99), None);
        latencies.add(&Fluid::new(service, Clients::RESIGNED).second(Asked::usual(300.0, 20)).1);
        let p99 = latencies.quantile(0.99).unwrap();
        assert!((p99 - 0.04 * 100.0_f64.ln()).abs() < 0.01, "{p99}");
    }
}
