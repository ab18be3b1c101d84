//! Real workers behind a HAProxy, a Prometheus that looks at both, and the real agent that adds members.

use support::{Agent, Haproxy, Prometheus, Site, Workers, free_port, until};

/// Seconds that a worker takes to come up, and that a request takes on average.
const BOOT: f64 = 3.0;
const WORK: f64 = 0.04;
/// How long a request waits for a worker before it is turned away.
pub(crate) const PATIENCE: &str = "1s";
/// Members at least.
pub(crate) const MIN: u32 = 1;

/// The members' mean CPU in percent: for how much of the last seconds workers were at work.
pub(crate) const CPU: &str = concat!(
    "100 * sum(rate(worker_busy_seconds_total[3s]))",
    " / max(haproxy_backend_active_servers{proxy=\"web\"})"
);

/// What stands between the clients and the agent. The agent goes first.
pub(crate) struct Scene {
    _agent: Agent,
    pub(crate) prometheus: Prometheus,
    pub(crate) haproxy: Haproxy,
    _workers: Workers,
    _site: Site,
}

impl Scene {
    /// Starts all of it, with room for `max` members, and waits until the fewest serve and are seen.
    pub(crate) fn start(max: u32) -> Self {
        let workers = Workers::uneven(max as usize, BOOT, WORK);
        let page = free_port();
        let haproxy = Haproxy::start(
            &format!("mode http\n  option httpchk GET /\n  timeout queue {PATIENCE}"),
            "web",
            &format!(
                "backend web\n  balance leastconn\nfrontend metrics\n  bind 127.0.0.1:{page}\n  \
                 http-request use-service prometheus-exporter\n"
            ),
        );
        let page = [format!("127.0.0.1:{page}")];
        let prometheus = Prometheus::scraping(&[("haproxy", &page), ("worker", &workers.places())]);
        let site = site((&haproxy, &workers, &prometheus), max);
        let agent = site.start();
        until("the fewest members serve", || {
            let up = haproxy.servers("web").iter().filter(|(_, state)| state == "UP").count();
            if up == MIN as usize { Ok(()) } else { Err(up) }
        });
        prometheus.wait_for_any_value("sum(rate(worker_busy_seconds_total[3s]))");
        Self { _agent: agent, prometheus, haproxy, _workers: workers, _site: site }
    }
}

/// The agent holds CPU at 60 %, by the policy of the library.
fn site((haproxy, workers, prometheus): (&Haproxy, &Workers, &Prometheus), max: u32) -> Site {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[sources.prom]
kind = "prometheus"
url = "{}"
timeout = "1s"
[providers.dc]
kind = "onprem"
haproxy = "{}"
[targets.web]
kind = "group"
provider = "dc"
id = "web"
{}server = ["inter", "100ms", "rise", "1", "fall", "5", "maxconn", "1"]
min = {MIN}
max = {max}
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "prom", query = '{CPU}' }} }}
targets = {{ fleet = "web" }}
"#,
        prometheus.url(),
        haproxy.socket().display(),
        workers.keys(),
    ));
    site.write("target-cpu.rhai", include_str!("../../policies/library/target-cpu.rhai"));
    site
}
