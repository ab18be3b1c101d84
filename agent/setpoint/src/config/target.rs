//! Makes sense of a target: what it is, where it lives, its bounds and its brakes.

use super::{
    aws, azure,
    fault::{At, Code, ConfigFault, Faults, Place},
    kubernetes,
    meaning::{known_provider, or},
    own,
    provider::ID,
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_target::{RawBrakes, RawTarget, RawTargetKind, RawWhich},
    services, suggest, traffic,
    valid::{Mode, Target, Which},
    weighted,
};
use setpoint_core::{
    Approve, DatabaseSettings, GroupSettings, JobSettings, Range, RolloutSettings, SettingSettings,
    Side, Span, Stages, TargetSettings, VolumeSettings,
};
use setpoint_local::{Located, Unit};
use setpoint_policies::Kind;
use std::path::Path;

/// The target that `raw` means.
pub(crate) fn target(
    raw: &RawTarget,
    mode: Mode,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Target> {
    known_provider(&raw.provider, providers, faults);
    let which = which(raw, faults);
    let (settings, brakes) = match &raw.kind {
        RawTargetKind::Group { min, max, brakes, .. } => {
            let range = range(min.value, max, ("min", "max"), faults)?;
            (TargetSettings::Group(braked_group(GroupSettings::new(range), brakes)), brakes)
        }
        RawTargetKind::Database { min_replicas, max_replicas, brakes, .. } => {
            let min = min_replicas.as_ref().map_or(0, |min| min.value);
            let range = range(min, max_replicas, ("min_replicas", "max_replicas"), faults)?;
            let settings = braked_database(DatabaseSettings::new(range), brakes);
            (TargetSettings::Database(settings), brakes)
        }
        RawTargetKind::Job { stuck_after, brakes } => {
            (TargetSettings::Job(job(stuck_after.as_ref(), brakes)), brakes)
        }
        RawTargetKind::Volume { max, brakes } => {
            let defaults = VolumeSettings::new(range(0, max, ("min", "max"), faults)?);
            let settings = VolumeSettings {
                cooldown_up: or(brakes.cooldown_up.as_ref(), defaults.cooldown_up),
                confirm_within: or(brakes.confirm_within.as_ref(), defaults.confirm_within),
                ..defaults
            };
            (TargetSettings::Volume(settings), brakes)
        }
        RawTargetKind::Setting { min, max, safe, brakes } => {
            let range = range(min.value, max, ("min", "max"), faults)?;
            let safe = safe.as_ref().and_then(|side| self::side(side, faults));
            let settings = SettingSettings { safe, ..SettingSettings::new(range) };
            (TargetSettings::Setting(braked_setting(settings, brakes)), brakes)
        }
        RawTargetKind::Flag { safe, brakes } => {
            let given = safe.as_ref().and_then(|side| self::side(side, faults));
            let defaults = SettingSettings::of_flag();
            let settings = SettingSettings { safe: given.or(defaults.safe), ..defaults };
            (TargetSettings::Flag(braked_setting(settings, brakes)), brakes)
        }
        RawTargetKind::Rollout { stages, brakes, .. } => {
            (TargetSettings::Rollout(rollout(stages.as_ref(), brakes, faults)), brakes)
        }
        RawTargetKind::Traffic { destinations, brakes, .. } => {
            let settings = traffic::settings(destinations, brakes);
            (TargetSettings::Traffic(settings), brakes)
        }
    };
    fits(raw, Kind::of(&settings), providers, faults);
    let own = own::own(raw, providers, faults);
    let provider = raw.provider.value.clone();
    let settings = shared_brakes(settings, &provider, brakes, faults);
    let records = traffic::records(raw, providers, faults);
    let weighted = weighted::weighted(raw, providers, faults);
    let services = services::services(raw, providers, faults);
    let endpoints = traffic::endpoints(raw, providers, faults);
    Some(Target { provider, which, settings, own, records, endpoints, weighted, services, mode })
}

fn job(stuck_after: Option<&At<Span>>, brakes: &RawBrakes) -> JobSettings {
    let defaults = JobSettings::new();
    JobSettings {
        stuck_after: or(stuck_after, defaults.stuck_after),
        cooldown_up: or(brakes.cooldown_up.as_ref(), defaults.cooldown_up),
        confirm_within: or(brakes.confirm_within.as_ref(), defaults.confirm_within),
        ..defaults
    }
}

fn rollout(
    stages: Option<&At<Vec<At<String>>>>,
    brakes: &RawBrakes,
    faults: &Faults,
) -> RolloutSettings {
    let defaults = RolloutSettings::new();
    let stages = stages.and_then(|stages| self::stages(stages, faults)).unwrap_or(defaults.stages);
    RolloutSettings { dial: braked_setting(defaults.dial, brakes), stages }
}

fn which(raw: &RawTarget, faults: &Faults) -> Which {
    let bad = |place: &Place, message: &str| ConfigFault::new(Code::BadValue, place, message);
    match &raw.which {
        RawWhich::Id(id) => {
            if id.value.trim().is_empty() {
                let message = "`id` is empty: it is the target's name at the provider";
                faults.push(bad(&id.place, message));
            }
            Which::One(id.value.clone())
        }
        RawWhich::Select { place, tags } => {
            if tags.is_empty() {
                let fault = bad(place, "`select` without tags would be everything there is");
                faults.push(fault.help("write `select = { tags = { app = \"web\" } }`"));
            }
            if !matches!(raw.kind, RawTargetKind::Group { .. }) {
                faults.push(bad(
                    place,
                    "`select` finds groups; everything else is named by its `id`",
                ));
            }
            let pairs = tags.iter().map(|(key, value)| (key.value.clone(), value.value.clone()));
            Which::Each(pairs.collect())
        }
    }
}

fn range(min: u32, max: &At<u32>, names: (&str, &str), faults: &Faults) -> Option<Range> {
    let range = Range::new(min, max.value);
    if range.is_none() {
        let message = format!("`{}` is {min}, above `{}`, {}", names.0, names.1, max.value);
        let fault = ConfigFault::new(Code::EmptyRange, &max.place, message);
        faults.push(fault.help("no size is allowed by this range: widen it"));
    }
    range
}

/// The brakes that every kind has.
fn shared_brakes(
    mut settings: TargetSettings,
    provider: &str,
    raw: &RawBrakes,
    faults: &Faults,
) -> TargetSettings {
    let brakes = settings.brakes_mut();
    brakes.provider = Some(provider.to_owned());
    brakes.foreign_respect = or(raw.foreign_respect.as_ref(), brakes.foreign_respect);
    if let Some(budget) = &raw.budget {
        match share(&budget.value) {
            Some(share) => brakes.budget.share = share,
            None => {
                let message = format!("`budget` is {}", budget.place.written());
                let fault = ConfigFault::new(Code::BadValue, &budget.place, message);
                faults.push(fault.help("write the share that may go in an hour: \"50%\""));
            }
        }
    }
    match raw.approve.as_ref().map(|approve| (&*approve.value, approve)) {
        None | Some(("nothing", _)) => {}
        Some(("shrink", _)) => brakes.approve = Approve::Shrink,
        Some((text, approve)) => {
            let message = format!("`approve` is {}", approve.place.written());
            let fault = ConfigFault::new(Code::BadValue, &approve.place, message);
            faults.push(fault.maybe_help(suggest::advice(text, ["nothing", "shrink"])));
        }
    }
    settings
}

/// A share from 0 to 1, of a text such as "50%".
fn share(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

fn braked_group(group: GroupSettings, brakes: &RawBrakes) -> GroupSettings {
    GroupSettings {
        stabilise_up: or(brakes.stabilise_up.as_ref(), group.stabilise_up),
        stabilise_down: or(brakes.stabilise_down.as_ref(), group.stabilise_down),
        cooldown_down: or(brakes.cooldown_down.as_ref(), group.cooldown_down),
        ready_after: or(brakes.ready_after.as_ref(), group.ready_after),
        settle: or(brakes.settle.as_ref(), group.settle),
        confirm_within: or(brakes.confirm_within.as_ref(), group.confirm_within),
        ..group
    }
}

fn braked_database(database: DatabaseSettings, brakes: &RawBrakes) -> DatabaseSettings {
    DatabaseSettings {
        cooldown_up: or(brakes.cooldown_up.as_ref(), database.cooldown_up),
        cooldown_down: or(brakes.cooldown_down.as_ref(), database.cooldown_down),
        settle: or(brakes.settle.as_ref(), database.settle),
        confirm_within: or(brakes.confirm_within.as_ref(), database.confirm_within),
        ..database
    }
}

fn braked_setting(setting: SettingSettings, brakes: &RawBrakes) -> SettingSettings {
    SettingSettings {
        cooldown_down: or(brakes.cooldown_down.as_ref(), setting.cooldown_down),
        settle: or(brakes.settle.as_ref(), setting.settle),
        confirm_within: or(brakes.confirm_within.as_ref(), setting.confirm_within),
        ..setting
    }
}

/// `["5%", "25%", "100%"]`
fn stages(written: &At<Vec<At<String>>>, faults: &Faults) -> Option<Stages> {
    let whole = |text: &At<String>| {
        let percent = share(&text.value).map(|share| share * 100.0);
        let whole = percent.filter(|percent| (percent - percent.round()).abs() < 1e-9);
        if whole.is_none() {
            let message = format!("{} is no share in whole percent", text.place.written());
            let fault = ConfigFault::new(Code::BadValue, &text.place, message);
            faults.push(fault.help("write it as \"25%\""));
        }
        whole.map(|percent| percent.round() as u32)
    };
    let shares: Option<Vec<u32>> = written.value.iter().map(whole).collect();
    let stages = Stages::new(shares?);
    if stages.is_none() {
        let message = "`stages` do not lead from nothing to all traffic";
        let fault = ConfigFault::new(Code::BadValue, &written.place, message);
        faults.push(fault.help("each is larger than the one before, and the last is \"100%\""));
    }
    stages
}

fn side(written: &At<String>, faults: &Faults) -> Option<Side> {
    let known = Side::NAMES.iter().find(|(name, _)| *name == written.value);
    if known.is_none() {
        let message = format!("`safe` is {}, which is no side", written.place.written());
        let advice = suggest::advice(&written.value, Side::NAMES.map(|(name, _)| name));
        faults.push(ConfigFault::new(Code::BadValue, &written.place, message).maybe_help(advice));
    }
    known.map(|(_, side)| *side)
}

/// Says so if its provider has no targets of its kind, or not by such an id.
fn fits(raw: &RawTarget, kind: Kind, providers: &[RawNamed<RawProvider>], faults: &Faults) {
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    let Some(provider) = named.and_then(|provider| provider.what.as_ref()) else { return };
    let (what, kinds) = kinds(provider);
    if !kinds.contains(&kind) {
        let plural = if kind == Kind::Traffic { "" } else { "s" };
        let message = format!("`{}` is {what}: it has no {kind}{plural}", raw.provider.value);
        faults.push(ConfigFault::new(Code::WrongKind, &raw.provider.place, message));
        return;
    }
    no_fleet(raw, provider, faults);
    let Some(id) = raw.id() else { return };
    match provider {
        // A flag may have any key. Of a backend its own reader says what is wrong.
        RawProvider::Onprem(_) | RawProvider::Flags(_) => {}
        RawProvider::Aws(_) => {
            if kind == Kind::Setting {
                aws::check_setting(id, faults);
            }
        }
        RawProvider::Azure(raw_azure) => {
            azure::check_id(kind, id, raw_azure.resource_group.as_ref(), faults);
            no_sessions(
                raw,
                "Azure picks which machines go",
                "and let machines end their work when Azure announces their end",
                faults,
            );
        }
        RawProvider::Kubernetes(_) => {
            if kind == Kind::Group {
                kubernetes::check_id(id, faults);
            }
            no_sessions(
                raw,
                "in a cluster its controller picks which pods go",
                "and let pods end their work in `preStop`",
                faults,
            );
        }
        RawProvider::Webhook(webhook) => {
            let named = webhook.url.value.contains(ID);
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
            if named && !id.value.chars().all(plain) {
                let message = format!("{} cannot stand in an address", id.place.written());
                let fault = ConfigFault::new(Code::BadValue, &id.place, message);
                faults.push(fault.help("use letters, digits, `-`, `_`, `.` and `~`"));
            }
        }
        RawProvider::Systemd(_) => {
            if let Err(why) = Unit::new(&id.value) {
                faults.push(ConfigFault::new(Code::BadValue, &id.place, why.to_string()));
            }
        }
        RawProvider::File(_) => {
            if let Err(why) = Located::new(Path::new(""), &id.value) {
                faults.push(ConfigFault::new(Code::BadValue, &id.place, why.to_string()));
            }
        }
    }
}

/// Says so if it is a fleet, where targets are named one by one.
fn no_fleet(raw: &RawTarget, provider: &RawProvider, faults: &Faults) {
    let RawWhich::Select { place, .. } = &raw.which else { return };
    let what = match provider {
        RawProvider::Azure(_) => "what is at Azure",
        RawProvider::Kubernetes(_) => "what is in a cluster",
        RawProvider::Aws(_)
        | RawProvider::Webhook(_)
        | RawProvider::File(_)
        | RawProvider::Flags(_)
        | RawProvider::Systemd(_)
        | RawProvider::Onprem(_) => return,
    };
    let message = format!("`select` finds groups of AWS; {what} is named by its `id`");
    faults.push(ConfigFault::new(Code::WrongKind, place, message));
}

/// Says so if it asks for sessions, where nobody can say which members go.
fn no_sessions(raw: &RawTarget, why: &str, instead: &str, faults: &Faults) {
    let RawTargetKind::Group { more, .. } = &raw.kind else { return };
    if let Some(input) = more.sessions.input.as_ref().and_then(Option::as_ref) {
        let message = format!("`sessions` are for groups of AWS: {why}");
        let fault = ConfigFault::new(Code::WrongKind, &input.query.place, message);
        faults.push(fault.help(format!("leave `sessions` out, {instead}")));
    }
}

/// What a provider is, and the kinds of targets that it has.
const fn kinds(provider: &RawProvider) -> (&'static str, &'static [Kind]) {
    match provider {
        RawProvider::Aws(_) => {
            const ALL: &[Kind] = &[
                Kind::Group,
                Kind::Database,
                Kind::Volume,
                Kind::Traffic,
                Kind::Rollout,
                Kind::Setting,
            ];
            ("AWS", ALL)
        }
        RawProvider::Azure(_) => ("Azure", &[Kind::Group, Kind::Database, Kind::Traffic]),
        RawProvider::Kubernetes(_) => ("Kubernetes", &[Kind::Group, Kind::Rollout]),
        RawProvider::Webhook(_) => ("a web service", &[Kind::Setting, Kind::Job]),
        RawProvider::Systemd(_) => ("systemd", &[Kind::Job]),
        RawProvider::File(_) => ("a folder of files", &[Kind::Setting]),
        RawProvider::Flags(_) => ("a file of flags", &[Kind::Flag]),
        RawProvider::Onprem(_) => {
            ("a HAProxy", &[Kind::Group, Kind::Database, Kind::Rollout, Kind::Traffic])
        }
    }
}
