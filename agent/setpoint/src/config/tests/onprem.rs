//! Groups on machines of one's own.

use super::*;
use setpoint_onprem::{Ending, Pool, Resource};

const WEB: &str = r#"region = "here"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.dc]
kind = "onprem"
haproxy = "/run/haproxy/admin.sock"
[targets.web]
kind = "group"
provider = "dc"
id = "web"
members = ["10.0.0.[1-20]:8080"]
start = ["systemctl", "start", "web@{port}"]
stop = ["systemctl", "stop", "web@{port}"]
min = 2
max = 20
[[policies]]
file = "hold.rhai"
inputs = { cpu = { source = "app", query = "avg(cpu)" } }
targets = { fleet = "web" }
"#;

fn web(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes())])
}

fn pool_of(config: &Config) -> &Pool {
    match config.targets["web"].own.as_ref() {
        Some(Resource::Group(pool)) => pool,
        other => panic!("{other:?}"),
    }
}

/// What is said of the good configuration with `from` replaced by `to`.
#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    assert!(WEB.contains(from), "{from}");
    let (_, faults) = web(&WEB.replace(from, to));
    assert!(faults.contains(expected), "{to}: {faults}");
}

#[test]
fn a_group_of_ones_own_means_what_is_written() {
    let (config, faults) = web(WEB);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let pool = pool_of(&config);
    assert_eq!((pool.backend.as_str(), pool.places.len(), pool.line.weight), ("web", 20, 1));
    assert_eq!(pool.ending, Ending::After(Span::from_minutes(10)));
    let (config, faults) = web(&WEB.replace(
        "min = 2",
        "drain = \"30s\"\nweight = 5\nserver = [\"inter\", \"1s\"]\npatience = \"1m\"\nmin = 2",
    ));
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    let pool = pool_of(&config);
    assert_eq!(pool.ending, Ending::After(Span::from_secs(30)));
    assert_eq!((pool.line.weight, pool.line.words.join(" ")), (5, "inter 1s".to_owned()));
}

#[test]
fn what_makes_no_sense_is_told_with_what_to_write() {
    check("\"/run/haproxy/admin.sock\"", "\"admin.sock\"", "no address");
    check("haproxy = \"/run/haproxy/admin.sock\"\n", "", "`providers.dc` has no `haproxy`");
    check("members = [\"10.0.0.[1-20]:8080\"]\n", "", "has `members`");
    check("start = [\"systemctl\", \"start\", \"web@{port}\"]\n", "", "has `start`");
    check("stop = [", "stop = [] # ", "`stop`: no program is named");
    check("[\"10.0.0.[1-20]:8080\"]", "[\"web-1:80\"]", "\"web-1:80\" is no place");
    check("[\"10.0.0.[1-20]:8080\"]", "[]", "nothing could ever run");
    check("[\"10.0.0.[1-20]:8080\"]", "\"10.0.0.1:80\"", "`members` takes a list of texts");
    check("web@{port}", "web@{prot}", "there is no {prot}");
    check("id = \"web\"", "id = \"web; quit\"", "no name of a backend");
    check("min = 2", "weight = 0\nmin = 2", "`weight` is 0, out of bounds");
    check("min = 2", "patience = \"1h\"\nmin = 2", "`patience` is 1h, out of bounds");
    check("min = 2", "server = [\"inter 1s\"]\nmin = 2", "no word of a `server` line");
    check("min = 2", "server = [\"x;\", \"1s\"]\nmin = 2", "no word of a `server` line");
    check("min = 2", "server = [\"backup\"]\nmin = 2", "ours to say");
    check("id = \"web\"", "select = { tags = { app = \"web\" } }", "finds nothing at a HAProxy");
    check("kind = \"group\"", "kind = \"volume\"", "it has no volumes");
}

#[test]
fn a_group_of_a_cloud_has_no_places_of_ones_own() {
    let (_, faults) = web(&GOOD.replace("min = 2", "members = [\"10.0.0.1:80\"]\nmin = 2"));
    assert!(
        faults.contains("`members` is for a target whose provider is of kind `onprem`"),
        "{faults}"
    );
    let (_, faults) = web(&GOOD.replace("min = 2", "drain = \"1m\"\nmin = 2"));
    assert!(faults.contains("`drain` is for a group with `sessions`"), "{faults}");
}
