//! Every request by itself: the referee of the fluid engine.
//!
//! Requests arrive at random (Poisson) at the second's rate, wait in the order in which they
//! came, and take a random time. Members come and go at the edges of seconds; one that goes
//! finishes what it has. Nothing here is a formula, so what the fluid engine
//! says by formula can be compared.
//!
//! Events are departures (a heap), arrivals (each drawn from the one before) and retries (a heap).
//! That a client has lost its patience is found when its line moves or the second ends, whichever is
//! first: its retry may come that much late.

mod at_work;
mod line;
mod luck;

use super::{
    Asked, Engine, Flow,
    sabotage::{Part, is_broken},
};
use crate::{
    chance::Chance,
    world::{
        clients::{Budget, Clients},
        latency::{Answers, Counts},
        service::{Balancing, Service},
    },
};
use at_work::{AtWork, Task};
use line::{Line, Waiter};
use luck::Luck;
use std::{cmp::Reverse, collections::BinaryHeap};

/// The engine of discrete events.
#[derive(Clone, Debug)]
pub struct Des {
    service: Service,
    clients: Clients,
    budget: Budget,
    luck: Luck,
    /// Seconds from the start to the second that comes next.
    now: f64,
    /// One for all members, or one for each, also for those that have gone and finish their work.
    lines: Vec<Line>,
    /// Those who came when there was no member.
    lobby: Line,
    at_work: AtWork,
    /// When retries arrive, as bits of seconds, and which attempts they are.
    retries: BinaryHeap<Reverse<(u64, u8)>>,
    /// Requests that have neither been served nor given up.
    open: u64,
    this: Second,
}

/// What this second is like, and what has become of it so far.
#[derive(Clone, Debug)]
struct Second {
    asked: Asked,
    /// The lines that take new requests: the first so many.
    takers: usize,
    /// Requests that each line works on at once.
    servers: usize,
    /// Requests that may wait in each line.
    places: u64,
    /// The mean seconds of one request.
    each: f64,
    /// When the last event was, and the seconds of work that all workers have done until then.
    last: f64,
    worked: f64,
    done: Done,
    counts: Counts,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    offered: u64,
    attempts: u64,
    served: u64,
    slow: u64,
    given_up: u64,
    errors: u64,
    shed: u64,
    timed_out: u64,
    wasted: u64,
}

impl Des {
    /// An engine with nothing to do.
    pub fn new(service: Service, clients: Clients, chance: Chance) -> Self {
        Self {
            budget: Budget::new(clients),
            luck: Luck::new(service, chance),
            now: 0.0,
            lines: Vec::new(),
            lobby: Line::default(),
            at_work: AtWork::default(),
            retries: BinaryHeap::new(),
            open: 0,
            this: Second::new(service, Asked::usual(0.0, 0), 0.0),
            service,
            clients,
        }
    }

    /// Lets members come and go, and clients that have waited too long.
    fn begin(&mut self, asked: Asked) {
        self.this = Second::new(self.service, asked, self.now);
        self.budget.fill(asked.inflow);
        if self.lines.len() < self.this.takers {
            self.lines.resize_with(self.this.takers, Line::default);
        }
        if self.this.takers > 0 {
            for waiter in self.lobby.empty() {
                let line = self.route();
                self.lines[line].join(waiter);
            }
        }
        for line in 0..self.lines.len() {
            self.settle(line, self.now);
        }
    }

    /// Brings a line up to date: who has waited too long, and whose turn it is.
    fn settle(&mut self, line: usize, now: f64) {
        self.expire(line, now);
        while self.lines[line].busy < self.this.servers {
            let Some(task) = self.next(line, now) else { return };
            self.lines[line].busy += 1;
            let until = now + self.time_of_one();
            self.at_work.start(until, task);
        }
    }

    fn time_of_one(&mut self) -> f64 {
        self.this.each * self.luck.service()
    }

    /// The next of a line, off the line.
    fn next(&mut self, line: usize, now: f64) -> Option<Task> {
        let waiter = self.lines[line].next()?;
        let line = line as u32;
        Some(waiter.map_or(Task::wasted(line), |Waiter { arrived, attempt }| Task {
            arrived,
            began: now,
            line,
            attempt,
            wasted: false,
        }))
    }

    fn expire(&mut self, line: usize, now: f64) {
        let due = now - self.service.patience.secs();
        while let Some(waiter) = self.lines[line].expired(due, self.service.drops_expired) {
            self.lose_patience(waiter, now);
        }
    }

    fn lose_patience(&mut self, waiter: Waiter, now: f64) {
        self.this.done.timed_out += 1;
        let gave_up = waiter.arrived + self.service.patience.secs();
        self.fail(waiter.attempt, gave_up, now);
    }

    /// An attempt failed at `at`: its client tries again, not before `now`, or gives up.
    fn fail(&mut self, attempt: u8, at: f64, now: f64) {
        let nth = usize::from(attempt);
        if self.clients.may_try_again(nth) && self.budget.take_one() {
            let again = (at + self.clients.delay(nth, self.luck.jitter())).max(now);
            self.retries.push(Reverse((again.to_bits(), attempt + 1)));
        } else {
            self.this.done.given_up += u64::from(!is_broken(Part::Books));
            self.open -= 1;
        }
    }

    fn route(&mut self) -> usize {
        match self.this.takers {
            0 | 1 => 0,
            lines => self.luck.line(lines),
        }
    }

    fn arrive(&mut self, attempt: u8, now: f64) {
        self.this.done.attempts += 1;
        let waiter = Waiter { arrived: now, attempt };
        if self.this.takers == 0 {
            match self.service.queue {
                Some(_) => self.shed(attempt, now),
                None => self.lobby.join(waiter),
            }
            return;
        }
        let line = self.route();
        let there = &self.lines[line];
        if there.is_empty() && there.busy < self.this.servers {
            self.this.passed(now, self.at_work.len());
            self.lines[line].busy += 1;
            let line = line as u32;
            let task = Task { arrived: now, began: now, line, attempt, wasted: false };
            let until = now + self.time_of_one();
            self.at_work.start(until, task);
        } else if there.len() < self.this.places {
            self.lines[line].join(waiter);
        } else {
            self.shed(attempt, now);
        }
    }

    fn shed(&mut self, attempt: u8, now: f64) {
        self.this.done.shed += 1;
        self.fail(attempt, now, now);
    }

    /// The first of those at work is done at `now`.
    fn depart(&mut self, now: f64) {
        self.this.passed(now, self.at_work.len());
        let task = self.at_work.first();
        let line = task.line as usize;
        self.answer(task, now);
        self.expire(line, now);
        let goes_on = self.lines[line].busy <= self.this.servers;
        match if goes_on { self.next(line, now) } else { None } {
            Some(next) => {
                let until = now + self.time_of_one();
                self.at_work.replace_first(until, next);
            }
            None => {
                self.lines[line].busy -= 1;
                self.at_work.remove_first();
            }
        }
    }

    fn answer(&mut self, task: Task, now: f64) {
        let done = &mut self.this.done;
        if task.wasted {
            done.wasted += 1;
        } else if self.this.asked.failing > 0.0 && self.luck.fails(self.this.asked.failing) {
            done.errors += 1;
            self.fail(task.attempt, now, now);
        } else {
            done.served += 1;
            let waited = task.began - task.arrived;
            done.slow += u64::from(waited > self.service.slow.secs());
            self.this.counts.add(waited, now - task.arrived);
            self.open -= 1;
        }
    }

    /// The time of the next retry; never, if there is none.
    fn next_retry(&self) -> f64 {
        self.retries.peek().map_or(f64::INFINITY, |Reverse((at, _))| f64::from_bits(*at))
    }
}

impl Engine for Des {
    fn second(&mut self, asked: Asked) -> (Flow, Answers) {
        self.begin(asked);
        let end = self.now + 1.0;
        let mut arrival = self.now + self.luck.gap(asked.inflow);
        let mut retry = self.next_retry();
        loop {
            let departure = self.at_work.next();
            let next = departure.min(arrival).min(retry);
            if next >= end {
                break;
            }
            if next == departure {
                self.depart(next);
            } else if next == arrival {
                self.this.done.offered += 1;
                self.open += 1;
                self.arrive(0, next);
                arrival += self.luck.gap(asked.inflow);
            } else if let Some(Reverse((_, attempt))) = self.retries.pop() {
                self.arrive(attempt, next);
            }
            retry = self.next_retry();
        }
        self.now = end;
        for line in 0..self.lines.len() {
            self.expire(line, end);
        }
        let due = end - self.service.patience.secs();
        while let Some(waiter) = self.lobby.expired(due, true) {
            self.lose_patience(waiter, end);
        }
        self.this.passed(end, self.at_work.len());
        self.this.outcome(self.service)
    }

    fn backlog(&self) -> f64 {
        self.open as f64
    }
}

impl Second {
    fn new(service: Service, asked: Asked, now: f64) -> Self {
        let workers = service.workers as usize;
        let (takers, servers) = match service.balancing {
            Balancing::LeastOutstanding => (1, workers * asked.ready as usize),
            Balancing::Random => (asked.ready as usize, workers),
        };
        let members = match service.balancing {
            Balancing::LeastOutstanding => u64::from(asked.ready),
            Balancing::Random => 1,
        };
        let places = service.queue.map_or(u64::MAX, |places| u64::from(places) * members);
        Self {
            takers,
            // Members that stand still begin nothing.
            servers: if asked.speed > 0.0 { servers } else { 0 },
            places,
            each: asked.seconds_each(service),
            last: now,
            worked: 0.0,
            done: Done::default(),
            counts: Counts::default(),
            asked,
        }
    }

    /// Time passed until `now`, with so many requests being worked on.
    fn passed(&mut self, now: f64, busy: usize) {
        self.worked += (now - self.last) * busy as f64;
        self.last = now;
    }

    fn outcome(&mut self, service: Service) -> (Flow, Answers) {
        let done = self.done;
        let workers = f64::from(self.asked.ready) * f64::from(service.workers);
        let flow = Flow {
            offered: done.offered as f64,
            attempts: done.attempts as f64,
            served: done.served as f64,
            slow: done.slow as f64,
            given_up: done.given_up as f64,
            errors: done.errors as f64,
            shed: done.shed as f64,
            timed_out: done.timed_out as f64,
            wasted: done.wasted as f64,
            // Members that have gone may still finish work: more than there are cannot be busy.
            utilisation: (workers > 0.0 && self.asked.speed > 0.0)
                .then(|| (self.worked / workers).min(1.0)),
        };
        (flow, Answers::Counted(Box::new(std::mem::take(&mut self.counts))))
    }
}
