//! One agent with everything it needs: a page that the test writes, a cloud of its own.

use serde_json::json;
use setpoint_control::Evaluator;
use setpoint_core::{Evaluation, Memory, Program, Settings, Snapshot};
use setpoint_journal::{Reader, replay};
use setpoint_policies::Policies;
use std::collections::BTreeMap;
use support::{Cloud, Exporter, Page, Service, Site};

/// The guards of a group, in their order, as `explain` and the log name them.
pub(crate) const GROUP_GUARDS: [&str; 18] = [
    "pause",
    "range",
    "dead-band",
    "evidence",
    "stabilise",
    "rate limit",
    "projection",
    "launches failing",
    "suspicious drop",
    "warm-up",
    "cooldown",
    "no effect",
    "too sick",
    "foreign change",
    "flapping",
    "budget",
    "approval",
    "clamp",
];

/// A target group that may shrink as soon as it wants to, so that what stops it is what
/// the test is about.
pub(crate) const EAGER_GROUP: &str = r#"
[targets.web]
kind = "group"
provider = "aws"
id = "web"
min = 2
max = 200
settle = "1s"
stabilise_down = "1s"
cooldown_down = "1s"
"#;

/// A target group with every default.
pub(crate) const GROUP: &str = r#"
[targets.web]
kind = "group"
provider = "aws"
id = "web"
min = 2
max = 200
"#;

/// Holds CPU at 60 %.
pub(crate) const HOLD_CPU: &str = r#"
[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = { cpu = { source = "app", query = "cpu" } }
targets = { fleet = "web" }
"#;

/// A second policy on the same group: a floor by another input.
pub(crate) const FLOOR: &str = r#"
[[policies]]
name = "floor"
file = "floor.rhai"
inputs = { backlog = { source = "app", query = "backlog" } }
targets = { fleet = "web" }
"#;

/// What that policy says.
pub(crate) fn floor_policy(least: u32) -> String {
    format!(
        r#"const POLICY = #{{
    about: "A floor while there is a backlog",
    language: 1,
    inputs: #{{ backlog: #{{ unit: "count" }} }},
    targets: #{{ fleet: #{{ kind: "group" }} }},
}};
rule "floor" when m.backlog > 100 {{ fleet.at_least({least}); }}
"#
    )
}

/// A page, a cloud, and a folder with the configuration of an agent between them.
pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    pub(crate) page: Exporter,
    pub(crate) site: Site,
}

impl Scene {
    /// An agent in `mode` with a pass every second, these targets and these policies.
    pub(crate) fn new(mode: &str, cloud: Cloud, page: Page, rest: &[&str]) -> Self {
        let page = Exporter::start(page);
        let (url, endpoint) = (page.url(), cloud.endpoint());
        let credentials = cloud.credentials().display().to_string();
        let site = Site::new(&format!(
            r#"region = "eu-west-1"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{url}"
timeout = "1s"
[providers.aws]
kind = "aws"
region = "eu-west-1"
endpoint = "{endpoint}"
credentials_file = "{credentials}"
{}"#,
            rest.concat()
        ));
        for (name, text) in [
            ("target-cpu.rhai", include_str!("../../policies/library/target-cpu.rhai")),
            (
                "rds-read-replicas.rhai",
                include_str!("../../policies/library/rds-read-replicas.rhai"),
            ),
        ] {
            site.write(name, text);
        }
        Self { cloud, page, site }
    }

    /// A group of `size` whose CPU stands at `cpu` percent, and an agent that acts.
    pub(crate) fn fleet(size: u32, cpu: f64, rest: &[&str]) -> Self {
        let cloud = Cloud::start();
        cloud.moto.make_group("web", size);
        Self::new("act", cloud, Page::Text(format!("cpu {cpu}\n")), rest)
    }

    /// How many members the cloud says are asked for.
    #[track_caller]
    pub(crate) fn desired(&self) -> u32 {
        let answer = self.cloud.moto.autoscaling("DescribeAutoScalingGroups", &[]);
        let found =
            answer.split_once("<DesiredCapacity>").and_then(|(_, rest)| rest.split_once('<'));
        found.and_then(|(size, _)| size.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
    }

    /// Makes every recorded pass again: the plans must be the same.
    #[track_caller]
    pub(crate) fn replays(&self) {
        replays(&self.site);
    }

    /// Every action on record, oldest first, each with whether its outcome is known.
    #[track_caller]
    pub(crate) fn actions(&self) -> Vec<(String, bool)> {
        let reader = Reader::open(&self.site.journal()).expect("there is a journal");
        let mut intents = reader.intents(10_000).expect("the journal can be read");
        intents.sort_by_key(|intent| (intent.pass, intent.id.clone()));
        let told = |intent: setpoint_journal::IntentRow| {
            (intent.action.to_string(), intent.result.is_some())
        };
        intents.into_iter().map(told).collect()
    }

    /// How often each action is on record.
    #[track_caller]
    pub(crate) fn counted(&self) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for (action, _) in self.actions() {
            *counted.entry(action).or_default() += 1;
        }
        counted
    }
}

/// Makes every recorded pass of a site again: the plans must be the same.
#[track_caller]
pub(crate) fn replays(site: &Site) {
    let reader = Reader::open(&site.journal()).expect("there is a journal");
    let replayed = replay(&reader, evaluator).expect("the journal can be read");
    assert!(replayed.passes > 0, "{replayed:?}");
    assert!(replayed.diverged.is_empty(), "{replayed:?}");
}

/// What a command says that goes well.
#[track_caller]
pub(crate) fn told(scene: &Scene, arguments: &[&str]) -> String {
    let output = scene.site.run(arguments);
    let both = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    assert!(output.status.success(), "{}", both.concat());
    both.concat()
}

/// The policies of a recorded program.
fn evaluator(program: &Program) -> Result<Box<dyn Evaluator>, String> {
    let policies = Policies::from_program(program).map_err(|faults| faults.join("; "))?;
    let evaluate = move |settings: &Settings,
                         memory: &Memory,
                         snapshot: &Snapshot|
          -> Vec<Evaluation> { policies.evaluate(settings, memory, snapshot) };
    Ok(Box::new(evaluate))
}

/// The policy that caps a pool and renews a certificate.
const BOTH: &str = r#"const POLICY = #{
    about: "Cap a pool, and renew in time", language: 1,
    inputs:  #{ connections: #{ unit: "percent" }, left: #{ unit: "count" } },
    targets: #{ pool: #{ kind: "setting", safe: "high" }, renew: #{ kind: "job" } },
};
rule "cap"   when m.connections > 80.percent { pool.set_to(20); }
rule "renew" when m.left < 30 { renew.start(); }
"#;

/// A pool and a certificate behind a service, with a page that has these numbers.
pub(crate) fn pool_and_certificate(numbers: &str) -> (Service, Exporter, Site) {
    let service = Service::start(&[
        ("/settings/pool", json!({ "max": 40 })),
        ("/settings/renew", json!({ "max": "never" })),
    ]);
    let page = Exporter::start(Page::Text(numbers.to_owned()));
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{}"
[providers.own]
kind = "webhook"
url = "{}"
pointer = "/max"
[targets]
pool = {{ kind = "setting", provider = "own", id = "pool", min = 5, max = 100, settle = "1s", cooldown_down = "1s" }}
renew = {{ kind = "job", provider = "own", id = "renew" }}
[[policies]]
file = "both.rhai"
inputs = {{ connections = {{ source = "app", query = "connections" }}, left = {{ source = "app", query = "left" }} }}
targets = {{ pool = "pool", renew = "renew" }}
"#,
        page.url(),
        service.url("/settings/{id}"),
    ));
    site.write("both.rhai", BOTH);
    (service, page, site)
}
