//! The agent before real workers behind a real HAProxy, under the load of the scenario.

use crate::{prometheus, site};
use std::thread::{self, JoinHandle};
use support::{Agent, Machines, Site, Workers, send_at};

/// Seconds that a worker takes to come up, and that a request takes.
const BOOT: f64 = 3.0;
pub(crate) const WORK: f64 = 0.04;
const MOST: usize = 8;
pub(crate) const FEWEST: usize = 4;

/// Requests per second, and for how many seconds: the scenario's load.
pub(crate) const LOAD: [(f64, f64); 4] = [(57.0, 40.0), (71.25, 30.0), (85.5, 30.0), (57.0, 60.0)];

/// What stands between clients and the agent. The agent goes first.
pub(crate) struct Real {
    agent: Agent,
    machines: Machines,
    _site: Site,
}

impl Real {
    /// Starts all of it, and waits until the fewest members serve and are seen.
    pub(crate) fn start() -> Self {
        let machines = Machines::start(Workers::new(MOST, BOOT, WORK), "5s");
        let (provider, target) = (machines.provider(), machines.target());
        let site = site(&provider, &target, &prometheus(&machines.numbers()), Machines::CPU);
        let mut agent = site.start();
        agent.action();
        machines.wait_for(FEWEST);
        Self { agent, machines, _site: site }
    }

    /// The agent. What it did so far has been waited over.
    pub(crate) const fn agent(&mut self) -> &mut Agent {
        &mut self.agent
    }

    /// Begins to send the load, at equal distances; its end tells how many requests failed.
    pub(crate) fn load(&self) -> JoinHandle<usize> {
        let port = self.machines.front();
        let (mut times, mut from) = (Vec::new(), 0.0);
        for (rps, lasts) in LOAD {
            times.extend((0..(rps * lasts) as u32).map(|number| from + f64::from(number) / rps));
            from += lasts;
        }
        thread::spawn(move || {
            let answers = send_at(port, &times).into_iter();
            let answers = answers.map(|it| it.join().expect("it does not panic"));
            answers.filter(Option::is_none).count()
        })
    }
}
