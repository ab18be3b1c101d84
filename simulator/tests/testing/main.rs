//! The runner of policy tests: what it finds, what it refuses, what it says.

mod claims;
mod faults;
mod library;
mod manual;
mod outputs;
mod worlds;

use setpoint_sim::testing::{Report, Suite};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A policy with everything that a test may speak of.
const POLICY: &str = r#"const POLICY = #{
    about:    "Hold a fleet, for tests of tests",
    language: 1,
    params:   #{ goal: "60%", most: 50, on: true },
    inputs:   #{ cpu: #{ unit: "percent" } },
    targets:  #{ fleet: #{ kind: "group" } },
    state:    #{ passes: 0, calm: false },
};

rule "hold" when p.on {
    fleet.track(m.cpu, p.goal);
    state.passes += 1;
}

rule "cap" when m.cpu > 95.percent {
    fleet.at_most(p.most);
}
"#;

/// The first three lines of the tests in these tests.
const HEAD: &str = "policy = \"fleet.rhai\"\n[[test]]\nname = \"it\"\n";

/// A folder with `fleet.rhai` and whatever else is put there.
struct Folder(TempDir);

/// How the program ended.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a place for files"));
        folder.with("fleet.rhai", POLICY)
    }

    /// The folder with one more file.
    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).expect("a file can be written");
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Everything that the runner says of it.
    fn report(&self) -> Report {
        Suite::load(&[self.0.path().to_owned()], None).expect("the folder is there").run(2, || {})
    }

    /// Runs the program here.
    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_setpoint-sim"));
        let output = command
            .args(arguments)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("the program can be run");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes text");
        let code = output.status.code().expect("it ends by itself");
        Ended { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// What is found when the one test with `body` under its head is run: `at claim: got`.
fn findings(body: &str) -> Vec<String> {
    findings_in(Folder::new(), body)
}

/// The same, in a folder with another `fleet.rhai`.
fn findings_in(folder: Folder, body: &str) -> Vec<String> {
    let report = folder.with("a.test.toml", &format!("{HEAD}{body}")).report();
    let faults: Vec<String> = report.faults().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let findings = report.tests().flat_map(|test| &test.findings);
    findings
        .map(|finding| {
            let at = finding.at.map_or_else(|| "end".to_owned(), |at| at.to_string());
            format!("{at} {}: {}", finding.claim, finding.got)
        })
        .collect()
}

/// Runs the one test with `body` under its head, and compares what is found.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    assert_eq!(findings(body), expected, "{body}");
}

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/library")
}
