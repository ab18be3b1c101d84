//! Members behind a real HAProxy, which is spoken to by its runtime API: a line, and what it says.
//!
//! The step is a shrinking: it is one word to HAProxy. Growth is several, with a start between
//! them; what is found of it half done is tested in `tests/onprem`.

use crate::{
    paper::why,
    subject::{Case, Part, Provider, Scene, Server, Step, Trouble, Way, it, missing},
};
use setpoint_core::{Action, Span};
use setpoint_onprem::{
    Address, Argv, Ending, Onprem, OnpremEyes, OnpremHands, Pool, Resource, ServerLine, places,
};
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
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// Groups, each a backend of its own.
pub(crate) struct Groups(Arc<Haproxy>);

impl Provider for Groups {
    type Eyes = OnpremEyes;
    type Hands = OnpremHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[
        (Case::Throttled, "HAProxy asks nobody to wait"),
        (Case::HalfAList, "an answer ends with the connection: there are no pages"),
        (Case::Behind, "HAProxy answers from what it does"),
        (Case::NoCredentials, "a socket knows no callers"),
        (Case::Impostor, why::NO_NETWORK),
    ];
    const REMEDY: &'static str = "the socket is not of level admin";

    fn start() -> Self {
        Self(backends())
    }

    async fn scene(&self, name: &str, _: Way) -> Scene<Self> {
        let (members, written) = members();
        let argv = Argv::new(vec!["true".to_owned()]).expect("it is a program");
        let pool = |backend: &str| {
            Resource::Group(Pool {
                backend: backend.to_owned(),
                places: places(written.iter().map(String::as_str)).expect("they are places"),
                start: argv.clone(),
                stop: argv.clone(),
                line: ServerLine { weight: 1, words: Vec::new() },
                ending: Ending::After(Span::from_minutes(1)),
                patience: Span::from_secs(2),
            })
        };
        let targets = BTreeMap::from([(it(), pool(name)), (missing(), pool("nobody"))]);
        let (between, haproxy) = (Between::start(self.0.socket()), Arc::clone(&self.0));
        let servers = written.each_ref().map(|place| format!("{name}/sp-{place}"));
        for (server, place) in servers.iter().zip(&written) {
            // As the agent puts a member into service.
            haproxy.ask(&format!("add server {server} {place} check inter 2s weight 1"));
            haproxy.ask(&format!("enable health {server}; enable server {server}"));
        }
        let backend = name.to_owned();
        let behind = Behind { haproxy, backend, servers, between, _members: members };
        let onprem = Onprem::new("dc", Address::Tcp(behind.between.address));
        let (eyes, hands) =
            (Arc::new(onprem.eyes(targets.clone())), Arc::new(onprem.hands(targets)));
        let step = Step { from: 2, to: 1, action: Action::Resize { from: 2, to: 1 } };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(behind) }
    }
}

/// The HAProxy, who is behind it, and what is before its socket.
struct Behind {
    haproxy: Arc<Haproxy>,
    backend: String,
    servers: [String; 2],
    between: Between,
    /// They take connections for as long as they are there.
    _members: [TcpListener; 2],
}

impl Behind {
    /// How many of its servers are, or are not, in service.
    fn count(&self, up: bool) -> usize {
        let servers = self.haproxy.servers(&self.backend);
        servers.iter().filter(|(_, state)| state.starts_with("UP") == up).count()
    }
}

impl Server for Behind {
    fn truth(&self) -> u32 {
        u32::try_from(self.count(true)).expect("there are few")
    }

    fn moves(&self) {
        for server in &self.servers {
            self.haproxy
                .ask(&format!("set server {server} weight 0; set server {server} state drain"));
        }
    }

    fn effects(&self) -> usize {
        // Each that is taken out is one.
        self.count(false)
    }

    fn attempts(&self) -> usize {
        self.between.state().attempts
    }

    fn spoil(&self, part: Part, trouble: Trouble) {
        self.between.state().rules.push((part, trouble));
    }

    fn heal(&self) {
        self.between.heal();
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

/// What is between the provider and HAProxy's socket. It ends with the process.
pub(crate) struct Between {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) rules: Vec<(Part, Trouble)>,
    pub(crate) attempts: usize,
    /// Connections that nothing is said on.
    held: Vec<TcpStream>,
}

impl Between {
    pub(crate) fn start(socket: PathBuf) -> Self {
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

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on all is well again.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.held.clear();
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
