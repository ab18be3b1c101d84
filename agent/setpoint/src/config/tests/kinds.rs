//! Settings, and the providers of one's own that have them.

use super::*;
use setpoint_core::Side;

const POOL: &str = r#"
const POLICY = #{
    about: "Cap the pool", language: 1,
    inputs: #{ cpu: #{ unit: "percent" } },
    targets: #{ pool: #{ kind: "setting", min: 10, step_down: "25%" } },
};
rule "cap" when m.cpu > 80.percent { pool.set_to(20); }
"#;

const GOOD_POOL: &str = r#"region = "here"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.own]
kind = "webhook"
url = "http://127.0.0.1:9101/settings/{id}"
pointer = "/max"
[targets.pool]
kind = "setting"
provider = "own"
id = "orders-pool"
min = 5
max = 100
safe = "high"
[[policies]]
file = "pool.rhai"
inputs = { cpu = { source = "app", query = "cpu" } }
targets = { pool = "pool" }
"#;

fn pool(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes()), ("pool.rhai", POOL.as_bytes())])
}

/// What is said of the good configuration with `from` replaced by `to`.
#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    assert!(GOOD_POOL.contains(from), "{from}");
    let (_, faults) = pool(&GOOD_POOL.replace(from, to));
    assert!(faults.contains(expected), "{to}: {faults}");
}

#[test]
fn a_setting_means_what_is_written_narrowed_by_its_policy() {
    let (config, faults) = pool(GOOD_POOL);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let target = &config.targets["pool"];
    let TargetSettings::Setting(setting) = &target.settings else { panic!("{target:?}") };
    assert_eq!((setting.range.min(), setting.range.max()), (10, 100));
    assert_eq!((setting.safe, setting.step_down), (Some(Side::High), Some(0.25)));
    assert!(matches!(&config.providers["own"], Provider::Webhook(own) if own.pointer == "/max"));
}

#[test]
fn what_makes_no_sense_of_a_setting_is_said_in_its_place() {
    check("safe = \"high\"", "safe = \"hihg\"", "15:8: C");
    check("safe = \"high\"", "budget = \"50%\"", "`targets.pool` has no key `budget`");
    check("min = 5", "min = 500", "`min` is 500, above `max`, 100");
    check("id = \"orders-pool\"", "id = \"orders/pool\"", "cannot stand in an address");
    check("pointer = \"/max\"", "pointer = \"max\"", "no JSON pointer");
    check("pointer = \"/max\"", "method = \"GET\"", "`method` is \"GET\", which writes nothing");
    check("url = \"http://127.0.0.1:9101", "url = \"ftp://127.0.0.1:9101", "not an HTTP address");
    check("kind = \"webhook\"", "kind = \"webhoko\"", "did you mean `webhook`?");
}

#[test]
fn a_provider_has_only_targets_of_its_kinds() {
    check("kind = \"setting\"", "kind = \"group\"", "`own` is a web service: it has no groups");
    let (_, faults) = load_files(&[(
        "setpoint.toml",
        GOOD.replace("kind = \"aws\"", "kind = \"file\"\nfolder = \".\"").as_bytes(),
    )]);
    assert!(faults.contains("`aws` is a folder of files: it has no groups"), "{faults}");
}

#[test]
fn a_setting_never_has_two_policies() {
    let (_, policy) = GOOD_POOL.split_once("[[policies]]\n").unwrap();
    let text = format!("{GOOD_POOL}[[policies]]\nname = \"other\"\n{policy}");
    let (config, faults) = pool(&text);
    assert!(config.is_none());
    assert!(faults.contains("`pool` has two policies, and a setting belongs to one"), "{faults}");
}

#[test]
fn two_settings_are_never_one_document_or_one_key() {
    let (_, target) = GOOD_POOL.split_once("[targets.pool]\n").unwrap();
    let (target, _) = target.split_once("[[policies]]").unwrap();
    let second = format!("[targets.second]\n{}", target.replace("orders-pool", "other"));
    let both = GOOD_POOL.replace("[[policies]]", &format!("{second}[[policies]]"));
    assert!(pool(&both).0.is_some(), "{}", pool(&both).1);
    let (config, faults) = pool(&both.replace("/{id}", ""));
    assert!(config.is_none());
    assert!(faults.contains("two targets would be one document of `own`"), "{faults}");
    let (config, faults) = pool(&both.replace("id = \"other\"", "id = \"orders-pool\""));
    assert!(config.is_none() && faults.contains("two targets are"), "{faults}");
}

#[test]
fn the_key_of_a_file_is_checked_before_anything_runs() {
    let file = |id: &str| {
        let text = GOOD_POOL.replace("kind = \"webhook\"", "kind = \"file\"\nfolder = \".\"");
        let text = text.replace("url = \"http://127.0.0.1:9101/settings/{id}\"\n", "");
        let text = text.replace("pointer = \"/max\"\n", "");
        pool(&text.replace("id = \"orders-pool\"", &format!("id = \"{id}\"")))
    };
    assert!(file("limits.toml#/pool/max").0.is_some(), "{}", file("limits.toml#/pool/max").1);
    for id in ["../limits.toml#/max", "limits.toml", "pool.txt#/max", "/etc/pool.txt"] {
        let (config, faults) = file(id);
        assert!(config.is_none(), "{id}: {faults}");
    }
}

const RENEW: &str = r#"
const POLICY = #{
    about: "Renew and grow", language: 1,
    inputs: #{ cpu: #{ unit: "percent" } },
    targets: #{ renew: #{ kind: "job", cooldown_up: "1h" }, disk: #{ kind: "volume", max: 300 } },
};
rule "renew" when m.cpu > 80.percent { renew.start(); }
rule "grow" when m.cpu > 90.percent { disk.grow_to(disk.size * 1.5); }
"#;

const GOOD_JOB: &str = r#"region = "eu-west-1"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.host]
kind = "systemd"
[providers.aws]
kind = "aws"
[targets.renew]
kind = "job"
provider = "host"
id = "renew.service"
stuck_after = "10m"
[targets.disk]
kind = "volume"
provider = "aws"
id = "vol-0123456789abcdef0"
max = 500
[[policies]]
file = "renew.rhai"
inputs = { cpu = { source = "app", query = "cpu" } }
targets = { renew = "renew", disk = "disk" }
"#;

fn job(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes()), ("renew.rhai", RENEW.as_bytes())])
}

#[test]
fn a_job_and_a_volume_mean_what_is_written_narrowed_by_their_policy() {
    let (config, faults) = job(GOOD_JOB);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let TargetSettings::Job(renew) = &config.targets["renew"].settings else { panic!("a job") };
    assert_eq!(
        (renew.stuck_after, renew.cooldown_up),
        (Span::from_minutes(10), Span::from_minutes(60))
    );
    let TargetSettings::Volume(disk) = &config.targets["disk"].settings else { panic!("a volume") };
    assert_eq!(disk.range.max(), 300);
    assert!(
        matches!(&config.providers["host"], Provider::Systemd { program } if program == "systemctl")
    );
}

#[test]
fn what_makes_no_sense_of_a_job_or_a_volume_is_said() {
    for (from, to, expected) in [
        ("id = \"renew.service\"", "id = \"--now.service\"", "is no unit"),
        ("provider = \"host\"", "provider = \"aws\"", "`aws` is AWS: it has no jobs"),
        ("provider = \"aws\"", "provider = \"host\"", "`host` is systemd: it has no volumes"),
        ("max = 500", "min = 5\nmax = 500", "`targets.disk` has no key `min`"),
        ("stuck_after = \"10m\"", "stuck_after = \"soon\"", "no length of time"),
        ("max = 500\n", "", "has no `max`"),
    ] {
        assert!(GOOD_JOB.contains(from), "{from}");
        let (_, faults) = job(&GOOD_JOB.replace(from, to));
        assert!(faults.contains(expected), "{to}: {faults}");
    }
}

#[test]
fn a_database_and_its_storage_may_share_a_name_and_two_volumes_may_not() {
    let database = "[targets.orders]\nkind = \"database\"\nprovider = \"aws\"\nid = \"orders\"\nmax_replicas = 2\n";
    let storage =
        "[targets.disk]\nkind = \"volume\"\nprovider = \"aws\"\nid = \"orders\"\nmax = 500\n";
    let (head, rest) = GOOD_JOB.split_once("[targets.disk]").unwrap();
    let (_, policies) = rest.split_once("[[policies]]").unwrap();
    let text = format!("{head}{database}{storage}[[policies]]{policies}");
    let (config, faults) = job(&text);
    assert!(config.is_some(), "{faults}");
    let twice = storage.replace("targets.disk", "targets.other");
    let (config, faults) = job(&format!("{head}{storage}{twice}[[policies]]{policies}"));
    assert!(config.is_none() && faults.contains("two targets are"), "{faults}");
}

const SHED: &str = r#"
const POLICY = #{
    about: "Shed what is optional", language: 1,
    inputs: #{ cpu: #{ unit: "percent" } },
    targets: #{ extras: #{ kind: "flag", step_up: "25%", cooldown_down: "10m" } },
};
rule "shed" when m.cpu > 80.percent { extras.turn_off(); }
"#;

const GOOD_FLAG: &str = r#"region = "here"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.features]
kind = "flags"
file = "flags.json"
[targets.extras]
kind = "flag"
provider = "features"
id = "new-recommendations"
[[policies]]
file = "shed.rhai"
inputs = { cpu = { source = "app", query = "cpu" } }
targets = { extras = "extras" }
"#;

fn flag(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes()), ("shed.rhai", SHED.as_bytes())])
}

#[test]
fn a_flag_is_a_share_of_users_that_is_safe_when_it_is_off() {
    let (config, faults) = flag(GOOD_FLAG);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let of = |config: &Config| {
        let TargetSettings::Flag(flag) = &config.targets["extras"].settings else {
            panic!("a flag")
        };
        flag.clone()
    };
    let extras = of(&config);
    assert_eq!((extras.range.min(), extras.range.max()), (0, 100));
    assert_eq!((extras.safe, extras.step_up), (Some(Side::Low), Some(0.25)));
    assert_eq!(extras.cooldown_down, Span::from_minutes(10));
    assert!(
        matches!(&config.providers["features"], Provider::Flags { file } if file.ends_with("flags.json"))
    );
    let (config, faults) = flag(&GOOD_FLAG.replace("[[pol", "safe = \"high\"\n[[pol"));
    assert_eq!(of(&config.unwrap_or_else(|| panic!("{faults}"))).safe, Some(Side::High));
}

#[test]
fn what_makes_no_sense_of_a_flag_is_said() {
    for (from, to, expected) in [
        ("kind = \"flag\"", "kind = \"flag\"\nmax = 50", "`targets.extras` has no key `max`"),
        ("kind = \"flag\"", "kind = \"job\"", "`features` is a file of flags: it has no jobs"),
        ("file = \"flags.json\"\n", "", "has no `file`"),
        ("id = \"new-recommendations\"", "id = \" \"", "`id` is empty"),
    ] {
        assert!(GOOD_FLAG.contains(from), "{from}");
        let (_, faults) = flag(&GOOD_FLAG.replace(from, to));
        assert!(faults.contains(expected), "{to}: {faults}");
    }
    let policy = GOOD_FLAG.split_once("[[policies]]\n").unwrap().1;
    let (config, faults) = flag(&format!("{GOOD_FLAG}[[policies]]\nname = \"other\"\n{policy}"));
    assert!(config.is_none());
    assert!(faults.contains("`extras` has two policies, and a flag belongs to one"), "{faults}");
}

const FAILOVER: &str = r#"
const POLICY = #{
    about: "Fail over", language: 1,
    targets: #{ front: #{ kind: "traffic", destinations: ["aws", "azure"], step_down: "20%", cooldown_down: "10m" } },
};
rule "fail over" when !front.healthy("aws") { front.shift_to("azure"); }
"#;

const GOOD_FRONT: &str = r#"region = "here"
[providers.aws]
kind = "aws"
region = "eu-west-1"
[targets.front]
kind = "traffic"
provider = "aws"
id = "Z1"
name = "www.example.com"
destinations = { aws = "set-1", azure = "set-2" }
[[policies]]
file = "failover.rhai"
targets = { front = "front" }
"#;

fn front(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes()), ("failover.rhai", FAILOVER.as_bytes())])
}

#[test]
fn a_traffic_binds_each_destination_to_a_record_set() {
    let (config, faults) = front(GOOD_FRONT);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let target = &config.targets["front"];
    let TargetSettings::Traffic(front) = &target.settings else { panic!("a traffic") };
    assert!(front.destinations.iter().eq(["aws", "azure"]), "{front:?}");
    assert_eq!((front.step_down, front.cooldown_down), (Some(0.2), Span::from_minutes(10)));
    let records = target.records.as_ref().unwrap();
    assert_eq!((&*records.zone, &*records.name), ("Z1", "www.example.com"));
    assert_eq!(records.destinations["azure"], "set-2");
}

#[test]
fn what_makes_no_sense_of_a_traffic_is_said() {
    let two = "azure = \"set-2\"";
    for (from, to, expected) in [
        ("name = \"www.example.com\"\n", "", "a traffic of Route 53 has a `name`"),
        ("www.example.com", "www example", "`name` is no name of DNS"),
        ("destinations = ", "destination = ", "did you mean `destinations`"),
        (two, "azrue = \"set-2\"", "the policy sends users to aws, azure"),
        (two, "azure = \"set-2\", gcp = \"set-3\"", "names the destinations aws, azure, gcp"),
        (", azure = \"set-2\"", "", "one destination leaves users no choice"),
        (two, "azure = \"set-1\"", "is `aws` already"),
        ("kind = \"traffic\"", "kind = \"traffic\"\nmax = 50", "`targets.front` has no key `max`"),
        ("kind = \"aws\"\nregion = \"eu-west-1\"", "kind = \"systemd\"", "it has no traffic"),
    ] {
        assert!(GOOD_FRONT.contains(from), "{from}");
        let (config, faults) = front(&GOOD_FRONT.replace(from, to));
        assert!(config.is_none() && faults.contains(expected), "{to}: {faults}");
    }
    let policy = GOOD_FRONT.split_once("[[policies]]\n").unwrap().1;
    let (config, faults) = front(&format!("{GOOD_FRONT}[[policies]]\nname = \"other\"\n{policy}"));
    assert!(config.is_none());
    assert!(faults.contains("`front` has two policies, and a traffic belongs to one"), "{faults}");
}

#[test]
fn two_names_of_one_zone_are_two_targets_and_one_name_is_one() {
    let second = |name: &str| {
        let own = GOOD_FRONT.split_once("[targets.front]\n").unwrap().1;
        let own = own.split_once("[[policies]]").unwrap().0.replace("www.example.com", name);
        front(&GOOD_FRONT.replace("[[pol", &format!("[targets.other]\n{own}[[pol"))).1
    };
    assert!(!second("api.example.com").contains("two targets are"));
    assert!(second("www.example.com").contains("two targets are \"Z1\""));
}
