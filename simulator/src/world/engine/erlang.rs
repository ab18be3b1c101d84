//! The formulas of queues with many servers.
//!
//! `servers` is how many there are, `load` how many of them the arriving work would keep
//! busy: arrivals per second times seconds each (A. K. Erlang, 1917).

/// The probability that a request finds all servers at work where nobody can wait:
/// Erlang's B formula, by its recursion.
pub(super) fn b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |b, j| load * b / (f64::from(j) + load * b))
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
    let blocked = b(servers, load);
    let utilisation = load / f64::from(servers);
    // 1 + u + u² + … of so many terms: all the states in which the servers are busy.
    let states = |terms: f64| {
        let apart = 1.0 - utilisation;
        if apart.abs() < 1e-9 { terms } else { (1.0 - utilisation.powf(terms)) / apart }
    };
    // Both by the probability that exactly the servers are busy, u^places divided out where it grows.
    let scale = if utilisation > 1.0 { utilisation.powf(-places) } else { 1.0 };
    if scale < 1e-200 {
        let shed = 1.0 - 1.0 / utilisation;
        return Limited { shed, queued: 1.0 };
    }
    let all = (1.0 - blocked) * scale + blocked * states(places + 1.0) * scale;
    let shed = blocked * utilisation.powf(places) * scale / all;
    let waiting = blocked * states(places) * scale / all;
    Limited { shed, queued: (waiting / (1.0 - shed)).min(1.0) }
}

/// The share of requests that lose their patience, which is the same for all, in a queue
/// that would keep up without (M/M/c+D).
///
/// `queued` is Erlang's C and `fade` the share of those who wait that would wait beyond the patience.
pub(super) fn impatient(utilisation: f64, queued: f64, fade: f64) -> f64 {
    let late = queued * fade;
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
    fn without_places_it_is_erlangs_b_and_with_many_his_c() {
        check("no places", limited(10, 9.0, 0.0).shed, b(10, 9.0));
        assert_eq!(limited(10, 9.0, 0.0).queued, 0.0);
        let many = limited(10, 9.0, 500.0);
        check("many places", many.shed, 0.0);
        check("many places", many.queued, c(10, 9.0));
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
