//! A real Prometheus with a past that was never scraped, started where nobody else is.

use setpoint_sim::history::{Column, History};
use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// How often it is looked at while it is waited for, and how many times.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 1200;

/// A Prometheus; ended when dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Server {
    /// One that remembers `history`, as blocks made of it by promtool.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub(crate) fn with(history: &History) -> Self {
        let folder = TempDir::new().expect("a place for files");
        let (config, past, data) = (
            folder.path().join("prometheus.yml"),
            folder.path().join("past"),
            folder.path().join("data"),
        );
        fs::write(&config, "global: {}\n").expect("a file can be written");
        fs::write(&past, open_metrics(history)).expect("a file can be written");
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&past, &data])
            .output()
            .expect("apt-get install prometheus");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let free = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = free.local_addr().expect("a bound socket has an address");
        drop(free);
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("apt-get install prometheus");
        let server = Self { process, address, _folder: folder };
        server.wait();
        server
    }

    /// Its address, as options take it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn wait(&self) {
        for _ in 0..LOOKS {
            if self.is_ready().unwrap_or(false) {
                return;
            }
            thread::park_timeout(LOOK);
        }
        panic!("Prometheus does not become ready");
    }

    fn is_ready(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(stream, "GET /-/ready HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The history as a service would have exported it: requests counted by two members, the rest
/// as it is.
fn open_metrics(history: &History) -> String {
    let mut text = String::new();
    let mut put = |line: String| writeln!(text, "{line}").expect("a string takes text");
    put("# TYPE web_requests counter".to_owned());
    for member in ["a", "b"] {
        let mut total = 0.0;
        for step in 0..history.len() {
            let Some(load) = history.get(Column::Load, step) else { continue };
            total += load / 2.0 * history.step().secs();
            let at = history.time(step).ms() / 1000;
            put(format!("web_requests_total{{member=\"{member}\"}} {total:.1} {at}"));
        }
    }
    for column in history.columns().filter(|column| *column != Column::Load) {
        put(format!("# TYPE web_{column} gauge"));
        for step in 0..history.len() {
            let Some(value) = history.get(column, step) else { continue };
            put(format!("web_{column} {value:.3} {}", history.time(step).ms() / 1000));
        }
    }
    put("# EOF".to_owned());
    text
}
