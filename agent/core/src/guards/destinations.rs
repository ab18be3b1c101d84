//! Nobody is sent to where nobody answers, nor to nowhere.
//!
//! A destination that its provider calls unhealthy never gains users, whatever a rule asks
//! for. What names a destination that there is not, or leaves some users without one, is not
//! done at all: half of what was meant may be the wrong half. A destination of which nothing
//! is known may gain: its provider has no check for it.

use super::{Candidate, Ruling};
use crate::{Destination, Shares, Traffic, TrafficSettings, plan::listed};

/// Holds a `wanted` route that is no safe one between the destinations of `settings`.
pub(crate) fn destinations(
    candidate: Candidate,
    settings: &TrafficSettings,
    traffic: &Traffic,
    wanted: Option<&Shares>,
) -> Ruling {
    let Some(wanted) = wanted else { return Ruling::pass(candidate, "no change") };
    let is_known = |name: &&String| {
        settings.destinations.contains(*name) && traffic.destinations.contains_key(*name)
    };
    if let Some(stranger) = wanted.keys().find(|name| !is_known(name)) {
        return Ruling::Hold(format!("{stranger} is no destination").into());
    }
    let sum: u64 = wanted.values().map(|share| u64::from(*share)).sum();
    if sum != 100 {
        return Ruling::Hold(format!("the shares add up to {sum} %, not to 100 %").into());
    }
    if traffic.destinations.keys().all(|name| traffic.is_down(name)) {
        return Ruling::Hold("every destination is unhealthy".into());
    }
    let gains = |(name, it): &(&String, &Destination)| {
        wanted.get(*name).is_some_and(|share| *share > it.share)
    };
    let gaining = traffic.destinations.iter().filter(gains).map(|(name, _)| name.clone());
    let down: Vec<String> = gaining.filter(|name| traffic.is_down(name)).collect();
    if !down.is_empty() {
        return Ruling::Hold(format!("unhealthy, and would gain users: {}", listed(&down)).into());
    }
    Ruling::pass(candidate, "nobody is sent to where nobody answers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Side;

    /// Whether 60 % and 40 % may become `wanted` when the two are healthy or not.
    #[track_caller]
    fn check(healthy: [Option<bool>; 2], wanted: &[(&str, u32)], holds: bool) {
        let names = ["aws", "azure"].map(str::to_owned);
        let settings = TrafficSettings::new(names.clone());
        let shares = names.into_iter().zip([60, 40]).zip(healthy);
        let destinations =
            shares.map(|((name, share), healthy)| (name, Destination { share, healthy })).collect();
        let traffic = Traffic { destinations, ..Traffic::default() };
        let wanted: Shares =
            wanted.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        let candidate = Candidate { present: 0, size: 10, safe: Some(Side::High) };
        let ruling = super::destinations(candidate, &settings, &traffic, Some(&wanted));
        assert_eq!(matches!(ruling, Ruling::Hold(_)), holds, "{wanted:?}: {ruling:?}");
    }

    #[test]
    fn nobody_is_sent_to_where_nobody_answers() {
        check([Some(false), Some(true)], &[("aws", 70), ("azure", 30)], true);
        check([Some(false), Some(true)], &[("aws", 0), ("azure", 100)], false);
        check([Some(false), None], &[("azure", 100)], false);
        check([Some(true), Some(false)], &[("aws", 90), ("azure", 10)], false);
    }

    #[test]
    fn where_nobody_answers_at_all_nothing_is_moved() {
        check([Some(false), Some(false)], &[("aws", 0), ("azure", 100)], true);
    }

    #[test]
    fn nobody_is_left_without_a_destination() {
        check([None, None], &[("aws", 0), ("azure", 0)], true);
        check([None, None], &[], true);
        check([None, None], &[("aws", 50), ("azure", 49)], true);
        check([None, None], &[("aws", u32::MAX), ("azure", 101)], true);
        check([None, None], &[("aws", 50), ("azrue", 50)], true);
    }
}
