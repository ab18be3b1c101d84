//! Rules about the code itself, checked like any other behaviour.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Which of our packages each of our packages may use: the arrows of ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("agent/core", &[]),
    ("policies", &["core"]),
    ("agent/control", &["core"]),
    ("agent/journal", &["core", "control"]),
    ("agent/promql", &["core"]),
    ("providers/aws", &["core", "control", "promql", "http"]),
    ("providers/azure", &["core", "control", "http"]),
    ("providers/flags", &["core", "control", "local"]),
    ("providers/http", &["core", "control", "promql"]),
    ("providers/kubernetes", &["core", "control", "promql"]),
    ("providers/local", &["core", "control", "promql"]),
    ("providers/notify", &["core", "control", "http"]),
    ("providers/onprem", &["core", "control", "promql", "http"]),
    ("providers/prometheus", &["core", "control", "promql", "http"]),
    ("simulator", &["core", "control", "journal", "promql", "policies", "prometheus"]),
    (
        "agent/setpoint",
        &[
            "core",
            "control",
            "journal",
            "promql",
            "policies",
            "aws",
            "azure",
            "flags",
            "http",
            "local",
            "notify",
            "kubernetes",
            "local",
            "onprem",
            "prometheus",
        ],
    ),
    (
        "tests",
        &[
            "core",
            "control",
            "journal",
            "promql",
            "policies",
            "aws",
            "azure",
            "flags",
            "http",
            "kubernetes",
            "local",
            "notify",
            "onprem",
            "prometheus",
            "sim",
        ],
    ),
];

/// The longest a source file may be, without its inline tests.
const MOST_LINES: usize = 500;

#[test]
fn dependencies_point_inwards() {
    for (folder, allowed) in MAY_USE {
        for used in our_dependencies(folder) {
            assert!(
                allowed.contains(&used.as_str()),
                "{folder} must not use setpoint-{used}: see \"Dependency direction\" in ARCHITECTURE.md",
            );
        }
    }
}

#[test]
fn every_member_of_the_workspace_has_its_arrows_drawn() {
    let manifest = read(&root().join("Cargo.toml"));
    let members = manifest.split_once("members = [").expect("a workspace").1;
    let members: BTreeSet<&str> =
        members.split_once(']').expect("a list").0.split('"').skip(1).step_by(2).collect();
    assert_eq!(members, MAY_USE.iter().map(|(folder, _)| *folder).collect());
}

#[test]
fn the_core_can_do_no_input_or_output() {
    let manifest = read(&root().join("agent/core/Cargo.toml"));
    let names: Vec<&str> = section(&manifest, "[dependencies]").collect();
    assert_eq!(names, ["serde"], "the core is pure: values in, values out");
}

#[test]
fn no_file_is_two_rooms() {
    for (path, text) in sources() {
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines: split it", path.display());
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (path, text) in sources() {
        assert!(text.starts_with("//!"), "{} has no module documentation", path.display());
    }
}

#[test]
fn lints_are_silenced_only_with_a_reason() {
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let allow = concat!("[", "allow(");
            assert!(!line.contains(allow), "{}:{}: use #[expect]", path.display(), number + 1);
        }
        for expect in text.split(concat!("#[", "expect(")).skip(1) {
            let attribute = expect.split_once(")]").map_or(expect, |(attribute, _)| attribute);
            assert!(attribute.contains("reason"), "{}: #[expect] needs a reason", path.display());
        }
    }
}

#[test]
fn no_incident_of_the_manual_is_without_its_test() {
    let page = read(&root().join("docs/incidents.md"));
    let last = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| {
        let cell = line.trim_end_matches(" |").rsplit(" | ").next()?;
        (!cell.starts_with("its test")).then_some(cell)
    });
    let named: Vec<&str> = last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 20, "{named:?}");
    let tests: BTreeSet<String> = sources()
        .flat_map(|(_, text)| {
            let names = text.lines().filter_map(|line| line.trim().split("fn ").nth(1));
            names.filter_map(|name| name.split('(').next().map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<&&str> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert_eq!(missing, [&""; 0]);
}

#[test]
fn only_one_file_of_each_program_asks_the_machine_for_the_time() {
    let asks = |text: &str| {
        [concat!("Instant::", "now()"), concat!("SystemTime::", "now()")]
            .iter()
            .any(|call| text.contains(call))
    };
    let asking: BTreeSet<String> = sources()
        .filter(|(path, text)| asks(text) && !path.starts_with(root().join("tests")))
        .filter(|(path, _)| !path.components().any(|part| part.as_os_str() == "benches"))
        .filter_map(|(path, _)| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .filter(|name| name != "tests.rs")
        .collect();
    let allowed = BTreeSet::from(["system_clock.rs".to_owned()]);
    assert!(asking.is_subset(&allowed), "{asking:?} may only contain {allowed:?}");
}

/// The names, without `setpoint-`, of our packages that a package depends on outside its tests.
fn our_dependencies(folder: &str) -> Vec<String> {
    let manifest = read(&root().join(folder).join("Cargo.toml"));
    section(&manifest, "[dependencies]")
        .filter_map(|name| name.strip_prefix("setpoint-").map(String::from))
        .collect()
}

/// The keys of one section of a manifest.
fn section<'a>(manifest: &'a str, header: &'a str) -> impl Iterator<Item = &'a str> {
    manifest
        .lines()
        .skip_while(move |line| *line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
}

/// Every Rust file of ours, with its text.
fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    let mut folders = vec![root()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().expect("a named entry").to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if name.ends_with(".rs") {
                files.insert(path.clone(), read(&path));
            }
        }
    }
    assert!(files.len() > 20, "the sources are where they are looked for");
    files.into_iter()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace around the tests").into()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
