//! A real Prometheus of the test's own, which scrapes the test's own page every second.

use crate::{Exporter, http::Request};
use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// How often it is looked at while it is waited for, and how many times.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 1200;

/// A Prometheus; stopped when dropped.
#[derive(Debug)]
pub struct Prometheus {
    process: Option<Child>,
    address: SocketAddr,
    folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes `page`.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn start(page: &Exporter) -> Self {
        Self::scraping(&[("app", &[page.address().to_string()])])
    }

    /// Starts one that scrapes `/metrics` of the addresses of each job.
    pub fn scraping(jobs: &[(&str, &[String])]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = free.local_addr().expect("a bound socket has an address");
        drop(free);
        let folder = TempDir::new().expect("there is room for a folder");
        let job = |(name, targets): &(&str, &[String])| {
            let targets = targets.join("', '");
            format!("- job_name: {name}\n  static_configs: [ {{ targets: [ '{targets}' ] }} ]\n")
        };
        let jobs: String = jobs.iter().map(job).collect();
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n{jobs}"
        );
        fs::write(folder.path().join("prometheus.yml"), config).expect("there is room for a file");
        let mut prometheus = Self { process: None, address, folder };
        prometheus.start_again();
        prometheus
    }

    /// Starts one that scrapes `page`, and that scraped `past` before: pairs of a metric and
    /// its values, one every five seconds up to now.
    pub fn with_past(page: &Exporter, past: &[(&str, &[f64])]) -> Self {
        let mut prometheus = Self::start(page);
        prometheus.stop();
        #[expect(clippy::disallowed_methods, reason = "a real server judges by the real time")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970").as_secs();
        let mut text = String::new();
        for (metric, values) in past {
            text.push_str(&format!("# TYPE {metric} gauge\n"));
            let first = now - 5 * values.len() as u64;
            for (value, at) in values.iter().zip((first..).step_by(5)) {
                text.push_str(&format!("{metric} {value} {at}\n"));
            }
        }
        let (file, data) =
            (prometheus.folder.path().join("past"), prometheus.folder.path().join("data"));
        fs::write(&file, text + "# EOF\n").expect("there is room for a file");
        fs::remove_dir_all(&data).expect("it was made above");
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&file, &data])
            .output()
            .expect("apt-get install prometheus");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        prometheus.start_again();
        prometheus
    }

    /// Starts it after it was stopped, on the same address and with what it had stored.
    pub fn start_again(&mut self) {
        let folder = self.folder.path();
        let spawned = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={}", self.address))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(spawned.expect("apt-get install prometheus"));
        self.wait_for("it is ready", |prometheus| {
            prometheus.get("/-/ready").starts_with("HTTP/1.1 200")
        });
    }

    /// Stops it, as systemd does.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let told = Command::new("kill").arg(process.id().to_string()).status();
        assert!(told.expect("there is a kill").success());
        process.wait().expect("it was started here");
    }

    /// Waits until an instant query has an answer with `value` in it: `"7"`.
    pub fn wait_for_value(&self, query: &str, value: &str) {
        let path = format!("/api/v1/query?query={query}");
        let value = format!("\"{value}\"]");
        self.wait_for(query, |prometheus| prometheus.get(&path).contains(&value));
    }

    /// Waits until an instant query has an answer.
    pub fn wait_for_any_value(&self, query: &str) {
        let path = format!("/api/v1/query?query={query}");
        self.wait_for(query, |prometheus| prometheus.get(&path).contains("\"value\":["));
    }

    /// When a series first had a sample above `value` in the last hour, by the clock on the wall.
    ///
    /// Panics if it never had.
    #[track_caller]
    pub fn first_time_above(&self, series: &str, value: f64) -> f64 {
        let answer = self.get(&format!("/api/v1/query?query={series}[1h]"));
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let body = body.get(body.find('{').unwrap_or_default()..).unwrap_or_default();
        let body = body.get(..=body.rfind('}').unwrap_or_default()).unwrap_or_default();
        let said: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let samples = said.pointer("/data/result/0/values").and_then(serde_json::Value::as_array);
        let above = |sample: &&serde_json::Value| {
            sample[1]
                .as_str()
                .and_then(|own| own.parse::<f64>().ok())
                .is_some_and(|own| own > value)
        };
        let first = samples.into_iter().flatten().find(above);
        let at = first.and_then(|sample| sample[0].as_f64());
        at.unwrap_or_else(|| panic!("{series} was never above {value}: {answer}"))
    }

    /// Where it is called.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is called, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..LOOKS {
            if is_so(self) {
                return;
            }
            thread::park_timeout(LOOK);
        }
        panic!("Prometheus: {what}: waited in vain");
    }

    /// The whole answer; empty if there is none.
    fn get(&self, path: &str) -> String {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}", self.address);
        let request = Request { head, body: Vec::new() };
        String::from_utf8_lossy(&request.send(self.address).unwrap_or_default()).into_owned()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // It may have ended by itself, which is all that is wanted here.
        process.kill().ok();
        process.wait().ok();
    }
}
