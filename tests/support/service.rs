//! A web service of the user's own: documents in JSON that are read and written.

use crate::http::Request;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// A service that keeps documents by their path; it ends with the process.
#[derive(Clone, Debug)]
pub struct Service {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    documents: BTreeMap<String, Value>,
    writes: Vec<Write>,
    /// The key of each run of each job.
    runs: BTreeMap<String, Vec<String>>,
    mood: Mood,
}

/// A write as it came, whatever became of it.
#[derive(Clone, Debug)]
pub struct Write {
    /// `PUT /settings/pool`.
    pub line: String,
    /// The headers, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

/// How the service takes writes.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    /// It does as asked.
    #[default]
    Fine,
    /// It does nothing, and answers with this status.
    Answers(u16),
    /// It does as asked, and closes the connection without a word.
    Mute,
    /// It sends whoever writes elsewhere.
    Redirects(String),
}

impl State {
    /// Begins a run of the job at `path`, unless one was begun with the same key.
    fn begin(&mut self, path: &str, headers: &BTreeMap<String, String>) {
        let key = headers.get("idempotency-key").cloned().unwrap_or_default();
        let runs = self.runs.entry(path.to_owned()).or_default();
        if !runs.contains(&key) {
            runs.push(key);
            let run = json!({ "state": "running", "run": runs.len() });
            self.documents.insert(path.to_owned(), run);
        }
    }
}

impl Service {
    /// Starts one with a document at each path, on a free port.
    pub fn start(documents: &[(&str, Value)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let documents = documents.iter().map(|(path, it)| ((*path).to_owned(), it.clone()));
        let state = State { documents: documents.collect(), ..State::default() };
        let service = Self { address, state: Arc::new(Mutex::new(state)) };
        let serving = service.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let service = serving.clone();
                // A client that hangs up early is the client's business.
                thread::spawn(move || service.answer(stream).ok());
            }
        });
        service
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The document at a path.
    #[track_caller]
    pub fn document(&self, path: &str) -> Value {
        self.state().documents.get(path).expect("there is such a document").clone()
    }

    /// Puts a document there, as somebody else would.
    pub fn put(&self, path: &str, document: Value) {
        self.state().documents.insert(path.to_owned(), document);
    }

    /// Every write so far.
    pub fn writes(&self) -> Vec<Write> {
        self.state().writes.clone()
    }

    /// How often the job at a path was begun.
    pub fn runs(&self, path: &str) -> usize {
        self.state().runs.get(path).map_or(0, Vec::len)
    }

    /// Takes writes otherwise from now on.
    pub fn is(&self, mood: Mood) {
        self.state().mood = mood;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = Request::read(&mut stream)? else { return Ok(()) };
        let first = request.head.lines().next().unwrap_or_default();
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or("").to_owned());
        let (status, more, body) = match method {
            "GET" => match self.state().documents.get(&path) {
                Some(document) => {
                    (200, format!("ETag: \"{}\"\r\n", tag(document)), document.to_string())
                }
                None => (404, String::new(), String::new()),
            },
            _ => match self.write(&format!("{method} {path}"), &path, &request) {
                Some((status, more)) => (status, more, String::new()),
                None => return Ok(()),
            },
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} x\r\n{more}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }

    /// The status and more headers; nothing if nobody is to hear of it.
    fn write(&self, line: &str, path: &str, request: &Request) -> Option<(u16, String)> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let headers = request.head.lines().skip(1).filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_owned()))
        });
        let headers: BTreeMap<String, String> = headers.collect();
        let mut state = self.state();
        let expected = headers.get("if-match").map(|tag| tag.trim_matches('"').to_owned());
        let present = state.documents.get(path).map(tag);
        let write = Write { line: line.to_owned(), headers: headers.clone(), body: body.clone() };
        state.writes.push(write);
        match state.mood.clone() {
            Mood::Answers(status) => return Some((status, String::new())),
            Mood::Redirects(to) => return Some((307, format!("Location: {to}\r\n"))),
            Mood::Fine | Mood::Mute => {}
        }
        if expected.is_some() && expected != present {
            return Some((412, String::new()));
        }
        match body.get("action") {
            Some(_) if present.is_none() => return Some((404, String::new())),
            Some(_) => state.begin(path, &headers),
            None => drop(state.documents.insert(path.to_owned(), body)),
        }
        matches!(state.mood, Mood::Fine).then(|| (204, String::new()))
    }
}

/// The entity tag of a document: equal documents have equal ones.
fn tag(document: &Value) -> String {
    let bytes = document.to_string().into_bytes();
    let sum = bytes.iter().fold(5381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(*byte));
    format!("{sum:08x}")
}
