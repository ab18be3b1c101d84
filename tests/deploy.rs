//! What is shipped to run the agent by: judged by the tools that will read it.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use support::{Site, python};
use tempfile::TempDir;

/// The exposure that `systemd-analyze security` may find, in tenths: what is left is the network.
const MOST_EXPOSED: &str = "12";

#[test]
fn systemd_understands_the_whole_unit() {
    let folder = TempDir::new().expect("there is room for a folder");
    let unit = folder.path().join("setpoint.service");
    // It wants to find the program, which is installed elsewhere on this machine or not at all.
    let text = read("setpoint.service").replace("/usr/local/bin/setpoint", "/bin/true");
    fs::write(&unit, text).expect("there is room for a small file");
    let output = analyze(&["verify", "--man=no"], &unit);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
}

#[test]
fn the_unit_leaves_nothing_open_but_the_network() {
    let threshold = format!("--threshold={MOST_EXPOSED}");
    let unit = deploy().join("setpoint.service");
    let output = analyze(&["security", "--offline=true", &threshold], &unit);
    assert!(output.status.success(), "{}", said(&output));
    let strict = analyze(&["security", "--offline=true", "--threshold=1"], &unit);
    assert!(!strict.status.success(), "the threshold is heeded");
}

#[test]
fn the_unit_waits_longer_than_the_agent_needs() {
    let unit = read("setpoint.service");
    let value = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key));
        line.and_then(|value| value.parse::<u64>().ok()).unwrap_or_else(|| panic!("no {key}"))
    };
    assert!(value("TimeoutStopSec=") > 30, "a pass under way is given 30 s");
    assert!(value("WatchdogSec=") >= 3 * 15, "three passes at the default rhythm");
    assert!(unit.contains("Type=notify\n"), "systemd 252 knows no notify-reload");
    // Faults in the command line or the configuration are for a person.
    assert!(unit.contains("RestartPreventExitStatus=64 78\n"));
}

#[test]
fn no_pod_runs_as_root_or_can_write_beside_its_journal() {
    for file in ["daemon.yaml", "sidecar.yaml"] {
        let found = containers(file);
        assert_eq!(found.len(), 1, "{file}");
        let (pod, container) = &found[0];
        let own = &container["securityContext"];
        let either = |key: &str| [&own[key], &pod["securityContext"][key]].map(Value::clone);
        assert!(either("runAsNonRoot").contains(&Value::Bool(true)), "{file}");
        assert_eq!(own["readOnlyRootFilesystem"], true, "{file}");
        assert_eq!(own["allowPrivilegeEscalation"], false, "{file}");
        assert_eq!(own["capabilities"]["drop"][0], "ALL", "{file}");
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/healthz", "{file}");
        let mounts = container["volumeMounts"].as_array().expect("it has mounts");
        let writable: Vec<&Value> =
            mounts.iter().filter(|it| it["readOnly"] != true).map(|it| &it["mountPath"]).collect();
        assert_eq!(writable, ["/var/lib/setpoint"], "{file}");
    }
}

#[test]
fn a_region_never_gets_two_agents() {
    let documents = documents("daemon.yaml");
    let daemon = documents.iter().find(|it| it["kind"] == "StatefulSet").expect("a daemon");
    assert_eq!(daemon["spec"]["replicas"], 1);
    let claim = &daemon["spec"]["volumeClaimTemplates"][0]["spec"];
    assert_eq!(claim["accessModes"][0], "ReadWriteOncePod");
    let grace = &daemon["spec"]["template"]["spec"]["terminationGracePeriodSeconds"];
    assert!(grace.as_u64().is_some_and(|seconds| seconds > 30), "{grace}");
}

#[test]
fn the_image_has_no_root_and_is_asked_how_it_is_by_the_program_itself() {
    let file = read("container/Containerfile");
    let last = file.rsplit("\nFROM ").next().expect("a stage");
    for line in ["USER 65532:65532", "CMD [\"/usr/local/bin/setpoint\", \"status\"]", "ENTRYPOINT"]
    {
        assert!(last.contains(line), "{line:?} is not in its last stage");
    }
    assert!(!last.contains("\nRUN "), "there is no shell to run anything with");
}

/// Every container of ours in `file`, with the pod that it is in.
fn containers(file: &str) -> Vec<(Value, Value)> {
    let pods = documents(file).into_iter().map(|it| it["spec"]["template"]["spec"].clone());
    pods.flat_map(|pod| {
        let containers = pod["containers"].as_array().cloned().unwrap_or_default();
        containers.into_iter().map(move |container| (pod.clone(), container)).collect::<Vec<_>>()
    })
    .collect()
}

/// What a YAML parser of other people's makes of `file`.
fn documents(file: &str) -> Vec<Value> {
    let read = parsed("yaml, list(yaml.safe_load_all(file))", &format!("kubernetes/{file}"));
    read.as_array().expect("a list").clone()
}

/// What a parser of other people's makes of `file`: the module, and what it says of `file`.
fn parsed(by: &str, file: &str) -> Value {
    let (module, call) = by.split_once(", ").expect("a module and a call");
    let program =
        format!("import json, sys, {module}; file = open(sys.argv[1]); print(json.dumps({call}))");
    let output = Command::new(python()).args(["-c", &program]).arg(deploy().join(file)).output();
    let output = output.expect("the tests' Python starts: tests/run installs it");
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// A module of Terraform.
fn module(cloud: &str) -> Value {
    parsed("hcl2, hcl2.load(file)", &format!("terraform/{cloud}/main.tf"))
}

/// The resource of this type in a module.
fn resource(module: &Value, kind: &str) -> Value {
    let all = module["resource"].as_array().expect("a module with resources");
    let quoted = format!("\"{kind}\"");
    let of = |it: &Value| it.get(kind).or_else(|| it.get(&quoted)).cloned();
    let own = all.iter().find_map(of).unwrap_or_else(|| panic!("no {kind}: {module}"));
    own.as_object().and_then(|named| named.values().next()).cloned().expect("it has a name")
}

/// What `setpoint permissions` prints for a group of this provider that is acted on.
fn permissions(provider: &str) -> Value {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:1/metrics"
[providers.cloud]
{provider}
[targets.web]
kind = "group"
provider = "cloud"
id = "web"
min = 1
max = 2
[[policies]]
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "app", query = "cpu" }} }}
targets = {{ fleet = "web" }}
"#
    ));
    site.write("target-cpu.rhai", include_str!("../policies/library/target-cpu.rhai"));
    let output = site.run(&["permissions"]);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

#[test]
fn terraform_grants_what_permissions_prints_and_no_more() {
    let printed = permissions("kind = \"aws\"");
    assert!(printed["Statement"].is_array(), "{printed}");
    let policy = resource(&module("aws"), "aws_iam_role_policy");
    assert_eq!(policy["policy"], "${var.permissions}");
    let printed =
        permissions("kind = \"azure\"\nsubscription = \"fake\"\nresource_group = \"games\"");
    assert!(printed["Actions"].is_array() && printed["AssignableScopes"].is_array(), "{printed}");
    let module = module("azure");
    let role = resource(&module, "azurerm_role_definition");
    assert_eq!(role["permissions"][0]["actions"], "${local.role.Actions}");
    assert_eq!(role["assignable_scopes"], "${local.role.AssignableScopes}");
    let assignment = resource(&module, "azurerm_role_assignment");
    assert_eq!(assignment["for_each"], "${toset(local.role.AssignableScopes)}");
}

/// Runs systemd-analyze on `unit`.
#[track_caller]
fn analyze(arguments: &[&str], unit: &Path) -> Output {
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).output();
    output.expect("the unit is judged by systemd-analyze: apt-get install systemd")
}

fn said(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    both.concat()
}

fn read(file: &str) -> String {
    let path = deploy().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}
