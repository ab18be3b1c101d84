//! How closely supply followed demand: the elasticity metrics of SPEC's research group.
//!
//! Accuracy and time shares are those of N. Herbst et al., "Ready for Rain? A View from SPEC
//! Research on the Future of Cloud Metrics", SPEC-RG-2016-01 (2016); instability and jitter as
//! in the same work and in the tools of A. Ilyushkin et al.; the elastic speedup as M. Imdoukh
//! et al. (2019) use it.

/// Supply against demand over a time, in steps of equal length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Elasticity {
    steps: f64,
    /// Σ (d − s)⁺ / d and Σ (s − d)⁺ / d.
    under: f64,
    over: f64,
    /// Σ (d − s)⁺ and Σ (s − d)⁺, in members.
    lacking: f64,
    idle: f64,
    /// Steps with too few, and with too many.
    short: f64,
    ample: f64,
    turns: f64,
    last: Option<(u32, u32)>,
    /// Steps in which supply moved and demand did not, or not that way; and the other way round.
    restless: f64,
    sluggish: f64,
    supply_changes: f64,
    demand_changes: f64,
}

impl Elasticity {
    /// Takes in one step: members needed and members ready.
    pub fn step(&mut self, demand: u32, supply: u32) {
        let lacking = f64::from(demand.saturating_sub(supply));
        let idle = f64::from(supply.saturating_sub(demand));
        self.steps += 1.0;
        // Where nothing is needed, a share of it would mean nothing.
        if demand > 0 {
            self.under += lacking / f64::from(demand);
            self.over += idle / f64::from(demand);
        }
        self.lacking += lacking;
        self.idle += idle;
        self.short += f64::from(u8::from(lacking > 0.0));
        self.ample += f64::from(u8::from(idle > 0.0));
    }

    /// Takes in how both stand at the end of a longer step, for what counts changes.
    pub fn turn(&mut self, demand: u32, supply: u32) {
        if let Some((before_d, before_s)) = self.last.replace((demand, supply)) {
            let moved = |now: u32, before: u32| now.cmp(&before) as i8;
            let (d, s) = (moved(demand, before_d), moved(supply, before_s));
            self.restless += f64::from((s - d).clamp(0, 1));
            self.sluggish += f64::from((d - s).clamp(0, 1));
            self.supply_changes += f64::from(s.abs());
            self.demand_changes += f64::from(d.abs());
            self.turns += 1.0;
        }
    }

    /// θ_U: members that were lacking, in percent of those needed.
    pub fn theta_u(&self) -> f64 {
        percent(self.under, self.steps)
    }

    /// θ_O: members that were too many, in percent of those needed.
    pub fn theta_o(&self) -> f64 {
        percent(self.over, self.steps)
    }

    /// a_U: members that were lacking, in percent of `most`, all that there may be.
    pub fn accuracy_u(&self, most: u32) -> f64 {
        percent(self.lacking, self.steps * f64::from(most))
    }

    /// a_O: members that were too many, in percent of `most`.
    pub fn accuracy_o(&self, most: u32) -> f64 {
        percent(self.idle, self.steps * f64::from(most))
    }

    /// τ_U: time with too few members, in percent.
    pub fn tau_u(&self) -> f64 {
        percent(self.short, self.steps)
    }

    /// τ_O: time with too many members, in percent.
    pub fn tau_o(&self) -> f64 {
        percent(self.ample, self.steps)
    }

    /// k: time in which supply moved up against demand, in percent.
    pub fn instability(&self) -> f64 {
        percent(self.restless, self.turns)
    }

    /// k′: time in which demand moved up and supply did not, in percent.
    pub fn sluggishness(&self) -> f64 {
        percent(self.sluggish, self.turns)
    }

    /// j: changes of supply more than of demand, for each turn. Above zero: flapping; below:
    /// sluggish.
    pub fn jitter(&self) -> f64 {
        if self.turns > 0.0 {
            (self.supply_changes - self.demand_changes) / self.turns
        } else {
            0.0
        }
    }

    /// Members that were not needed, on average.
    pub fn idle(&self) -> f64 {
        if self.steps > 0.0 { self.idle / self.steps } else { 0.0 }
    }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

/// ε, the elastic speedup: how many times as good as `none`, which does not scale, in the
/// geometric mean over θ_U, θ_O, τ_U and τ_O. Above 1 is better. Nothing where one of them is
/// zero: then there is no ratio.
pub fn speedup(none: [f64; 4], scaled: [f64; 4]) -> Option<f64> {
    let ratios = none.into_iter().zip(scaled).map(|(none, scaled)| none / scaled);
    let product: f64 = ratios.product();
    (product.is_finite() && product > 0.0).then(|| product.powf(0.25))
}

/// σ, the elasticity deviation: the distance of the four from the optimum, which is zero.
pub fn deviation(four: [f64; 4]) -> f64 {
    four.iter().map(|value| value.powi(4)).sum::<f64>().powf(0.25)
}

/// P_α: α parts the share of the cost that could be had without scaling, and the rest the share
/// of requests beyond the objective. 0 to 1, lower is better.
pub fn p_score(alpha: f64, cost_share: f64, violations: f64) -> f64 {
    alpha * cost_share + (1.0 - alpha) * violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speedups_of_a_published_table_come_out() {
        // Imdoukh et al. 2019, table 8: WorldCup98; their speedups are 1.84, 1.50, 1.17, 1.29,
        // from numbers that are rounded.
        let none = [3.29, 3.06, 57.95, 57.05];
        let rows = [
            ([0.48, 4.28, 15.85, 89.10], 1.84),
            ([0.94, 3.51, 26.50, 73.20], 1.50),
            ([5.07, 1.42, 76.50, 32.55], 1.17),
            ([1.88, 2.62, 42.55, 57.25], 1.29),
        ];
        for (scaled, expected) in rows {
            let actual = speedup(none, scaled).unwrap();
            assert!((actual - expected).abs() < 0.015, "{scaled:?}: {actual}");
        }
        assert_eq!(speedup(none, [0.0, 1.0, 1.0, 1.0]), None);
    }

    #[test]
    fn each_measure_counts_what_it_says() {
        let mut e = Elasticity::default();
        for (d, s) in [(10, 10), (10, 5), (10, 20), (0, 2)] {
            e.step(d, s);
        }
        assert_eq!((e.theta_u(), e.theta_o()), (12.5, 25.0));
        assert_eq!((e.tau_u(), e.tau_o()), (25.0, 50.0));
        assert_eq!((e.accuracy_u(100), e.accuracy_o(100)), (1.25, 3.0));
        assert_eq!(e.idle(), 3.0);
    }

    #[test]
    fn a_supply_that_flaps_under_a_steady_demand_is_restless() {
        let mut e = Elasticity::default();
        (0..11).for_each(|i| e.turn(10, 10 + i % 2));
        assert_eq!((e.instability(), e.sluggishness(), e.jitter()), (50.0, 50.0, 1.0));
        let mut still = Elasticity::default();
        (0..11).for_each(|i| still.turn(10 + i, 20));
        assert_eq!((still.instability(), still.sluggishness(), still.jitter()), (0.0, 100.0, -1.0));
    }
}
