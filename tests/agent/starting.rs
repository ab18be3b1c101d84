//! A first configuration: what `init` writes works, and nothing that is there is touched.

use std::{fs, process::Command};
use support::{Cloud, Site};

fn program(site: &Site, arguments: &[&str]) -> (i32, String) {
    let output = site.run(arguments);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().expect("it ends by itself"), String::from_utf8_lossy(&said).into_owned())
}

/// A folder that is not there yet.
fn folder(site: &Site) -> String {
    site.config().with_file_name("new").display().to_string()
}

/// Checks what is in `folder`, and runs the tests of its policies.
#[track_caller]
fn works(folder: &str) {
    let config = format!("{folder}/setpoint.toml");
    let mut check = Command::new(support::program("setpoint"));
    let output = check.args(["--config", &config, "check"]).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
    let sim = support::program("setpoint-sim");
    let policies = format!("{folder}/policies");
    let output = Command::new(sim).args(["test", &policies]).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_starter_passes_its_own_checks_and_is_never_written_over() {
    let site = Site::new("");
    let folder = folder(&site);
    let (code, said) = program(&site, &["init", &folder]);
    assert_eq!(code, 0, "{said}");
    works(&folder);
    let before = fs::read(format!("{folder}/setpoint.toml")).expect("it was written");
    fs::remove_file(format!("{folder}/policies/target-cpu.rhai")).expect("it was written");
    let (code, said) = program(&site, &["init", &folder]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("is there already: nothing was written"), "{said}");
    assert!(!fs::exists(format!("{folder}/policies/target-cpu.rhai")).expect("readable"));
    assert_eq!(fs::read(format!("{folder}/setpoint.toml")).expect("still there"), before);
}

#[test]
fn what_aws_does_today_is_written_down_to_do_the_same() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let policy = [
        ("AutoScalingGroupName", "web"),
        ("PolicyName", "cpu-55"),
        ("PolicyType", "TargetTrackingScaling"),
        ("TargetTrackingConfiguration.TargetValue", "55"),
        (
            "TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
            "ASGAverageCPUUtilization",
        ),
    ];
    cloud.moto.autoscaling("PutScalingPolicy", &policy);
    for (name, recurrence, min) in [("day", "0+8+*+*+*", "20"), ("night", "0+20+*+*+*", "2")] {
        let action = [
            ("AutoScalingGroupName", "web"),
            ("ScheduledActionName", name),
            ("Recurrence", recurrence),
            ("MinSize", min),
        ];
        cloud.moto.autoscaling("PutScheduledUpdateGroupAction", &action);
    }
    let site =
        Site::new("").with("AWS_ACCESS_KEY_ID", "fake").with("AWS_SECRET_ACCESS_KEY", "fake");
    let folder = folder(&site);
    let endpoint = cloud.endpoint();
    let from = ["init", &folder, "--from", "aws", "--region", "eu-west-1", "--endpoint", &endpoint];
    let (code, said) = program(&site, &from);
    assert_eq!(code, 0, "{said}");
    works(&folder);
    let config = fs::read_to_string(format!("{folder}/setpoint.toml")).expect("it was written");
    for part in ["mode     = \"observe\"", "goal = \"55%\"", "min = 1\nmax = 200", "schedule-web"] {
        assert!(config.contains(part), "{part} is not in\n{config}");
    }
    assert!(cloud.proxy.changes().is_empty());
}
