//! A candidate's share behind a real HAProxy: the weights of its servers.

use crate::{
    onprem::{Between, DEADLINE, Groups, members},
    subject::{Case, Part, Provider, Scene, Server, Step, Trouble, Way, it, missing},
};
use setpoint_core::Action;
use setpoint_onprem::{Address, Onprem, OnpremEyes, OnpremHands, Resource, Split};
use std::{collections::BTreeMap, net::TcpListener, sync::Arc};
use support::Haproxy;

/// The weights that each backend begins with: a quarter for the candidate.
const STABLE: u32 = 3;
const CANDIDATE: u32 = 1;

/// Rollouts, each a backend of its own.
pub(crate) struct Rollouts(Arc<Haproxy>);

impl Provider for Rollouts {
    type Eyes = OnpremEyes;
    type Hands = OnpremHands;
    const WITHOUT: &'static [(Case, &'static str)] = Groups::WITHOUT;
    const REMEDY: &'static str = Groups::REMEDY;

    fn start() -> Self {
        Self(crate::onprem::backends())
    }

    async fn scene(&self, name: &str, _: Way) -> Scene<Self> {
        let (members, places) = members();
        for ((server, place), weight) in
            ["stable", "new"].iter().zip(&places).zip([STABLE, CANDIDATE])
        {
            let server = format!("{name}/{server}");
            self.0.ask(&format!("add server {server} {place} check inter 2s weight {weight}"));
            self.0.ask(&format!("enable health {server}; enable server {server}"));
        }
        let split = |backend: &str| {
            let (backend, candidates) = (backend.to_owned(), vec!["new".to_owned()]);
            Resource::Rollout(Split { backend, candidates, revision_file: None })
        };
        let targets = BTreeMap::from([(it(), split(name)), (missing(), split("nobody"))]);
        let (between, haproxy) = (Between::start(self.0.socket()), Arc::clone(&self.0));
        let onprem = Onprem::new("dc", Address::Tcp(between.address));
        let (eyes, hands) =
            (Arc::new(onprem.eyes(targets.clone())), Arc::new(onprem.hands(targets)));
        let action = Action::Set { from: 25, to: 50, leaves: true, revision: None };
        let (step, backend) = (Step { from: 25, to: 50, action }, name.to_owned());
        let server = Box::new(Behind { haproxy, backend, between, _members: members });
        Scene { eyes, hands, step, deadline: DEADLINE, server }
    }
}

/// The HAProxy, who is behind it, and what is before its socket.
struct Behind {
    haproxy: Arc<Haproxy>,
    backend: String,
    between: Between,
    /// They take connections for as long as they are there.
    _members: [TcpListener; 2],
}

impl Behind {
    fn weight(&self, server: &str) -> u32 {
        let said = self.haproxy.ask(&format!("get weight {}/{server}", self.backend));
        let weight = said.split_whitespace().next().and_then(|weight| weight.parse().ok());
        weight.unwrap_or_else(|| panic!("no weight: {said}"))
    }
}

impl Server for Behind {
    fn truth(&self) -> u32 {
        let (stable, candidate) = (self.weight("stable"), self.weight("new"));
        100 * candidate / (stable + candidate)
    }

    fn moves(&self) {
        let backend = &self.backend;
        self.haproxy.ask(&format!("set server {backend}/new weight 12"));
    }

    fn effects(&self) -> usize {
        // However many weights it takes, the share is one.
        usize::from((self.weight("stable"), self.weight("new")) != (STABLE, CANDIDATE))
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
