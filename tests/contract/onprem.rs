//! Members, candidates and destinations behind a real HAProxy, which is spoken to by its runtime API: a line, and
//! what it says.
//!
//! The step is a shrinking: it is one word to HAProxy. Growth is several, with a start between
//! them; what is found of it half done is tested in `tests/onprem`.

use crate::{
    paper::why,
    socket::{Backend, Behind, backends, enlist, members},
    subject::{Case, Provider, Scene, Step, Way, it, missing},
};
use setpoint_core::{Action, Span};
use setpoint_onprem::{
    Argv, Ending, Fork, OnpremEyes, OnpremHands, Pool, Resource, ServerLine, Split, places,
};
use std::{collections::BTreeMap, net::TcpListener, sync::Arc};
use support::Haproxy;

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
        let servers = written.each_ref().map(|place| format!("{name}/sp-{place}"));
        for (server, place) in servers.iter().zip(&written) {
            enlist(&self.0, server, place, 1);
        }
        let step = Step { from: 2, to: 1, action: Action::Resize { from: 2, to: 1 } };
        let group = Group { backend: name.to_owned(), servers };
        Behind::new(&self.0, group, members).scene(targets, step)
    }
}

/// The servers of a group.
struct Group {
    backend: String,
    servers: [String; 2],
}

impl Group {
    /// How many of its servers are, or are not, in service.
    fn count(&self, haproxy: &Haproxy, up: bool) -> usize {
        let servers = haproxy.servers(&self.backend);
        servers.iter().filter(|(_, state)| state.starts_with("UP") == up).count()
    }
}

impl Backend for Group {
    fn size(&self, haproxy: &Haproxy) -> u32 {
        u32::try_from(self.count(haproxy, true)).expect("there are few")
    }

    fn moves(&self, haproxy: &Haproxy) {
        for server in &self.servers {
            haproxy.ask(&format!("set server {server} weight 0; set server {server} state drain"));
        }
    }

    fn effects(&self, haproxy: &Haproxy) -> usize {
        // Each that is taken out is one.
        self.count(haproxy, false)
    }
}

/// The weights that two servers begin with: a quarter for the first.
const BEGIN: (u32, u32) = (1, 3);

/// Rollouts, each a backend of its own.
pub(crate) struct Rollouts(Arc<Haproxy>);

impl Provider for Rollouts {
    type Eyes = OnpremEyes;
    type Hands = OnpremHands;
    const WITHOUT: &'static [(Case, &'static str)] = Groups::WITHOUT;
    const REMEDY: &'static str = Groups::REMEDY;

    fn start() -> Self {
        Self(backends())
    }

    async fn scene(&self, name: &str, _: Way) -> Scene<Self> {
        let (weights, members) = Weights::of(&self.0, name, ["new", "stable"]);
        let split = |backend: &str| {
            let (backend, candidates) = (backend.to_owned(), vec!["new".to_owned()]);
            Resource::Rollout(Split { backend, candidates, revision_file: None })
        };
        let targets = BTreeMap::from([(it(), split(name)), (missing(), split("nobody"))]);
        let action = Action::Set { from: 25, to: 50, leaves: true, revision: None };
        let step = Step { from: 25, to: 50, action };
        Behind::new(&self.0, weights, members).scene(targets, step)
    }
}

/// Traffic, each a backend of its own.
pub(crate) struct Routes(Arc<Haproxy>);

impl Provider for Routes {
    type Eyes = OnpremEyes;
    type Hands = OnpremHands;
    const WITHOUT: &'static [(Case, &'static str)] = Groups::WITHOUT;
    const REMEDY: &'static str = Groups::REMEDY;

    fn start() -> Self {
        Self(backends())
    }

    async fn scene(&self, name: &str, _: Way) -> Scene<Self> {
        let (weights, members) = Weights::of(&self.0, name, ["aws", "azure"]);
        let fork = |backend: &str| {
            let destinations = ["aws", "azure"].map(|it| (it.to_owned(), it.to_owned())).into();
            Resource::Traffic(Fork { backend: backend.to_owned(), destinations })
        };
        let targets = BTreeMap::from([(it(), fork(name)), (missing(), fork("nobody"))]);
        let shares = |aws: u32| [("aws".to_owned(), aws), ("azure".to_owned(), 100 - aws)].into();
        let action = Action::Route { from: shares(25), to: shares(50), leaves: true };
        let step = Step { from: 25, to: 50, action };
        Behind::new(&self.0, weights, members).scene(targets, step)
    }
}

/// The weights of two servers.
struct Weights {
    backend: String,
    servers: [&'static str; 2],
}

impl Weights {
    /// Two servers of `backend` with the weights to begin with, and who is behind them.
    fn of(
        haproxy: &Haproxy,
        backend: &str,
        servers: [&'static str; 2],
    ) -> (Self, [TcpListener; 2]) {
        let (members, written) = members();
        for ((server, place), weight) in servers.iter().zip(&written).zip([BEGIN.0, BEGIN.1]) {
            enlist(haproxy, &format!("{backend}/{server}"), place, weight);
        }
        (Self { backend: backend.to_owned(), servers }, members)
    }

    /// That of the first, and that of the second.
    fn both(&self, haproxy: &Haproxy) -> (u32, u32) {
        let weight = |server: &str| -> u32 {
            let said = haproxy.ask(&format!("get weight {}/{server}", self.backend));
            let weight = said.split_whitespace().next().and_then(|weight| weight.parse().ok());
            weight.unwrap_or_else(|| panic!("no weight: {said}"))
        };
        (weight(self.servers[0]), weight(self.servers[1]))
    }
}

impl Backend for Weights {
    fn size(&self, haproxy: &Haproxy) -> u32 {
        let (first, second) = self.both(haproxy);
        100 * first / (first + second)
    }

    fn moves(&self, haproxy: &Haproxy) {
        haproxy.ask(&format!("set server {}/{} weight 12", self.backend, self.servers[0]));
    }

    fn effects(&self, haproxy: &Haproxy) -> usize {
        // However many weights it takes, the share is one.
        usize::from(self.both(haproxy) != BEGIN)
    }
}
