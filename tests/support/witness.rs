//! A witness between a caller and Azure: it has Prism judge every call, and keeps what was said.
//!
//! Links of Azure lead back through it, so that nothing goes by unjudged. What the published
//! description does not have, tokens and operations under way, is passed on as it is.

use crate::{http::Request, prism::Judged, prism::Prism};
use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// What is in paths that no description has.
const UNDESCRIBED: [&str; 3] = ["/oauth2/", "/metadata/identity/", "/operations/"];

/// A witness.
#[derive(Debug)]
pub struct Witness {
    shared: Arc<Shared>,
}

/// A call that a witness saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method, and the path without its query.
    pub what: String,
    /// The status of the answer.
    pub status: u16,
    /// Whether the description has it.
    pub judged: bool,
    /// What is wrong with it, or with its answer.
    pub complaint: Option<String>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    behind: SocketAddr,
    prism: Prism,
    calls: Mutex<Vec<Call>>,
}

impl Witness {
    /// Stands in front of the Azure at `behind`.
    pub fn before(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let prism = Prism::before(&format!("http://{behind}"));
        let calls = Mutex::default();
        let shared = Arc::new(Shared { address, behind, prism, calls });
        // It must not keep Prism when nobody else does.
        let weak = Arc::downgrade(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(shared) = weak.upgrade() else { return };
                // Who hangs up early is not waited for.
                thread::spawn(move || shared.pass(stream).ok());
            }
        });
        Self { shared }
    }

    /// Where it is called.
    pub fn url(&self) -> String {
        format!("http://{}/", self.shared.address)
    }

    /// The judge.
    pub fn prism(&self) -> &Prism {
        &self.shared.prism
    }

    /// The calls so far, in the order of their answers.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    fn pass(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(mut request) = Request::read(&mut stream)? else { return Ok(()) };
        let line = request.head.lines().next().unwrap_or_default().to_owned();
        let what = line.split(['?']).next().unwrap_or_default();
        let what = what.trim_end_matches(" HTTP/1.1").to_owned();
        let judged = !UNDESCRIBED.iter().any(|part| what.contains(part));
        let to = if judged { self.prism.address() } else { self.behind };
        request.head = addressed(&request.head, (self.address, to));
        let answer = request.send(to)?;
        let said = Judged::of(&answer);
        let (status, complaint) = (said.status, said.complaint());
        let call = Call { what, status, judged, complaint };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let back = (self.behind, self.address);
        let (head, body) = (addressed(head, back), addressed(body, back));
        let kept = head.lines().filter(|line| !line.to_lowercase().starts_with("content-length"));
        let head = kept.collect::<Vec<_>>().join("\r\n");
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }
}

/// `text` that leads to the second place instead of the first.
fn addressed(text: &str, (from, to): (SocketAddr, SocketAddr)) -> String {
    text.replace(&from.to_string(), &to.to_string())
}
