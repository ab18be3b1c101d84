//! A real Alertmanager of the test's own, told of alerts as Prometheus tells it.

use crate::{free_port, http::Request, until};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Far enough away that nothing ends by itself.
const NEVER: &str = "2099-01-01T00:00:00Z";

/// An Alertmanager; stopped when dropped.
#[derive(Debug)]
pub struct Alertmanager {
    process: Option<Child>,
    address: SocketAddr,
    folder: TempDir,
}

impl Alertmanager {
    /// Starts one that knows of no alert.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let config = "route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n";
        fs::write(folder.path().join("alertmanager.yml"), config).expect("there is room");
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut alertmanager = Self { process: None, address, folder };
        alertmanager.start_again();
        alertmanager
    }

    /// Starts it after it was stopped, on the same address. Of alerts it has forgotten everything.
    pub fn start_again(&mut self) {
        let folder = self.folder.path();
        let spawned = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", folder.join("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={}", self.address))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(spawned.expect("apt-get install prometheus-alertmanager"));
        until("Alertmanager is ready", || {
            let answer = self.call("GET /-/ready", &Value::Null);
            if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer) }
        });
    }

    /// Ends it.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // It may have ended by itself, which is all that is wanted here.
        process.kill().ok();
        process.wait().ok();
    }

    /// Has an alert of this name fire until it is told otherwise.
    #[track_caller]
    pub fn fire(&self, name: &str) {
        self.told("/api/v2/alerts", &json!([{ "labels": { "alertname": name }, "endsAt": NEVER }]));
    }

    /// Silences all alerts of this name.
    #[track_caller]
    pub fn silence(&self, name: &str) {
        let matcher = json!({ "name": "alertname", "value": name, "isRegex": false });
        let (from, until) = ("2020-01-01T00:00:00Z", NEVER);
        let silence = json!({ "matchers": [matcher], "startsAt": from, "endsAt": until,
            "createdBy": "a test", "comment": "none" });
        self.told("/api/v2/silences", &silence);
    }

    /// Where it is called, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    #[track_caller]
    fn told(&self, path: &str, what: &Value) {
        let answer = self.call(&format!("POST {path}"), what);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }

    /// The whole answer; empty if there is none.
    fn call(&self, what: &str, body: &Value) -> String {
        let head =
            format!("{what} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json", self.address);
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = Request { head, body }.send(self.address).unwrap_or_default();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        self.stop();
    }
}
