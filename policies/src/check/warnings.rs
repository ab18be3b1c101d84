//! What is suspicious about a policy as a whole, though not wrong.

use super::usage::{Asked, Usage};
use crate::{fault::FaultId, faults::Faults, header::Declared};
use rhai::Position;
use setpoint_core::Dimension;
use std::collections::BTreeSet;

/// Opinions that only ever make a group smaller, or keep it small.
const NEVER_GROWS: [&str; 3] = ["at_most", "replace", "replace_unhealthy"];

/// Notes what is declared and never used, and groups that cannot grow out of saturation.
pub(super) fn note(faults: &mut Faults<'_>, declared: &Declared, usage: &Usage) {
    let places = declared.inputs.iter().map(|(name, (place, _))| (name, *place));
    if !usage.any_input {
        unused(faults, FaultId::UnusedInput, "input", places, &usage.inputs);
    }
    let places = declared.targets.iter().map(|(name, (place, _))| (name, *place));
    unused(faults, FaultId::UnusedTarget, "target", places, &usage.targets);
    let places = declared.params.iter().map(|(name, (place, _))| (name, *place));
    if !usage.any_param {
        unused(faults, FaultId::UnusedParam, "parameter", places, &usage.params);
    }
    for target in declared.targets.keys() {
        saturating(faults, target, usage);
    }
}

fn unused<'d>(
    faults: &mut Faults<'_>,
    id: FaultId,
    what: &str,
    declared: impl Iterator<Item = (&'d String, Position)>,
    used: &BTreeSet<String>,
) {
    for (name, place) in declared.filter(|(name, _)| !used.contains(*name)) {
        let message = format!("the {what} '{name}' is never used");
        faults.add_with_help(id, place, message, "use it, or take it out of the header");
    }
}

/// A share such as CPU ends at 100 %: what is tracked by it alone never sees how much
/// more is needed. Any other opinion that lets the group grow is a way out.
fn saturating(faults: &mut Faults<'_>, target: &str, usage: &Usage) {
    let about = |asked: &&Asked| asked.target.as_deref().is_none_or(|own| own == target);
    let sizing: Vec<&Asked> = usage
        .asks
        .iter()
        .filter(about)
        .filter(|asked| !NEVER_GROWS.contains(&asked.word))
        .collect();
    let by_share = |asked: &&Asked| asked.word == "track" && asked.by == Some(Dimension::Ratio);
    if let Some(first) = sizing.first()
        && sizing.iter().all(by_share)
    {
        let message = format!("'{target}' is sized only by shares, which end at 100 %");
        let help = "add a rule that grows it when the share is at its end, such as \
                    `when m.cpu > 95.percent { … scale_by(50.percent) }`, or size it by serve(…)";
        faults.add_with_help(FaultId::Saturating, first.place, message, help);
    }
}
