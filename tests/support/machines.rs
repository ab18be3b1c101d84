//! A group on machines of one's own with numbers: real workers behind a HAProxy, a Prometheus that
//! scrapes both every second, and requests that come when they come.

use crate::{Haproxy, Prometheus, Workers, free_port, get, until};
use std::{
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Workers behind the backend `web` of a HAProxy, and a Prometheus.
#[derive(Debug)]
pub struct Machines {
    prometheus: Prometheus,
    haproxy: Haproxy,
    workers: Workers,
}

impl Machines {
    /// The members' mean CPU in percent: for how much of the last seconds workers were at work.
    pub const CPU: &str = concat!(
        "100 * sum(rate(worker_busy_seconds_total[3s]))",
        " / max(haproxy_backend_active_servers{proxy=\"web\"})"
    );

    /// Starts all but the workers; a request waits for one of them for `patience`, then it is
    /// turned away.
    pub fn start(workers: Workers, patience: &str) -> Self {
        let page = free_port();
        let haproxy = Haproxy::start(
            &format!("mode http\n  option httpchk GET /\n  timeout queue {patience}"),
            "web",
            &format!(
                "backend web\n  balance leastconn\nfrontend metrics\n  bind 127.0.0.1:{page}\n  \
                 http-request use-service prometheus-exporter\n"
            ),
        );
        let page = [format!("127.0.0.1:{page}")];
        let prometheus = Prometheus::scraping(&[("haproxy", &page), ("worker", &workers.places())]);
        Self { prometheus, haproxy, workers }
    }

    /// What a configuration says of the provider.
    pub fn provider(&self) -> String {
        format!("kind = \"onprem\"\nhaproxy = \"{}\"", self.haproxy.socket().display())
    }

    /// What a configuration says of the target: where it is and what it takes. A worker has one
    /// request at a time.
    pub fn target(&self) -> String {
        let checks = "[\"inter\", \"100ms\", \"rise\", \"1\", \"fall\", \"5\", \"maxconn\", \"1\"]";
        format!("id = \"web\"\n{}server = {checks}", self.workers.keys())
    }

    /// Where Prometheus answers.
    pub fn numbers(&self) -> String {
        self.prometheus.url()
    }

    /// The port where requests come in.
    pub fn front(&self) -> u16 {
        self.haproxy.front()
    }

    /// Waits until so many serve and their numbers are seen.
    #[track_caller]
    pub fn wait_for(&self, members: usize) {
        until(&format!("{members} serve"), || {
            let up = self.haproxy.servers("web").iter().filter(|(_, it)| it == "UP").count();
            if up == members { Ok(()) } else { Err(up) }
        });
        self.prometheus.wait_for_any_value("sum(rate(worker_busy_seconds_total[3s]))");
    }
}

/// Sends a request to `/work` of a port at each of these seconds from now on, whether or not
/// those before have an answer; each tells after how many seconds a good answer came, if one did.
///
/// Returns when the last one is sent.
#[expect(clippy::disallowed_methods, reason = "real servers are asked by the real time")]
pub fn send_at(port: u16, times: &[f64]) -> Vec<JoinHandle<Option<f64>>> {
    let began = Instant::now();
    let send = |at: &f64| {
        let due = began + Duration::from_secs_f64(*at);
        while let Some(early) =
            due.checked_duration_since(Instant::now()).filter(|it| !it.is_zero())
        {
            thread::park_timeout(early);
        }
        thread::spawn(move || {
            let is_good = get(port, "/work").is_ok_and(|(status, _)| status == 200);
            is_good.then(|| due.elapsed().as_secs_f64())
        })
    };
    times.iter().map(send).collect()
}
