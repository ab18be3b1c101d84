//! A proxy in front of a server, which spoils what it is told to and counts the rest.
//!
//! It takes one request a connection, each on a thread of its own. It tells what changes something
//! from what only looks: by the `Action` of AWS's query protocol where there is one, those of
//! Route 53 by their path, else by the method.

use crate::http::{Request, header};
use std::{
    collections::BTreeMap,
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
    /// Answer as the same look was answered before; pass on what was not asked before.
    Behind,
    /// Answer in the server's stead.
    Answer {
        /// The status: "400 Bad Request".
        status: &'static str,
        /// More headers, each with its line end.
        headers: &'static str,
        /// The body.
        body: String,
    },
    /// Pass it on, and give back what is made of the answer's body; the address is the proxy's.
    Rewrite(fn(&str, SocketAddr) -> String),
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

/// Which calls a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Those of this action of AWS's.
    Of(&'static str),
    /// Those of them that have this text in their first line: what they are about.
    About(&'static str, &'static str),
    /// Those that have this text in their first line or in their body.
    With(&'static str),
    /// Those that change something.
    Changes,
    /// Those that only look.
    Looks,
    /// All of them.
    All,
}

impl From<&'static str> for Calls {
    fn from(action: &'static str) -> Self {
        Self::Of(action)
    }
}

impl Calls {
    fn has(self, call: &Call) -> bool {
        match self {
            Self::Of(action) => call.action == action,
            Self::About(action, text) => call.action == action && call.line.contains(text),
            Self::With(text) => call.line.contains(text) || call.body.contains(text),
            Self::Changes => call.changes,
            Self::Looks => !call.changes,
            Self::All => true,
        }
    }
}

/// A call that arrived.
#[derive(Clone, Debug)]
struct Call {
    /// AWS's name of it, where it has one.
    action: String,
    /// The request line.
    line: String,
    body: String,
    /// Whether it is to change something.
    changes: bool,
}

impl Call {
    fn of(request: &Request) -> Self {
        let line = request.head.lines().next().unwrap_or_default().to_owned();
        let action = request.action().to_owned();
        let looks = if action.is_empty() {
            line.starts_with("GET ") || line.starts_with("HEAD ")
        } else {
            ["Describe", "List", "Get"].iter().any(|looks| action.starts_with(looks))
        };
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Self { action, line, body, changes: !looks }
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
    address: SocketAddr,
    server: SocketAddr,
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<Call>,
    accepted: Vec<(String, String)>,
    /// What each look was answered last, by its first line and its body.
    looks: BTreeMap<(String, String), Vec<u8>>,
    /// How many changes were answered with a yes.
    effects: usize,
    is_stopped: bool,
}

#[derive(Debug)]
struct Rule {
    calls: Calls,
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
        let shared = Arc::new(Shared { address, server, state, stopped });
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

    /// From now on does `fault` to all of `calls`.
    pub fn always(&self, calls: impl Into<Calls>, fault: Fault) {
        self.rule(calls.into(), fault, None);
    }

    /// Does `fault` to the next of `calls` only.
    pub fn once(&self, calls: impl Into<Calls>, fault: Fault) {
        self.rule(calls.into(), fault, Some(1));
    }

    fn rule(&self, calls: Calls, fault: Fault, times: Option<usize>) {
        self.shared.lock().rules.push(Rule { calls, fault, times });
    }

    /// Forgets all rules.
    pub fn heal(&self) {
        self.shared.lock().rules.clear();
    }

    /// Forgets all rules and all calls.
    pub fn reset(&self) {
        let mut state = self.shared.lock();
        state.rules.clear();
        state.seen.clear();
        state.accepted.clear();
        state.effects = 0;
    }

    /// How many calls of `action` arrived.
    pub fn count(&self, action: &str) -> usize {
        self.shared.lock().seen.iter().filter(|call| call.action == action).count()
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
        state.seen.iter().filter(|call| call.changes).map(|call| call.body.clone()).collect()
    }

    /// How many changes the server said yes to, heard or not.
    pub fn effects(&self) -> usize {
        self.shared.lock().effects
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
            None => self.pass(&request, &mut stream, <[u8]>::len),
            Some(Fault::Delay(time)) => {
                self.wait(Some(time));
                self.pass(&request, &mut stream, <[u8]>::len)
            }
            Some(Fault::Hang) => {
                self.wait(None);
                Ok(())
            }
            Some(Fault::LoseReply) => self.pass(&request, &mut stream, |_| 0),
            Some(Fault::CutReply) => self.pass(&request, &mut stream, middle),
            Some(Fault::Behind) => {
                let call = Call::of(&request);
                let before = self.lock().looks.get(&(call.line, call.body)).cloned();
                match before {
                    Some(answer) => stream.write_all(&answer),
                    None => self.pass(&request, &mut stream, <[u8]>::len),
                }
            }
            Some(Fault::Answer { status, headers, body }) => {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                )
            }
            Some(Fault::Rewrite(rewrite)) => {
                let answer = request.send(self.server)?;
                let answer = String::from_utf8_lossy(&answer);
                stream.write_all(rewritten(&answer, |body| rewrite(body, self.address)).as_bytes())
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
        let call = Call::of(request);
        let mut state = self.lock();
        let applies = |rule: &&mut Rule| rule.calls.has(&call) && rule.times != Some(0);
        let rule = state.rules.iter_mut().find(applies);
        let fault = rule.map(|rule| {
            rule.times = rule.times.map(|times| times - 1);
            rule.fault.clone()
        });
        state.seen.push(call);
        fault
    }

    /// Passes the request on, and as many bytes of the answer back as `limit` says.
    fn pass(
        &self,
        request: &Request,
        stream: &mut TcpStream,
        limit: fn(&[u8]) -> usize,
    ) -> io::Result<()> {
        let answer = request.send(self.server)?;
        self.note_accepted(request, &answer);
        stream.write_all(&answer[..limit(&answer)])
    }

    fn note_accepted(&self, request: &Request, answer: &[u8]) {
        let call = Call::of(request);
        if !call.changes {
            self.lock().looks.insert((call.line, call.body), answer.to_vec());
        } else if answer.starts_with(b"HTTP/1.1 2") {
            self.lock().effects += 1;
        }
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

/// Where the middle of the answer's body is.
fn middle(answer: &[u8]) -> usize {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    head + (answer.len() - head) / 2
}

/// The answer with another body, of the same kind.
fn rewritten(answer: &str, rewrite: impl Fn(&str) -> String) -> String {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return answer.to_owned() };
    let (kind, body) = (header(head, "content-type").unwrap_or("text/xml"), rewrite(body));
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

/// The answer with all members but the first `after` on their way.
fn pending(answer: &str, after: usize) -> String {
    const SERVES: &str = "<LifecycleState>InService<";
    rewritten(answer, |body| {
        let mut parts = body.split(SERVES);
        let mut changed = parts.next().unwrap_or_default().to_owned();
        for (member, part) in parts.enumerate() {
            let state = if member < after { SERVES } else { "<LifecycleState>Pending<" };
            changed.push_str(state);
            changed.push_str(part);
        }
        changed
    })
}

/// The answer without its first `count` members.
fn lacking(answer: &str, count: usize) -> String {
    rewritten(answer, |body| {
        let mut changed = body.to_owned();
        for _ in 0..count {
            let Some(place) = changed.find("<InstanceId>") else { break };
            let start = changed[..place].rfind("<member>").unwrap_or(place);
            let end = changed[place..].find("</member>").map(|end| place + end + "</member>".len());
            changed.replace_range(start..end.unwrap_or(place), "");
        }
        changed
    })
}
