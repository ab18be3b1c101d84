//! The cache before the service: most requests are answered from it, and those that are not
//! cost more.
//!
//! A cache that was emptied fills by the requests that miss it: the share that is missing fades
//! with a time constant. A change of its nodes moves keys, and those are missing too.

use setpoint_core::Span;

/// The cache as it stands at the start of a run: warm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheModel {
    /// The share of requests answered from it when it is warm, 0 to 1.
    pub hits: f64,
    /// How many times the work of a hit a miss takes, from 1 up.
    pub miss: f64,
    /// The time after which 63 % of what was missing is there again.
    pub warms: Span,
    /// Nodes at the start.
    pub nodes: u32,
}

/// The cache in the course of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cache {
    model: CacheModel,
    nodes: u32,
    /// The share of what it holds when warm that is there.
    warm: f64,
    /// What is left of it after a second, of what was missing.
    fades: f64,
}

impl Cache {
    pub(super) fn new(model: CacheModel) -> Self {
        let fades = (-1.0 / model.warms.secs().max(f64::MIN_POSITIVE)).exp();
        Self { model, nodes: model.nodes, warm: 1.0, fades }
    }

    /// The share of requests that it answers.
    pub(super) fn hits(&self) -> f64 {
        self.model.hits * self.warm
    }

    /// How many times the work of a service with a warm cache a request takes now.
    pub(super) fn work(&self) -> f64 {
        let work = |hits: f64| hits + (1.0 - hits) * self.model.miss;
        work(self.hits()) / work(self.model.hits)
    }

    /// Empties it.
    pub(super) fn flush(&mut self) {
        self.warm = 0.0;
    }

    /// How many nodes it has.
    pub(super) const fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Gives it `nodes` nodes. Keys are spread anew, consistently: a share of them moves.
    pub(super) fn resize(&mut self, nodes: u32) {
        let (few, many) = (self.nodes.min(nodes), self.nodes.max(nodes).max(1));
        self.warm *= f64::from(few) / f64::from(many);
        self.nodes = nodes;
    }

    /// Lets a second pass.
    pub(super) fn step(&mut self) {
        self.warm = 1.0 - (1.0 - self.warm) * self.fades;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> Cache {
        Cache::new(CacheModel { hits: 0.9, miss: 11.0, warms: Span::from_secs(300), nodes: 3 })
    }

    #[test]
    fn an_empty_cache_costs_what_misses_cost_and_warms_in_its_time() {
        let mut cache = cache();
        assert_eq!(cache.work(), 1.0);
        cache.flush();
        assert!(cache.hits() == 0.0 && (cache.work() - 11.0 / 2.0).abs() < 1e-9);
        (0..300).for_each(|_| cache.step());
        assert!((cache.hits() - 0.9 * (1.0 - (-1.0_f64).exp())).abs() < 1e-9, "{}", cache.hits());
    }

    #[test]
    fn another_node_takes_its_share_of_the_keys() {
        let mut cache = cache();
        cache.resize(4);
        assert!((cache.hits() - 0.9 * 0.75).abs() < 1e-12);
        assert_eq!(cache.nodes(), 4);
    }
}
