//! Alerts through the whole agent: a real Alertmanager, a real file.

use std::fs;
use support::{Alertmanager, Site};

/// Caps the pool while there is a storm, and frees it when it is known that there is none.
const POLICY: &str = r#"
const POLICY = #{
    about: "Cap the pool while there is a storm", language: 1,
    inputs:  #{ storm: #{ unit: "count" } },
    targets: #{ pool: #{ kind: "setting", safe: "low" } },
};
rule "cap"  when alert("storm").firing { pool.set_to(20).because("there is a storm"); }
rule "free" when !alert("storm").firing { pool.set_to(40); }
"#;

fn site(alertmanager: &Alertmanager) -> Site {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[sources.pager]
kind = "alertmanager"
url = "{}"
[providers.own]
kind = "file"
folder = "."
[targets.pool]
kind = "setting"
provider = "own"
id = "pool"
min = 5
max = 100
settle = "1s"
cooldown_down = "1s"
[[policies]]
name = "storm"
file = "storm.rhai"
inputs = {{ storm = {{ source = "pager", query = "Storm", max_age = "2s" }} }}
targets = {{ pool = "pool" }}
"#,
        alertmanager.url()
    ));
    site.write("storm.rhai", POLICY);
    site.write("pool", "40\n");
    site
}

#[test]
fn an_alertmanager_that_knows_nothing_is_never_taken_for_calm() {
    let mut alertmanager = Alertmanager::start();
    alertmanager.fire("Watchdog");
    let site = site(&alertmanager);
    let pool = || {
        let file = site.config().with_file_name("pool");
        fs::read_to_string(file).expect("it is there").trim().to_owned()
    };
    let mut agent = site.start();
    agent.passes(3);
    assert_eq!(pool(), "40");
    alertmanager.fire("Storm");
    agent.action();
    assert_eq!(pool(), "20");
    alertmanager.stop();
    agent.passes(5);
    assert_eq!(pool(), "20", "an Alertmanager that is gone is no calm");
    alertmanager.start_again();
    agent.passes(5);
    assert_eq!(pool(), "20", "nor is one that nobody feeds");
    let explained = site.explain("pool");
    assert!(explained.contains("the watchdog does not fire"), "{explained}");
    // What people silenced fires for nobody.
    alertmanager.silence("Storm");
    alertmanager.fire("Storm");
    alertmanager.fire("Watchdog");
    agent.action();
    assert_eq!(pool(), "40");
    agent.stop();
    crate::scene::replays(&site);
}
