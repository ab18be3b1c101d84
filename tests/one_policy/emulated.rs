//! The agent on AWS as moto has it. Nothing there has CPU, so a page tells what the members that are
//! in service at the moment would have under the scenario's load.

use crate::{
    machines::{FEWEST, LOAD, WORK},
    site,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use support::{Exporter, Moto, Page, REGION, Site};

/// A group of moto, and the page of its CPU.
pub(crate) struct Emulated {
    moto: Arc<Moto>,
    page: Exporter,
    is_over: Arc<AtomicBool>,
    under_load: Option<JoinHandle<()>>,
}

impl Emulated {
    /// Makes a group of the fewest members, under the load that the schedule begins with.
    pub(crate) fn start() -> Self {
        let moto = Arc::new(Moto::start());
        moto.make_group("web", FEWEST as u32);
        let page = Exporter::start(Page::Gone);
        page.show_value("cpu", cpu(LOAD[0].0, FEWEST));
        Self { moto, page, is_over: Arc::default(), under_load: None }
    }

    /// An agent that holds the group.
    pub(crate) fn site(&self) -> Site {
        let (region, address) = (REGION, self.moto.address());
        let provider =
            format!("kind = \"aws\"\nregion = \"{region}\"\nendpoint = \"http://{address}\"");
        let source = format!("kind = \"scrape\"\nurl = \"{}\"", self.page.url());
        let site = site(&provider, "id = \"web\"", &source, "cpu");
        site.with("AWS_ACCESS_KEY_ID", "fake").with("AWS_SECRET_ACCESS_KEY", "fake")
    }

    /// Begins to show the CPU that the members have under the load of each second from now on.
    #[expect(clippy::disallowed_methods, reason = "the load comes by the real time")]
    pub(crate) fn load(&mut self) {
        let (moto, page, is_over) =
            (Arc::clone(&self.moto), self.page.clone(), Arc::clone(&self.is_over));
        let began = Instant::now();
        let show = move || {
            while !is_over.load(SeqCst) {
                page.show_value("cpu", cpu(rps_at(began.elapsed()), members(&moto)));
                thread::park_timeout(Duration::from_millis(200));
            }
        };
        self.under_load = Some(thread::spawn(show));
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        self.is_over.store(true, SeqCst);
        if let Some(under_load) = self.under_load.take() {
            under_load.thread().unpark();
            // It has panicked if moto did not answer; what is missing then is told by the test.
            under_load.join().ok();
        }
    }
}

/// The mean CPU of so many members under so many requests per second, in percent.
fn cpu(rps: f64, members: usize) -> f64 {
    100.0 * rps * WORK / members.max(1) as f64
}

/// Requests per second after so much of the schedule.
fn rps_at(elapsed: Duration) -> f64 {
    let mut until = 0.0;
    let step = LOAD.iter().find(|(_, lasts)| {
        until += lasts;
        elapsed.as_secs_f64() < until
    });
    step.or(LOAD.last()).expect("there is a load").0
}

/// How many members of the group are in service.
fn members(moto: &Moto) -> usize {
    let groups =
        moto.autoscaling("DescribeAutoScalingGroups", &[("AutoScalingGroupNames.member.1", "web")]);
    groups.matches("<LifecycleState>InService</LifecycleState>").count()
}
