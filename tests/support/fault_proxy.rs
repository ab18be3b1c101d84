//! A proxy in front of a server, which spoils what it is told to and counts the rest.
//!
//! It takes one request a connection, each on a thread of its own, and knows calls by
//! the `Action` of AWS's query protocol, those of Route 53 by their path.

use crate::http::Request;
use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// What to do to a call instead of passing it on and back.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Pass it on only after this long.
    Delay(Duration),
    /// Never answer, and never pass it on.
    Hang,
    /// Pass it on, then close without the answer.
    LoseReply,
    /// Pass it on, then close in the middle of the answer's body.
    CutReply,
    /// Answer in the server's stead.
    Answer {
        /// The status: "400 Bad Request".
        status: &'static str,
        /// More headers, each with its line end.
        headers: &'static str,
        /// The body.
        body: String,
    },
    /// Pass it on; in the answer, members beyond the first so many are still on their way.
    Pending(usize),
    /// Pass it on; in the answer, so many members of groups are missing.
    WithoutMembers(usize),
}

impl Fault {
    /// AWS's way of saying no: this code with status 400.
    pub fn refusal(code: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>by the proxy\
             </Message></Error><RequestId>fake</RequestId></ErrorResponse>"
        );
        Self::Answer { status: "400 Bad Request", headers: "Content-Type: text/xml\r\n", body }
    }

    /// AWS's way of asking for fewer calls, for the next two seconds.
    pub fn throttling() -> Self {
        let Self::Answer { status, body, .. } = Self::refusal("Throttling") else { unreachable!() };
        Self::Answer { status, headers: "Content-Type: text/xml\r\nRetry-After: 2\r\n", body }
    }

    /// A web page with this status, as gateways and broken servers send it.
    pub fn page(status: &'static str) -> Self {
        let body = format!("<!doctype html><title>{status}</title>");
        Self::Answer { status, headers: "Content-Type: text/html\r\n", body }
    }
}

/// The proxy; stopped when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<(String, String)>,
    accepted: Vec<(String, String)>,
    is_stopped: bool,
}

#[derive(Debug)]
struct Rule {
    action: &'static str,
    /// What the head of the request must contain.
    part: String,
    fault: Fault,
    /// How many more times; for ever without.
    times: Option<usize>,
}

impl FaultProxy {
    /// Starts one in front of `server`. Without rules it passes everything on.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (state, stopped) = Default::default();
        let shared = Arc::new(Shared { server, state, stopped });
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.listen(&listener)
        });
        Self { address, shared, listening: Some(listening) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on does `fault` to every `action`.
    pub fn always(&self, action: &'static str, fault: Fault) {
        self.always_of(action, "", fault);
    }

    /// From now on does `fault` to every `action` whose head contains `part`: what it is about.
    pub fn always_of(&self, action: &'static str, part: &str, fault: Fault) {
        let rule = Rule { action, part: part.to_owned(), fault, times: None };
        self.shared.lock().rules.push(rule);
    }

    /// Does `fault` to the next `action` only.
    pub fn once(&self, action: &'static str, fault: Fault) {
        let rule = Rule { action, part: String::new(), fault, times: Some(1) };
        self.shared.lock().rules.push(rule);
    }

    /// Forgets all rules and all calls.
    pub fn reset(&self) {
        let mut state = self.shared.lock();
        state.rules.clear();
        state.seen.clear();
        state.accepted.clear();
    }

    /// How many calls of `action` arrived.
    pub fn count(&self, action: &str) -> usize {
        self.shared.lock().seen.iter().filter(|(seen, _)| seen == action).count()
    }

    /// How many calls arrived, in whatever protocol.
    pub fn calls(&self) -> usize {
        self.shared.lock().seen.len()
    }

    /// The changes of databases that the server said yes to, in the order of its answers:
    /// the action and the instance it is about.
    pub fn accepted(&self) -> Vec<(String, String)> {
        self.shared.lock().accepted.clone()
    }

    /// The bodies of the calls that change something, in the order of their arrival.
    pub fn changes(&self) -> Vec<String> {
        let state = self.shared.lock();
        let changes = state.seen.iter().filter(|(action, _)| !action.starts_with("Describe"));
        changes.map(|(_, body)| body.clone()).collect()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.lock().is_stopped = true;
        self.shared.stopped.notify_all();
        // Wakes the listener, which then sees that it is to stop.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            listening.join().ok();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes connections until stopped, then waits for those under way.
    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        let mut threads = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            if self.lock().is_stopped {
                break;
            }
            let shared = Arc::clone(self);
            // A caller that has hung up is part of what is tested.
            threads.push(thread::spawn(move || shared.serve(stream).ok()));
        }
        for thread in threads {
            thread.join().ok();
        }
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = Request::read(&mut stream)? else { return Ok(()) };
        match self.note(&request) {
            None => self.pass(&request, &mut stream, usize::MAX),
            Some(Fault::Delay(time)) => {
                self.wait(Some(time));
                self.pass(&request, &mut stream, usize::MAX)
            }
            Some(Fault::Hang) => {
                self.wait(None);
                Ok(())
            }
            Some(Fault::LoseReply) => self.pass(&request, &mut stream, 0),
            Some(Fault::CutReply) => self.pass(&request, &mut stream, 400),
            Some(Fault::Answer { status, headers, body }) => {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                )
            }
            Some(Fault::Pending(after)) => {
                let answer = request.send(self.server)?;
                stream.write_all(pending(&String::from_utf8_lossy(&answer), after).as_bytes())
            }
            Some(Fault::WithoutMembers(count)) => {
                let answer = request.send(self.server)?;
                stream.write_all(lacking(&String::from_utf8_lossy(&answer), count).as_bytes())
            }
        }
    }

    /// Puts the call down, and gives the first rule that is for it.
    fn note(&self, request: &Request) -> Option<Fault> {
        let action = request.action().to_owned();
        let mut state = self.lock();
        let applies = |rule: &&mut Rule| {
            let is_meant = rule.action == action && request.head.contains(&rule.part);
            is_meant && rule.times != Some(0)
        };
        let rule = state.rules.iter_mut().find(applies);
        let fault = rule.map(|rule| {
            rule.times = rule.times.map(|times| times - 1);
            rule.fault.clone()
        });
        state.seen.push((action, String::from_utf8_lossy(&request.body).into_owned()));
        fault
    }

    /// Passes the request on, and at most `limit` bytes of the answer back.
    fn pass(&self, request: &Request, stream: &mut TcpStream, limit: usize) -> io::Result<()> {
        let answer = request.send(self.server)?;
        self.note_accepted(request, &answer);
        stream.write_all(&answer[..answer.len().min(limit)])
    }

    fn note_accepted(&self, request: &Request, answer: &[u8]) {
        let action = request.field("Action").unwrap_or_default();
        let database = request.field("DBInstanceIdentifier");
        if let Some(name) = database
            && !action.starts_with("Describe")
            && answer.starts_with(b"HTTP/1.1 200")
        {
            self.lock().accepted.push((action.to_owned(), name.to_owned()));
        }
    }

    /// Waits until the proxy is stopped, but no longer than `time`.
    fn wait(&self, time: Option<Duration>) {
        let state = self.lock();
        let goes_on = |state: &mut State| !state.is_stopped;
        match time {
            Some(time) => drop(self.stopped.wait_timeout_while(state, time, goes_on)),
            None => drop(self.stopped.wait_while(state, goes_on)),
        }
    }
}

/// The answer with all members but the first `after` on their way.
fn pending(answer: &str, after: usize) -> String {
    const SERVES: &str = "<LifecycleState>InService<";
    let Some((_, body)) = answer.split_once("\r\n\r\n") else { return answer.to_owned() };
    let mut parts = body.split(SERVES);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for (member, part) in parts.enumerate() {
        let state = if member < after { SERVES } else { "<LifecycleState>Pending<" };
        changed.push_str(state);
        changed.push_str(part);
    }
    xml(&changed)
}

/// The answer without its first `count` members.
fn lacking(answer: &str, count: usize) -> String {
    let Some((_, body)) = answer.split_once("\r\n\r\n") else { return answer.to_owned() };
    let mut changed = body.to_owned();
    for _ in 0..count {
        let Some(place) = changed.find("<InstanceId>") else { break };
        let start = changed[..place].rfind("<member>").unwrap_or(place);
        let end = changed[place..].find("</member>").map(|end| place + end + "</member>".len());
        changed.replace_range(start..end.unwrap_or(place), "");
    }
    xml(&changed)
}

fn xml(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}
