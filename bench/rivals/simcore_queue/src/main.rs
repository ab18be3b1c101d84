//! M/M/c in simcore, the fastest open engine of its kind that we know of.
//!
//! Prints requests, CPU seconds and peak RSS in KiB, for so many simulated seconds.

use serde::Serialize;
use simcore::{Event, EventHandler, Simulation, SimulationContext, cast};
use std::{cell::RefCell, collections::VecDeque, env, fs, rc::Rc};

const SERVERS: u32 = 200;
const LOAD: f64 = 1000.0;
const MEAN: f64 = 0.16;

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct Departure {
    arrived: f64,
    began: f64,
}

struct Queue {
    ctx: SimulationContext,
    busy: u32,
    waiting: VecDeque<f64>,
    arrived: u64,
    waits: f64,
}

impl Queue {
    fn exponential(&self, mean: f64) -> f64 {
        -mean * (1.0 - self.ctx.rand()).ln()
    }

    fn begin(&mut self, arrived: f64) {
        let (began, takes) = (self.ctx.time(), self.exponential(MEAN));
        self.ctx.emit_self(Departure { arrived, began }, takes);
    }
}

impl EventHandler for Queue {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival {} => {
                self.arrived += 1;
                self.ctx.emit_self(Arrival {}, self.exponential(1.0 / LOAD));
                if self.busy < SERVERS {
                    self.busy += 1;
                    self.begin(event.time);
                } else {
                    self.waiting.push_back(event.time);
                }
            }
            Departure { arrived, began } => {
                self.waits += began - arrived;
                match self.waiting.pop_front() {
                    Some(next) => self.begin(next),
                    None => self.busy -= 1,
                }
            }
        })
    }
}

fn main() {
    let seconds: f64 = env::args().nth(1).and_then(|arg| arg.parse().ok()).expect("seconds");
    let mut simulation = Simulation::new(1);
    let ctx = simulation.create_context("queue");
    let queue = Queue { ctx, busy: 0, waiting: VecDeque::new(), arrived: 0, waits: 0.0 };
    let queue = Rc::new(RefCell::new(queue));
    simulation.add_handler("queue", queue.clone());
    queue.borrow().ctx.emit_self(Arrival {}, 0.0);
    simulation.step_until_time(seconds);
    let (cpu, rss) = usage();
    println!("{} {cpu:.3} {rss}", queue.borrow().arrived);
}

/// CPU seconds of this process, and the most memory it had in KiB, as Linux tells them.
fn usage() -> (f64, u64) {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().expect("ticks")).sum();
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    let rss = peak.split_whitespace().next().expect("a number").parse().expect("KiB");
    (ticks / 100.0, rss)
}
