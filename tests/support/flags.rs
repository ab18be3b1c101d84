//! An application that reads feature flags: OpenFeature with flagd's own provider, in Python.

use crate::python;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// An application that has a file of flags open; stopped when dropped.
#[derive(Debug)]
pub struct FlagReader {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl FlagReader {
    /// One that follows the file at `path`.
    pub fn start(path: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/flags.py");
        let mut process = Command::new(python())
            .arg(script)
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python is installed, as tests/run does");
        let asks = process.stdin.take().expect("it was piped above");
        let answers = BufReader::new(process.stdout.take().expect("it was piped above"));
        Self { process, asks, answers }
    }

    /// What so many users get of the flag `key`, as it is just now: for how many it is `on`, what
    /// a `nameless` user gets, the `reason`, and every code of an error.
    ///
    /// Panics if there is no answer: openfeature-provider-flagd may be missing, see
    /// tests/requirements.txt.
    #[track_caller]
    pub fn ask(&mut self, key: &str, users: u32) -> Value {
        writeln!(self.asks, "{key} {users}").expect("it runs; is openfeature installed?");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers in text");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("is openfeature installed? {line:?}"))
    }
}

impl Drop for FlagReader {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
