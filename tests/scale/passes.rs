//! Passes over many targets: calls, queries, time and memory.

use crate::{
    figure, is_long,
    scene::{By, Scene, Setting, near_the_goal},
    told,
};
use std::time::{Duration, Instant};
use support::{Agent, FaultProxy, ManyGroups, message};

/// Groups of a page, and those that are looked at more closely in a pass.
const A_PAGE: usize = 100;
const CLOSELY: usize = 5;

/// From the last answer of a start to its first decision, at 1,000 targets.
const FIRST_DECISION: Duration = Duration::from_millis(300);

/// What a run of passes came to.
struct Run {
    first_decision: Duration,
    passes: Vec<Duration>,
    calls_a_pass: f64,
    queries_a_pass: f64,
    cpu_a_pass: Duration,
    rss_kib: u64,
    peak_kib: u64,
}

/// Makes so many passes over so many targets.
fn run(targets: usize, passes: usize, setting: Setting) -> Run {
    let cloud = ManyGroups::start(targets, 2);
    let setting = Setting { endpoint: cloud.endpoint(), ..setting };
    let scene = Scene::new(&setting, near_the_goal(targets, 0));
    let prometheus = scene.prometheus.as_ref().expect("the setting says so");
    let last = format!("cpu{{asg=\"{}\"}}", ManyGroups::name(targets - 1));
    prometheus.wait_for_any_value(&last);
    // The agent asks through a proxy, which counts.
    let counting = FaultProxy::start(prometheus.address());
    let config = std::fs::read_to_string(scene.site.config()).expect("it was just written");
    let through = config.replace(&prometheus.url(), &format!("http://{}", counting.address()));
    std::fs::write(scene.site.config(), through).expect("there is room for a small file");
    let _wandering = scene.wander(targets);

    let mut agent = scene.site.start();
    let (mut took, ready) = (vec![pass(&mut agent, targets)], now());
    let answered = cloud.last_answer().expect("it was asked");
    let (calls, queries, cpu) = (cloud.calls().len(), counting.calls(), agent.cpu());
    took.clear();
    for _ in 0..passes {
        took.push(pass(&mut agent, targets));
    }
    let each = |all: usize, before: usize| (all - before) as f64 / passes as f64;
    let run = Run {
        first_decision: ready.saturating_duration_since(answered),
        calls_a_pass: each(cloud.calls().len(), calls),
        queries_a_pass: each(counting.calls(), queries),
        cpu_a_pass: (agent.cpu() - cpu) / u32::try_from(passes).expect("not that many"),
        passes: took,
        rss_kib: agent.rss_kib(),
        peak_kib: agent.peak_kib(),
    };
    agent.stop();
    run
}

/// Waits for the end of a pass, in which every target must be observed, and gives its length.
fn pass(agent: &mut Agent, targets: usize) -> Duration {
    let line = agent.until("a pass", |line| message(line) == "pass");
    assert_eq!(line["fields"]["targets"], targets, "{line}");
    Duration::from_millis(line["fields"]["took_ms"].as_u64().unwrap_or_else(|| panic!("{line}")))
}

#[expect(clippy::disallowed_methods, reason = "how long a real program takes is measured")]
fn now() -> Instant {
    Instant::now()
}

fn setting(every: &'static str, calls_per_second: u32) -> Setting {
    let (by, mode, endpoint) = (By::Prometheus, "act", String::new());
    Setting { by, mode, every, calls_per_second, endpoint }
}

fn tell(what: &str, run: &mut Run) {
    figure(&format!("{what}: a pass"), &told(&mut run.passes));
    figure(&format!("{what}: CPU of the agent, a pass"), &format!("{:?}", run.cpu_a_pass));
    figure(&format!("{what}: calls to AWS, a pass"), &format!("{:.1}", run.calls_a_pass));
    figure(&format!("{what}: queries, a pass"), &format!("{:.1}", run.queries_a_pass));
    let (rss, peak) = (run.rss_kib / 1024, run.peak_kib / 1024);
    figure(&format!("{what}: memory"), &format!("{rss} MiB, at most {peak} MiB"));
    figure(&format!("{what}: last answer to first decision"), &format!("{:?}", run.first_decision));
}

/// Calls must not grow but with pages.
#[track_caller]
fn check(run: &Run, targets: usize) {
    let pages = targets.div_ceil(A_PAGE);
    assert!(run.calls_a_pass <= (pages + CLOSELY) as f64 + 0.5, "{} calls", run.calls_a_pass);
    assert!(run.queries_a_pass <= 1.01, "{} queries", run.queries_a_pass);
}

#[test]
fn calls_and_queries_of_a_pass_never_grow_with_targets() {
    let run = run(200, 4, setting("1s", 20));
    check(&run, 200);
}

/// What else the machine does only makes it slower: one start of three shows what it takes.
#[test]
fn a_start_never_thinks_for_long_about_a_thousand_targets() {
    let start = |_| run(1000, 1, setting("2s", 20)).first_decision;
    let took: Vec<Duration> = (0..3).map(start).collect();
    figure("1,000 targets: last answer to first decision of three starts", &format!("{took:?}"));
    assert!(took.iter().any(|took| *took <= FIRST_DECISION), "{took:?}");
}

#[test]
fn a_thousand_targets_take_less_than_two_seconds_and_little_memory() {
    if !is_long() {
        return;
    }
    let mut run = run(1000, 60, setting("2s", 20));
    tell("1,000 targets", &mut run);
    check(&run, 1000);
    assert!(run.passes.iter().all(|pass| *pass <= Duration::from_secs(2)), "a pass");
    assert!(run.first_decision <= FIRST_DECISION, "{:?}", run.first_decision);
    assert!(run.peak_kib <= 64 * 1024, "{} KiB", run.peak_kib);
}

#[test]
fn ten_thousand_targets_take_less_than_ten_seconds() {
    if !is_long() {
        return;
    }
    let mut paced = run(10_000, 8, setting("15s", 20));
    tell("10,000 targets, 20 calls a second", &mut paced);
    check(&paced, 10_000);
    assert!(paced.passes.iter().all(|pass| *pass <= Duration::from_secs(10)), "a pass");
    let mut quick = run(10_000, 30, setting("3s", 1000));
    tell("10,000 targets, 1,000 calls a second", &mut quick);
    check(&quick, 10_000);
}
