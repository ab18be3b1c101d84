//! The load of a run as nobody knows it beforehand, for those who are sized by it.

use crate::{
    chance::Chance,
    score::Demand,
    world::{Traffic, WorldModel},
};
use setpoint_core::Span;

/// What will be asked, minute by minute; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    minutes: Vec<Minute>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    mean_rps: f32,
    demand: u16,
}

impl Outlook {
    /// The load of `world` with the luck of `seed`.
    pub fn new(world: &WorldModel, seed: u64, length: Span, demand: &Demand) -> Self {
        let mut traffic = Traffic::new(&world.load, Chance::new(seed));
        let minute = |minute: u64| {
            let rps = (0..60).map(|second| {
                let now = Span::from_secs(60 * minute + second);
                world.load.base_rps * traffic.next(&world.load, now)
            });
            let (sum, most) =
                rps.fold((0.0, 0), |(sum, most), rps: f64| (sum + rps, most.max(demand.of(rps))));
            Minute {
                mean_rps: (sum / 60.0) as f32,
                demand: u16::try_from(most).unwrap_or(u16::MAX),
            }
        };
        Self { minutes: (0..length.ms().div_ceil(60_000)).map(minute).collect() }
    }

    /// The largest load of a minute, in requests per second.
    pub fn peak_rps(&self) -> f64 {
        f64::from(self.minutes.iter().map(|minute| minute.mean_rps).fold(0.0, f32::max))
    }

    /// The mean load, in requests per second.
    pub fn mean_rps(&self) -> f64 {
        let sum: f64 = self.minutes.iter().map(|minute| f64::from(minute.mean_rps)).sum();
        sum / (self.minutes.len() as f64).max(1.0)
    }

    /// The largest demand from `from` on, up to and including `until`.
    pub fn demand(&self, from: Span, until: Span) -> u32 {
        let minute = |at: Span| ((at.ms() / 60_000) as usize).min(self.minutes.len());
        let last = (minute(until) + 1).min(self.minutes.len());
        let meant = self.minutes.get(minute(from)..last).unwrap_or_default();
        meant.iter().map(|minute| u32::from(minute.demand)).max().unwrap_or(0)
    }
}
