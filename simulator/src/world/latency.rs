//! How long answers took over a while, in few numbers; quantiles are made when somebody asks.

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

/// How long the answers of a while took: what a quantile needs, and no more.
///
/// Seconds in which requests waited alike share an entry, so a calm hour has only a few.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    modelled: Vec<(f64, Waiting)>,
    requests: f64,
}

impl Latencies {
    /// Takes in the answers of one second.
    pub fn add(&mut self, answers: &Answers) {
        match answers {
            Answers::Modelled { requests, waiting } => self.model(*requests, waiting),
        }
    }

    fn model(&mut self, requests: f64, waiting: &Waiting) {
        if requests <= 0.0 {
            return;
        }
        self.requests += requests;
        for (count, alike) in &mut self.modelled {
            if alike.absorb(*count, waiting, requests) {
                *count += requests;
                return;
            }
        }
        self.modelled.push((requests, *waiting));
    }

    /// How many requests took longer than the bound of this index.
    fn longer(&self, bound: usize) -> f64 {
        let seconds = SECONDS[bound];
        self.modelled.iter().map(|(requests, it)| requests * it.answered_after(seconds)).sum()
    }

    /// The time in seconds within which the share `q` of requests was answered, to
    /// within a bound's 13 %; none without requests.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.requests <= 0.0 {
            return None;
        }
        let allowed = (1.0 - q) * self.requests;
        // The first bound beyond which there are not more than that, by halving.
        let (mut low, mut high) = (0, BOUNDS);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.longer(middle) <= allowed { high = middle } else { low = middle + 1 }
        }
        let Some(bound) = SECONDS.get(low) else { return Some(RANGE.1) };
        let (below, before) = match low.checked_sub(1) {
            Some(below) => (SECONDS[below], self.longer(below)),
            None => (0.0, self.requests),
        };
        let share = (before - allowed) / (before - self.longer(low));
        Some(below + (bound - below) * share)
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
