//! The demand: how many members a load needs for its objective to be held.

use crate::world::{Service, Waiting};

/// The share of requests that may wait longer than is slow, or fail.
pub(super) const ALLOWED: f64 = 0.01;

/// How many members each load needs.
///
/// A table of the largest load that each number of members can hold, so that a demand is found
/// by search and not by formula.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The largest load, in requests per second, of one member, of two, and so on. Ascending.
    holds: Vec<f64>,
}

impl Demand {
    /// The most members that a table is made for.
    const MOST: u32 = 10_000;

    /// The demand for `service` up to a load of `peak_rps`.
    pub fn new(service: Service, peak_rps: f64) -> Self {
        let mut holds: Vec<f64> = Vec::new();
        for members in 1..=Self::MOST {
            let least = holds.last().copied().unwrap_or(0.0);
            holds.push(largest_load(service, members, least));
            if holds.last().is_some_and(|load| *load >= peak_rps) {
                break;
            }
        }
        Self { holds }
    }

    /// The least number of members that hold the objective at `rps` requests a second: 0 for no
    /// load, and one more than the table has for what is beyond it.
    pub fn of(&self, rps: f64) -> u32 {
        if rps <= 0.0 {
            return 0;
        }
        let too_few = self.holds.partition_point(|load| *load < rps);
        u32::try_from(too_few + 1).unwrap_or(u32::MAX)
    }
}

/// The largest load that `members` hold, by halving; never less than `least`.
fn largest_load(service: Service, members: u32, least: f64) -> f64 {
    let full = f64::from(members) * service.member_rps();
    let held = |rps: f64| {
        Waiting::steady(service, members, rps).longer_than(service.slow.secs()) <= ALLOWED
    };
    let (mut low, mut high) = (least, full);
    // 30 halvings: to a billionth of the capacity.
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if held(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::Span;

    const SERVICE: Service = Service { workers: 2, mean: Span::from_ms(40), ..Service::USUAL };

    #[test]
    fn it_is_the_least_number_that_holds_the_objective() {
        let demand = Demand::new(SERVICE, 4500.0);
        for rps in [1.0, 40.0, 300.0, 1234.5, 4500.0] {
            let slow = |members| Waiting::steady(SERVICE, members, rps).longer_than(0.1);
            let least = demand.of(rps);
            assert!(slow(least) <= ALLOWED, "{rps}: {least} are too few");
            assert!(least == 1 || slow(least - 1) > ALLOWED, "{rps}: {least} are too many");
        }
    }

    #[test]
    fn fifteen_times_the_traffic_needs_91_members() {
        // The value that an independent prototype of the same model found.
        assert_eq!(Demand::new(SERVICE, 4500.0).of(4500.0), 91);
        assert_eq!(Demand::new(SERVICE, 4500.0).of(0.0), 0);
    }
}
