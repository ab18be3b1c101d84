//! Rollouts: a candidate among the servers of a backend.

use super::*;
use setpoint_core::Side;
use setpoint_onprem::Resource;

const CANARY: &str = r#"
const POLICY = #{
    about: "Raise a canary", language: 1,
    inputs: #{ errors: #{ unit: "percent" } },
    targets: #{ canary: #{ kind: "rollout", step_up: "50%", cooldown_down: "20m" } },
};
rule "raise" when m.errors < 1.percent { canary.advance(); }
"#;

const GOOD: &str = r#"region = "here"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.edge]
kind = "onprem"
haproxy = "/run/haproxy/admin.sock"
[targets.checkout]
kind = "rollout"
provider = "edge"
id = "checkout"
candidates = ["canary-*"]
revision_file = "revision"
stages = ["10%", "100%"]
[[policies]]
file = "canary.rhai"
inputs = { errors = { source = "app", query = "errors" } }
targets = { canary = "checkout" }
"#;

fn rollout(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes()), ("canary.rhai", CANARY.as_bytes())])
}

#[test]
fn a_rollout_means_what_is_written_narrowed_by_its_policy() {
    let (config, faults) = rollout(GOOD);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let target = &config.targets["checkout"];
    let TargetSettings::Rollout(own) = &target.settings else { panic!("{target:?}") };
    assert_eq!(own.stages.shares(), [10, 100]);
    assert_eq!((own.dial.range.min(), own.dial.range.max()), (0, 100));
    assert_eq!((own.dial.safe, own.dial.step_up), (Some(Side::Low), Some(0.5)));
    assert_eq!(own.dial.cooldown_down, Span::from_minutes(20));
    let Some(Resource::Rollout(split)) = &target.own else { panic!("{target:?}") };
    assert_eq!(
        (split.backend.as_str(), &split.candidates[..]),
        ("checkout", &["canary-*".to_owned()][..])
    );
    assert!(
        split
            .revision_file
            .as_ref()
            .is_some_and(|file| file.ends_with("revision") && file.is_absolute())
    );
    let (config, faults) = rollout(&GOOD.replace("stages = [\"10%\", \"100%\"]\n", ""));
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    let TargetSettings::Rollout(own) = &config.targets["checkout"].settings else { panic!() };
    assert_eq!(own.stages.shares(), [5, 25, 50, 100]);
}

#[test]
fn what_makes_no_sense_of_a_rollout_is_said() {
    for (from, to, expected) in [
        ("\"10%\", ", "\"10.5%\", ", "is no share in whole percent"),
        ("\"10%\", ", "\"10\", ", "is no share in whole percent"),
        ("\"10%\", ", "\"60%\", \"30%\", ", "`stages` do not lead from nothing to all traffic"),
        ("\"100%\"", "\"90%\"", "`stages` do not lead from nothing to all traffic"),
        ("candidates = [\"canary-*\"]\n", "", "has `candidates`"),
        ("[\"canary-*\"]", "[]", "`candidates` is empty"),
        ("canary-*", "can ary", "no name of a server"),
        ("candidates", "candidate", "did you mean `candidates`?"),
        ("revision_file", "revision_flie", "did you mean `revision_file`?"),
        ("stages", "min = 0\nstages", "has no key `min`"),
        (
            "kind = \"onprem\"\nhaproxy = \"/run/haproxy/admin.sock\"",
            "kind = \"aws\"",
            "is AWS: it has no rollouts",
        ),
        ("kind = \"rollout\"", "kind = \"rolout\"", "did you mean `rollout`?"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let (config, faults) = rollout(&GOOD.replacen(from, to, 1));
        assert!(config.is_none() && faults.contains(expected), "{to}: {faults}");
    }
    let policy = GOOD.split_once("[[policies]]\n").unwrap().1;
    let (config, faults) = rollout(&format!("{GOOD}[[policies]]\nname = \"other\"\n{policy}"));
    assert!(config.is_none());
    assert!(
        faults.contains("`checkout` has two policies, and a rollout belongs to one"),
        "{faults}"
    );
}
