//! RDS: the database of the scenario's world, its writer and its replicas.
//!
//! What takes time in the world is told as AWS tells it: a replica is `creating`, then
//! `backing-up`, then `modifying`, and serves from the moment on which it is `available`.
//!
//! Start reading at [`Databases`].

mod describe;
mod replicas;
mod tags;

use super::{
    super::live,
    account::{ACCOUNT, Account},
    ask::Ask,
    data::Data,
    fault::Fault,
};
use setpoint_core::Span;
use std::collections::BTreeMap;

/// What is kept of databases beside the world.
#[derive(Clone, Debug, Default)]
pub(super) struct Databases {
    /// By instance.
    kept: BTreeMap<String, Kept>,
}

/// What is kept of one instance.
#[derive(Clone, Debug)]
struct Kept {
    class: String,
    /// In GiB.
    storage: u32,
    tags: BTreeMap<String, String>,
    /// Until when it is being modified.
    modified: Span,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            class: "db.m7g.large".to_owned(),
            storage: 100,
            tags: BTreeMap::new(),
            modified: Span::ZERO,
        }
    }
}

/// An instance as it stands.
#[derive(Clone, Debug)]
struct Instance {
    name: String,
    /// The writer, of a replica.
    source: Option<String>,
    status: &'static str,
    made: Span,
    kept: Kept,
}

pub(super) fn act(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    match ask.action() {
        "DescribeDBInstances" => describe::instances(account, ask),
        "DescribeDBClusters" => describe::clusters(ask),
        "DescribeDBParameters" => describe::parameters(account, ask),
        "CreateDBInstanceReadReplica" => replicas::create(account, ask),
        "DeleteDBInstance" => replicas::delete(account, ask),
        "ModifyDBInstance" => replicas::modify(account, ask),
        "ListTagsForResource" => tags::list(account, ask),
        "AddTagsToResource" => tags::add(account, ask),
        "RemoveTagsFromResource" => tags::remove(account, ask),
        other => Err(Fault::unknown_action(format!("{other} is not simulated here"))),
    }
}

fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:rds:{region}:{ACCOUNT}:db:{name}")
}

fn none(name: &str) -> Fault {
    Fault::not_found("DBInstanceNotFound", format!("DBInstance {name} not found."))
}

impl Account {
    /// Every instance, by name; none without a database.
    fn instances(&self) -> Vec<Instance> {
        let live = live::lock(&self.main);
        let Some(model) = &live.world.model().database else { return Vec::new() };
        let now = self.now;
        let kept = |name: &str| self.databases.kept.get(name).cloned().unwrap_or_default();
        let writer = {
            let kept = kept(&model.name);
            let status = match kept.modified {
                until if now < until => "modifying",
                _ if live.world.writer_is_down() => "rebooting",
                _ => "available",
            };
            Instance { name: model.name.clone(), source: None, status, made: Span::ZERO, kept }
        };
        let replica = |replica: &crate::world::Replica| {
            let kept = kept(&replica.name);
            let (lead, passed) = (replica.serves.minus(replica.asked), now.minus(replica.asked));
            let share = passed.secs() / lead.secs().max(f64::MIN_POSITIVE);
            let status = match replica.gone {
                Some(_) => "deleting",
                None if replica.serves <= now && now < kept.modified => "modifying",
                None if replica.serves <= now => "available",
                None if share < 0.7 => "creating",
                None if share < 0.9 => "backing-up",
                None => "modifying",
            };
            let (name, source) = (replica.name.clone(), Some(model.name.clone()));
            Instance { name, source, status, made: replica.asked, kept }
        };
        let mut all = vec![writer];
        all.extend(live.world.replicas().iter().map(replica));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The instance that `DBInstanceIdentifier` names. Names are told apart in small letters.
    fn instance(&self, ask: &Ask) -> Result<Instance, Fault> {
        let name = ask.must("DBInstanceIdentifier")?.to_lowercase();
        let mut all = self.instances().into_iter();
        all.find(|one| one.name.to_lowercase() == name).ok_or_else(|| none(&name))
    }

    /// An instance, as an answer has it.
    fn told_of(&self, instance: &Instance, region: &str) -> Data {
        let Instance { name, source, status, made, kept } = instance;
        let replicas: Vec<Data> = match source {
            Some(_) => Vec::new(),
            None => {
                let live = live::lock(&self.main);
                live.world.replicas().iter().map(|it| it.name.as_str().into()).collect()
            }
        };
        let endpoint = Data::map()
            .with("Address", format!("{name}.{region}.rds.invalid"))
            .with("Port", 5432_u32)
            .with("HostedZoneId", "Z00000000000000000000");
        let group = Data::map()
            .with("DBParameterGroupName", describe::PARAMETERS)
            .with("ParameterApplyStatus", "in-sync");
        let tag = |(key, value): (&String, &String)| {
            Data::map().with("Key", key.clone()).with("Value", value.clone())
        };
        let is_there = *status != "creating";
        Data::map()
            .with("DBInstanceIdentifier", name.clone())
            .with("DBInstanceClass", kept.class.clone())
            .with("Engine", "postgres")
            .with("EngineVersion", "16.4")
            .with("DBInstanceStatus", *status)
            .maybe("Endpoint", is_there.then_some(endpoint))
            .with("AllocatedStorage", kept.storage)
            .with("StorageType", "gp3")
            .maybe("InstanceCreateTime", is_there.then(|| self.outside(*made)))
            .with("DBParameterGroups", Data::List("DBParameterGroup", vec![group]))
            .with("AvailabilityZone", format!("{region}a"))
            .with("MultiAZ", source.is_none())
            .maybe("ReadReplicaSourceDBInstanceIdentifier", source.clone())
            .with(
                "ReadReplicaDBInstanceIdentifiers",
                Data::List("ReadReplicaDBInstanceIdentifier", replicas),
            )
            .with("DbiResourceId", format!("db-{:016x}", crate::chance::fnv1a(name.bytes())))
            .with("DBInstanceArn", arn(region, name))
            .with("DeletionProtection", source.is_none())
            .with("TagList", Data::List("Tag", kept.tags.iter().map(tag).collect()))
    }
}
