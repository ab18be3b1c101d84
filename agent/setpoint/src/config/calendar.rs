//! `[calendars.x]`: named times that policies ask for.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::{RawNamed, required},
    table::Table,
};
use setpoint_core::{Calendar, Period};
use setpoint_policies::calendar::{CalendarFault, once, weekly};

/// `[calendars.x]` as it is written.
#[derive(Debug)]
pub(crate) struct RawCalendar {
    zone: Option<At<String>>,
    /// `periods = [{ from = "…", to = "…" }]`
    periods: Vec<RawTime>,
    /// `weekly = [{ days = "mon-fri", from = "08:00", to = "18:00" }]`
    weekly: Vec<(At<String>, RawTime)>,
}

/// From when until when.
#[derive(Debug)]
struct RawTime {
    from: At<String>,
    to: At<String>,
}

/// Reads one calendar.
pub(crate) fn read(mut table: Table<'_>) -> Option<RawCalendar> {
    let zone = table.text("zone");
    let (once, every_week) = (table.list_of_tables("periods"), table.list_of_tables("weekly"));
    if once.is_empty() && every_week.is_empty() {
        let example = "weekly = [{ days = \"mon-fri\", from = \"08:00\", to = \"18:00\" }]";
        table.missing("periods", example);
    }
    table.finish();
    let time = |table: &mut Table<'_>, example: [&str; 2]| {
        let from = required(table, "from", example[0], Table::text);
        let to = required(table, "to", example[1], Table::text);
        Some(RawTime { from: from?, to: to? })
    };
    let moments = ["from = \"2026-11-27T08:00:00Z\"", "to = \"2026-11-30T08:00:00Z\""];
    let periods = once.into_iter().filter_map(|mut table| {
        let time = time(&mut table, moments);
        table.finish();
        time
    });
    let periods = periods.collect();
    let weekly = every_week.into_iter().filter_map(|mut table| {
        let days = required(&mut table, "days", "days = \"mon-fri\"", Table::text);
        let time = time(&mut table, ["from = \"08:00\"", "to = \"18:00\""]);
        table.finish();
        Some((days?, time?))
    });
    let weekly = weekly.collect();
    Some(RawCalendar { zone, periods, weekly })
}

/// The calendar that is meant.
pub(crate) fn mean(raw: &RawCalendar, faults: &Faults) -> Calendar {
    let zone = raw.zone.as_ref().map(|zone| zone.value.as_str());
    let told =
        |result: Result<Period, CalendarFault>, days: Option<&At<String>>, time: &RawTime| {
            let CalendarFault { key, message, help } = match result {
                Ok(period) => return Some(period),
                Err(fault) => fault,
            };
            let place: &Place = match (key, days, &raw.zone) {
                ("days", Some(days), _) => &days.place,
                ("zone", _, Some(zone)) => &zone.place,
                ("to", ..) => &time.to.place,
                _ => &time.from.place,
            };
            faults.push(ConfigFault::new(Code::BadValue, place, message).help(help));
            None
        };
    let periods = raw
        .periods
        .iter()
        .filter_map(|time| told(once(&time.from.value, &time.to.value, zone), None, time));
    let weekly = raw.weekly.iter().filter_map(|(days, time)| {
        let period = weekly(&days.value, &time.from.value, &time.to.value, zone);
        told(period, Some(days), time)
    });
    Calendar { periods: periods.chain(weekly).collect() }
}

/// Faults each of `asked` that is no calendar of `known`; `place` names the policy.
pub(crate) fn are_known<'a>(
    asked: impl IntoIterator<Item = &'a String>,
    known: &[RawNamed<RawCalendar>],
    (policy, place): (&str, &Place),
    faults: &Faults,
) {
    let names = || known.iter().map(|calendar| calendar.name.value.as_str());
    for name in asked {
        if names().any(|known| known == name) {
            continue;
        }
        let message = format!("policy `{policy}` asks the calendar `{name}`, and there is none");
        let help = super::suggest::advice(name, names()).filter(|_| !known.is_empty());
        let help = help.unwrap_or_else(|| format!("write `[calendars.{name}]` with its times"));
        faults.push(ConfigFault::new(Code::UnknownName, place, message).help(help));
    }
}
