//! The agent at work where neither its source nor its cloud answers: everything is
//! held, everything is told, and it ends when it is asked to.

use crate::{CONFIG, command, folder, setpoint, text};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// No single thing that a test waits for takes longer, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// `CONFIG` with a pass every second.
pub(crate) fn quick() -> String {
    CONFIG.replace("region = ", "every = \"1s\"\nregion = ")
}

/// The answer of a command for programs, in `folder`.
#[track_caller]
pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = setpoint(folder, &[arguments, &["--output", "json"]].concat());
    serde_json::from_str(text(&output.stdout))
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

/// As much as an agent may say, two lines a second or so, before what is waited for.
const MOST_LINES: usize = 200;

/// Killed when dropped, should the test fail before it ends.
pub(crate) struct Agent {
    process: Child,
    log: Receiver<String>,
}

impl Agent {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_as(command(folder, &["run"]))
    }

    pub(crate) fn start_as(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = process.stderr.take().expect("it was piped above");
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(Result::ok);
            // Once the test has let go of the agent nobody listens any more.
            lines.for_each(|line| sender.send(line).unwrap_or_default());
        });
        Self { process, log }
    }

    /// Waits until a pass is made.
    #[track_caller]
    pub(crate) fn pass(&self) {
        self.until("pass");
    }

    /// Waits until the log has a line with this message, and gives what else it says.
    #[track_caller]
    pub(crate) fn until(&self, message: &str) -> Value {
        for _ in 0..MOST_LINES {
            let line = self.log.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("{message:?}: {error}"));
            let line: Value = serde_json::from_str(&line).expect("a log in a pipe is JSON");
            if line["fields"]["message"] == message {
                return line["fields"].clone();
            }
        }
        panic!("{message:?} was not said in {MOST_LINES} lines");
    }

    /// Sends `signal`.
    #[track_caller]
    pub(crate) fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(kill.expect("there is a kill").success());
    }

    /// Sends `signal` and gives what the agent ended with.
    #[track_caller]
    pub(crate) fn end(&mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        // The log ends with its process.
        while self.log.recv_timeout(PATIENCE) != Err(mpsc::RecvTimeoutError::Disconnected) {}
        self.process.wait().expect("it was started here").code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn it_ends_well_when_asked_and_leaves_behind_why_nothing_was_done() {
    let folder = folder(&CONFIG.replace("region = ", "every = \"1s\"\nregion = "));
    let mut agent = Agent::start(folder.path());
    agent.pass();
    assert_eq!(agent.end("-TERM"), Some(0));

    let status = setpoint(folder.path(), &["status", "--output", "json"]);
    let status: Value = serde_json::from_str(text(&status.stdout)).unwrap();
    assert_eq!((&status["mode"], &status["region"]), (&"observe".into(), &"eu-west-1".into()));
    let explained = setpoint(folder.path(), &["explain", "web"]);
    assert!(text(&explained.stdout).contains("not observed"), "{}", text(&explained.stdout));

    let early = setpoint(folder.path(), &["explain", "web", "--at", "2001-01-01T00:00:00Z"]);
    assert!(text(&early.stderr).contains("nothing was decided about `web` so early"));
    assert_eq!(early.status.code(), Some(1));
}

#[test]
fn a_second_agent_is_refused_the_journal_of_the_first() {
    let folder = folder(CONFIG);
    let mut agent = Agent::start(folder.path());
    agent.pass();
    let second = setpoint(folder.path(), &["run"]);
    assert!(text(&second.stderr).contains("another agent"), "{}", text(&second.stderr));
    assert_eq!(second.status.code(), Some(78));
    assert_eq!(agent.end("-INT"), Some(0));
}

#[test]
fn a_plan_that_could_not_see_says_so_and_ends_with_69() {
    let folder = folder(CONFIG);
    let output = setpoint(folder.path(), &["plan", "--detailed-exitcode"]);
    let plan = text(&output.stdout);
    assert!(plan.contains("held: not observed"), "{plan}");
    assert!(plan.contains("input hold/cpu was not read"), "{plan}");
    assert!(plan.contains("Plan: 0 to change, 1 held. Nothing was sent."), "{plan}");
    assert_eq!(output.status.code(), Some(69));
    assert!(!folder.path().join("data").exists(), "a plan writes nothing");
}
