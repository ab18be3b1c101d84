//! Reads what a header says of one target.

use super::{
    EffectHeader, Kind, TargetHeader,
    literal::{Entries, Reader},
};
use crate::fault::FaultId;
use rhai::{Expr, Position};
use setpoint_core::{DEFAULT_EFFECT_TRIES, DEFAULT_EFFECT_WITHIN, Side};

/// A target's keys.
const KEYS: [&str; 11] = [
    "kind",
    "min",
    "max",
    "step_up",
    "step_down",
    "cooldown_up",
    "cooldown_down",
    "ready_after",
    "safe",
    "destinations",
    "effect",
];

/// The keys of an effect.
const EFFECT_KEYS: [&str; 4] = ["input", "falls", "within", "tries"];

/// Why nothing else has destinations.
const NO_TRAFFIC: &str = "only traffic is sent somewhere";

/// Why traffic has no range.
const TRAFFIC_RANGE: &str = "all users are sent somewhere: the shares add up to 100 %";

/// Why a flag has no range.
const FLAG_RANGE: &str = "a flag is shown to 0 to 100 % of users";

/// Why a rollout has no range.
const ROLLOUT_RANGE: &str = "a candidate has 0 to 100 % of the traffic";

/// Keys that do not fit a kind, and why.
const UNFIT: [(Kind, &str, &str); 48] = [
    (Kind::Group, "cooldown_up", "a group's growth has no cooldown: it is never kept waiting"),
    (Kind::Group, "safe", "a group is safe when it is large"),
    (Kind::Database, "safe", "a database is safe when it has many replicas"),
    (Kind::Setting, "cooldown_up", "what leads to the safe side is never kept waiting"),
    (Kind::Setting, "ready_after", "a setting has no members that must get ready"),
    (Kind::Setting, "effect", "only members and replicas are held back when they do not help"),
    (Kind::Flag, "min", FLAG_RANGE),
    (Kind::Flag, "max", FLAG_RANGE),
    (Kind::Flag, "cooldown_up", "what leads to the safe side is never kept waiting"),
    (Kind::Flag, "ready_after", "a flag has no members that must get ready"),
    (Kind::Flag, "effect", "only members and replicas are held back when they do not help"),
    (Kind::Flag, "safe", "a flag is safe when it is off, unless the configuration says otherwise"),
    (Kind::Rollout, "min", ROLLOUT_RANGE),
    (Kind::Rollout, "max", ROLLOUT_RANGE),
    (Kind::Rollout, "step_down", "a rollback takes all of it at once"),
    (Kind::Rollout, "cooldown_up", "write cooldown_down: the time that a stage stands"),
    (Kind::Rollout, "ready_after", "a rollout has no members that must get ready"),
    (Kind::Rollout, "effect", "only members and replicas are held back when they do not help"),
    (Kind::Rollout, "safe", "a rollout is safe when its candidate has no traffic"),
    (Kind::Job, "min", "a job has no size"),
    (Kind::Job, "max", "a job has no size"),
    (Kind::Job, "step_up", "a job has no size"),
    (Kind::Job, "step_down", "a job has no size"),
    (Kind::Job, "cooldown_down", "write cooldown_up: the time from one start to the next"),
    (Kind::Job, "ready_after", "a job has no members that must get ready"),
    (Kind::Job, "safe", "a job has no size"),
    (Kind::Job, "effect", "only what grows is held back when it does not help"),
    (Kind::Volume, "step_down", "a volume never shrinks"),
    (Kind::Volume, "cooldown_down", "a volume never shrinks"),
    (Kind::Volume, "ready_after", "a volume has no members that must get ready"),
    (Kind::Volume, "safe", "a volume is safe when it is large"),
    (Kind::Volume, "min", "a volume never shrinks, and grows when a rule asks for it"),
    (Kind::Database, "step_up", "a database grows by one replica at a time"),
    (Kind::Database, "step_down", "a database shrinks by one replica at a time"),
    (Kind::Database, "ready_after", "a replica counts when it serves, however long that takes"),
    (Kind::Traffic, "min", TRAFFIC_RANGE),
    (Kind::Traffic, "max", TRAFFIC_RANGE),
    (Kind::Traffic, "step_up", "write step_down: what leads away from the dead has no step"),
    (Kind::Traffic, "cooldown_up", "what leads away from the dead is never kept waiting"),
    (Kind::Traffic, "ready_after", "traffic has no members that must get ready"),
    (Kind::Traffic, "safe", "users are safe where their destination answers"),
    (Kind::Traffic, "effect", "only members and replicas are held back when they do not help"),
    (Kind::Group, "destinations", NO_TRAFFIC),
    (Kind::Database, "destinations", NO_TRAFFIC),
    (Kind::Setting, "destinations", NO_TRAFFIC),
    (Kind::Flag, "destinations", NO_TRAFFIC),
    (Kind::Job, "destinations", NO_TRAFFIC),
    (Kind::Volume, "destinations", NO_TRAFFIC),
];

/// Reads `entries`, those of the target `what`. Values that are wrong are left out, faulted.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    (entries, place): (&Entries<'_>, Position),
    kind: Kind,
    what: &str,
) -> TargetHeader {
    fitting_keys(reader, entries, kind, what);
    let destinations = (kind == Kind::Traffic)
        .then(|| reader.required(entries, "destinations", what, place, destinations));
    let target = TargetHeader {
        kind,
        min: reader.optional(entries, "min", Reader::whole),
        max: reader.optional(entries, "max", Reader::whole),
        step_up: reader.optional(entries, "step_up", Reader::share),
        step_down: reader.optional(entries, "step_down", step_down),
        cooldown_up: reader.optional(entries, "cooldown_up", Reader::span),
        cooldown_down: reader.optional(entries, "cooldown_down", Reader::span),
        ready_after: reader.optional(entries, "ready_after", Reader::span),
        safe: reader.optional(entries, "safe", safe),
        destinations: destinations.flatten().unwrap_or_default(),
        effect: reader.optional(entries, "effect", effect),
        replaces: false,
    };
    if let (Some(min), Some(max), Some((_, place))) = (target.min, target.max, entries.get("max"))
        && min > max
    {
        let text = format!("max is {max}, below min, which is {min}");
        reader.faults.add(FaultId::BadValue, place.position(), text);
    }
    target
}

fn fitting_keys(reader: &mut Reader<'_, '_>, entries: &Entries<'_>, kind: Kind, what: &str) {
    reader.known_keys(entries, what, &KEYS);
    for (key, place, _) in entries.iter() {
        let unfit = UNFIT.iter().find(|(of, unfit, _)| *of == kind && *unfit == key);
        if let Some((_, _, reason)) = unfit {
            let text = format!("'{key}' does not fit a {kind}");
            reader.faults.add_with_help(FaultId::NotForKind, place, text, *reason);
        }
    }
}

fn step_down(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<f64> {
    let share = reader.share(value, what)?;
    if share <= 1.0 {
        return Some(share);
    }
    let text = format!("{what} is more than all of it");
    let help = "use at most \"100%\"";
    reader.faults.add_with_help(FaultId::BadValue, value.position(), text, help);
    None
}

/// `["aws", "azure"]`: at least two names, each once.
fn destinations(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for (place, name) in reader.texts(value, what)? {
        if names.contains(&name) {
            reader.faults.add(FaultId::BadValue, place, format!("{what} names '{name}' twice"));
        }
        names.push(name);
    }
    if names.len() < 2 {
        let text = format!("{what} leaves users no choice: it needs two names or more");
        let help = "write it as [\"aws\", \"azure\"]";
        reader.faults.add_with_help(FaultId::BadValue, value.start_position(), text, help);
    }
    Some(names)
}

/// `"high"` or `"low"`
fn safe(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<Side> {
    let text = reader.text(value, what)?;
    let known = Side::NAMES.iter().find(|(name, _)| *name == text);
    if known.is_none() {
        let message = format!("{what} is '{text}', which is no side");
        let help = "write \"high\" or \"low\": the end of the range that does no harm";
        reader.faults.add_with_help(FaultId::BadValue, value.position(), message, help);
    }
    known.map(|(_, side)| *side)
}

/// `#{ input: "conn", falls: "5%", within: "15m", tries: 2 }`
fn effect(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<EffectHeader> {
    let entries = reader.map(value, what)?;
    let place = value.start_position();
    reader.known_keys(&entries, what, &EFFECT_KEYS);
    let input = reader.required(&entries, "input", what, place, Reader::text);
    let falls = reader.required(&entries, "falls", what, place, falls);
    let within = reader.optional(&entries, "within", Reader::span);
    let tries = reader.optional(&entries, "tries", tries);
    Some(EffectHeader {
        input: input?,
        falls: falls?,
        within: within.unwrap_or(DEFAULT_EFFECT_WITHIN),
        tries: tries.unwrap_or(DEFAULT_EFFECT_TRIES),
    })
}

fn falls(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<f64> {
    let share = reader.share(value, what)?;
    if share < 1.0 {
        return Some(share);
    }
    let text = format!("{what} is all of it or more: nothing falls that far");
    let help = "write the least fall that shows that growth helped, such as \"5%\"";
    reader.faults.add_with_help(FaultId::BadValue, value.position(), text, help);
    None
}

fn tries(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<u32> {
    let tries = reader.whole(value, what)?;
    if tries > 0 {
        return Some(tries);
    }
    let text = format!("{what} is 0: growth would never be tried");
    reader.faults.add_with_help(FaultId::BadValue, value.position(), text, "use at least 1");
    None
}
