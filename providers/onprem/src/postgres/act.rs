//! What is asked for: a replica of a name, or none of it. It is noted, and gone on with at the end of
//! the same pass and of all later ones (`steps.rs`).

use super::{
    Cluster,
    disk::{Asked, Data},
};
use crate::{Onprem, failure::Failure, onprem::answers};

impl Onprem {
    /// Has a replica called `name`; nothing to do if there is one, or it comes.
    pub(crate) async fn add_replica(&self, cluster: &Cluster, name: &str) -> Result<(), Failure> {
        let none = || Failure::Refused(format!("there is no place for {name}: list one more"));
        let replica = cluster.replica(name).ok_or_else(none)?;
        let disk = read(cluster, &replica)?;
        match (disk.asked, disk.data) {
            (Asked::Wanted, _) => Ok(()),
            (Asked::Going, _) => Err(Failure::Stale(format!("{name} is on its way out"))),
            (Asked::Nothing, Data::None) if answers(replica.place).await => {
                let place = replica.place;
                Err(Failure::Refused(format!("somebody listens at {place}, the place of {name}")))
            }
            (Asked::Nothing, Data::None) => cluster.mark(&replica, Asked::Wanted),
            (Asked::Nothing, Data::Half | Data::Whole | Data::Promoted) => {
                let directory = cluster.directory(&replica);
                let directory = directory.display();
                Err(Failure::Refused(format!("{directory} is there, and is none of ours")))
            }
        }
    }

    /// Has no replica called `name`; nothing to do if there is none, or it goes.
    pub(crate) fn remove_replica(&self, cluster: &Cluster, name: &str) -> Result<(), Failure> {
        let Some(replica) = cluster.replica(name) else {
            return Err(Failure::Refused(format!("{name} is none of our replicas")));
        };
        let disk = read(cluster, &replica)?;
        match (disk.asked, disk.data) {
            (Asked::Nothing | Asked::Going, _) => Ok(()),
            (Asked::Wanted, Data::Promoted) => {
                Err(Failure::Refused(format!("{name} was promoted: it is no replica any more")))
            }
            (Asked::Wanted, _) => cluster.mark(&replica, Asked::Going),
        }
    }
}

fn read(cluster: &Cluster, replica: &super::Replica) -> Result<super::disk::Disk, Failure> {
    let folder = cluster.folder.display();
    cluster
        .disk(replica)
        .map_err(|error| Failure::Program(format!("{folder} cannot be read: {error}")))
}
