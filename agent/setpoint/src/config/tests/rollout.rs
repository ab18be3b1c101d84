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
        ("candidates", "candidatess", "did you mean `candidates`?"),
        ("stages", "candidate = \"x\"\nstages", "`candidate` is for a rollout whose provider is"),
        ("revision_file", "revision_flie", "did you mean `revision_file`?"),
        ("stages", "min = 0\nstages", "has no key `min`"),
        (
            "kind = \"onprem\"\nhaproxy = \"/run/haproxy/admin.sock\"",
            "kind = \"systemd\"",
            "is systemd: it has no rollouts",
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

const RULE: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/web/1/2/3";

/// The good configuration with a load balancer of AWS's for the HAProxy.
fn at_aws() -> String {
    let provider = "kind = \"onprem\"\nhaproxy = \"/run/haproxy/admin.sock\"";
    let own = "id = \"checkout\"\ncandidates = [\"canary-*\"]\nrevision_file = \"revision\"";
    assert!(GOOD.contains(provider) && GOOD.contains(own));
    let groups = format!("id = \"{RULE}\"\nstable = \"web\"\ncandidate = \"web-new\"");
    GOOD.replace(provider, "kind = \"aws\"").replace(own, &groups)
}

#[test]
fn a_rollout_at_aws_is_two_target_groups_of_a_rule() {
    let (config, faults) = rollout(&at_aws());
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let own = config.targets["checkout"].weighted.as_ref().unwrap();
    assert_eq!((&*own.rule, &*own.stable, &*own.candidate), (RULE, "web", "web-new"));
    assert_eq!(own.revision_tag, "setpoint:revision");
    let group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web-new/1";
    let text = at_aws().replace("\"web-new\"", &format!("\"{group}\"\nrevision_tag = \"rev\""));
    let (config, faults) = rollout(&text);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    let own = config.targets["checkout"].weighted.as_ref().unwrap();
    assert_eq!((&*own.candidate, &*own.revision_tag), (group, "rev"));
}

#[test]
fn what_makes_no_sense_of_a_rollout_at_aws_is_said() {
    for (from, to, expected) in [
        ("stable = \"web\"\n", "", "has `stable`"),
        ("candidate = \"web-new\"\n", "", "has `candidate`"),
        ("\"web-new\"", "\"web\"", "`stable` and `candidate` are one target group"),
        ("\"web-new\"", "\"web_new\"", "is no target group"),
        ("\"web-new\"", "\"arn:aws:ec2:eu-west-1:1:targetgroup/a/1\"", "is no target group"),
        (RULE, "web", "is no rule of a load balancer"),
        ("/app/web/1/2/3", "/net/web/1/2/3", "is no rule of a load balancer"),
        ("/1/2/3", "/1/2", "is no rule of a load balancer"),
        ("stable =", "candidates = [\"x\"]\nstable =", "of kind `onprem`"),
        ("stable =", "revision_file = \"x\"\nstable =", "of kind `onprem`"),
        ("stable =", "revision_tag = \" \"\nstable =", "is no key of a tag"),
        ("stable =", "revision_tga = \"x\"\nstable =", "did you mean `revision_tag`?"),
    ] {
        let good = at_aws();
        assert!(good.contains(from), "{from}");
        let (config, faults) = rollout(&good.replacen(from, to, 1));
        assert!(config.is_none() && faults.contains(expected), "{to}: {faults}");
    }
}

/// The good configuration with a cluster for the HAProxy.
fn in_a_cluster() -> String {
    let provider = "kind = \"onprem\"\nhaproxy = \"/run/haproxy/admin.sock\"";
    let own = "id = \"checkout\"\ncandidates = [\"canary-*\"]\nrevision_file = \"revision\"";
    assert!(GOOD.contains(provider) && GOOD.contains(own));
    let services = "id = \"httproute/web\"\nstable = \"web\"\ncandidate = \"web-new\"";
    GOOD.replace(provider, "kind = \"kubernetes\"").replace(own, services)
}

#[test]
fn a_rollout_in_a_cluster_is_two_services_of_a_route() {
    let (config, faults) = rollout(&in_a_cluster());
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert_eq!(faults, "");
    let own = config.targets["checkout"].services.as_ref().unwrap();
    assert_eq!((&*own.route, &*own.stable, &*own.candidate), ("web", "web", "web-new"));
}

#[test]
fn what_makes_no_sense_of_a_rollout_in_a_cluster_is_said() {
    for (from, to, expected) in [
        ("stable = \"web\"\n", "", "has `stable`"),
        ("candidate = \"web-new\"\n", "", "has `candidate`"),
        ("\"web-new\"", "\"web\"", "`stable` and `candidate` are one Service"),
        ("\"web-new\"", "\"web_new\"", "is no Service"),
        ("httproute/web", "web", "is no route"),
        ("httproute/web", "httproute/", "is no route"),
        ("stable =", "candidates = [\"x\"]\nstable =", "of kind `onprem`"),
        ("stable =", "revision_tag = \"x\"\nstable =", "of kind `aws`"),
    ] {
        let good = in_a_cluster();
        assert!(good.contains(from), "{from}");
        let (config, faults) = rollout(&good.replacen(from, to, 1));
        assert!(config.is_none() && faults.contains(expected), "{to}: {faults}");
    }
}
