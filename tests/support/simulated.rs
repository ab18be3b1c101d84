//! The simulated clouds: the program of the policy author, serving a scenario.

use crate::{http::Request, moto, program};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A scenario that is served; stopped when dropped.
#[derive(Debug)]
pub struct Simulated {
    process: Child,
    line: String,
    addresses: Value,
}

impl Simulated {
    /// Serves the shipped scenario of this name at a pace of 60.
    pub fn shipped(name: &str, arguments: &[&str]) -> Self {
        Self::shipped_at("60", name, arguments)
    }

    /// Serves the shipped scenario of this name, so many times as fast as the clock on the wall.
    pub fn shipped_at(pace: &str, name: &str, arguments: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Self::at_pace(pace, &root.join("simulator/scenarios").join(name), arguments)
    }

    /// Serves this scenario at a pace of 60.
    ///
    /// Panics, saying how to build it, if the program cannot serve.
    pub fn start(scenario: &Path, arguments: &[&str]) -> Self {
        Self::at_pace("60", scenario, arguments)
    }

    /// Serves this scenario, so many times as fast as the clock on the wall.
    ///
    /// Panics, saying how to build it, if the program cannot serve.
    pub fn at_pace(pace: &str, scenario: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(program("setpoint-sim"))
            .arg("cloud")
            .arg(scenario)
            .args(["--pace", pace])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = process.stdout.take().expect("it was piped above");
        let mut simulated = Self { process, line: String::new(), addresses: Value::Null };
        let (sender, line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // Nobody waits any more after a start that took too long.
            BufReader::new(said).read_line(&mut line).and(Ok(sender.send(line))).ok();
        });
        let line = line.recv_timeout(START).unwrap_or_default();
        simulated.addresses = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "setpoint-sim cloud said {line:?} and not where it serves; it is built with \
                 cargo build --workspace --bins"
            )
        });
        simulated.line = line;
        simulated
    }

    /// What it said where it serves, as it said it.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Where this cloud is: its URL.
    #[track_caller]
    pub fn url(&self, cloud: &str) -> &str {
        let url = self.addresses.get(cloud).and_then(Value::as_str);
        url.unwrap_or_else(|| panic!("{cloud} is not served: {}", self.addresses))
    }

    /// Makes a call of Auto Scaling and gives the answer's XML. Panics if it is not a yes.
    #[track_caller]
    pub fn autoscaling(&self, action: &str, fields: &[(&str, &str)]) -> String {
        moto::call(self.address("aws"), &moto::AUTOSCALING, action, fields)
    }

    /// Makes a call of Elastic Load Balancing and gives the answer's XML. Panics if it is not a yes.
    #[track_caller]
    pub fn elb(&self, action: &str, fields: &[(&str, &str)]) -> String {
        moto::call(self.address("aws"), &moto::ELB, action, fields)
    }

    /// Calls the API server of its cluster and gives the answer's document; a patch is a merge
    /// patch. Panics if it is not a yes.
    #[track_caller]
    pub fn kubernetes(&self, method: &str, path: &str, body: &Value) -> Value {
        let kind =
            if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let head = format!("Content-Type: {kind}");
        let document = self.call("kubernetes", (method, path), &head, body);
        serde_json::from_str(&document).expect("it is JSON")
    }

    /// Calls its Azure Resource Manager and gives the answer's document. Panics if it is not a yes.
    #[track_caller]
    pub fn arm(&self, method: &str, path: &str, body: &Value) -> Value {
        let document = self.arm_says(method, path, body);
        serde_json::from_str(&document).expect("it is JSON")
    }

    /// Has its Azure Resource Manager begin something of which it says no more. Panics if it is
    /// not a yes.
    #[track_caller]
    pub fn arm_begins(&self, method: &str, path: &str, body: &Value) {
        assert_eq!(self.arm_says(method, path, body), "");
    }

    #[track_caller]
    fn arm_says(&self, method: &str, path: &str, body: &Value) -> String {
        let headers = "Content-Type: application/json\r\nAuthorization: Bearer fake";
        let path = format!("{path}?api-version=2024-07-01");
        self.call("azure", (method, &path), headers, body)
    }

    #[track_caller]
    fn call(
        &self,
        cloud: &str,
        (method, path): (&str, &str),
        headers: &str,
        body: &Value,
    ) -> String {
        let address = self.address(cloud);
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = Request { head, body }.send(address).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 20"), "{method} {path}: {answer}");
        let (_, document) = answer.split_once("\r\n\r\n").expect("a head and a body");
        document.to_owned()
    }

    /// Where this cloud is: address and port.
    #[track_caller]
    pub fn address(&self, cloud: &str) -> SocketAddr {
        let place = self.url(cloud).trim_start_matches("http://");
        place.parse().expect("it is on loopback, by number")
    }

    /// A page of its Prometheus. Panics if it is not there.
    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        let address = self.address("prometheus");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}");
        let answer = Request { head, body: Vec::new() }.send(address).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        answer
    }

    /// Runs a script of an official client, which gets the URL of `cloud` and then `arguments`: what it printed.
    ///
    /// Panics with what it complains of if it fails.
    #[track_caller]
    pub fn ask(&self, cloud: &str, script: &str, arguments: &[&str]) -> String {
        let script: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("clouds").join(script);
        let output = Command::new(crate::python())
            .arg("-B")
            .arg(&script)
            .arg(self.url(cloud))
            .args(arguments)
            .output()
            .expect("there is a Python");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {complaint}", script.display());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Asks it to end, as systemd does, and waits until it has.
    #[track_caller]
    pub fn stop(mut self) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status();
        assert!(killed.expect("there is a kill").success());
        let ended = self.process.wait().expect("it was started here");
        assert!(ended.success(), "it ended with {ended}");
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
