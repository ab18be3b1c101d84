//! The members as one queue with many servers: a fluid backlog, and the waiting
//! that randomness adds to it.
//!
//! Work flows in and out second by second; what cannot be served stays, and is given
//! up when it has waited longer than the clients' patience. On top of this the
//! formula of Erlang says how long requests wait in a queue that keeps up
//! (M/M/c, pooled). How far this is from a simulation of every request is in
//! docs/simulator-accuracy.md.

use super::{
    Asked, Engine, Flow, Waiting, erlang,
    sabotage::{Part, is_broken},
};
use crate::world::{
    clients::{ATTEMPTS, Budget, Clients, Mix},
    latency::Answers,
    service::{Balancing, Service},
};
use std::collections::VecDeque;

/// The fluid engine.
#[derive(Clone, Debug)]
pub struct Fluid {
    service: Service,
    line: Line,
    retries: Retries,
}

impl Fluid {
    /// An engine with nothing to do.
    pub fn new(service: Service, clients: Clients) -> Self {
        Self { service, line: Line::default(), retries: Retries::new(clients) }
    }

    /// The share of what arrives that is turned away, because the line is full.
    fn shed(&self, asked: Asked, attempts: f64) -> f64 {
        let places = self.service.places(asked.ready).filter(|_| attempts > 0.0);
        let Some(places) = places else { return 0.0 };
        let capacity = asked.capacity_rps(self.service);
        let room = capacity + places - self.line.length();
        let over = if attempts > room { 1.0 - room.max(0.0) / attempts } else { 0.0 };
        // A queue that overflows has to be filled first: until then nobody is turned away.
        if capacity <= 0.0 || (over == 0.0 && attempts >= capacity) {
            return over;
        }
        let lines = f64::from(self.service.lines(asked.ready));
        let workers = asked.ready.saturating_mul(self.service.workers);
        let servers = workers / self.service.lines(asked.ready);
        let load = attempts * asked.seconds_each(self.service) / lines;
        over.max(erlang::limited(servers, load, places / lines).shed)
    }

    /// The share of what was let in that loses its patience although the members keep up:
    /// where each has a line of its own, some lines are long.
    fn unlucky(&self, asked: Asked, attempts: f64) -> f64 {
        let capacity = asked.capacity_rps(self.service);
        let keeps_up = attempts < capacity && self.line.length() == 0.0;
        if self.service.balancing == Balancing::LeastOutstanding || !keeps_up {
            return 0.0;
        }
        let waiting = Waiting::new(asked, self.service, attempts, 0.0);
        let late = waiting.longer_than(self.service.patience.secs());
        erlang::impatient(attempts / capacity, late)
    }
}

impl Engine for Fluid {
    fn second(&mut self, asked: Asked) -> (Flow, Answers) {
        let service = self.service;
        let capacity = asked.capacity_rps(service);
        let arriving = self.retries.arriving(asked.inflow);
        let attempts: f64 = arriving.iter().sum();
        let shed = self.shed(asked, attempts);
        let admitted = attempts * (1.0 - shed);
        let unlucky = self.unlucky(asked, admitted);
        self.line.join(scaled(&arriving, (1.0 - shed) * (1.0 - unlucky)));
        let (worked, wasted) = self.line.serve(capacity);
        let bearable = capacity.max(admitted) * service.patience.secs();
        let late = self.line.give_up(bearable, service);
        let waiting = Waiting::new(asked, service, admitted, self.line.length());

        let timed_out = added(&late, &scaled(&arriving, (1.0 - shed) * unlucky));
        let turned_away = scaled(&arriving, shed);
        let errors = scaled(&worked, asked.failing);
        let failed = added(&added(&timed_out, &turned_away), &errors);
        let done: f64 = worked.iter().sum();
        let served = done * (1.0 - asked.failing);
        let flow = Flow {
            offered: asked.inflow,
            attempts,
            served,
            slow: served * waiting.longer_than(service.slow.secs()),
            given_up: self.retries.fail(&failed),
            errors: errors.iter().sum(),
            shed: turned_away.iter().sum(),
            timed_out: timed_out.iter().sum(),
            wasted,
            utilisation: (asked.ready > 0 && capacity > 0.0).then(|| (done + wasted) / capacity),
        };
        (flow, Answers::Modelled { requests: served, waiting })
    }

    fn backlog(&self) -> f64 {
        self.line.alive + self.retries.waiting()
    }
}

/// Those who wait to be served, the oldest first.
#[derive(Clone, Debug, Default)]
struct Line {
    /// Seconds that have passed.
    second: u64,
    /// Work whose client has given up: all of it is older than the rest.
    dead: f64,
    /// The rest, by the second in which it came.
    cohorts: VecDeque<(u64, Mix)>,
    /// The requests in `cohorts`.
    alive: f64,
}

impl Line {
    fn length(&self) -> f64 {
        self.dead + self.alive
    }

    fn join(&mut self, arriving: Mix) {
        self.second += 1;
        self.alive += arriving.iter().sum::<f64>();
        self.cohorts.push_back((self.second, arriving));
    }

    /// Serves so many, the oldest first: those who still waited, and how many did not.
    fn serve(&mut self, capacity: f64) -> (Mix, f64) {
        let wasted = capacity.min(self.dead);
        self.dead -= wasted;
        (self.leave(capacity - wasted), wasted)
    }

    /// Lets those give up who have waited too long, if no more than `bearable` can be served in time.
    fn give_up(&mut self, bearable: f64, service: Service) -> Mix {
        if is_broken(Part::Patience) {
            return Mix::default();
        }
        if service.drops_expired {
            return self.leave(self.alive - bearable);
        }
        let patience = service.patience.secs();
        let mut late = Mix::default();
        while let Some((came, _)) = self.cohorts.front()
            && (self.second - came) as f64 >= patience
            && let Some((_, cohort)) = self.cohorts.pop_front()
        {
            late = added(&late, &cohort);
        }
        let count: f64 = late.iter().sum();
        self.dead += count;
        self.alive = (self.alive - count).max(0.0);
        late
    }

    /// Takes so many away, or all if there are fewer, the oldest first.
    fn leave(&mut self, count: f64) -> Mix {
        let mut gone = Mix::default();
        if count >= self.alive {
            self.cohorts.drain(..).for_each(|(_, cohort)| gone = added(&gone, &cohort));
            self.alive = 0.0;
            return gone;
        }
        let mut wanted = count.max(0.0);
        self.alive -= wanted;
        while let Some((_, cohort)) = self.cohorts.front_mut() {
            let size: f64 = cohort.iter().sum();
            if size > wanted {
                gone = added(&gone, &scaled(cohort, wanted / size));
                *cohort = scaled(cohort, 1.0 - wanted / size);
                return gone;
            }
            gone = added(&gone, cohort);
            wanted -= size;
            self.cohorts.pop_front();
        }
        gone
    }
}

/// Requests that will be tried again.
#[derive(Clone, Debug)]
struct Retries {
    budget: Budget,
    /// By attempt that failed: the share of its retries that come so many seconds later, from the next on.
    spread: Vec<Vec<f64>>,
    /// What will arrive in the seconds to come.
    calendar: VecDeque<Mix>,
}

impl Retries {
    fn new(clients: Clients) -> Self {
        let attempts = (0..ATTEMPTS).take_while(|attempt| clients.may_try_again(*attempt));
        let spread = attempts.map(|attempt| spread(clients, attempt)).collect();
        Self { budget: Budget::new(clients), spread, calendar: VecDeque::new() }
    }

    /// What arrives in this second: first attempts, and retries that are due.
    fn arriving(&mut self, first_attempts: f64) -> Mix {
        self.budget.fill(first_attempts);
        let mut arriving = self.calendar.pop_front().unwrap_or_default();
        arriving[0] += first_attempts;
        arriving
    }

    /// Takes in what failed in this second: how many requests are given up.
    fn fail(&mut self, failed: &Mix) -> f64 {
        let all: f64 = failed.iter().sum();
        let wanted: f64 = failed.iter().take(self.spread.len()).sum();
        if wanted <= 0.0 {
            return all;
        }
        let granted = self.budget.take(wanted);
        for (attempt, (spread, failed)) in self.spread.iter().zip(failed).enumerate() {
            let again = failed * granted / wanted;
            if again <= 0.0 {
                continue;
            }
            if self.calendar.len() < spread.len() {
                self.calendar.resize(spread.len(), Mix::default());
            }
            for (due, share) in self.calendar.iter_mut().zip(spread) {
                due[attempt + 1] += again * share;
            }
        }
        all - granted
    }

    fn waiting(&self) -> f64 {
        self.calendar.iter().flatten().sum()
    }
}

/// When the retries of one second's failures come: the shares of the seconds after it.
///
/// Failures fall anywhere in their second and the delay anywhere in its range, so the
/// share before a time is a mean of straight lines. What would come in the same second comes in the next.
fn spread(clients: Clients, attempt: usize) -> Vec<f64> {
    let (least, most) = (clients.delay(attempt, 0.0), clients.delay(attempt, 1.0));
    // The mean over a range of the part of a unit's failures that has come back before `time`.
    let before = |time: f64| {
        let area = |delay: f64| {
            let left = time - delay;
            if left <= 0.0 {
                0.0
            } else if left < 1.0 {
                left * left / 2.0
            } else {
                left - 0.5
            }
        };
        let one = |delay: f64| (time - delay).clamp(0.0, 1.0);
        if most - least < 1e-9 { one(least) } else { (area(least) - area(most)) / (most - least) }
    };
    let seconds = (most + 1.0).ceil() as usize;
    let mut shares: Vec<f64> = (1..seconds.max(2))
        .map(|second| {
            let from = if second == 1 { 0.0 } else { before(second as f64) };
            before(second as f64 + 1.0) - from
        })
        .collect();
    // The ends meet but for rounding, and no request may be lost to it.
    let all: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= all);
    shares
}

fn scaled(mix: &Mix, by: f64) -> Mix {
    mix.map(|requests| requests * by)
}

fn added(one: &Mix, other: &Mix) -> Mix {
    std::array::from_fn(|attempt| one[attempt] + other[attempt])
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::Span;

    #[test]
    fn retries_come_when_the_backoff_says_and_none_is_lost() {
        let clients =
            Clients { retries: 3, backoff: Span::from_ms(1500), jitter: 0.0, budget: None };
        // Failures between 0 and 1 come back between 1.5 and 2.5.
        assert_eq!(spread(clients, 0), [0.5, 0.5]);
        // And with the delay anywhere from 0 to 3 s.
        let spread = spread(Clients { jitter: 1.0, ..clients }, 0);
        let expected = [0.5, 1.0 / 3.0, 1.0 / 6.0];
        assert!(spread.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{spread:?}");
    }
}
