//! Reads what a header says of one target.

use super::{
    Kind, TargetHeader,
    literal::{Entries, Reader},
};
use crate::fault::FaultId;
use rhai::Expr;

/// A target's keys.
const KEYS: [&str; 8] =
    ["kind", "min", "max", "step_up", "step_down", "cooldown_up", "cooldown_down", "ready_after"];

/// Keys that are set aside.
const NOT_YET: [&str; 2] = ["safe", "effect"];

/// Keys that do not fit a kind, and why.
const UNFIT: [(Kind, &str, &str); 4] = [
    (Kind::Group, "cooldown_up", "a group's growth has no cooldown: it is never kept waiting"),
    (Kind::Database, "step_up", "a database grows by one replica at a time"),
    (Kind::Database, "step_down", "a database shrinks by one replica at a time"),
    (Kind::Database, "ready_after", "a replica counts when it serves, however long that takes"),
];

/// Reads `entries`, those of the target `what`. Values that are wrong are left out, faulted.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    entries: &Entries<'_>,
    kind: Kind,
    what: &str,
) -> TargetHeader {
    fitting_keys(reader, entries, kind, what);
    let target = TargetHeader {
        kind,
        min: reader.optional(entries, "min", Reader::whole),
        max: reader.optional(entries, "max", Reader::whole),
        step_up: reader.optional(entries, "step_up", Reader::share),
        step_down: reader.optional(entries, "step_down", step_down),
        cooldown_up: reader.optional(entries, "cooldown_up", Reader::span),
        cooldown_down: reader.optional(entries, "cooldown_down", Reader::span),
        ready_after: reader.optional(entries, "ready_after", Reader::span),
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
    let known: Vec<&str> = KEYS.into_iter().chain(NOT_YET).collect();
    reader.known_keys(entries, what, &known);
    for (key, place, _) in entries.iter() {
        if NOT_YET.contains(&key) {
            let text = format!("'{key}' is not supported yet by this version");
            reader.faults.add(FaultId::NotYet, place, text);
        }
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
