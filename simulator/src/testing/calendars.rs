//! `calendars`: named times that the policies under test ask for.

use super::{
    fault::{Code, FileFault, Place},
    table::Table,
    test::Bench,
};
use setpoint_core::{Calendar, Calendars, Period};
use setpoint_policies::calendar::{CalendarFault, once, weekly};

impl<'a> Bench<'a> {
    /// `calendars = { sale = { periods = [{ from = "…", to = "…" }] } }`, as in the agent's
    /// configuration; each that a policy asks must be there.
    pub(super) fn calendars(&self, table: &mut Table<'a>) -> Calendars {
        let mut calendars = Vec::new();
        for (name, value) in table.named("calendars") {
            let Some(table) = Table::inner(self.reader, value, &name.value) else { continue };
            calendars.push((name.value, self.calendar(table)));
        }
        for policy in self.policies {
            for asked in policy.script.calendars() {
                if !calendars.iter().any(|(name, _)| name == asked) {
                    let message = format!("{} asks the calendar `{asked}`", policy.name);
                    let fault = FileFault::new(Code::MissingKey, &table.place, message);
                    self.fault(fault.help(format!(
                        "write `calendars.{asked}.periods = [{{ from = \"2026-01-05T00:10:00Z\", \
                         to = \"2026-01-05T01:00:00Z\" }}]`"
                    )));
                }
            }
        }
        calendars.into_iter().collect()
    }

    fn calendar(&self, mut table: Table<'a>) -> Calendar {
        let zone = table.text("zone").map(|zone| zone.value);
        let zone = zone.as_deref();
        let mut periods = Vec::new();
        for mut time in table.tables("periods") {
            let (from, to) = (time.text("from"), time.text("to"));
            if let (Some(from), Some(to)) = (from, to) {
                periods.extend(self.told(once(&from.value, &to.value, zone), &time.place));
            } else {
                time.missing(
                    "from",
                    "from = \"2026-11-27T08:00:00Z\", to = \"2026-11-30T08:00:00Z\"",
                );
            }
            time.finish();
        }
        for mut time in table.tables("weekly") {
            let (days, from, to) = (time.text("days"), time.text("from"), time.text("to"));
            if let (Some(days), Some(from), Some(to)) = (days, from, to) {
                let period = weekly(&days.value, &from.value, &to.value, zone);
                periods.extend(self.told(period, &time.place));
            } else {
                time.missing("days", "days = \"mon-fri\", from = \"08:00\", to = \"18:00\"");
            }
            time.finish();
        }
        table.finish();
        Calendar { periods }
    }

    fn told(&self, period: Result<Period, CalendarFault>, place: &Place) -> Option<Period> {
        match period {
            Ok(period) => Some(period),
            Err(CalendarFault { message, help, .. }) => {
                self.fault(FileFault::new(Code::BadValue, place, message).help(help));
                None
            }
        }
    }
}
