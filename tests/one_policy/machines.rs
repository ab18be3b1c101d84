//! Real workers behind a real HAProxy, under the load of the scenario.

use crate::site;
use std::{
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use support::{Agent, Haproxy, Prometheus, Site, Workers, free_port, get, until};

/// Seconds that a worker takes to come up, and that a request takes.
const BOOT: f64 = 3.0;
const WORK: f64 = 0.04;
const MOST: usize = 8;
const FEWEST: usize = 4;

/// The members' mean CPU in percent: for how much of the last seconds workers were at work.
const CPU: &str = concat!(
    "100 * sum(rate(worker_busy_seconds_total[3s]))",
    " / max(haproxy_backend_active_servers{proxy=\"web\"})"
);

/// Requests per second, and for how many seconds: the scenario's load.
const LOAD: [(f64, f64); 4] = [(57.0, 40.0), (71.25, 30.0), (85.5, 30.0), (57.0, 60.0)];

/// What stands between clients and the agent. The agent goes first.
pub(crate) struct Machines {
    agent: Agent,
    haproxy: Haproxy,
    _prometheus: Prometheus,
    _workers: Workers,
    _site: Site,
}

impl Machines {
    /// Starts all of it, and waits until the fewest members serve and are seen.
    pub(crate) fn start() -> Self {
        let workers = Workers::new(MOST, BOOT, WORK);
        let page = free_port();
        let haproxy = Haproxy::start(
            "mode http\n  option httpchk GET /\n  timeout queue 5s",
            "web",
            &format!(
                "backend web\n  balance leastconn\nfrontend metrics\n  bind 127.0.0.1:{page}\n  \
                 http-request use-service prometheus-exporter\n"
            ),
        );
        let page = [format!("127.0.0.1:{page}")];
        let prometheus = Prometheus::scraping(&[("haproxy", &page), ("worker", &workers.places())]);
        let provider = format!("kind = \"onprem\"\nhaproxy = \"{}\"", haproxy.socket().display());
        let checks =
            "server = [\"inter\", \"100ms\", \"rise\", \"1\", \"fall\", \"5\", \"maxconn\", \"1\"]";
        let target = format!("id = \"web\"\n{}{checks}", workers.keys());
        let site = site(&provider, &target, &prometheus.url(), CPU);
        let mut agent = site.start();
        agent.action();
        until("the fewest members serve", || {
            let up = haproxy.servers("web").iter().filter(|(_, state)| state == "UP").count();
            if up == FEWEST { Ok(()) } else { Err(up) }
        });
        prometheus.wait_for_any_value("sum(rate(worker_busy_seconds_total[3s]))");
        Self { agent, haproxy, _prometheus: prometheus, _workers: workers, _site: site }
    }

    /// The agent. What it did so far has been waited over.
    pub(crate) const fn agent(&mut self) -> &mut Agent {
        &mut self.agent
    }

    /// Begins to send the load, at equal distances; its end tells how many requests failed.
    #[expect(clippy::disallowed_methods, reason = "real servers are asked by the real time")]
    pub(crate) fn load(&self) -> JoinHandle<usize> {
        let front = self.haproxy.front();
        let began = Instant::now();
        thread::spawn(move || {
            let (mut requests, mut at) = (Vec::new(), 0.0);
            for (rps, lasts) in LOAD {
                let from = at;
                for number in 0..(rps * lasts) as u32 {
                    let due = began + Duration::from_secs_f64(from + f64::from(number) / rps);
                    while let Some(early) = due.checked_duration_since(Instant::now()) {
                        thread::park_timeout(early);
                    }
                    let ask = move || get(front, "/work").is_ok_and(|(status, _)| status == 200);
                    requests.push(thread::spawn(ask));
                }
                at = from + lasts;
            }
            let answered = requests.into_iter().map(|it| it.join().expect("it does not panic"));
            answered.filter(|good| !good).count()
        })
    }
}
