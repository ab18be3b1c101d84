//! The real program on a configuration of the test's own.

use serde_json::Value;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// No single thing that a test waits for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names another agent than the one beside the tests: one that is built with optimisation.
const PROGRAM: &str = "SETPOINT_PROGRAM";

/// A folder with a configuration, and the program that runs on it.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Site {
    /// A site with this configuration. `{data}` in it stands for the data folder.
    pub fn new(config: &str) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let site = Self { folder, environment: Vec::new() };
        site.write("setpoint.toml", config);
        site
    }

    /// Writes a file of the site; `{data}` in it stands for the data folder.
    pub fn write(&self, name: &str, text: &str) {
        let data = self.folder.path().join("data");
        let text = text.replace("{data}", &data.to_string_lossy());
        fs::write(self.folder.path().join(name), text).expect("there is room for a small file");
    }

    /// Sets a variable of the environment for every program started from here.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The configuration's file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("setpoint.toml")
    }

    /// The journal's file.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("data").join("journal.db")
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("the program starts")
    }

    /// What `explain` says of a target.
    #[track_caller]
    pub fn explain(&self, target: &str) -> String {
        let output = self.run(&["explain", target]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// Starts the agent.
    pub fn start(&self) -> Agent {
        let mut process = self
            .command()
            .arg("run")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = process.stderr.take().expect("it was piped above");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // After the test has let go of the agent nobody listens any more.
                sender.send(line).ok();
            }
        });
        Agent { process, lines, said: Vec::new() }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program("setpoint"));
        command
            .arg("--config")
            .arg(self.config())
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// An agent at work; killed when dropped.
#[derive(Debug)]
pub struct Agent {
    process: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Agent {
    /// Listens to the agent for this long, whatever it says.
    pub fn listen_for(&mut self, time: Duration) {
        #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
        let began = Instant::now();
        loop {
            #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
            let left = time.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended: {:#?}", self.said),
            }
        }
    }

    /// The most memory it ever had in use, in KiB.
    #[track_caller]
    pub fn peak_kib(&self) -> u64 {
        self.kib("VmHWM:")
    }

    /// The memory that it has in use now, in KiB.
    #[track_caller]
    pub fn rss_kib(&self) -> u64 {
        self.kib("VmRSS:")
    }

    #[track_caller]
    fn kib(&self, what: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(path).expect("it is running");
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        kib.expect("a status names it")
    }

    /// The time of processors that it took so far.
    #[track_caller]
    pub fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = fs::read_to_string(path).expect("it is running");
        // The name, in parentheses, may have blanks in it.
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let ticks =
            rest.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok());
        // Linux counts in hundredths of a second, whatever its own tick is.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// Waits until the log has a line that `wanted` accepts, and gives it.
    ///
    /// Panics with everything the agent said if that takes too long or the agent ends.
    #[track_caller]
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
        let began = Instant::now();
        loop {
            #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
            let left = PATIENCE.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    let value = serde_json::from_str(&line).unwrap_or(Value::Null);
                    self.said.push(line);
                    if wanted(&value) {
                        return value;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no {what} in {PATIENCE:?}: {:#?}", self.said)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without {what}: {:#?}", self.said)
                }
            }
        }
    }

    /// Waits for `passes` more passes to end.
    #[track_caller]
    pub fn passes(&mut self, passes: usize) {
        for _ in 0..passes {
            self.until("a pass", |line| message(line) == "pass");
        }
    }

    /// Waits for an action, and gives its line.
    #[track_caller]
    pub fn action(&mut self) -> Value {
        self.until("an action", |line| message(line) == "action")
    }

    /// Everything said so far that was waited over.
    pub fn said(&self) -> &[String] {
        &self.said
    }

    /// Asks it to end, as systemd does, and waits until it has.
    #[track_caller]
    pub fn stop(mut self) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status();
        assert!(killed.expect("there is a kill").success());
        let ended = self.process.wait().expect("it was started here");
        assert!(ended.success(), "it ended with {ended}: {:#?}", self.said);
    }

    /// Kills it at once, as a crash does.
    pub fn kill(mut self) {
        self.process.kill().expect("it was started here");
        self.process.wait().expect("it was started here");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// What a line of the log says.
pub fn message(line: &Value) -> &str {
    line.pointer("/fields/message")
        .or_else(|| line.get("message"))
        .and_then(Value::as_str)
        .unwrap_or("")
}

/// A program of the workspace, built beside the tests.
pub fn program(name: &str) -> PathBuf {
    if let Some(other) = env::var_os(PROGRAM).filter(|_| name == "setpoint") {
        return other.into();
    }
    let test = env::current_exe().expect("a test is a program");
    let folder = test.parent().and_then(Path::parent).expect("tests are in target/…/deps");
    let program = folder.join(name);
    assert!(program.exists(), "{} is not built: cargo build --workspace --bins", program.display());
    program
}
