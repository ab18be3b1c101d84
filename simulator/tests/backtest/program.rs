//! The program, run in a folder of the test's own.

use std::{fs, path::PathBuf, process::Command};
use tempfile::TempDir;

/// The seconds of a processor that any command may take, a week of history included. How busy the
/// machine is otherwise does not count.
const LIMITED: &str = "ulimit -t 30; exec \"$0\" \"$@\"";

/// A folder, and what is run in it.
pub(crate) struct Folder(TempDir);

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a place for files"))
    }

    /// The folder with one more file.
    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).expect("a file can be written");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the program here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = Command::new("sh")
            .args(["-c", LIMITED, env!("CARGO_BIN_EXE_setpoint-sim")])
            .args(arguments)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("the program can be run");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes text");
        Ended {
            code: output.status.code().expect("it ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
