//! The provider: one HAProxy, and the groups behind it.

use crate::{
    Address, Cluster, Fork, OnpremEyes, OnpremHands, Place, Pool, Split,
    crew::{Crew, unregistered},
    failure::Failure,
    haproxy::Haproxy,
};
use futures::future::join_all;
use setpoint_core::TargetName;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};

/// How long a place may take to answer.
const KNOCK: Duration = Duration::from_millis(500);

/// A thing of this provider.
#[derive(Clone, Debug)]
pub enum Resource {
    /// A group of members.
    Group(Pool),
    /// A PostgreSQL with its replicas.
    Database(Box<Cluster>),
    /// A candidate's share of a backend's traffic.
    Rollout(Split),
    /// Where the users of a backend are sent.
    Traffic(Fork),
}

/// A provider whose groups are backends of one HAProxy.
#[derive(Clone, Debug)]
pub struct Onprem {
    pub(crate) name: String,
    pub(crate) haproxy: Haproxy,
}

impl Onprem {
    /// The provider called `name` in the configuration, with its HAProxy at `address`.
    pub fn new(name: &str, address: Address) -> Self {
        Self { name: name.to_owned(), haproxy: Haproxy(address) }
    }

    /// Eyes on these targets.
    pub fn eyes(&self, targets: BTreeMap<TargetName, Resource>) -> OnpremEyes {
        OnpremEyes { provider: self.clone(), targets }
    }

    /// Hands on these targets.
    pub fn hands(&self, targets: BTreeMap<TargetName, Resource>) -> OnpremHands {
        OnpremHands { provider: self.clone(), targets }
    }

    /// Who is in `pool` now.
    pub(crate) async fn look(&self, pool: &Pool) -> Result<Crew, Failure> {
        let servers = self.haproxy.servers(&pool.backend).await?;
        let knocks = unregistered(pool, &servers).into_iter().map(async |place| {
            let answers = answers(place).await;
            answers.then_some(place)
        });
        let answering: BTreeSet<Place> = join_all(knocks).await.into_iter().flatten().collect();
        Ok(Crew::of(pool, &servers, &answering))
    }
}

/// Whether anybody takes connections at `place`.
pub(crate) async fn answers(place: Place) -> bool {
    timeout(KNOCK, TcpStream::connect(place.address())).await.is_ok_and(|stream| stream.is_ok())
}
