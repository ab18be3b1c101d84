//! Members with sessions: the whole agent takes them out, and ends only who has none left.

use crate::scene::{EAGER_GROUP, HOLD_CPU, Scene};
use setpoint_sim::chance::Chance;
use std::{collections::BTreeMap, fmt::Write, time::Duration};
use support::{Cloud, Page};

/// Scale-ins that there must be.
const SCALE_INS: usize = 20;

/// What tells the sessions of a group's members; the budget is not what this is about.
const SESSIONS: &str = r#"budget = "100%"
sessions = { source = "app", query = "sessions", key = "instance" }
"#;

/// The people on the members: they stay for a while, and nobody comes to a member on standby.
struct People {
    scene: Scene,
    luck: setpoint_sim::chance::Stream,
    /// How many are on each member that was ever seen.
    on: BTreeMap<String, u32>,
    /// Members that are no more, and how many were on them.
    ended: BTreeMap<String, u32>,
}

impl People {
    /// A turn: who is where, who is gone, who comes and goes, and what the page says of it.
    fn turn(&mut self) {
        let answer = self.scene.cloud.moto.autoscaling("DescribeAutoScalingGroups", &[]);
        let members = members(&answer);
        let gone: Vec<String> =
            self.on.keys().filter(|name| !members.contains_key(*name)).cloned().collect();
        for name in gone {
            let people = self.on.remove(&name).unwrap_or_default();
            self.ended.insert(name, people);
        }
        for (name, serves) in &members {
            let people = self.on.entry(name.clone()).or_insert(0);
            // Half of the members are idle; on the others people come and go.
            let is_busy = name.as_bytes().last().is_some_and(|last| last % 2 == 0);
            if *serves && is_busy && *people < 4 && self.luck.uniform() < 0.3 {
                *people += 1;
            } else if *people > 0 && self.luck.uniform() < 0.1 {
                *people -= 1;
            }
        }
        let mut page = "cpu 20\n".to_owned();
        for (name, people) in &self.on {
            writeln!(page, "sessions{{instance=\"{name}\"}} {people}").expect("texts grow");
        }
        self.scene.page.show(Page::Text(page));
    }

    fn scale_ins(&self) -> usize {
        self.scene.cloud.proxy.count("EnterStandby")
    }
}

/// Every member by its id, and whether it is in service.
fn members(answer: &str) -> BTreeMap<String, bool> {
    let one = |part: &str| {
        let id = part.split_once("<InstanceId>")?.1.split_once('<')?.0.to_owned();
        Some((id, part.contains("<LifecycleState>InService<")))
    };
    let all = answer.split_once("<Instances>").map_or("", |(_, rest)| rest);
    let all = all.split_once("</Instances>").map_or("", |(all, _)| all);
    all.split("</member>").filter_map(one).collect()
}

/// Twenty scale-ins of a group that serves people all the time; the agent is killed in the
/// middle of it, twice.
#[test]
fn nobody_is_cut_off_though_the_agent_is_killed_in_the_middle() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 60);
    let scene = Scene::new(
        "act",
        cloud,
        Page::Text("cpu 20\n".to_owned()),
        &[EAGER_GROUP, SESSIONS, HOLD_CPU],
    );
    let luck = Chance::new(20_261_124).stream("people", 0);
    let mut people = People { scene, luck, on: BTreeMap::new(), ended: BTreeMap::new() };
    people.turn();
    let mut agent = people.scene.site.start();
    let mut kills = 0;
    for _ in 0..1200 {
        people.turn();
        agent.listen_for(Duration::from_millis(150));
        if kills < 2 && people.scale_ins() > 6 * (kills + 1) {
            agent.kill();
            agent = people.scene.site.start();
            kills += 1;
        }
        if people.scale_ins() >= SCALE_INS && people.ended.len() >= SCALE_INS {
            break;
        }
    }
    agent.stop();
    people.turn();
    let ended = people.ended.len();
    assert!(people.scale_ins() >= SCALE_INS && ended >= SCALE_INS, "{:?}", people.scene.counted());
    assert_eq!(kills, 2);
    let harmed: Vec<_> = people.ended.iter().filter(|(_, people)| **people > 0).collect();
    assert!(harmed.is_empty(), "{harmed:?}");
    assert_eq!(people.scene.cloud.proxy.count("SetDesiredCapacity"), 0, "each one by its name");
    people.scene.replays();
    let said = people.scene.site.explain("web");
    assert!(said.contains("victims"), "{said}");
}
