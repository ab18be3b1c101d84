//! `[[policy]]`: who is on trial, bound to the parts of the world by name.
//!
//! A group is the group, or the standby's if that is its name, a database the database, a rollout
//! the rollout, a traffic the traffic, and a setting the dial of its name. An input reads the metric of
//! its name, unless `inputs` names another. Of policies that keep the standby every group is the
//! standby's, and every input is one of its metrics.

use super::inputs::{Input, inputs};
use crate::{
    simulation::Bindings,
    world::{Dial, Metric, Part, StandbyModel, WorldModel},
    written::{
        fault::{At, Code, FileFault, Place},
        policy_files::{Tested, policies},
        suggest,
        table::Table,
    },
};
use setpoint_core::{
    BoundPolicy, Calendars, DatabaseSettings, Empty, GroupSettings, InputSettings, PolicyName,
    Range, RolloutSettings, SettingSettings, Settings, Span, TargetName, TargetSettings,
    TrafficSettings,
};
use setpoint_policies::{Kind, ParamValue, Policies, Policy};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// A policy on trial, ready for the loop.
#[derive(Clone)]
pub struct Contestant {
    /// Its name in reports.
    pub name: String,
    /// The policies it is made of, bound.
    pub policies: Policies,
    /// The same as they are written, for a journal.
    pub bound: Vec<BoundPolicy>,
    /// What the loop's names stand for.
    pub bindings: Bindings,
    /// The loop's settings.
    pub settings: Settings,
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contestant").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What policies are bound to.
pub(super) struct Stage<'a> {
    pub(super) world: &'a WorldModel,
    pub(super) group: TargetName,
    pub(super) replicas_max: u32,
    pub(super) rollout: RolloutSettings,
    pub(super) routes: Option<Span>,
    pub(super) calendars: &'a Calendars,
    pub(super) every: Span,
    pub(super) folder: &'a Path,
}

/// What a `[[policy]]` says, before its files are read.
pub(super) struct Entry {
    name: Option<At<String>>,
    files: Vec<At<String>>,
    /// Of them, the ones that keep the standby.
    standby: Vec<At<String>>,
    params: Vec<(At<String>, At<String>)>,
    inputs: Vec<Input>,
    place: Place,
}

/// Reads a `[[policy]]`.
pub(super) fn entry(mut table: Table<'_>) -> Entry {
    let reader = table.reader;
    let name = table.text("name");
    if !table.has("files") {
        table.missing("files", "files = [\"target-cpu.rhai\"]");
    }
    let (files, standby) = (table.texts("files"), table.texts("standby"));
    let params = table.named("params");
    let params = params.into_iter().filter_map(|(name, value)| {
        let written = reader.scalar(value, &name.value)?;
        Some((name, written))
    });
    let params = params.collect();
    let inputs = inputs(&mut table);
    let place = table.place.clone();
    table.finish();
    Entry { name, files, standby, params, inputs, place }
}

impl Stage<'_> {
    /// Reads the files of `entry` and binds them; nothing if anything is wrong with them.
    pub(super) fn contestant(
        &self,
        entry: &Entry,
        reader: crate::written::table::Reader<'_>,
        used: &mut Vec<PathBuf>,
    ) -> Option<Contestant> {
        let mut read = policies(self.folder, &entry.files, reader.faults);
        let mut there = policies(self.folder, &entry.standby, reader.faults);
        let files = || entry.files.iter().chain(&entry.standby);
        used.extend(files().map(|file| self.folder.join(&file.value)));
        if read.is_empty() || read.len() + there.len() < files().count() {
            return None;
        }
        // The same file may keep both sites: its memory at one is not that at the other.
        for tested in &mut there {
            tested.name = PolicyName::new(format!("{STANDBY}{}", tested.name));
        }
        let here = read.len();
        read.append(&mut there);
        let told = |message: String| FileFault::new(Code::Policies, &entry.place, message);
        let mut wrong = Vec::new();
        let params = params(entry, &read, &mut wrong);
        let mut bound = Bound::new(self);
        for (at, tested) in read.iter().enumerate() {
            bound.keeps_the_standby = at >= here;
            bound.add(tested, entry, params.get(&tested.name).cloned(), &mut wrong);
        }
        for message in wrong.drain(..) {
            reader.faults.push(told(message));
        }
        let first = read.first().map(|tested| tested.name.to_string());
        let name = entry.name.as_ref().map(|name| name.value.clone()).or(first)?;
        let Bound { policies, written, bindings, settings, .. } = bound;
        let policies = Policies::new(policies);
        Some(Contestant { name, policies, bound: written, bindings, settings })
    }
}

/// What the names of policies that keep the standby begin with.
const STANDBY: &str = "standby-";

type Params = BTreeMap<PolicyName, BTreeMap<String, ParamValue>>;

/// Each parameter for every policy that declares it.
fn params(entry: &Entry, read: &[Tested], wrong: &mut Vec<String>) -> Params {
    let mut params = Params::new();
    for (name, written) in &entry.params {
        let mut known = false;
        for tested in read {
            let Some(default) = tested.script.header().params.get(&name.value) else { continue };
            known = true;
            match default.parse_like(&written.value) {
                Ok(value) => {
                    let own = params.entry(tested.name.clone()).or_default();
                    own.insert(name.value.clone(), value);
                }
                Err(why) => wrong.push(why),
            }
        }
        if !known {
            wrong.push(format!("none of the policies has the parameter `{}`", name.value));
        }
    }
    params
}

/// Policies being bound.
struct Bound<'a> {
    stage: &'a Stage<'a>,
    /// Whether the policy that is bound just now keeps the standby.
    keeps_the_standby: bool,
    policies: Vec<Policy>,
    written: Vec<BoundPolicy>,
    bindings: Bindings,
    settings: Settings,
}

impl<'a> Bound<'a> {
    fn new(stage: &'a Stage<'a>) -> Self {
        let settings = Settings {
            region: "simulated".to_owned(),
            every: stage.every,
            inputs: BTreeMap::new(),
            targets: BTreeMap::new(),
            shadows: BTreeMap::new(),
            calendars: stage.calendars.clone(),
        };
        Self {
            stage,
            keeps_the_standby: false,
            policies: Vec::new(),
            written: Vec::new(),
            bindings: Bindings::default(),
            settings,
        }
    }

    fn add(
        &mut self,
        tested: &Tested,
        entry: &Entry,
        params: Option<BTreeMap<String, ParamValue>>,
        wrong: &mut Vec<String>,
    ) {
        let header = tested.script.header();
        let mut targets = BTreeMap::new();
        for (own, header) in &header.targets {
            match self.target(own, header.kind) {
                Ok((name, settings)) => {
                    let before = self.settings.targets.remove(&name).unwrap_or(settings);
                    match header.narrow(&tested.name, before) {
                        Ok(narrow) => drop(self.settings.targets.insert(name.clone(), narrow)),
                        Err(why) => wrong.push(why),
                    }
                    targets.insert(own.clone(), name);
                }
                Err(why) => wrong.push(format!("{}: {why}", tested.name)),
            }
        }
        for asked in tested.script.calendars() {
            if self.stage.calendars.get(asked).is_none() {
                wrong.push(format!(
                    "{} asks the calendar `{asked}`: a scenario has only `event`, from [[load.event]]",
                    tested.name
                ));
            }
        }
        let bound = Policy::bind(
            tested.script.clone(),
            tested.name.clone(),
            &targets,
            params.unwrap_or_default(),
        );
        match bound {
            Ok(policy) => {
                self.inputs(&policy, tested, entry, wrong);
                self.written.push(entry.bound(tested, targets));
                self.policies.push(policy);
            }
            Err(why) => wrong.extend(why),
        }
    }

    /// What a target of this name and kind is.
    fn target(&mut self, own: &str, kind: Kind) -> Result<(TargetName, TargetSettings), String> {
        let world = self.stage.world;
        let (name, part, settings) = match kind {
            Kind::Group if self.is_the_standby(own) => {
                let Some(standby) = &world.standby else {
                    return Err(format!("`{own}` is to be the standby, and the scenario has none"));
                };
                let settings = TargetSettings::Group(GroupSettings::new(standby.fleet.range));
                (TargetName::new(&standby.name), Part::Standby, settings)
            }
            Kind::Group => {
                let settings = GroupSettings::new(world.fleet.range);
                (self.stage.group.clone(), Part::Group, TargetSettings::Group(settings))
            }
            Kind::Database => {
                let Some(database) = &world.database else {
                    return Err(format!("`{own}` is a database, and the scenario has none"));
                };
                let range = span(0, self.stage.replicas_max);
                let settings = DatabaseSettings::new(range);
                let name = TargetName::new(&database.name);
                (name, Part::Database, TargetSettings::Database(settings))
            }
            Kind::Setting => {
                let (dial, range) = self.dial(own)?;
                let settings = SettingSettings::new(range);
                (TargetName::new(own), Part::Dial(dial), TargetSettings::Setting(settings))
            }
            Kind::Rollout => {
                let Some(rollout) = &world.rollout else {
                    return Err(format!("`{own}` is a rollout, and the scenario has none"));
                };
                let settings = TargetSettings::Rollout(self.stage.rollout.clone());
                (TargetName::new(&rollout.name), Part::Rollout, settings)
            }
            Kind::Traffic => {
                let Some((standby, cooldown_down)) = world.standby.as_ref().zip(self.stage.routes)
                else {
                    return Err(format!("`{own}` is a traffic, and the scenario has none"));
                };
                let routes = &standby.routes;
                let settings = TrafficSettings {
                    cooldown_down,
                    ..TrafficSettings::new([&routes.main, &routes.standby])
                };
                (TargetName::new(&routes.name), Part::Traffic, TargetSettings::Traffic(settings))
            }
            Kind::Flag | Kind::Job | Kind::Volume => {
                return Err(format!("`{own}` is a {kind}, and worlds have none"));
            }
        };
        self.bindings.targets.insert(name.clone(), part);
        Ok((name, settings))
    }

    fn is_the_standby(&self, own: &str) -> bool {
        let named = |standby: &StandbyModel| standby.name == own;
        self.keeps_the_standby || self.stage.world.standby.as_ref().is_some_and(named)
    }

    fn dial(&self, own: &str) -> Result<(Dial, Range), String> {
        let world = self.stage.world;
        let Some((_, dial)) = Dial::ALL.iter().find(|(name, _)| *name == own) else {
            let names = Dial::ALL.iter().map(|(name, _)| *name);
            let help = suggest::advice(own, names).unwrap_or_default();
            return Err(format!("there is no setting `{own}`; {help}"));
        };
        let missing =
            |section| Err(format!("`{own}` can be set only in a scenario with {section}"));
        let range = match (dial, &world.database, world.cache) {
            (Dial::Features, ..) if world.degradation.is_none() => return missing("[degradation]"),
            (Dial::Features, ..) => span(0, 100),
            (Dial::Pool, Some(database), _) => span(1, database.pool),
            (Dial::CacheNodes, _, Some(cache)) => span(1, cache.nodes.saturating_mul(10)),
            (Dial::Pool, None, _) => return missing("[database]"),
            (Dial::CacheNodes, _, None) => return missing("[cache]"),
        };
        Ok((*dial, range))
    }

    fn inputs(&mut self, policy: &Policy, tested: &Tested, entry: &Entry, wrong: &mut Vec<String>) {
        for (own, key) in policy.inputs() {
            let header = &tested.script.header().inputs[own];
            let named = entry.inputs.iter().find(|input| input.name == *own);
            let metric = named.map(|input| input.metric).or_else(|| Metric::named(own));
            let metric = match self.keeps_the_standby {
                true => metric.and_then(Metric::at_the_standby),
                false => metric,
            };
            let told = |why: String| format!("{}: input `{own}` {why}", tested.name);
            let Some(metric) = metric else {
                let names = Metric::ALL.iter().map(|(name, _)| *name);
                let help = suggest::advice(own, names).unwrap_or_default();
                wrong.push(told(format!("is no metric of a world; {help}")));
                continue;
            };
            if header.per.is_some() {
                wrong.push(told("is of each member or zone, which worlds do not tell".to_owned()));
            } else if header.unit.dimension() != metric.unit().dimension() {
                wrong.push(told(format!("is in another unit than {metric:?} has")));
            }
            let empty = named.map_or(Empty::Hold, |input| input.empty);
            let settings = header.settings(self.stage.world.feed.period);
            let settings = InputSettings { empty, ..settings };
            self.settings.inputs.insert(key.clone(), settings);
            self.bindings.inputs.insert(key.clone(), (metric, header.unit));
        }
    }
}

/// From `min` to `max`, which is no less.
fn span(min: u32, max: u32) -> Range {
    Range::new(min, max).expect("the largest is no less than the smallest")
}

/// Names of contestants are told apart in reports: none comes twice.
pub(super) fn unique(contestants: &mut [Contestant]) {
    let mut seen = BTreeMap::<String, u32>::new();
    for contestant in contestants {
        let count = seen.entry(contestant.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            contestant.name = format!("{}-{count}", contestant.name);
        }
    }
}

impl Entry {
    /// A policy as it is written, with the parameters that it declares.
    fn bound(&self, tested: &Tested, targets: BTreeMap<String, TargetName>) -> BoundPolicy {
        let declared = &tested.script.header().params;
        let params = self.params.iter().filter(|(name, _)| declared.contains_key(&name.value));
        BoundPolicy {
            name: tested.name.clone(),
            file: tested.script.file().clone(),
            source: tested.script.source().clone(),
            targets,
            params: params.map(|(name, it)| (name.value.clone(), it.value.clone())).collect(),
        }
    }

    /// Policies that were given with the command: one contestant of all these files. Their inputs
    /// read what those of the scenario's first policy read.
    pub(super) fn given(files: &[PathBuf], first: Option<&Self>, place: &Place) -> Self {
        let at = |path: &PathBuf| At { value: path.display().to_string(), place: place.clone() };
        let files = files.iter().map(at).collect();
        let inputs = first.map(|first| first.inputs.clone()).unwrap_or_default();
        let (params, standby) = (Vec::new(), Vec::new());
        Self { name: None, files, standby, params, inputs, place: place.clone() }
    }
}
