//! From a breach that can be seen to the call that answers it, at a pass a second.

use crate::{
    figure, is_long,
    scene::{By, Scene, Setting, page},
    told,
};
use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use support::ManyGroups;

/// From one breach to the next: at another moment between two passes each time.
const APART: Duration = Duration::from_millis(370);

/// Within what time ninety-nine of a hundred breaches must be answered.
const IN_TIME: Duration = Duration::from_millis(1200);

/// How often it is looked whether a breach was answered, and for how long at most.
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(60);

const FINE: f64 = 60.0;
const BREACHED: f64 = 90.0;

struct Breach {
    at: Instant,
    /// What the wall's clock showed, in seconds since 1970.
    wall: f64,
}

#[expect(clippy::disallowed_methods, reason = "how soon a real call comes is measured")]
fn now() -> Breach {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    Breach { at: Instant::now(), wall: wall.as_secs_f64() }
}

/// Lets one group after the other breach its goal, and gives when each could be seen to, and the
/// cloud that was called.
fn breaches(by: By, count: usize) -> (Scene, ManyGroups, Vec<Breach>) {
    let cloud = ManyGroups::start(count, 4);
    let endpoint = cloud.endpoint();
    let setting = Setting { by, mode: "act", every: "1s", calls_per_second: 100, endpoint };
    let scene = Scene::new(&setting, page((0..count).map(|_| FINE)));
    if let Some(prometheus) = &scene.prometheus {
        let last = format!("cpu{{asg=\"{}\"}}", ManyGroups::name(count - 1));
        prometheus.wait_for_any_value(&last);
    }
    let mut agent = scene.site.start();
    agent.passes(3);
    let answered = |n: usize| cloud.first_change(&ManyGroups::name(n)).is_some();
    let mut breaches: Vec<Breach> = Vec::new();
    let show = |breached: usize| {
        // Whoever has been answered is back at its goal, and asks for no more.
        let cpu = |n: usize| if n < breached && !answered(n) { BREACHED } else { FINE };
        scene.page.show(support::Page::Text(page((0..count).map(cpu))));
    };
    while breaches.len() < count {
        show(breaches.len() + 1);
        breaches.push(now());
        let next = breaches.last().expect("just pushed").at + APART;
        while let Some(left) = next.checked_duration_since(now().at).filter(|left| !left.is_zero())
        {
            thread::park_timeout(left);
        }
    }
    let late = now().at + PATIENCE;
    while !(0..count).all(answered) {
        assert!(now().at < late, "a breach is not answered");
        thread::park_timeout(LOOK);
    }
    agent.stop();
    (scene, cloud, breaches)
}

/// How long after each breach its call came, when each was to be seen at a time of its own.
fn waits(cloud: &ManyGroups, seen: impl Iterator<Item = f64>) -> Vec<Duration> {
    let wait = |(n, seen): (usize, f64)| {
        let call = cloud.first_change(&ManyGroups::name(n)).expect("all were waited for");
        let wall = call.wall.duration_since(UNIX_EPOCH).expect("it is past 1970");
        Duration::from_secs_f64((wall.as_secs_f64() - seen).max(0.0))
    };
    seen.enumerate().map(wait).collect()
}

#[track_caller]
fn in_time(what: &str, mut waits: Vec<Duration>) {
    figure(what, &told(&mut waits));
    let p99 = waits[(waits.len() * 99).div_ceil(100) - 1];
    assert!(p99 <= IN_TIME, "{what}: {p99:?}");
}

#[test]
fn a_breach_on_a_page_is_answered_by_the_next_pass() {
    if !is_long() {
        return;
    }
    let (_, cloud, breaches) = breaches(By::Scrape, 120);
    let waits = waits(&cloud, breaches.iter().map(|breach| breach.wall));
    in_time("breach on a page to the call", waits);
}

#[test]
fn a_breach_in_prometheus_is_answered_by_the_next_pass() {
    if !is_long() {
        return;
    }
    let (scene, cloud, breaches) = breaches(By::Prometheus, 120);
    let prometheus = scene.prometheus.as_ref().expect("asked for above");
    let seen =
        |n| prometheus.first_time_above(&format!("cpu{{asg=\"{}\"}}", ManyGroups::name(n)), 80.0);
    let seen: Vec<f64> = (0..120).map(seen).collect();
    let shown = breaches.iter().map(|breach| breach.wall);
    figure("breach on the page to the call, by Prometheus", &told(&mut waits(&cloud, shown)));
    in_time("breach in Prometheus to the call", waits(&cloud, seen.into_iter()));
}
