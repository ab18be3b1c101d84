//! Real workers behind a HAProxy, and the real agent that adds members.

use support::{Agent, Machines, Site, Workers};

/// Seconds that a worker takes to come up, and that a request takes on average.
const BOOT: f64 = 3.0;
const WORK: f64 = 0.04;
/// How long a request waits for a worker before it is turned away.
pub(crate) const PATIENCE: &str = "1s";
/// Members at least.
pub(crate) const MIN: u32 = 1;

/// What stands between the clients and the agent. The agent goes first.
pub(crate) struct Scene {
    _agent: Agent,
    pub(crate) machines: Machines,
    _site: Site,
}

impl Scene {
    /// Starts all of it, with room for `max` members, and waits until the fewest serve and are seen.
    pub(crate) fn start(max: u32) -> Self {
        let machines = Machines::start(Workers::uneven(max as usize, BOOT, WORK), PATIENCE);
        let site = site(&machines, max);
        let agent = site.start();
        machines.wait_for(MIN as usize);
        Self { _agent: agent, machines, _site: site }
    }
}

/// The agent holds CPU at 60 %, by the policy of the library.
fn site(machines: &Machines, max: u32) -> Site {
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
{}
[targets.web]
kind = "group"
provider = "dc"
{}
min = {MIN}
max = {max}
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "prom", query = '{cpu}' }} }}
targets = {{ fleet = "web" }}
"#,
        machines.numbers(),
        machines.provider(),
        machines.target(),
        cpu = Machines::CPU,
    ));
    site.write("target-cpu.rhai", include_str!("../../policies/library/target-cpu.rhai"));
    site
}
