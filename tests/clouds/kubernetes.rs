//! The real agent on a simulated cluster: it holds a Deployment, and gets along with who else is
//! there.

use crate::{
    agent::{policy, wait_until_held},
    operations,
};
use serde_json::{Value, json};
use std::process::{Command, Output};
use support::{Simulated, Site, program};

const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";

/// An agent in this mode that holds the Deployment by what its pods use. Lengths of time are
/// those of a fleet at a pace of 60.
fn site(simulated: &Simulated, mode: &str, more: &str) -> Site {
    let kubernetes = simulated.url("kubernetes");
    let config = format!(
        r#"
region = "eu-west-1"
mode = "{mode}"
every = "1s"
data_dir = "{{data}}"

[sources.usage]
kind = "kubernetes"

[providers.k8s]
kind = "kubernetes"
endpoint = "{kubernetes}"
{more}

[targets.web]
kind = "group"
provider = "k8s"
id = "deployment/web"
min = 4
max = 200

[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "usage", query = "cpu deployment/web" }} }}
targets = {{ fleet = "web" }}
"#
    );
    let site = Site::new(&config);
    site.write("target-cpu.rhai", &policy("target-cpu.rhai"));
    site
}

fn replicas(simulated: &Simulated) -> u64 {
    simulated.kubernetes("GET", WEB, &Value::Null)["spec"]["replicas"].as_u64().expect("a size")
}

fn text(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    both.concat()
}

#[test]
fn it_holds_a_deployment_at_sixty_percent_while_the_load_doubles() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    // Two thirds of what the load needs.
    let few = json!({ "spec": { "replicas": 13 } });
    simulated.kubernetes("PATCH", &format!("{WEB}/scale"), &few);
    let site = site(&simulated, "act", "");
    let mut agent = site.start();
    wait_until_held(&mut agent, (&simulated, "kubernetes"), || replicas(&simulated));
    agent.stop();
    simulated.stop();
}

#[test]
fn who_else_is_at_a_deployment_is_told_by_name_and_left_to_it() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let site = site(&simulated, "act", "");
    let fine = site.run(&["doctor"]);
    assert!(fine.status.success(), "{}", text(&fine));
    assert!(text(&fine).contains("Kubernetes v1.33.0+setpoint-sim, namespace default"));
    let autoscaler = json!({ "metadata": { "name": "web-hpa" }, "spec": {
        "minReplicas": 3, "maxReplicas": 40,
        "metrics": [{ "type": "Resource", "resource": { "name": "cpu",
            "target": { "type": "Utilization", "averageUtilization": 65 } } }],
        "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" },
    } });
    let place = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
    simulated.kubernetes("POST", place, &autoscaler);
    let pause = json!({ "metadata": { "annotations": { "setpoint/pause": "a migration" } } });
    simulated.kubernetes("PATCH", WEB, &pause);
    let told = site.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
    for part in [
        "problem: target web: another scaler acts on it: HorizontalPodAutoscaler web-hpa",
        "warning: target web: paused by its annotation: a migration",
    ] {
        assert!(text(&told).contains(part), "{part}: {}", text(&told));
    }
    let plan = text(&site.run(&["plan"]));
    assert!(plan.contains("a migration"), "{plan}");
    // What it does is carried over, and the result is what the agent understands.
    let folder = tempfile::TempDir::new().expect("there is room for a folder");
    let into = folder.path().join("new").display().to_string();
    let words = ["init", "--from", "hpa", "--region", "eu-west-1", "--endpoint"];
    let words = [&words[..], &[simulated.url("kubernetes"), &into]].concat();
    let run = |words: &[&str]| {
        Command::new(program("setpoint")).args(words).output().expect("the program starts")
    };
    let written = run(&words);
    assert!(written.status.success(), "{}", text(&written));
    let config = std::fs::read_to_string(format!("{into}/setpoint.toml")).expect("it was written");
    for part in ["id = \"deployment/web\"", "min = 3\nmax = 40", "goal = \"65%\""] {
        assert!(config.contains(part), "{part}: {config}");
    }
    let checked = run(&["check", "--config", &format!("{into}/setpoint.toml")]);
    assert!(checked.status.success(), "{}", text(&checked));
}

#[test]
fn a_right_that_lacks_is_told_with_the_rule_that_would_give_it() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    let site = site(&simulated, "act", "bearer_file = \"token\"");
    site.write("token", "reader\n");
    let told = site.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(77), "{}", text(&told));
    let rule = "allow {apiGroups: [\"apps\"], resources: [\"deployments/scale\"], \
                resourceNames: [\"web\"], verbs: [\"patch\"]}";
    assert!(text(&told).contains(rule), "{}", text(&told));
    site.write("token", "operator\n");
    let fine = site.run(&["doctor"]);
    assert!(fine.status.success(), "{}", text(&fine));
    let least: Value = serde_json::from_slice(&site.run(&["permissions"]).stdout).expect("JSON");
    assert_eq!(least["kind"], "Role");
    let rules = least["rules"].as_array().expect("rules");
    let changing: Vec<&Value> = rules
        .iter()
        .filter(|rule| rule["verbs"].as_array().is_some_and(|it| it.contains(&json!("patch"))))
        .collect();
    assert_eq!(changing.len(), 1, "{least}");
    assert_eq!(changing[0]["resources"], json!(["deployments/scale"]));
    assert_eq!(changing[0]["resourceNames"], json!(["web"]));
}

#[test]
fn kubectl_drives_a_cluster() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let said = simulated.ask("kubernetes", "kubectl.py", &[]);
    assert!(operations(&said) >= 30, "{said}");
}

#[test]
fn the_official_client_drives_a_cluster() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let said = simulated.ask("kubernetes", "cluster.py", &[]);
    assert!(operations(&said) >= 20, "{said}");
    let strict = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    strict.ask("kubernetes", "cluster.py", &["reader"]);
}
