//! A stretch of an agent's life as a test of one policy. Pure.
//!
//! Passes of the test are made at even times; each takes what was read in the pass nearest to
//! it. The targets stand as they stood at the start, and go their own way from there: what the
//! agent really did is told beside them.

use super::series::Series;
use setpoint_core::{
    BoundPolicy, Brakes, Database, DatabaseSettings, Destination, Flag, Group, GroupSettings,
    InputKey, Job, JobSettings, Program, Rollout, RolloutSettings, Seen, Setting, SettingSettings,
    Snapshot, Span, TargetName, TargetSettings, Timestamp, Traffic, TrafficSettings, Volume,
    VolumeSettings,
};
use setpoint_journal::IntentRow;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// The most passes that a test may have.
const MOST_PASSES: u64 = 100_000;

/// A test, and what is missing in it.
pub(super) struct Fixture {
    start: Timestamp,
    every: Span,
    passes: u64,
    inputs: BTreeMap<String, String>,
    targets: BTreeMap<String, String>,
    claims: Vec<String>,
    params: BTreeMap<String, String>,
    done: Vec<String>,
    /// What was not read, in words, and what a test cannot hold.
    pub(super) missing: Vec<String>,
}

impl Fixture {
    /// The test of `policy` as it was bound, on what `snapshots` saw; `intents` is what the
    /// agent did.
    ///
    /// Fails, saying why, if a target was never seen or the stretch is too long.
    pub(super) fn of(
        (program, policy): (&Program, &BoundPolicy),
        snapshots: &[Snapshot],
        intents: &[IntentRow],
    ) -> Result<Self, String> {
        let (every, settings) = (program.settings.every, &program.settings);
        let first = snapshots.first().ok_or("no pass was made")?;
        let start = first.at.wall;
        let slots = nearest(snapshots, every)?;
        let mut fixture = Self {
            start,
            every,
            passes: slots.len() as u64,
            inputs: BTreeMap::new(),
            targets: BTreeMap::new(),
            claims: Vec::new(),
            params: policy.params.clone(),
            done: done(policy, (start, every), snapshots, intents),
            missing: Vec::new(),
        };
        let gaps = slots.iter().filter(|slot| slot.is_none()).count();
        if gaps > 0 {
            let passes = fixture.passes;
            fixture.missing.push(format!("no pass was made at {gaps} of {passes} times"));
        }
        for key in settings.inputs.keys().filter(|key| key.policy() == policy.name.as_str()) {
            fixture.input(key, &slots);
        }
        for (local, target) in &policy.targets {
            let seen = snapshots.iter().find_map(|it| stands(it.targets.get(target)?));
            let seen = seen.ok_or_else(|| format!("the target `{target}` was not seen once"))?;
            let bounds = settings.targets.get(target);
            let bounds = bounds.ok_or_else(|| format!("the target `{target}` has no bounds"))?;
            fixture.target((local, target), seen, bounds);
        }
        let state = "what the policy remembered at the start: `state`, holds, cooldowns, budgets";
        fixture.missing.push(state.to_owned());
        Ok(fixture)
    }

    /// How many passes the test makes.
    pub(super) const fn passes(&self) -> u64 {
        self.passes
    }

    fn input(&mut self, key: &InputKey, slots: &[Option<&Snapshot>]) {
        let mut series = Series::default();
        for slot in slots {
            series.push(slot.map(|snapshot| snapshot.readings.get(key)));
        }
        if let Some((passes, why)) = series.missing() {
            let (name, all) = (key.input(), slots.len());
            self.missing.push(format!("{name} in {passes} of {all} passes: {why}"));
        }
        self.inputs.insert(key.input().to_owned(), series.text());
    }

    fn target(
        &mut self,
        (local, target): (&str, &TargetName),
        seen: &Seen,
        bounds: &TargetSettings,
    ) {
        let (size, range, text) = match (seen, bounds) {
            (Seen::Group(group), TargetSettings::Group(bounds)) => {
                (group.desired, bounds.range, a_group(group, bounds))
            }
            (Seen::Database(database), TargetSettings::Database(bounds)) => {
                (database.present(), bounds.range, a_database(database, bounds))
            }
            (Seen::Setting(setting), TargetSettings::Setting(bounds)) => {
                (setting.value, bounds.range, a_setting(setting, bounds))
            }
            (Seen::Flag(flag), TargetSettings::Flag(bounds)) => {
                (flag.share, bounds.range, a_flag(flag, bounds))
            }
            (Seen::Rollout(rollout), TargetSettings::Rollout(bounds)) => {
                (rollout.share, bounds.dial.range, a_rollout(rollout, bounds))
            }
            (Seen::Volume(volume), TargetSettings::Volume(bounds)) => {
                (volume.size, bounds.range, a_volume(volume, bounds))
            }
            (Seen::Traffic(traffic), TargetSettings::Traffic(bounds)) => {
                self.targets.insert(local.to_owned(), a_traffic(traffic, bounds));
                return;
            }
            (Seen::Job(job), TargetSettings::Job(bounds)) => {
                self.targets.insert(local.to_owned(), a_job(job, bounds));
                return;
            }
            (
                Seen::Group(_)
                | Seen::Database(_)
                | Seen::Setting(_)
                | Seen::Flag(_)
                | Seen::Rollout(_)
                | Seen::Job(_)
                | Seen::Volume(_)
                | Seen::Traffic(_)
                | Seen::Nothing(_),
                _,
            ) => return,
        };
        let (least, most) = (range.min().min(size), range.max().max(size));
        self.claims.push(format!("{local} >= {least} && {local} <= {most}"));
        self.targets.insert(local.to_owned(), text);
        if *bounds.brakes()
            != (Brakes { provider: bounds.brakes().provider.clone(), ..own(bounds) })
        {
            self.missing.push(format!("brakes of {target} that a test cannot have"));
        }
    }

    /// The test file, for the policy in `script`.
    pub(super) fn text(&self, script: &str) -> String {
        let Self { start, every, inputs, targets, params, .. } = self;
        let mut text = format!("# What was read from {start} on, recorded by `setpoint record`.\n");
        for missing in &self.missing {
            line(&mut text, format_args!("# Missing: {missing}."));
        }
        for done in &self.done {
            line(&mut text, format_args!("# Done by the agent: {done}."));
        }
        let start_text = quoted(&start.to_string());
        line(&mut text, format_args!("policy = {}\n", quoted(script)));
        line(
            &mut text,
            format_args!("[[test]]\nname = {}", quoted(&format!("as it was at {start}"))),
        );
        line(
            &mut text,
            format_args!("every = {}\nstart = {start_text}", quoted(&every.to_string())),
        );
        let claims: Vec<String> = self.claims.iter().map(|claim| quoted(claim)).collect();
        line(&mut text, format_args!("always = [{}]", claims.join(", ")));
        table(&mut text, "inputs", inputs.iter().map(|(name, series)| (name, quoted(series))));
        let pairs = targets.iter().map(|(name, target)| (name, format!("{{ {target} }}")));
        table(&mut text, "targets", pairs);
        table(&mut text, "params", params.iter().map(|(name, value)| (name, quoted(value))));
        text
    }
}

/// The defaults that a test begins with, but for what policies declare.
fn own(bounds: &TargetSettings) -> Brakes {
    Brakes { effects: bounds.brakes().effects.clone(), ..Brakes::new() }
}

/// For each even time the pass that was made nearest to it, if one was.
fn nearest(snapshots: &[Snapshot], every: Span) -> Result<Vec<Option<&Snapshot>>, String> {
    let (Some(first), Some(last)) = (snapshots.first(), snapshots.last()) else {
        return Err("no pass was made".to_owned());
    };
    let slot = |snapshot: &Snapshot| {
        let since = snapshot.at.wall.since(first.at.wall).ms();
        (since + every.ms() / 2) / every.ms().max(1)
    };
    let count = slot(last) + 1;
    if count > MOST_PASSES {
        return Err(format!("a test has at most {MOST_PASSES} passes: ask for less"));
    }
    let mut slots = vec![None; usize::try_from(count).unwrap_or_default()];
    for snapshot in snapshots {
        let place = usize::try_from(slot(snapshot)).unwrap_or_default();
        if let Some(free) = slots.get_mut(place).filter(|place| place.is_none()) {
            *free = Some(snapshot);
        }
    }
    Ok(slots)
}

/// What was seen, if anything.
const fn stands(seen: &Seen) -> Option<&Seen> {
    match seen {
        Seen::Group(_)
        | Seen::Database(_)
        | Seen::Setting(_)
        | Seen::Flag(_)
        | Seen::Rollout(_)
        | Seen::Job(_)
        | Seen::Volume(_)
        | Seen::Traffic(_) => Some(seen),
        Seen::Nothing(_) => None,
    }
}

fn a_group(group: &Group, bounds: &GroupSettings) -> String {
    let default = GroupSettings::new(bounds.range);
    let mut text = format!(
        "at = {}, ready = {}, min = {}, max = {}, settle = \"0s\"",
        group.desired,
        group.ready.min(group.desired),
        bounds.range.min(),
        bounds.range.max()
    );
    if bounds.replaces {
        let members: Vec<String> = group.members.iter().map(|it| quoted(&it.name)).collect();
        let members = members.get(..group.desired as usize).unwrap_or(&members).join(", ");
        write!(text, ", members = [{members}]").expect("a string accepts writes");
    }
    for (key, value, default) in [
        ("stabilise_up", bounds.stabilise_up, default.stabilise_up),
        ("stabilise_down", bounds.stabilise_down, default.stabilise_down),
        ("cooldown_down", bounds.cooldown_down, default.cooldown_down),
        ("ready_after", bounds.ready_after, default.ready_after),
        ("confirm_within", bounds.confirm_within, default.confirm_within),
    ] {
        brake(&mut text, key, value, default);
    }
    text
}

fn a_setting(setting: &Setting, bounds: &SettingSettings) -> String {
    let default = SettingSettings::new(bounds.range);
    let (value, min, max) = (setting.value, bounds.range.min(), bounds.range.max());
    let mut text = format!("at = {value}, min = {min}, max = {max}, settle = \"0s\"");
    if let Some(side) = bounds.safe {
        text.push_str(&format!(", safe = \"{}\"", side.name()));
    }
    brake(&mut text, "cooldown_down", bounds.cooldown_down, default.cooldown_down);
    brake(&mut text, "confirm_within", bounds.confirm_within, default.confirm_within);
    text
}

fn a_flag(flag: &Flag, bounds: &SettingSettings) -> String {
    let default = SettingSettings::of_flag();
    let mut text = format!("at = {}, settle = \"0s\"", flag.share);
    if let Some(before) = flag.before {
        text.push_str(&format!(", before = {before}"));
    }
    if let Some(side) = bounds.safe.filter(|side| Some(*side) != default.safe) {
        text.push_str(&format!(", safe = \"{}\"", side.name()));
    }
    brake(&mut text, "cooldown_down", bounds.cooldown_down, default.cooldown_down);
    brake(&mut text, "confirm_within", bounds.confirm_within, default.confirm_within);
    text
}

fn a_rollout(rollout: &Rollout, bounds: &RolloutSettings) -> String {
    let default = RolloutSettings::new();
    let mut text = format!("at = {}, settle = \"0s\"", rollout.share);
    if let Some(revision) = &rollout.revision {
        text.push_str(&format!(", revision = {revision:?}"));
    }
    if bounds.stages != default.stages {
        text.push_str(&format!(", stages = {:?}", bounds.stages.shares()));
    }
    let (dial, default) = (&bounds.dial, &default.dial);
    brake(&mut text, "cooldown_down", dial.cooldown_down, default.cooldown_down);
    brake(&mut text, "confirm_within", dial.confirm_within, default.confirm_within);
    text
}

fn a_job(job: &Job, bounds: &JobSettings) -> String {
    let default = JobSettings::new();
    let mut text = format!("last = \"{}\"", job.last.name());
    brake(&mut text, "stuck_after", bounds.stuck_after, default.stuck_after);
    brake(&mut text, "cooldown_up", bounds.cooldown_up, default.cooldown_up);
    brake(&mut text, "confirm_within", bounds.confirm_within, default.confirm_within);
    text
}

fn a_volume(volume: &Volume, bounds: &VolumeSettings) -> String {
    let default = VolumeSettings::new(bounds.range);
    let mut text = format!("at = {}, max = {}", volume.size, bounds.range.max());
    brake(&mut text, "cooldown_up", bounds.cooldown_up, default.cooldown_up);
    brake(&mut text, "confirm_within", bounds.confirm_within, default.confirm_within);
    text
}

/// How users were sent, and which destinations answered: as it was at the first pass.
fn a_traffic(traffic: &Traffic, bounds: &TrafficSettings) -> String {
    let default = TrafficSettings::new(traffic.destinations.keys());
    let shares = traffic.destinations.iter();
    let shares: Vec<String> =
        shares.map(|(name, it)| format!("{} = {}", quoted(name), it.share)).collect();
    let health = |(name, it): (&String, &Destination)| {
        let series = match it.healthy {
            Some(true) => return None,
            Some(false) => "0",
            None => "\"_\"",
        };
        Some(format!("{} = {series}", quoted(name)))
    };
    let health: Vec<String> = traffic.destinations.iter().filter_map(health).collect();
    let mut text = format!("at = {{ {} }}, settle = \"0s\"", shares.join(", "));
    if !health.is_empty() {
        text.push_str(&format!(", healthy = {{ {} }}", health.join(", ")));
    }
    brake(&mut text, "cooldown_down", bounds.cooldown_down, default.cooldown_down);
    brake(&mut text, "confirm_within", bounds.confirm_within, default.confirm_within);
    text
}

fn a_database(database: &Database, bounds: &DatabaseSettings) -> String {
    let default = DatabaseSettings::new(bounds.range);
    let ours = database.replicas.iter().filter(|replica| replica.ours).count();
    let mut text = format!(
        "replicas = {ours}, foreign = {}, min = {}, max = {}, settle = \"0s\"",
        database.replicas.len() - ours,
        bounds.range.min(),
        bounds.range.max()
    );
    if let Some(most) = database.max_connections {
        write!(text, ", max_connections = {most}").expect("a string accepts writes");
    }
    for (key, value, default) in [
        ("cooldown_up", bounds.cooldown_up, default.cooldown_up),
        ("cooldown_down", bounds.cooldown_down, default.cooldown_down),
        ("confirm_within", bounds.confirm_within, default.confirm_within),
    ] {
        brake(&mut text, key, value, default);
    }
    text
}

fn brake(text: &mut String, key: &str, value: Span, default: Span) {
    if value != default {
        write!(text, ", {key} = \"{value}\"").expect("a string accepts writes");
    }
}

/// What the agent did to the policy's targets, each with its time in the test.
fn done(
    policy: &BoundPolicy,
    (start, every): (Timestamp, Span),
    snapshots: &[Snapshot],
    intents: &[IntentRow],
) -> Vec<String> {
    let when: BTreeMap<u64, Timestamp> =
        snapshots.iter().map(|snapshot| (snapshot.pass, snapshot.at.wall)).collect();
    let ours: BTreeSet<&TargetName> = policy.targets.values().collect();
    let told = |intent: &IntentRow| {
        let at = when.get(&intent.pass).filter(|_| ours.contains(&intent.target))?;
        let steps = (at.since(start).ms() + every.ms() / 2) / every.ms().max(1);
        Some((
            intent.pass,
            format!("{} {} at {}", intent.target, intent.action, every.times(steps)),
        ))
    };
    let mut told: Vec<(u64, String)> = intents.iter().filter_map(told).collect();
    told.sort();
    told.into_iter().map(|(_, told)| told).collect()
}

fn table<'n>(text: &mut String, name: &str, pairs: impl Iterator<Item = (&'n String, String)>) {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_none() {
        return;
    }
    line(text, format_args!("[test.{name}]"));
    for (key, value) in pairs {
        line(text, format_args!("{key} = {value}"));
    }
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    writeln!(text, "{what}").expect("a string accepts writes");
}

/// A text as TOML takes it; JSON's escapes are among its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
#[path = "fixture_tests.rs"]
mod tests;
