//! `[group]`: the members, how they start, what they cost, and what may go wrong with them.

use super::section::Section as _;
use crate::{
    chance::Spread,
    world::{FleetModel, Spot, Tariff},
    written::{
        fault::{At, Code, FileFault, Place},
        table::Table,
    },
};
use setpoint_core::{Range, Span};

/// The largest group that is simulated.
const MOST: u32 = 10_000;
/// The most zones a group can be spread over.
const ZONES: u32 = 26;

/// A group, with the name that policies and reports know it by: `usual`, unless it says another.
pub(super) fn group(mut table: Table<'_>, usual: &str) -> Option<(String, FleetModel)> {
    let reader = table.reader;
    let fault = |place: &Place, message: String| {
        reader.faults.push(FileFault::new(Code::BadValue, place, message));
    };
    let name = table.text("name").map_or_else(|| usual.to_owned(), |name| name.value);
    let range = range(&mut table);
    let start = table.count("start");
    let boot = table.spread("boot", Spread { median: Span::from_secs(120), sigma: 0.3 });
    let tariff = table.tariff(Tariff { per_hour: 0.085, least: Span::from_secs(60) });
    let zones = table.count("zones").map_or(3, |zones| {
        if !(1..=ZONES).contains(&zones.value) {
            fault(&zones.place, format!("`zones` is {}, and takes 1 to {ZONES}", zones.value));
        }
        zones.value.clamp(1, ZONES)
    });
    let spot = table.table("spot").map(spot);
    let launch_fails = table.share("launch_fail", 0.0);
    let drain = table.length("drain", Span::ZERO);
    let replaced_after = table.length("replaced_after", Span::from_secs(60));
    table.finish();
    let range = range?;
    if let Some(at) = start.as_ref().filter(|start| range.clamp(start.value) != start.value) {
        fault(&at.place, format!("`start` is {}, outside of {range}", at.value));
    }
    let size = start.map_or(range.min(), |start| start.value);
    let plain = FleetModel::new(size, range, boot, tariff);
    Some((name, FleetModel { zones, launch_fails, drain, replaced_after, spot, ..plain }))
}

fn range(table: &mut Table<'_>) -> Option<Range> {
    for (key, example) in [("min", "min = 10"), ("max", "max = 200")] {
        if !table.has(key) {
            table.missing(key, example);
        }
    }
    let (min, max) = (table.count("min"), table.count("max"));
    let (min, max) = (min?, max?);
    let fault = |at: &At<u32>, message: String| {
        table.reader.faults.push(FileFault::new(Code::BadValue, &at.place, message));
    };
    if max.value > MOST {
        fault(&max, format!("`max` is {}, at most {MOST} members are simulated", max.value));
        return None;
    }
    let range = Range::new(min.value, max.value);
    if range.is_none() {
        fault(&min, format!("`min` is {}, above `max`, which is {}", min.value, max.value));
    }
    range
}

fn spot(mut table: Table<'_>) -> Spot {
    let spot = Spot {
        share: table.share("share", 0.5),
        tariff: table.tariff(Tariff { per_hour: 0.03, least: Span::from_secs(60) }),
    };
    table.finish();
    spot
}
