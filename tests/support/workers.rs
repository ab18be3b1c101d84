//! Real little workers, each a process with a port of its own, and the programs that start and stop
//! them: what `start` and `stop` of a group on one's own machines can be.

use crate::{
    haproxy::get,
    moto::python,
    waiting::{free_port, until},
};
use std::{fs, path::PathBuf, process::Command};
use tempfile::TempDir;

/// Places for workers; whoever runs is ended when dropped.
#[derive(Debug)]
pub struct Workers {
    folder: TempDir,
    ports: Vec<u16>,
}

impl Workers {
    /// Room for `most` workers that take `boot` seconds to come up and `work` seconds for a request
    /// to `/work`, one after the other.
    pub fn new(most: usize, boot: f64, work: f64) -> Self {
        Self::of_kind(most, boot, work, true)
    }

    /// The same, but `work` seconds are what a request takes on average, by the exponential
    /// distribution.
    pub fn uneven(most: usize, boot: f64, work: f64) -> Self {
        Self::of_kind(most, boot, work, false)
    }

    fn of_kind(most: usize, boot: f64, work: f64, even: bool) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let mut ports: Vec<u16> = Vec::new();
        while ports.len() < most {
            let port = free_port();
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        ports.sort_unstable();
        let settings = format!("{{\"boot\": {boot}, \"work\": {work}, \"even\": {even}}}");
        fs::write(folder.path().join("worker.json"), settings).expect("there is room for a file");
        Self { folder, ports }
    }

    /// Their ports, in order.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Where they may run: `127.0.0.1:4321`.
    pub fn places(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect()
    }

    /// The program that starts, or stops, the worker at `{port}`, with its arguments.
    pub fn program(&self, verb: &str) -> Vec<String> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("support/worker.py");
        let words = [python(), script.into(), verb.into(), self.folder.path().into()];
        let words = words.map(|word| word.to_str().expect("a path of letters").to_owned());
        words.into_iter().chain(["{port}".to_owned()]).collect()
    }

    /// `members`, `start` and `stop` of a group's configuration.
    pub fn keys(&self) -> String {
        let (places, start, stop) = (self.places(), self.program("start"), self.program("stop"));
        format!("members = {places:?}\nstart = {start:?}\nstop = {stop:?}\n")
    }

    /// Starts the worker at a port, beside everybody.
    pub fn start(&self, port: u16) {
        self.call("start", port);
    }

    /// Ends the worker at a port, beside everybody.
    pub fn stop(&self, port: u16) {
        self.call("stop", port);
    }

    /// From now on nothing starts at a port.
    pub fn break_machine(&self, port: u16) {
        self.mark(port, "broken");
    }

    /// From now on a stop at a port says yes and does nothing.
    pub fn is_stubborn(&self, port: u16) {
        self.mark(port, "stubborn");
    }

    /// From now on a stop at a port does what it says.
    pub fn is_docile(&self, port: u16) {
        fs::remove_file(self.folder.path().join(format!("{port}.stubborn"))).expect("it was made");
    }

    fn mark(&self, port: u16, what: &str) {
        fs::write(self.folder.path().join(format!("{port}.{what}")), "").expect("there is room");
    }

    /// Every start and stop that did something, in order: `start 4321`.
    pub fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Waits until the worker at a port answers.
    #[track_caller]
    pub fn wait_for(&self, port: u16) {
        until("the worker answers", || get(port, "/"));
    }

    /// The ports whose workers answer.
    pub fn answering(&self) -> Vec<u16> {
        self.ports.iter().copied().filter(|port| get(*port, "/").is_ok()).collect()
    }

    fn call(&self, verb: &str, port: u16) {
        let words = self.program(verb);
        let words = words.iter().map(|word| word.replace("{port}", &port.to_string()));
        let words: Vec<String> = words.collect();
        let ended = Command::new(&words[0]).args(&words[1..]).status().expect("there is a Python");
        assert!(ended.success(), "{verb} {port}: {ended}");
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for entry in fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            let path = entry.path();
            let pid =
                path.extension().filter(|it| *it == "pid").and(fs::read_to_string(&path).ok());
            let Some(pid) = pid else { continue };
            // It may have ended by itself; a number that is somebody else's by now is not touched.
            let own = fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
            if String::from_utf8_lossy(&own).contains("worker.py") {
                Command::new("kill").args(["-9", pid.trim()]).status().ok();
            }
        }
    }
}
