//! What is known of a cluster and of each of its replicas.

use super::{
    Cluster, Replica,
    disk::{Asked, Data, Disk},
    primary::Primary,
    stage::Facts,
};
use crate::{Onprem, crew::Crew, end::is_done, failure::Failure, onprem::answers};
use futures::future::join_all;
use setpoint_core::{Database, Replica as Seen, ReplicaState};
use std::collections::BTreeSet;

/// A cluster as it is seen.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(crate) primary: Primary,
    pub(crate) replicas: Vec<(Replica, Facts)>,
}

impl Onprem {
    /// How a cluster stands: what its primary says, what HAProxy says, and what there is here.
    pub(crate) async fn look_at(&self, cluster: &Cluster) -> Result<Sight, Failure> {
        let primary = cluster.ask_primary().await?;
        let pool = cluster.pool();
        let servers = self.haproxy.servers(&pool.backend).await?;
        let crew = Crew::of(&pool, &servers, &BTreeSet::new());
        let facts = cluster.replicas().map(async |replica| {
            let disk = cluster.disk(&replica).map_err(|error| {
                Failure::Program(format!("{} cannot be read: {error}", cluster.folder.display()))
            })?;
            let seat = crew.seats.iter().find(|seat| seat.place == replica.place);
            let facts = Facts {
                disk,
                answers: disk.data == Data::Whole && answers(replica.place).await,
                stream: primary.streams.get(&replica.name).copied(),
                server: seat.map(|seat| seat.standing),
                left: seat.is_some_and(|seat| is_done(seat, pool.ending)),
            };
            Ok((replica, facts))
        });
        let replicas: Result<Vec<_>, Failure> = join_all(facts).await.into_iter().collect();
        Ok(Sight { replicas: replicas?, primary })
    }

    /// The same as a target.
    pub(crate) async fn database(&self, cluster: &Cluster) -> Result<Database, Failure> {
        let sight = self.look_at(cluster).await?;
        let replica = |(replica, facts): &(Replica, Facts)| {
            let state: ReplicaState = facts.state(cluster.lag)?;
            let promotable = matches!(facts.disk, Disk { data: Data::Promoted, .. });
            let ours = facts.disk.asked != Asked::Nothing && !promotable;
            let lag = facts.stream.flatten();
            Some(Seen { name: replica.name.clone(), ours, state, promotable, lag })
        };
        let mut replicas: Vec<Seen> = sight.replicas.iter().filter_map(replica).collect();
        replicas.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Database {
            source: cluster.id.clone(),
            replicas,
            max_connections: sight.primary.max_connections,
            ..Database::default()
        })
    }
}
