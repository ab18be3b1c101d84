//! An agent that looks after one fleet of many groups, each by its own CPU.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use support::{Exporter, ManyGroups, Page, Prometheus, Site};

/// How the numbers come to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// By a Prometheus that scrapes the page every second.
    Prometheus,
    /// Read from the page itself.
    Scrape,
}

/// A site with everything around it.
pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) page: Exporter,
    pub(crate) prometheus: Option<Prometheus>,
}

/// What differs between scenes.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) by: By,
    pub(crate) mode: &'static str,
    pub(crate) every: &'static str,
    pub(crate) calls_per_second: u32,
    /// Where AWS is.
    pub(crate) endpoint: String,
}

impl Scene {
    /// An agent's site; `page` is what is first to be read.
    pub(crate) fn new(setting: &Setting, page: String) -> Self {
        let Setting { by, mode, every, calls_per_second, endpoint } = setting;
        let page = Exporter::start(Page::Text(page));
        let prometheus = (*by == By::Prometheus).then(|| Prometheus::start(&page));
        let (kind, url, input) = match &prometheus {
            Some(prometheus) => {
                let input = "query = 'avg by (asg) (cpu)', pick = { asg = \"{group}\" }";
                ("prometheus", prometheus.url(), input)
            }
            None => ("scrape", page.url(), "query = 'avg(cpu{asg=\"{group}\"})'"),
        };
        // Not in the file itself: what is in a pair of braces there is filled in.
        let site = Site::new(&format!(
            r#"region = "eu-west-1"
mode = "{mode}"
every = "{every}"
data_dir = "{{data}}"
[sources.numbers]
kind = "{kind}"
url = "{url}"
[providers.aws]
kind = "aws"
endpoint = "{endpoint}"
credentials_file = "credentials"
calls_per_second = {calls_per_second}
[targets.web]
kind = "group"
provider = "aws"
select = {{ tags = {{ app = "web" }} }}
min = 1
max = 200
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "numbers", {input} }} }}
targets = {{ fleet = "web" }}
"#
        ));
        site.write("target-cpu.rhai", include_str!("../../policies/library/target-cpu.rhai"));
        let credentials = "[default]\naws_access_key_id = fake\naws_secret_access_key = fake\n";
        site.write("credentials", credentials);
        Self { site, page, prometheus }
    }

    /// Lets the page go on by itself: every second other values, all near the goal.
    pub(crate) fn wander(&self, count: usize) -> Wandering {
        let (page, stop) = (self.page.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        thread::spawn(move || {
            for second in 0.. {
                if stopped.load(Relaxed) {
                    return;
                }
                page.show(Page::Text(near_the_goal(count, second)));
                thread::park_timeout(Duration::from_secs(1));
            }
        });
        Wandering(stop)
    }
}

/// A page that goes on by itself until this is dropped.
pub(crate) struct Wandering(Arc<AtomicBool>);

impl Drop for Wandering {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// A page with the CPU of `count` groups, as it is in one second: within the dead-band, and with
/// as many digits as a real one has.
pub(crate) fn near_the_goal(count: usize, second: u32) -> String {
    let cpu = |n: usize| 60.0 + 4.0 * (n as f64 * 0.7 + f64::from(second) * 0.13).sin();
    page((0..count).map(cpu))
}

/// A page with these CPUs.
pub(crate) fn page(cpus: impl Iterator<Item = f64>) -> String {
    let mut page = "# TYPE cpu gauge\n".to_owned();
    for (n, cpu) in cpus.enumerate() {
        writeln!(page, "cpu{{asg=\"{}\"}} {cpu}", ManyGroups::name(n)).expect("a string");
    }
    page
}
