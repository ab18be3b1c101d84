//! `[rollout]`: revisions that come in turn, and the brakes with which their share is raised.

use super::section::Section as _;
use crate::{
    world::{Revision, RolloutModel},
    written::{
        fault::{Code, FileFault},
        stages::stages,
        table::Table,
    },
};
use setpoint_core::{RolloutSettings, SettingSettings};

/// The revisions, and what configuration would say of the target.
pub(super) fn rollout(mut table: Table<'_>) -> (RolloutModel, RolloutSettings) {
    let defaults = RolloutSettings::new();
    let name = table.text("name").map_or_else(|| "canary".to_owned(), |name| name.value);
    let stages = stages(&mut table).unwrap_or(defaults.stages);
    let cooldown_down = table.length("cooldown_down", defaults.dial.cooldown_down);
    let dial = SettingSettings { cooldown_down, ..defaults.dial };
    if !table.has("revision") {
        table.missing("revision", "[[rollout.revision]]` and in it `at = \"10h\"");
    }
    let mut revisions: Vec<Revision> =
        table.tables("revision").into_iter().filter_map(revision).collect();
    revisions.sort_by_key(|revision| revision.at);
    table.finish();
    (RolloutModel { name, revisions }, RolloutSettings { dial, stages })
}

fn revision(mut table: Table<'_>) -> Option<Revision> {
    for (key, example) in [("name", "name = \"v2\""), ("at", "at = \"10h\"")] {
        if !table.has(key) {
            table.missing(key, example);
        }
    }
    let (name, at) = (table.text("name"), table.span("at"));
    let errors = table.share("errors", 0.0);
    let slower = table.positive("slower", 1.0);
    let place = table.place.clone();
    let faults = table.reader.faults;
    table.finish();
    let (name, at) = (name?.value, at?.value);
    if name.is_empty() {
        let message = "a revision without a name cannot be told from another";
        faults.push(FileFault::new(Code::BadValue, &place, message));
    }
    Some(Revision { name, at, errors, slower })
}
