//! A real HAProxy of the test's own, with its runtime API.

use crate::waiting::{free_port, until};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A HAProxy; stopped when dropped.
#[derive(Debug)]
pub struct Haproxy {
    process: Option<Child>,
    folder: TempDir,
    front: u16,
}

/// Whoever is checked comes up and goes down within parts of a second.
pub const QUICK_CHECKS: &str = "inter 100ms rise 1 fall 2";

impl Haproxy {
    /// Starts one whose front leads to the backend `web`, which has these lines besides: `balance
    /// roundrobin`, `server mine 127.0.0.1:80`.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn before_web(lines: &[&str]) -> Self {
        let web = format!("backend web\n  {}\n", lines.join("\n  "));
        Self::start("mode http\n  option httpchk GET /", "web", &web)
    }

    /// Starts one whose front leads to the backend `first`; `defaults` are lines for all backends, and
    /// `backends` their sections.
    pub fn start(defaults: &str, first: &str, backends: &str) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let mut haproxy = Self { process: None, folder, front: free_port() };
        let config = format!(
            "global\n  stats socket {} level admin\n  stats socket {} level operator\n\
             \x20 stats timeout 10s\n\
             defaults\n  {defaults}\n  timeout connect 2s\n  timeout client 60s\n  \
             timeout server 60s\n\
             frontend front\n  bind 127.0.0.1:{}\n  default_backend {first}\n{backends}",
            haproxy.socket().display(),
            haproxy.weak_socket().display(),
            haproxy.front,
        );
        fs::write(haproxy.config(), config).expect("there is room for a file");
        haproxy.start_again();
        haproxy
    }

    /// Starts it after it was killed, with nothing but what stands in its configuration.
    pub fn start_again(&mut self) {
        // Debian has it where only root looks for programs.
        let beside = Path::new("/usr/sbin/haproxy");
        let spawned = Command::new(if beside.exists() { beside } else { Path::new("haproxy") })
            .arg("-db")
            .arg("-f")
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.folder.path().join("said")).expect("there is room"))
            .spawn();
        self.process = Some(spawned.expect("apt-get install haproxy"));
        until("HAProxy answers", || {
            let said = || fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
            self.try_ask("show info").map_err(|error| format!("{error}: {}", said()))
        });
    }

    /// Kills it at once.
    pub fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        process.kill().expect("it was started here");
        process.wait().expect("it was started here");
    }

    /// The socket of its runtime API, which permits everything.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    /// Another, which permits too little.
    pub fn weak_socket(&self) -> PathBuf {
        self.folder.path().join("operator.sock")
    }

    /// Where people come in.
    pub fn front(&self) -> u16 {
        self.front
    }

    /// What its runtime API says.
    #[track_caller]
    pub fn ask(&self, question: &str) -> String {
        self.try_ask(question).expect("HAProxy answers")
    }

    fn try_ask(&self, question: &str) -> std::io::Result<String> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("{question}\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// The names of the servers of a backend, in order, each with its state: `UP`, `DOWN`, `DRAIN`.
    #[track_caller]
    pub fn servers(&self, backend: &str) -> Vec<(String, String)> {
        let answer = self.ask(&format!("show stat {backend} 4 -1"));
        let rows = answer.lines().filter(|line| line.starts_with(backend));
        let server = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[1].to_owned(), cells[17].to_owned())
        };
        let mut servers: Vec<(String, String)> = rows.map(server).collect();
        servers.sort();
        servers
    }

    /// What is answered to a request that comes in at the front: the status and the body.
    pub fn get(&self, path: &str) -> std::io::Result<(u16, String)> {
        get(self.front, path)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("haproxy.cfg")
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a server on loopback answers to a request: the status and the body.
pub fn get(port: u16, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    // Whoever reads to the end may find it closed already.
    stream.shutdown(Shutdown::Both).ok();
    let bad = || std::io::Error::other(format!("no answer: {answer:?}"));
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok()).ok_or_else(bad)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.trim().to_owned()))
}
