//! One policy, one load, five back ends: AWS, Azure and Kubernetes as they are simulated, AWS as moto
//! has it, and real workers behind a real HAProxy. The same is decided on each.
//!
//! All of it happens in real time. What decides is the policy of the library; the agents differ in
//! nothing but where their group lives and where its CPU is read.

mod clouds;
mod emulated;
mod machines;

use clouds::Cloud;
use emulated::Emulated;
use machines::Real;
use serde_json::Value;
use std::path::Path;
use support::{Agent, Simulated, Site, message};

/// What is decided: rule, size before, size after.
type Decision = (String, u32, u32);

/// An agent that holds CPU at 60 % with 4 to 8 members. `provider` and `target` are the lines that
/// say where they live, `source` those of what `cpu` is asked of.
///
/// A size must be asked for for six seconds: a member is ready a few seconds before its CPU is part
/// of the numbers, and what was measured of four is then taken for what five do.
fn site(provider: &str, target: &str, source: &str, cpu: &str) -> Site {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"

[sources.numbers]
{source}
timeout = "1s"

[providers.there]
{provider}

[targets.web]
kind = "group"
provider = "there"
{target}
min = 4
max = 8
settle = "1s"
stabilise_up = "6s"
stabilise_down = "10s"
cooldown_down = "8s"

[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "numbers", query = '{cpu}' }} }}
targets = {{ fleet = "web" }}
"#
    ));
    site.write("target-cpu.rhai", include_str!("../../policies/library/target-cpu.rhai"));
    site
}

/// What a line of the log says was done.
fn decision(line: &Value) -> Decision {
    let text = |key: &str| line["fields"][key].as_str().or(line[key].as_str()).unwrap_or_default();
    let rules = text("rules").split("; ").map(|rule| rule.split(" (").next().unwrap_or_default());
    let rules = rules.collect::<Vec<_>>().join(", ");
    let sizes = text("action").strip_prefix("resize ").and_then(|it| it.split_once(" -> "));
    let (from, to) = sizes.unwrap_or_else(|| panic!("no sizes: {line}"));
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    (rules, number(from), number(to))
}

/// Everything that an agent does from now on until `count` things are done, and in ten passes after.
#[track_caller]
fn decisions(agent: &mut Agent, count: usize) -> Vec<Decision> {
    let before = agent.said().len();
    for _ in 0..count {
        agent.action();
    }
    agent.passes(10);
    let lines = agent.said()[before..].iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| message(line) == "action").map(|line| decision(&line)).collect()
}

/// What a configuration says of a server that speaks PromQL.
fn prometheus(url: &str) -> String {
    format!("kind = \"prometheus\"\nurl = \"{url}\"")
}

#[test]
fn the_same_is_decided_on_aws_azure_kubernetes_and_machines_of_one_s_own() {
    let mut real = Real::start();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("one_policy/scenario.toml");
    let simulated = Simulated::at_pace("1", &scenario, &[]);
    let mut emulated = Emulated::start();
    let load = real.load();
    emulated.load();
    let clouds = Cloud::ALL.map(|cloud| (format!("{cloud:?}"), cloud.site(&simulated)));
    let sites = clouds.into_iter().chain([("moto".to_owned(), emulated.site())]);
    let sites: Vec<(String, Site)> = sites.collect();
    let agents: Vec<Agent> = sites.iter().map(|(_, site)| site.start()).collect();
    let wanted = [(4, 5), (5, 6), (6, 5), (5, 4)];
    let wanted = wanted.map(|(from, to)| ("cpu/hold".to_owned(), from, to));
    for ((cloud, _), mut agent) in sites.iter().zip(agents) {
        assert_eq!(decisions(&mut agent, wanted.len()), wanted, "{cloud}");
        agent.stop();
    }
    assert_eq!(decisions(real.agent(), wanted.len()), wanted, "machines of one's own");
    assert_eq!(load.join().expect("it does not panic"), 0, "requests failed");
    simulated.stop();
}
