//! A HAProxy, workers, and the eyes and hands between them.

use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, FailureKind, Group, Intent, IntentId, Seen, Span, TargetName};
use setpoint_onprem::{
    Argv, Ending, Onprem, OnpremEyes, OnpremHands, Pool, Resource, ServerLine, places,
};
use std::collections::BTreeMap;
use support::{Haproxy, QUICK_CHECKS, Workers};

pub(crate) fn web() -> TargetName {
    TargetName::new("web")
}

/// A group of workers behind a HAProxy.
pub(crate) struct Scene {
    pub(crate) haproxy: Haproxy,
    pub(crate) workers: Workers,
    pub(crate) eyes: OnpremEyes,
    pub(crate) hands: OnpremHands,
}

impl Scene {
    /// Room for four workers that come up at once, and members that have `drain` to finish.
    pub(crate) fn new(drain: Span) -> Self {
        Self::of(Haproxy::before_web(&["balance roundrobin"]), Workers::new(4, 0.0, 0.0), drain)
    }

    pub(crate) fn of(haproxy: Haproxy, workers: Workers, drain: Span) -> Self {
        let pool = pool(&workers, Ending::After(drain));
        Self::with(haproxy, workers, pool)
    }

    pub(crate) fn with(haproxy: Haproxy, workers: Workers, pool: Pool) -> Self {
        let provider = provider(&haproxy);
        let targets = BTreeMap::from([(web(), Resource::Group(pool))]);
        let (eyes, hands) = (provider.eyes(targets.clone()), provider.hands(targets));
        Self { haproxy, workers, eyes, hands }
    }

    pub(crate) async fn look(&self) -> Result<Group, String> {
        match self.eyes.observe().await.remove(&web()) {
            Some(Seen::Group(group)) => Ok(group),
            Some(Seen::Nothing(why)) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// How many are asked for, ready, sick and warming.
    pub(crate) async fn counts(&self) -> (u32, u32, u32, u32) {
        let group = self.look().await.expect("the group is seen");
        (group.desired, group.ready, group.unhealthy, group.warming)
    }

    pub(crate) async fn apply(&self, action: Action) -> Result<(), (FailureKind, String)> {
        let intent = Intent { id: IntentId::new("here/web/1/1"), target: web(), action };
        self.hands.apply(&intent).await.map_err(sorted)
    }

    pub(crate) async fn resize(&self, from: u32, to: u32) -> Result<(), (FailureKind, String)> {
        self.apply(Action::Resize { from, to }).await
    }

    /// What a pass does after its actions.
    pub(crate) async fn go_on(&self) -> Result<(), (FailureKind, String)> {
        self.hands.go_on(&web()).await.map_err(sorted)
    }

    /// Makes the end of passes until the group is as `wanted`.
    pub(crate) async fn until(&self, what: &str, wanted: (u32, u32, u32, u32)) {
        self.settle(what, async || match self.counts().await {
            now if now == wanted => Ok(()),
            now => Err(now),
        })
        .await;
    }

    /// Makes the end of passes until `look` finds what it wants.
    pub(crate) async fn settle<E: std::fmt::Debug>(
        &self,
        what: &str,
        look: impl AsyncFn() -> Result<(), E>,
    ) {
        let mut last = None;
        for _ in 0..600 {
            match look().await {
                Ok(()) => return,
                Err(now) => last = Some(now),
            }
            // What cannot be done yet is done at a later pass.
            self.go_on().await.ok();
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
        panic!("{what}: {last:?}, {:?}, {:?}", self.haproxy.servers("web"), self.workers.log());
    }

    /// The name of the server at the place of this number, from 0.
    pub(crate) fn server(&self, number: usize) -> String {
        format!("sp-127.0.0.1:{}", self.workers.ports()[number])
    }

    /// Which places have a server in HAProxy, by their numbers, each with its state.
    pub(crate) fn servers(&self) -> Vec<(usize, String)> {
        let number = |name: &str| {
            let port = name.rsplit(':').next().and_then(|port| port.parse().ok());
            self.workers.ports().iter().position(|it| Some(*it) == port)
        };
        let servers = self.haproxy.servers("web").into_iter();
        servers.filter_map(|(name, state)| Some((number(&name)?, state))).collect()
    }
}

pub(crate) fn provider(haproxy: &Haproxy) -> Onprem {
    let socket = haproxy.socket().display().to_string();
    Onprem::new("dc", socket.parse().expect("it is a path"))
}

pub(crate) fn pool(workers: &Workers, ending: Ending) -> Pool {
    let all = workers.places();
    let argv = |verb| Argv::new(workers.program(verb)).expect("it is a program");
    Pool {
        backend: "web".to_owned(),
        places: places(all.iter().map(String::as_str)).expect("they are places"),
        start: argv("start"),
        stop: argv("stop"),
        line: ServerLine { weight: 1, words: QUICK_CHECKS.split(' ').map(str::to_owned).collect() },
        ending,
        patience: Span::from_secs(20),
    }
}

fn sorted(error: ProviderError) -> (FailureKind, String) {
    (error.kind, error.chain())
}
