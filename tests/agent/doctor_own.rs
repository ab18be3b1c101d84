//! `doctor` on what is the user's own: web services, files and units. Each trouble is told with
//! what to do about it, and nothing is written to find out.

use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt};
use support::{Service, Site};

struct Scene {
    service: Service,
    site: Site,
}

/// A service, a file and a unit, all of them well; `systemctl` says of the unit what its file says.
fn scene() -> Scene {
    let service = Service::start(&[
        ("/settings/pool", json!({ "max": 40 })),
        ("/settings/renew", json!({ "max": "ok" })),
    ]);
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[providers.app]
kind = "webhook"
url = "{}"
pointer = "/max"
[providers.files]
kind = "file"
folder = "{{data}}/files"
[providers.units]
kind = "systemd"
program = "{{data}}/systemctl"
[targets]
pool = {{ kind = "setting", provider = "app", id = "pool", min = 5, max = 100 }}
renew = {{ kind = "job", provider = "app", id = "renew" }}
limit = {{ kind = "setting", provider = "files", id = "limit.txt", min = 5, max = 100 }}
backup = {{ kind = "job", provider = "units", id = "backup.service" }}
"#,
        service.url("/settings/{id}"),
    ));
    fs::create_dir_all(data(&site, "files")).expect("there is room for a folder");
    fs::write(data(&site, "files/limit.txt"), "20\n").expect("there is room for a file");
    let script = format!("#!/bin/sh\ncat '{}'\n", data(&site, "unit").display());
    fs::write(data(&site, "systemctl"), script).expect("there is room for a file");
    let runs = fs::Permissions::from_mode(0o755);
    fs::set_permissions(data(&site, "systemctl"), runs).expect("it is ours");
    let unit = "LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\n\
                InvocationID=\nExecMainStartTimestampMonotonic=0\n";
    fs::write(data(&site, "unit"), unit).expect("there is room for a file");
    Scene { service, site }
}

fn data(site: &Site, name: &str) -> std::path::PathBuf {
    site.journal().with_file_name(name)
}

/// What the doctor finds worse than a note: whose it is, how bad, and what to do. And how it ends.
#[track_caller]
fn found(scene: &Scene) -> (i32, Vec<(String, String)>) {
    let output = scene.site.run(&["doctor", "--output", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let findings = answer["findings"].as_array().expect("a list").iter();
    let told = findings.filter(|it| it["severity"] != "note").map(|it| {
        assert!(it["help"].is_string() || it["severity"] == "warning", "{it}");
        (text(it, "about"), format!("{}: {}", text(it, "severity"), text(it, "message")))
    });
    assert!(scene.service.writes().is_empty(), "{:?}", scene.service.writes());
    (output.status.code().expect("it ends by itself"), told.collect())
}

/// Exactly this is found, and it ends so.
#[track_caller]
fn check(scene: &Scene, code: i32, about: &str, part: &str) {
    let (ended, told) = found(scene);
    let [(whose, what)] = told.as_slice() else { panic!("{told:#?}") };
    assert!(whose == about && what.contains(part), "{told:#?}");
    assert_eq!(ended, code, "{told:#?}");
}

#[test]
fn where_all_is_well_nothing_is_found() {
    assert_eq!(found(&scene()), (0, Vec::new()));
}

#[test]
fn a_document_that_is_not_there_or_not_right_is_a_problem() {
    let own = scene();
    own.service.put("/settings/pool", json!({ "most": 40 }));
    check(&own, 1, "target pool", "problem: ");
    own.service.put("/settings/pool", json!({ "max": 400 }));
    check(&own, 0, "target pool", "warning: it is 400, outside 5..100");
    let own = scene();
    own.service.put("/settings/renew", json!({ "max": "what" }));
    check(&own, 1, "target renew", "none of never, running, ok, failed");
}

#[test]
fn a_service_that_is_gone_is_unreachable() {
    let scene = scene();
    let config = fs::read_to_string(scene.site.config()).expect("it was just written");
    let gone = config.replace(&scene.service.url("/settings/{id}"), "http://127.0.0.1:9/{id}");
    fs::write(scene.site.config(), gone).expect("there is room for a small file");
    let (code, told) = found(&scene);
    assert_eq!((code, told.len()), (69, 2), "{told:#?}");
}

#[test]
fn a_file_that_is_not_there_or_no_number_is_a_problem() {
    let scene = scene();
    fs::write(data(&scene.site, "files/limit.txt"), "many\n").expect("it is ours");
    check(&scene, 1, "target limit", "problem: ");
    fs::remove_file(data(&scene.site, "files/limit.txt")).expect("it is ours");
    check(&scene, 1, "target limit", "cannot be read");
}

#[test]
fn a_unit_that_is_not_there_is_a_problem_and_without_systemd_none_can_be_asked() {
    let scene = scene();
    let unit = "LoadState=not-found\nActiveState=inactive\n";
    fs::write(data(&scene.site, "unit"), unit).expect("it is ours");
    check(&scene, 1, "target backup", "the unit is not-found");
    fs::remove_file(data(&scene.site, "systemctl")).expect("it is ours");
    check(&scene, 69, "target backup", "cannot be run");
}
