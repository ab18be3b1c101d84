//! A real mail server on loopback: aiosmtpd, which keeps what it is sent.

use crate::python;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// How long a start, or a message, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail server; stopped when dropped.
#[derive(Debug)]
pub struct Mail {
    process: Child,
    said: Receiver<Value>,
    port: u16,
}

impl Mail {
    /// One that takes mail from everybody.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// One that takes nothing before STARTTLS, with this certificate and its key, and a login.
    pub fn start_strict(certificate: &Path, key: &Path) -> Self {
        Self::start_with(&[certificate, key])
    }

    fn start_with(files: &[&Path]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/mail.py");
        let mut process = Command::new(python())
            .arg(script)
            .args(files)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python is installed, as tests/run does");
        let output = process.stdout.take().expect("it was piped above");
        let (sender, said) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let word = serde_json::from_str(&line).expect("it says JSON");
                // After the test has let go of the server nobody listens any more.
                sender.send(word).ok();
            }
        });
        let mut mail = Self { process, said, port: 0 };
        let port = mail.next()["port"].as_u64().expect("the first word is the port");
        mail.port = u16::try_from(port).expect("a port");
        mail
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next message, once it is there.
    ///
    /// Panics if none comes; if it is the first word, aiosmtpd may be missing: see
    /// tests/requirements.txt.
    #[track_caller]
    pub fn next(&self) -> Value {
        self.said.recv_timeout(PATIENCE).expect("a message comes; is aiosmtpd installed?")
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
