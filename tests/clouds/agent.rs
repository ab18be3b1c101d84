//! The real agent on simulated clouds: the shipped policy holds a fleet whose load doubles.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use support::{Agent, Simulated, Site};

/// The longest that the agent may take to hold the fleet.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shipped policy.
pub(crate) fn policy(name: &str) -> String {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/library");
    fs::read_to_string(library.join(name)).expect("it is shipped")
}

/// An agent in `act` that holds the AWS fleet by what is published of it. Lengths of time are
/// those of a fleet at a pace of 60.
fn site(simulated: &Simulated) -> Site {
    let (aws, prometheus) = (simulated.url("aws"), simulated.url("prometheus"));
    let config = format!(
        r#"
region = "eu-west-1"
mode = "act"
every = "1s"
data_dir = "{{data}}"

[sources.world]
kind = "prometheus"
url = "{prometheus}"

[providers.aws]
kind = "aws"
endpoint = "{aws}"

[targets.web]
kind = "group"
provider = "aws"
id = "web"
min = 4
max = 200

[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "world", query = 'world_cpu_percent{{cloud="aws"}}' }} }}
targets = {{ fleet = "web" }}
"#
    );
    let site =
        Site::new(&config).with("AWS_ACCESS_KEY_ID", "fake").with("AWS_SECRET_ACCESS_KEY", "fake");
    site.write("target-cpu.rhai", &policy("target-cpu.rhai"));
    site
}

/// What stands in the first element of this name.
fn element(xml: &str, name: &str) -> u64 {
    let inside = xml.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
    let inside = inside.and_then(|rest| rest.split_once('<')).map(|(inside, _)| inside);
    inside.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no {name}: {xml}"))
}

/// What the page says of the CPU of the fleet on this cloud, in percent.
pub(crate) fn cpu(simulated: &Simulated, cloud: &str) -> Option<f64> {
    let page = simulated.page("/metrics");
    let name = format!("world_cpu_percent{{cloud=\"{cloud}\"");
    let line = page.lines().find(|line| line.starts_with(&name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Waits until the agent holds a fleet that needs twice the load of twenty members at 60 %.
#[track_caller]
pub(crate) fn wait_until_held(
    agent: &mut Agent,
    (simulated, cloud): (&Simulated, &str),
    desired: impl Fn() -> u64,
) {
    #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
    let began = Instant::now();
    loop {
        agent.passes(1);
        let (size, cpu) = (desired(), cpu(simulated, cloud));
        let is_held = cpu.is_some_and(|cpu| (54.0..=66.0).contains(&cpu));
        if (36..=46).contains(&size) && is_held {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
        let lasted = began.elapsed();
        assert!(lasted < PATIENCE, "{size} members at {cpu:?} %: {:#?}", agent.said());
    }
}

#[test]
fn it_holds_the_fleet_at_sixty_percent_while_the_load_doubles() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    // Two thirds of what the load needs.
    let too_few = [("AutoScalingGroupName", "web"), ("DesiredCapacity", "13")];
    simulated.autoscaling("SetDesiredCapacity", &too_few);
    let site = site(&simulated);
    let mut agent = site.start();
    wait_until_held(&mut agent, (&simulated, "aws"), || {
        element(&simulated.autoscaling("DescribeAutoScalingGroups", &[]), "DesiredCapacity")
    });
    agent.stop();
    simulated.stop();
}
