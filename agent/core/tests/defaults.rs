//! The manual's page of defaults is the table of the code.

use setpoint_core::{
    Amount, Brakes, DEFAULTS, DatabaseSettings, GroupSettings, Range, defaults_page,
};
use std::{collections::BTreeSet, env, fs, path::Path};

#[test]
fn the_page_of_defaults_is_never_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/defaults.md");
    if env::var_os("SETPOINT_BLESS").is_some() {
        fs::write(&path, defaults_page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, defaults_page(), "run with SETPOINT_BLESS=1 to write it anew");
}

#[test]
fn no_default_is_named_twice() {
    let names: BTreeSet<_> = DEFAULTS.iter().map(|row| (row.name, row.of)).collect();
    assert_eq!(names.len(), DEFAULTS.len());
}

/// The table's figure, as it is written.
#[track_caller]
fn figure(name: &str, of: &str) -> Amount {
    let mut rows = DEFAULTS.iter().filter(|row| row.name == name && row.of.contains(of));
    rows.next().unwrap_or_else(|| panic!("{name} of {of} is not in the table")).value
}

#[test]
fn settings_are_built_from_the_table() {
    let range = Range::new(1, 9).unwrap();
    let (group, database) = (GroupSettings::new(range), DatabaseSettings::new(range));
    let brakes = &group.brakes;
    for (name, of, value) in [
        ("dead_band", "group", Amount::Share(group.dead_band)),
        ("stabilise_down", "group", Amount::Time(group.stabilise_down)),
        ("stabilise_up", "group", Amount::Time(group.stabilise_up)),
        ("step_up", "group", Amount::Share(group.growth.share)),
        ("step_up count", "group", Amount::Count(group.growth.count)),
        ("step_up period", "group", Amount::Time(group.growth.period)),
        ("step_down", "group", Amount::Share(group.shrink.share)),
        ("step_down count", "group", Amount::Count(group.shrink.count)),
        ("ready_after", "group", Amount::Time(group.ready_after)),
        ("confirm_within", "group", Amount::Time(group.confirm_within)),
        ("confirm_within", "database", Amount::Time(database.confirm_within)),
        ("cooldown_down", "group", Amount::Time(group.cooldown_down)),
        ("cooldown_down", "database", Amount::Time(database.cooldown_down)),
        ("cooldown_up", "database", Amount::Time(database.cooldown_up)),
        ("settle", "group", Amount::Time(group.settle)),
        ("settle", "database", Amount::Time(database.settle)),
        ("shortage", "group", Amount::Time(brakes.shortage)),
        ("drop", "group", Amount::Share(brakes.drop.share)),
        ("drop within", "group", Amount::Time(brakes.drop.within)),
        ("drop hold", "group", Amount::Time(brakes.drop.hold)),
        ("sick", "group", Amount::Share(brakes.sick.share)),
        ("sick count", "group", Amount::Count(brakes.sick.count)),
        ("foreign_respect", "group", Amount::Time(brakes.foreign_respect)),
        ("flap turns", "group", Amount::Count(brakes.flap.turns)),
        ("flap within", "group", Amount::Time(brakes.flap.within)),
        ("budget", "group", Amount::Share(brakes.budget.share)),
        ("budget within", "group", Amount::Time(brakes.budget.within)),
    ] {
        assert_eq!(figure(name, of), value, "{name}");
    }
    assert_eq!(group.brakes, database.brakes);
}

#[test]
fn older_settings_read_with_the_brakes_of_today() {
    let bounds = GroupSettings::new(Range::new(10, 200).unwrap());
    let mut written = serde_json::to_value(&bounds).unwrap();
    written.as_object_mut().unwrap().remove("brakes");
    let read: GroupSettings = serde_json::from_value(written).unwrap();
    assert_eq!(read.brakes, Brakes::default());
}
