//! `targets` and `fail`: what stands at the start, how it is bounded, and when its
//! provider does not do as asked.

use super::{
    case::{Failing, Thing, Trouble},
    fault::{At, Code, FileFault, Place},
    group::GroupModel,
    replicas::DatabaseModel,
    series::Series,
    suggest,
    table::{Table, Value},
    test::{Bench, Targets},
};
use setpoint_core::{DatabaseSettings, GroupSettings, Range, Span, TargetName, TargetSettings};
use setpoint_policies::Kind;
use std::collections::BTreeMap;
use toml::de::DeValue;

/// The most members that a test's group may have.
const MOST_MEMBERS: u32 = 100_000;
/// The most members, and the largest value, unless the test says otherwise.
pub(super) const MEMBERS: u32 = 1_000;
/// The most replicas unless the test says otherwise. Source: the limit of Amazon RDS.
const REPLICAS: u32 = 15;

/// Failures of the provider, and every time that one of them names.
#[derive(Default)]
pub(super) struct Failures {
    pub(super) failures: Vec<Failing>,
    pub(super) ends: Vec<(Place, Span)>,
}

impl<'a> Bench<'a> {
    /// `targets = { fleet = 40, db = { replicas = 1, max = 5 } }`; every target that a policy
    /// declares must be there.
    pub(super) fn targets(&self, table: &mut Table<'a>) -> Targets {
        let mut targets = Targets { kinds: self.kinds(table), ..Targets::default() };
        let (mut named, mut known) = (Vec::new(), true);
        for (name, value) in table.named("targets") {
            let Some(kind) = targets.kinds.get(&name.value).copied() else {
                self.unknown_target(&name, &targets);
                known = false;
                continue;
            };
            named.push(name.value.clone());
            let made = match kind {
                Kind::Group => self.group(&name, value),
                Kind::Database => self.database(&name, value),
                Kind::Setting => self.setting(&name, value),
                Kind::Flag => self.flag(&name, value),
                Kind::Rollout => self.rollout(&name, value),
                Kind::Job => self.job(&name, value),
                Kind::Volume => self.volume(&name, value),
                Kind::Traffic => self.traffic(&name, value),
            };
            let Some((mut thing, settings)) = made else { continue };
            let key = TargetName::new(&name.value);
            if let Some(settings) = self.narrow(&name, settings) {
                if let (Thing::Group(model), TargetSettings::Group(own)) = (&mut thing, &settings) {
                    model.is_named = own.replaces;
                }
                targets.settings.insert(key.clone(), settings);
            }
            targets.things.insert(key, thing);
        }
        // A name that nobody knows is probably one of those that seem to be missing.
        let unnamed = targets.kinds.iter().filter(|(name, _)| !named.contains(name));
        for (name, kind) in unnamed.filter(|_| known) {
            let message = format!("nothing is said of the {kind} `{name}`");
            let fault = FileFault::new(Code::MissingKey, &table.place, message);
            let size = match kind {
                Kind::Group | Kind::Setting => "10",
                Kind::Database => "1",
                Kind::Job => "\"never\"",
                Kind::Flag | Kind::Volume => "100",
                Kind::Rollout => "0",
                Kind::Traffic => "{ at = { aws = 100, azure = 0 } }",
            };
            self.fault(
                fault.help(format!("write how it stands at the start: `targets.{name} = {size}`")),
            );
        }
        targets
    }

    /// Every target that a policy declares; one name is one target, of one kind.
    fn kinds(&self, table: &Table<'_>) -> BTreeMap<String, Kind> {
        let mut kinds = BTreeMap::new();
        for policy in self.policies {
            for (name, header) in &policy.script.header().targets {
                if header.kind.is_exclusive() && kinds.contains_key(name) {
                    let (kind, policy) = (header.kind, &policy.name);
                    let message =
                        format!("the {kind} `{name}` has a policy already: not {policy} too");
                    self.fault(FileFault::new(Code::Policies, &table.place, message));
                }
                let kind = *kinds.entry(name.clone()).or_insert(header.kind);
                if kind != header.kind {
                    let message = format!(
                        "`{name}` is a {kind} for one policy and a {} for {}",
                        header.kind, policy.name
                    );
                    self.fault(FileFault::new(Code::Policies, &table.place, message));
                }
            }
        }
        kinds
    }

    /// Reports a target that no policy declares.
    pub(super) fn unknown_target(&self, name: &At<String>, targets: &Targets) {
        let message = format!("no policy has a target `{}`", name.value);
        let fault = FileFault::new(Code::UnknownName, &name.place, message);
        let known = targets.kinds.keys().map(String::as_str);
        self.fault(fault.maybe_help(suggest::advice(&name.value, known)));
    }

    /// As narrow as every policy wants it.
    fn narrow(&self, name: &At<String>, mut settings: TargetSettings) -> Option<TargetSettings> {
        for policy in self.policies {
            let Some(header) = policy.script.header().targets.get(&name.value) else { continue };
            match header.narrow(&policy.name, settings) {
                Ok(narrowed) => settings = narrowed,
                Err(why) => {
                    let message = format!("`{}`: {why}", name.value);
                    let fault = FileFault::new(Code::BadValue, &name.place, message);
                    self.fault(fault.help(format!("see the header of {}", policy.script.file())));
                    return None;
                }
            }
        }
        Some(settings)
    }

    fn group(&self, name: &At<String>, value: Value<'a>) -> Option<(Thing, TargetSettings)> {
        if matches!(value.get_ref(), DeValue::Integer(_)) {
            let size = self.size(&self.reader.count(value, &name.value)?)?;
            let model = GroupModel::of(size);
            let range = Range::new(0, MEMBERS.max(size))?;
            return Some((Thing::Group(model), TargetSettings::Group(GroupSettings::new(range))));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Group);
        if !table.has("at") {
            table.missing("at", "at = 10");
        }
        let at = table.count("at");
        let size = at.as_ref().and_then(|at| self.size(at));
        let range = self.range(&mut table, MEMBERS.max(size.unwrap_or(0)));
        let boot = table.span("boot").map_or(Span::ZERO, |at| at.value);
        let ready = table.count("ready");
        let unhealthy = table.value("unhealthy").map(|value| self.series(value, "unhealthy"));
        let members = table.texts("members");
        let range = range?;
        let defaults = GroupSettings::new(range);
        let or = |at: Option<At<Span>>, default| at.map_or(default, |at| at.value);
        let settings = GroupSettings {
            stabilise_up: or(table.span("stabilise_up"), defaults.stabilise_up),
            stabilise_down: or(table.span("stabilise_down"), defaults.stabilise_down),
            cooldown_down: or(table.span("cooldown_down"), defaults.cooldown_down),
            ready_after: or(table.span("ready_after"), defaults.ready_after),
            settle: or(table.span("settle"), defaults.settle),
            confirm_within: or(table.span("confirm_within"), defaults.confirm_within),
            ..defaults
        };
        table.finish();
        let size = size?;
        if let Some(ready) = ready.as_ref().filter(|ready| ready.value > size) {
            let message = format!("{} of {size} members cannot be ready", ready.value);
            self.fault(FileFault::new(Code::BadValue, &ready.place, message));
        }
        let ready = ready.map_or(size, |ready| ready.value.min(size));
        let unhealthy = unhealthy.unwrap_or_else(|| Some(Series::constant(0.0)))?;
        if let Some(last) = members.get(size as usize) {
            let message = format!("{} names for {size} members", members.len());
            self.fault(FileFault::new(Code::BadValue, &last.place, message));
        }
        let names = members.into_iter().map(|name| name.value).collect();
        let model = GroupModel { size, ready, boot, unhealthy, names, is_named: false };
        Some((Thing::Group(model), TargetSettings::Group(settings)))
    }

    fn database(&self, name: &At<String>, value: Value<'a>) -> Option<(Thing, TargetSettings)> {
        let mut model = DatabaseModel {
            name: name.value.clone(),
            replicas: 0,
            foreign: 0,
            lead: Span::ZERO,
            removal: Span::ZERO,
            max_connections: None,
            lag: Some(Span::ZERO),
        };
        if matches!(value.get_ref(), DeValue::Integer(_)) {
            model.replicas = self.size(&self.reader.count(value, &name.value)?)?;
            let range = Range::new(0, REPLICAS.max(model.replicas))?;
            let settings = TargetSettings::Database(DatabaseSettings::new(range));
            return Some((Thing::Database(model), settings));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Database);
        if !table.has("replicas") {
            table.missing("replicas", "replicas = 1");
        }
        let replicas = table.count("replicas");
        let foreign = table.count("foreign");
        model.foreign = foreign.as_ref().and_then(|at| self.size(at)).unwrap_or(0);
        model.replicas = replicas.as_ref().and_then(|at| self.size(at)).unwrap_or(0);
        let range = self.range(&mut table, REPLICAS.max(model.replicas + model.foreign));
        let or = |at: Option<At<Span>>, default| at.map_or(default, |at| at.value);
        model.lead = or(table.span("lead"), Span::ZERO);
        model.removal = or(table.span("removal"), Span::ZERO);
        model.max_connections = table.count("max_connections").map(|at| at.value);
        model.lag = Some(or(table.span("lag"), Span::ZERO));
        let defaults = DatabaseSettings::new(range?);
        let settings = DatabaseSettings {
            cooldown_up: or(table.span("cooldown_up"), defaults.cooldown_up),
            cooldown_down: or(table.span("cooldown_down"), defaults.cooldown_down),
            settle: or(table.span("settle"), defaults.settle),
            confirm_within: or(table.span("confirm_within"), defaults.confirm_within),
            ..defaults
        };
        table.finish();
        replicas?;
        Some((Thing::Database(model), TargetSettings::Database(settings)))
    }

    /// `kind`, which may be said again but not otherwise.
    pub(super) fn kind(&self, table: &mut Table<'a>, kind: Kind) {
        let Some(said) = table.text("kind").filter(|said| said.value != kind.name()) else {
            return;
        };
        let message = format!("the policy declares a {kind}, not {}", said.place.written());
        self.fault(FileFault::new(Code::BadValue, &said.place, message));
    }

    pub(super) fn size(&self, at: &At<u32>) -> Option<u32> {
        if at.value <= MOST_MEMBERS {
            return Some(at.value);
        }
        let message = format!("{} are too many: a test has at most {MOST_MEMBERS}", at.value);
        self.fault(FileFault::new(Code::BadValue, &at.place, message));
        None
    }

    /// `min` and `max`; from 0 up to `most` unless they say otherwise.
    pub(super) fn range(&self, table: &mut Table<'a>, most: u32) -> Option<Range> {
        let (min, max) = (table.count("min"), table.count("max"));
        let low = min.as_ref().map_or(0, |at| at.value);
        let high = match &max {
            Some(max) => self.size(max)?,
            None => most.max(low),
        };
        let range = Range::new(low, high);
        if range.is_none() {
            let place = max.or(min).map_or_else(|| table.place.clone(), |at| at.place);
            let message = format!("`min` is {low}, above `max`, {high}");
            self.fault(FileFault::new(Code::BadValue, &place, message));
        }
        range
    }

    /// `fail = [{ at = "4m", target = "fleet", error = "throttled" }]`
    pub(super) fn failures(&self, table: &mut Table<'a>, targets: &Targets) -> Failures {
        let mut all = Failures::default();
        for mut fail in table.tables("fail") {
            for (key, example) in [
                ("at", "at = \"4m\""),
                ("target", "target = \"fleet\""),
                ("error", "error = \"throttled\""),
            ] {
                if !fail.has(key) {
                    fail.missing(key, example);
                }
            }
            let (from, until) = (fail.span("at"), fail.span("until"));
            let (target, error) = (fail.text("target"), fail.text("error"));
            let place = fail.place.clone();
            fail.finish();
            all.ends.extend(
                [&from, &until].into_iter().flatten().map(|at| (at.place.clone(), at.value)),
            );
            let target = target.filter(|target| self.is_target(target, targets));
            let error = error.and_then(|error| self.trouble(&error));
            let (Some(from), Some(target), Some(error)) = (from, target, error) else { continue };
            let until = until.map_or(from.value, |until| until.value);
            let (target, from) = (TargetName::new(target.value), from.value);
            if until < from {
                let message = format!("it ends at {until}, before it begins at {from}");
                self.fault(FileFault::new(Code::BadValue, &place, message));
            }
            all.failures.push(Failing { target, from, until, error, place });
        }
        all
    }

    /// Whether `name` is a target; says so if not.
    pub(super) fn is_target(&self, name: &At<String>, targets: &Targets) -> bool {
        let known = targets.kinds.contains_key(&name.value);
        if !known {
            self.unknown_target(name, targets);
        }
        known
    }

    fn trouble(&self, error: &At<String>) -> Option<Trouble> {
        let known = Trouble::ALL.iter().find(|(name, _)| *name == error.value);
        if known.is_none() {
            let message = format!("no provider fails as {}", error.place.written());
            let fault = FileFault::new(Code::UnknownName, &error.place, message);
            let names = Trouble::ALL.map(|(name, _)| name);
            self.fault(fault.maybe_help(suggest::advice(&error.value, names)));
        }
        known.map(|(_, trouble)| *trouble)
    }
}
