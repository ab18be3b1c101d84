//! The formulas of queues with many servers.
//!
//! `servers` is how many there are, `load` how many of them the arriving work would keep
//! busy: arrivals per second times seconds each (A. K. Erlang, 1917).

use super::grid;

/// The probability that a request finds all servers at work where nobody can wait:
/// Erlang's B formula, by the recursion of its inverse.
///
/// The recursion forgets where it began once it has come near the load, so it begins ten standard
/// deviations below: what that leaves out is less than e^-50 of the result.
pub(super) fn b(servers: u32, load: f64) -> f64 {
    let first = (load.min(f64::from(servers)) - 10.0 * load.sqrt()).max(0.0) as u32;
    let inverse = (first + 1..=servers).fold(1.0, |x, j| 1.0 + f64::from(j) / load * x);
    1.0 / inverse
}

/// The probability that a request finds all servers at work where everybody waits:
/// Erlang's C formula, from his B formula. The load is less than the servers.
pub(super) fn c(servers: u32, load: f64) -> f64 {
    if servers == 0 {
        return 1.0;
    }
    let blocked = b(servers, load);
    let utilisation = load / f64::from(servers);
    blocked / (1.0 - utilisation * (1.0 - blocked))
}

/// The logarithm, without its sign, of a probability that counts as none.
const NEVER: f64 = 30.0;

/// What happens where `places` can wait and all others are turned away (M/M/c/c+K).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limited {
    /// The probability of being turned away.
    pub(super) shed: f64,
    /// The probability that who is let in has to wait.
    pub(super) queued: f64,
}

/// The formulas of the queue with a limit; `load` may be more than `servers`.
pub(super) fn limited(servers: u32, load: f64, places: f64) -> Limited {
    if servers == 0 {
        return Limited { shed: 1.0, queued: 1.0 };
    }
    let utilisation = load / f64::from(servers);
    // With so many places the limit is never reached, or always.
    if places * utilisation.ln() < -NEVER {
        return Limited { shed: 0.0, queued: grid::c(servers, load) };
    }
    if places * utilisation.ln() > NEVER {
        return Limited { shed: 1.0 - 1.0 / utilisation, queued: 1.0 };
    }
    let blocked = b(servers, load);
    // 1 + u + u² + … of so many terms: all the states in which the servers are busy.
    let states = |terms: f64| {
        let apart = 1.0 - utilisation;
        if apart.abs() < 1e-9 { terms } else { (1.0 - utilisation.powf(terms)) / apart }
    };
    let all = 1.0 - blocked + blocked * states(places + 1.0);
    let shed = blocked * utilisation.powf(places) / all;
    let waiting = blocked * states(places) / all;
    Limited { shed, queued: (waiting / (1.0 - shed)).min(1.0) }
}

/// The share of requests that lose their patience, which is the same for all, in a queue
/// that would keep up without (M/M/c+D).
///
/// `late` is the share that would wait beyond the patience if nobody ever left.
pub(super) fn impatient(utilisation: f64, late: f64) -> f64 {
    (1.0 - utilisation) * late / (1.0 - utilisation * late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(what: &str, actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-5, "{what} = {actual}, not {expected}");
    }

    #[test]
    fn they_agree_with_the_closed_forms() {
        check("C(1, 0.8)", c(1, 0.8), 0.8);
        check("C(10, 9)", c(10, 9.0), 0.66873);
        check("C(200, 196)", c(200, 196.0), 0.69185);
        check("C(200, 160)", c(200, 160.0), 0.001_377);
        check("B(10, 9)", b(10, 9.0), 0.16796);
    }

    #[test]
    fn the_short_recursion_is_the_long_one() {
        let long = |servers: u32, load: f64| {
            (1..=servers).fold(1.0, |b, j| load * b / (f64::from(j) + load * b))
        };
        for servers in [1, 3, 20, 500, 10_000] {
            for utilisation in [0.01, 0.3, 0.8, 0.99, 1.0, 1.5, 7.0] {
                let load = f64::from(servers) * utilisation;
                let (short, long) = (b(servers, load), long(servers, load));
                assert!((short - long).abs() <= 1e-9 * long, "B({servers}, {load}) = {short}");
            }
        }
    }

    #[test]
    fn without_places_it_is_erlangs_b_and_with_many_his_c() {
        check("no places", limited(10, 9.0, 0.0).shed, b(10, 9.0));
        assert_eq!(limited(10, 9.0, 0.0).queued, 0.0);
        let many = limited(10, 9.0, 500.0);
        check("many places", many.shed, 0.0);
        check("many places", many.queued, grid::c(10, 9.0));
    }

    #[test]
    fn in_overload_what_exceeds_the_capacity_is_turned_away() {
        check("u = 2", limited(10, 20.0, 100.0).shed, 0.5);
        check("u = 2, very many", limited(10, 20.0, 1e6).shed, 0.5);
        // One server and one place: 1, u, u² are the weights of the three states.
        check("M/M/1/2, u = 1", limited(1, 1.0, 1.0).shed, 1.0 / 3.0);
        check("M/M/1/2, u = 2", limited(1, 2.0, 1.0).shed, 4.0 / 7.0);
    }
}
