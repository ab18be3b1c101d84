//! The whole agent before a HAProxy with real workers: it grows a backend by a metric that it scrapes,
//! shrinks it later, and is killed in between.

use std::thread;
use support::{Agent, Exporter, Haproxy, Page, Site, Workers, get, until};

/// A page, workers behind a HAProxy, and an agent between them.
struct Scene {
    page: Exporter,
    haproxy: Haproxy,
    workers: Workers,
    site: Site,
}

/// An agent in `mode` that holds CPU, as the page tells it, at 60 %, with two to six workers.
fn scene(mode: &str) -> Scene {
    let page = Exporter::start(Page::Text("cpu 60\n".to_owned()));
    let haproxy = Haproxy::before_web(&["balance roundrobin"]);
    let workers = Workers::new(6, 0.5, 0.0);
    let site = Site::new(&format!(
        r#"region = "here"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{}"
timeout = "1s"
[providers.dc]
kind = "onprem"
haproxy = "{}"
[targets.web]
kind = "group"
provider = "dc"
id = "web"
{}server = ["inter", "100ms", "rise", "1", "fall", "2"]
min = 2
max = 6
settle = "1s"
stabilise_down = "1s"
cooldown_down = "1s"
budget = "100%"
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "app", query = "cpu" }} }}
targets = {{ fleet = "web" }}
"#,
        page.url(),
        haproxy.socket().display(),
        workers.keys(),
    ));
    site.write("target-cpu.rhai", include_str!("../../policies/library/target-cpu.rhai"));
    Scene { page, haproxy, workers, site }
}

impl Scene {
    /// How many servers HAProxy has, and how many of them are up.
    fn servers(&self) -> (usize, usize) {
        let servers = self.haproxy.servers("web");
        (servers.len(), servers.iter().filter(|(_, state)| state == "UP").count())
    }

    /// Waits until HAProxy has so many servers, all of them up, and so many workers run.
    #[track_caller]
    fn wait_for(&self, members: usize) {
        until(&format!("{members} serve"), || {
            match (self.servers(), self.workers.answering().len()) {
                (servers, running) if servers == (members, members) && running == members => Ok(()),
                instead => Err(instead),
            }
        });
    }
}

/// Waits for an action on the group, such as "resize 0 -> 2".
#[track_caller]
fn action(agent: &mut Agent, action: &str) {
    agent.until(action, |line| line["fields"]["action"] == action);
}

#[test]
fn it_grows_a_backend_of_real_workers_by_a_metric_and_shrinks_it_later() {
    let scene = scene("act");
    let mut agent = scene.site.start();
    action(&mut agent, "resize 0 -> 2");
    scene.wait_for(2);
    scene.page.show_value("cpu", 120);
    action(&mut agent, "resize 2 -> 4");
    scene.page.show_value("cpu", 60);
    scene.wait_for(4);
    let ports: Vec<u16> = scene.workers.ports()[..4].to_vec();
    assert_eq!(scene.workers.answering(), ports, "the first places");
    let mut told: Vec<u16> =
        (0..8).filter_map(|_| scene.haproxy.get("/").ok()?.1.parse().ok()).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, ports, "everybody is sent people");

    scene.page.show_value("cpu", 20);
    action(&mut agent, "resize 3 -> 2");
    scene.wait_for(2);
    assert_eq!(scene.workers.answering(), ports[..2], "the first places stay");
    agent.stop();
    assert_eq!(scene.servers(), (2, 2), "what is without an agent stays as it is");
}

#[test]
fn an_agent_that_is_killed_while_a_member_finishes_goes_on_at_its_next_start() {
    let scene = scene("act");
    let mut agent = scene.site.start();
    scene.wait_for(2);
    scene.page.show_value("cpu", 90);
    action(&mut agent, "resize 2 -> 3");
    scene.page.show_value("cpu", 60);
    scene.wait_for(3);
    let front = scene.haproxy.front();
    // One for each, so that whoever goes has one.
    let asked: Vec<_> = (0..3).map(|_| thread::spawn(move || get(front, "/slow?6"))).collect();
    until("all are busy", || {
        let stat = scene.haproxy.ask("show stat web 4 -1");
        let busy = stat.lines().filter(|line| line.split(',').nth(4) == Some("1")).count();
        if busy == 3 { Ok(()) } else { Err(busy) }
    });
    scene.page.show_value("cpu", 20);
    action(&mut agent, "resize 3 -> 2");
    agent.kill();
    let drained = scene.haproxy.servers("web")[2].1.clone();
    assert_eq!(drained, "DRAIN");
    let mut agent = scene.site.start();
    agent.passes(2);
    for one in asked {
        let (status, _) = one.join().expect("it asks").expect("it is answered");
        assert_eq!(status, 200, "nobody is cut off");
    }
    scene.wait_for(2);
    agent.stop();
}

#[test]
fn nothing_is_gone_on_with_while_a_person_wants_the_group_left_alone() {
    let scene = scene("act");
    let mut agent = scene.site.start();
    scene.wait_for(2);
    let (server, _) = scene.haproxy.servers("web").remove(0);
    let paused = scene.site.run(&["pause", "--target", "web", "a drill"]);
    assert!(paused.status.success(), "{}", String::from_utf8_lossy(&paused.stderr));
    // As an earlier action would have left it, with nobody on it.
    scene.haproxy.ask(&format!("set server web/{server} weight 0"));
    scene.haproxy.ask(&format!("set server web/{server} state drain"));
    agent.passes(5);
    assert_eq!(scene.haproxy.servers("web")[0].1, "DRAIN", "it would have been ended by now");
    let resumed = scene.site.run(&["resume", "--target", "web"]);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    // The range asks for two, so another comes, or the same one back.
    scene.wait_for(2);
    agent.stop();
}

#[test]
fn an_agent_that_only_observes_starts_nobody_and_adds_no_server() {
    let scene = scene("observe");
    let mut agent = scene.site.start();
    agent.passes(3);
    agent.stop();
    assert!(scene.site.explain("web").contains("resize 0 -> 2"));
    assert_eq!(scene.servers(), (0, 0));
    assert!(scene.workers.log().is_empty());
}

#[test]
fn the_doctor_says_what_is_wrong_with_a_haproxy_and_nothing_where_all_is_well() {
    let mut scene = scene("act");
    let output = scene.site.run(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    scene.haproxy.kill();
    let output = scene.site.run(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("HAProxy does not answer"), "{said}");
}
