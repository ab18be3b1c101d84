//! Looking at targets. Nothing here can change anything.

use crate::{
    Dial, Records, Resource, WeightedGroups,
    alb::Alb,
    closer::{self, A_PASS, Closely, Closer},
    databases::Databases,
    ebs::Ebs,
    fault::Fault,
    group,
    groups::{Groups, NAMES_PER_CALL},
    inventory::Inventory,
    rivals::Rivals,
    route53::Route53,
    storage::Storage,
    tag,
};
use async_trait::async_trait;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use futures::future::{join, join_all};
use setpoint_control::Observe;
use setpoint_core::{Group, Seen, TargetName};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// Eyes on everything that a target can be.
///
/// Groups are described a hundred to a call. A few at a pass have one more call for their
/// instance refreshes and, while they are short of members, one for the cloud's reason
/// (`closer.rs`). A database takes two or three, a rollout four. A target is seen whole or not at all.
#[derive(Debug)]
pub struct AwsEyes {
    groups: Groups,
    databases: Databases,
    storage: Storage,
    ebs: Ebs,
    route53: Route53,
    alb: Alb,
    rivals: Rivals,
    inventory: Inventory,
    closer: Closer,
    group_names: BTreeMap<String, Vec<TargetName>>,
    database_ids: BTreeMap<String, Vec<TargetName>>,
    /// Groups whose members are told by name.
    named: BTreeSet<String>,
    storage_ids: BTreeMap<String, Vec<TargetName>>,
    volume_ids: BTreeMap<String, Vec<TargetName>>,
    traffic: BTreeMap<Records, Vec<TargetName>>,
    dials: BTreeMap<Dial, Vec<TargetName>>,
    rollouts: BTreeMap<WeightedGroups, Vec<TargetName>>,
    deadline: Duration,
}

/// What looks at each kind of thing.
pub(crate) struct Looks {
    pub(crate) groups: Groups,
    pub(crate) rivals: Rivals,
    pub(crate) databases: Databases,
    pub(crate) storage: Storage,
    pub(crate) ebs: Ebs,
    pub(crate) route53: Route53,
    pub(crate) alb: Alb,
}

impl AwsEyes {
    pub(crate) fn new(
        Looks { groups, rivals, databases, storage, ebs, route53, alb }: Looks,
        targets: BTreeMap<TargetName, Resource>,
        deadline: Duration,
    ) -> Self {
        let (mut group_names, mut database_ids) = (BTreeMap::new(), BTreeMap::new());
        let (mut storage_ids, mut volume_ids) = (BTreeMap::new(), BTreeMap::new());
        let mut traffic: BTreeMap<Records, Vec<TargetName>> = BTreeMap::new();
        let mut dials: BTreeMap<Dial, Vec<TargetName>> = BTreeMap::new();
        let mut rollouts: BTreeMap<WeightedGroups, Vec<TargetName>> = BTreeMap::new();
        for (target, resource) in targets {
            let (names, name) = match resource {
                Resource::Group(name) => (&mut group_names, name),
                Resource::Database(id) => (&mut database_ids, id),
                Resource::Storage(id) => (&mut storage_ids, id),
                Resource::Volume(id) => (&mut volume_ids, id),
                Resource::Traffic(records) => {
                    traffic.entry(records).or_default().push(target);
                    continue;
                }
                Resource::Setting(dial) => {
                    dials.entry(dial).or_default().push(target);
                    continue;
                }
                Resource::Rollout(own) => {
                    rollouts.entry(own).or_default().push(target);
                    continue;
                }
            };
            names.entry(name).or_insert_with(Vec::new).push(target);
        }
        let (inventory, closer, named) = Default::default();
        Self {
            groups,
            databases,
            storage,
            ebs,
            route53,
            alb,
            rivals,
            inventory,
            closer,
            group_names,
            database_ids,
            storage_ids,
            volume_ids,
            traffic,
            dials,
            rollouts,
            named,
            deadline,
        }
    }

    /// The same eyes, which tell the members of `targets` by name.
    #[must_use]
    pub fn naming_members_of(mut self, targets: &BTreeSet<TargetName>) -> Self {
        let named =
            self.group_names.iter().filter(|(_, of)| of.iter().any(|it| targets.contains(it)));
        self.named = named.map(|(name, _)| name.clone()).collect();
        self
    }

    async fn look_at_groups(&self, sightings: &Sightings) {
        let names: Vec<&String> = self.group_names.keys().collect();
        let batches = names.chunks(NAMES_PER_CALL);
        let seen = join_all(batches.map(|batch| self.look_at_batch(batch, sightings))).await;
        let seen: BTreeMap<&str, Sight> = seen.into_iter().flatten().collect();
        let all = seen.iter().map(|(name, sight)| (*name, sight.is_changing));
        let turns = self.closer.turns(all);
        // Whoever has its turn is seen with what the look finds, or not at all.
        let late = self.late();
        turns.iter().for_each(|name| sightings.note(&self.group_names[*name], &late));
        join_all(turns.into_iter().map(async |name| {
            let found = self.groups.look_closely(name, &seen[name].group).await;
            self.closer.note(name, found.map_err(|fault| fault.to_string()));
            sightings.note(&self.group_names[name], &self.with_known(name, &seen[name].group));
        }))
        .await;
    }

    /// Looks at the groups of one call: if that fails, none of them is seen.
    async fn look_at_batch<'a>(
        &self,
        names: &[&'a String],
        sightings: &Sightings,
    ) -> Vec<(&'a str, Sight)> {
        let described = self.groups.describe(names).await.map_err(|error| error.to_string());
        let described = described.and_then(|found| self.whole(names, found));
        let mut seen = Vec::new();
        for name in names {
            let looked = match &described {
                Ok(found) => self.look_at_group(name, found.get(name.as_str())).await,
                Err(why) => Err(why.clone()),
            };
            match looked {
                Ok(sight) => {
                    // Where everything is looked at closely, it is seen when that is done.
                    if self.group_names.len() > A_PASS {
                        let known = self.with_known(name, &sight.group);
                        sightings.note(&self.group_names[*name], &known);
                    }
                    seen.push((name.as_str(), sight));
                }
                Err(why) => sightings.note(&self.group_names[*name], &Seen::Nothing(why)),
            }
        }
        seen
    }

    /// What a description says of a group, or why it is not to be believed.
    async fn look_at_group(
        &self,
        name: &str,
        described: Option<&AutoScalingGroup>,
    ) -> Result<Sight, String> {
        let described = described.ok_or_else(|| format!("no Auto Scaling group named {name}"))?;
        let mut group = group::read(described).map_err(|fault| fault.to_string())?;
        let is_changing = closer::is_changing(described, &group);
        let members = described.instances().len();
        let wanted = usize::try_from(group.desired).unwrap_or(usize::MAX);
        if let Some(doubt) = self.inventory.doubt(&format!("members of {name}"), members, wanted) {
            return Err(doubt);
        }
        group.paused = tag::paused(tag::group_pairs(described.tags()));
        group.busy = self.rivals.of(name).await.or(group.busy);
        if self.named.contains(name) {
            group.members = group::named(described.instances());
        }
        Ok(Sight { group, is_changing })
    }

    /// `group` with what the last closer look found.
    fn with_known(&self, name: &str, group: &Group) -> Seen {
        match self.closer.known(name) {
            Ok(Closely { busy, shortfall }) => Seen::Group(Group {
                busy: group.busy.clone().or(busy),
                // A reason for being short is none once it is no longer short.
                shortfall: shortfall.filter(|_| group.ready < group.desired),
                ..group.clone()
            }),
            Err(why) => Seen::Nothing(why),
        }
    }

    fn late(&self) -> Seen {
        Seen::Nothing(Fault::Late(self.deadline).to_string())
    }

    /// `found`, unless too many of `names` that were there before are not in it.
    fn whole(
        &self,
        names: &[&String],
        found: BTreeMap<String, AutoScalingGroup>,
    ) -> Result<BTreeMap<String, AutoScalingGroup>, String> {
        let first = names.first().map_or("", |name| name.as_str());
        let doubt = self.inventory.doubt(&format!("groups from {first}"), found.len(), names.len());
        doubt.map_or(Ok(found), Err)
    }

    async fn look_at_database(&self, id: &str) -> Seen {
        let looked = self.databases.look(id).await;
        let database = match looked {
            Ok(database) => database,
            Err(fault) => return not_seen(fault),
        };
        let present = usize::try_from(database.present()).unwrap_or(usize::MAX);
        if let Some(doubt) = self.inventory.doubt(&format!("replicas of {id}"), present, usize::MAX)
        {
            return Seen::Nothing(doubt);
        }
        Seen::Database(database)
    }

    async fn look_at_storage(&self, sightings: &Sightings) {
        let looks = self.storage_ids.iter().map(async |(id, targets)| {
            let looked = self.storage.look(id).await;
            sightings.note(targets, &looked.map_or_else(not_seen, Seen::Volume));
        });
        join_all(looks).await;
    }

    async fn look_at_volumes(&self, sightings: &Sightings) {
        let ids: Vec<&str> = self.volume_ids.keys().map(String::as_str).collect();
        if ids.is_empty() {
            return;
        }
        let looked = self.ebs.look(&ids).await.map_err(|fault| fault.to_string());
        for (id, targets) in &self.volume_ids {
            let seen = match &looked {
                Ok(found) => match found.get(id) {
                    Some(volume) => Seen::Volume(volume.clone()),
                    None => Seen::Nothing(format!("there is no volume {id}")),
                },
                Err(why) => Seen::Nothing(why.clone()),
            };
            sightings.note(targets, &seen);
        }
    }

    async fn look_at_traffic(&self, sightings: &Sightings) {
        let looks = self.traffic.iter().map(async |(records, targets)| {
            let looked = self.route53.look(records).await;
            let seen = looked.map_or_else(not_seen, |look| Seen::Traffic(look.traffic));
            sightings.note(targets, &seen);
        });
        join_all(looks).await;
    }

    async fn look_at_settings(&self, sightings: &Sightings) {
        let names: BTreeSet<&str> = self.dials.keys().map(Dial::group).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let looks = names.chunks(NAMES_PER_CALL).map(async |names| {
            let described = self.groups.describe(names).await.map_err(|error| error.to_string());
            let own = self.dials.iter().filter(|(dial, _)| names.contains(&dial.group()));
            for (dial, targets) in own {
                let seen = match described.as_ref().map(|found| found.get(dial.group())) {
                    Ok(Some(group)) => dial.read(group).map_or_else(not_seen, Seen::Setting),
                    Ok(None) => {
                        Seen::Nothing(format!("no Auto Scaling group named {}", dial.group()))
                    }
                    Err(why) => Seen::Nothing(why.clone()),
                };
                sightings.note(targets, &seen);
            }
        });
        join_all(looks).await;
    }

    async fn look_at_rollouts(&self, sightings: &Sightings) {
        let looks = self.rollouts.iter().map(async |(own, targets)| {
            let looked = self.alb.look(own).await;
            let seen = looked.map_or_else(not_seen, |look| Seen::Rollout(look.rollout));
            sightings.note(targets, &seen);
        });
        join_all(looks).await;
    }

    async fn look_at_databases(&self, sightings: &Sightings) {
        let looks = self.database_ids.iter().map(async |(id, targets)| {
            let seen = self.look_at_database(id).await;
            sightings.note(targets, &seen);
        });
        join_all(looks).await;
    }
}

#[async_trait]
impl Observe for AwsEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let late = self.late();
        let names = [&self.group_names, &self.database_ids, &self.storage_ids, &self.volume_ids];
        let targets = names.into_iter().flat_map(BTreeMap::values).flatten();
        let targets = targets.chain(self.traffic.values().flatten());
        let targets = targets.chain(self.dials.values().flatten());
        let targets = targets.chain(self.rollouts.values().flatten());
        let sightings = Sightings::new(targets.map(|target| (target.clone(), late.clone())));
        let disks = join(self.look_at_storage(&sightings), self.look_at_volumes(&sightings));
        let ways = join(self.look_at_traffic(&sightings), self.look_at_rollouts(&sightings));
        let others = join(join(ways, self.look_at_settings(&sightings)), disks);
        let databases = join(self.look_at_databases(&sightings), others);
        let looks = join(self.look_at_groups(&sightings), databases);
        // Whatever is not seen in time stays as it was put down above: late.
        timeout(self.deadline, looks).await.ok();
        sightings.into_inner()
    }
}

fn not_seen(fault: Fault) -> Seen {
    Seen::Nothing(fault.to_string())
}

/// A group as it is described.
struct Sight {
    group: Group,
    is_changing: bool,
}

/// What was seen so far, so that a deadline loses only what is still missing.
struct Sightings(Mutex<BTreeMap<TargetName, Seen>>);

impl Sightings {
    fn new(unseen: impl Iterator<Item = (TargetName, Seen)>) -> Self {
        Self(Mutex::new(unseen.collect()))
    }

    fn note(&self, targets: &[TargetName], seen: &Seen) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(targets.iter().map(|target| (target.clone(), seen.clone())));
    }

    fn into_inner(self) -> BTreeMap<TargetName, Seen> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
