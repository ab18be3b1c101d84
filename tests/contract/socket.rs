//! What is between a provider and HAProxy's socket, and HAProxy as it is asked past it.

use crate::subject::{Case, Part, Provider, Scene, Server, Step, Trouble};
use setpoint_core::TargetName;
use setpoint_onprem::{Address, Onprem, OnpremEyes, OnpremHands, Resource};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use support::Haproxy;

/// How long a look may take, and the look before an action.
const DEADLINE: Duration = Duration::from_secs(5);

/// One backend of a HAProxy, as it is asked by whoever is not under test.
pub(crate) trait Backend {
    /// How large the target is.
    fn size(&self, haproxy: &Haproxy) -> u32;

    /// Somebody else changes it.
    fn moves(&self, haproxy: &Haproxy);

    /// How many changes took effect.
    fn effects(&self, haproxy: &Haproxy) -> usize;
}

/// The HAProxy, who is behind it, and what is before its socket.
pub(crate) struct Behind<B> {
    haproxy: Arc<Haproxy>,
    backend: B,
    between: Between,
    /// They take connections for as long as they are there.
    _members: [TcpListener; 2],
}

impl<B: Backend + 'static> Behind<B> {
    pub(crate) fn new(haproxy: &Arc<Haproxy>, backend: B, members: [TcpListener; 2]) -> Self {
        let between = Between::start(haproxy.socket());
        Self { haproxy: Arc::clone(haproxy), backend, between, _members: members }
    }

    /// Eyes and hands on these targets, by what is between.
    pub(crate) fn scene<P>(self, targets: BTreeMap<TargetName, Resource>, step: Step) -> Scene<P>
    where
        P: Provider<Eyes = OnpremEyes, Hands = OnpremHands>,
    {
        let onprem = Onprem::new("dc", Address::Tcp(self.between.address));
        let (eyes, hands) =
            (Arc::new(onprem.eyes(targets.clone())), Arc::new(onprem.hands(targets)));
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(self) }
    }
}

impl<B: Backend> Server for Behind<B> {
    fn truth(&self) -> u32 {
        self.backend.size(&self.haproxy)
    }

    fn moves(&self) {
        self.backend.moves(&self.haproxy);
    }

    fn effects(&self) -> usize {
        self.backend.effects(&self.haproxy)
    }

    fn attempts(&self) -> usize {
        self.between.state().attempts
    }

    fn spoil(&self, part: Part, trouble: Trouble) {
        self.between.state().rules.push((part, trouble));
    }

    fn heal(&self) {
        let mut state = self.between.state();
        state.rules.clear();
        state.held.clear();
    }
}

/// A HAProxy with a backend for each case.
pub(crate) fn backends() -> Arc<Haproxy> {
    let backend = |name| format!("backend {name}\n  balance roundrobin\n");
    let backends: String = Case::ALL.iter().map(|(_, name, _)| backend(name)).collect();
    Arc::new(Haproxy::start("mode tcp", Case::TwiceIsOnce.name(), &backends))
}

/// Two who take connections, and where.
pub(crate) fn members() -> ([TcpListener; 2], [String; 2]) {
    let members = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let at = |member: &TcpListener| member.local_addr().expect("it is bound").to_string();
    let places = members.each_ref().map(at);
    (members, places)
}

/// Has this server take part, as the agent puts a member into service.
pub(crate) fn enlist(haproxy: &Haproxy, server: &str, place: &str, weight: u32) {
    haproxy.ask(&format!("add server {server} {place} check inter 2s weight {weight}"));
    haproxy.ask(&format!("enable health {server}; enable server {server}"));
}

/// What is between the provider and HAProxy's socket. It ends with the process.
struct Between {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    rules: Vec<(Part, Trouble)>,
    attempts: usize,
    /// Connections that nothing is said on.
    held: Vec<TcpStream>,
}

impl Between {
    fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let between = Self { address, state: Arc::default() };
        let state = Arc::clone(&between.state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, socket) = (Arc::clone(&state), socket.clone());
                // Who hangs up early is not waited for.
                thread::spawn(move || answer(stream, &state, &socket).ok());
            }
        });
        between
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>, socket: &Path) -> std::io::Result<()> {
    let mut question = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut question)?;
    let changes = !question.starts_with("show ");
    let trouble = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.attempts += usize::from(changes);
        let part = if changes { Part::Changes } else { Part::Looks };
        let rule = state.rules.iter().find(|(own, _)| [part, Part::All].contains(own)).copied();
        if matches!(rule, Some((_, Trouble::Hangs))) {
            state.held.push(stream);
            return Ok(());
        }
        rule.map(|(_, trouble)| trouble)
    };
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut own = UnixStream::connect(socket)?;
        own.write_all(question.as_bytes())?;
        let mut said = Vec::new();
        own.read_to_end(&mut said)?;
        Ok(said)
    };
    match trouble {
        None => stream.write_all(&ask()?),
        Some(Trouble::AnswerLost) => ask().map(drop),
        // In the middle of a line.
        Some(Trouble::Cut) => {
            let said = ask()?;
            let half = said[..said.len() / 2].trim_ascii_end();
            stream.write_all(half)
        }
        Some(Trouble::Fails(page)) if page.starts_with("200") => {
            writeln!(stream, "<!doctype html><title>{page}</title>")
        }
        // It ends, and says nothing.
        Some(Trouble::Fails(_)) => Ok(()),
        Some(Trouble::Forbidden) => writeln!(stream, "Permission denied"),
        Some(trouble) => panic!("HAProxy has no {trouble:?}"),
    }
}
