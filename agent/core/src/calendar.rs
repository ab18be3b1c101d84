//! Calendars: named times that policies ask for, such as a sale or the hours of an office.
//!
//! Pure: a time zone is a list of its offsets, looked up once by whoever reads a configuration.
//! So a recorded pass comes out the same on a machine that knows other time zones.

use crate::{Span, Timestamp};
use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The longest time ahead that may be asked for.
pub const MAX_LEAD: Span = Span::from_minutes(31 * 24 * 60);

/// Some times that go by one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Each of them. They may overlap.
    pub periods: Vec<Period>,
}

/// One time of a calendar: from its start on, and before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Once.
    Once {
        /// Its start.
        from: Timestamp,
        /// Its end, after the start.
        to: Timestamp,
    },
    /// On certain days of every week.
    Weekly {
        /// Whether it starts on a day, from Monday on.
        days: [bool; 7],
        /// The minute of the day at which it starts.
        from: u16,
        /// The minute of the day at which it ends; of the next day, unless it is after `from`.
        to: u16,
        /// Where these days and minutes are.
        zone: Zone,
    },
}

/// The offsets of a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its name: "Europe/Berlin".
    pub name: String,
    /// The seconds that it is ahead of UTC, and from when on. The first holds for all time
    /// before it.
    offsets: Vec<(Timestamp, i32)>,
}

impl Zone {
    /// UTC itself.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), offsets: Vec::new() }
    }

    /// A zone with these offsets, in seconds ahead of UTC, each from when on; in their order.
    pub fn new(name: impl Into<String>, offsets: Vec<(Timestamp, i32)>) -> Self {
        Self { name: name.into(), offsets }
    }

    fn offset_ms(&self, at: Timestamp) -> i64 {
        let after = self.offsets.partition_point(|(since, _)| *since <= at);
        let offset = self.offsets.get(after.saturating_sub(1));
        offset.map_or(0, |(_, seconds)| i64::from(*seconds) * 1000)
    }

    /// The moment at which clocks there show `local`, in milliseconds since 1970. Where they
    /// show it twice it is the later one, where they skip it the moment that much later.
    fn moment(&self, local: i64) -> Timestamp {
        let guess = Timestamp::from_ms(local - self.offset_ms(Timestamp::from_ms(local)));
        Timestamp::from_ms(local - self.offset_ms(guess))
    }
}

impl Calendar {
    /// The time that it is now, or will be within `lead`.
    pub fn within(&self, now: Timestamp, lead: Span) -> Option<(Timestamp, Timestamp)> {
        let covers = |(from, to): &(Timestamp, Timestamp)| *from - lead <= now && now < *to;
        let times = self.periods.iter().flat_map(|period| period.near(now, lead));
        times.filter(covers).min()
    }
}

impl Period {
    /// Its times about now.
    fn near(&self, now: Timestamp, lead: Span) -> Vec<(Timestamp, Timestamp)> {
        match self {
            Self::Once { from, to } => vec![(*from, *to)],
            Self::Weekly { days, from, to, zone } => {
                let today = (now.ms() + zone.offset_ms(now)).div_euclid(DAY_MS);
                let ahead = i64::try_from(lead.ms()).unwrap_or(i64::MAX).min(MAX_LEAD_MS) / DAY_MS;
                let starts = (today - 2..=today + ahead + 2).filter(|day| days[weekday(*day)]);
                let minute = |day: i64, minute: u16| {
                    zone.moment(day * DAY_MS + i64::from(minute) * MINUTE_MS)
                };
                let time = |day: i64| {
                    let last = if to > from { day } else { day + 1 };
                    (minute(day, *from), minute(last, *to))
                };
                starts.map(time).collect()
            }
        }
    }
}

const MAX_LEAD_MS: i64 = 31 * DAY_MS;

/// The day of the week of the day `days` after 1970-01-01, a Thursday; Monday is 0.
fn weekday(days: i64) -> usize {
    usize::try_from((days + 3).rem_euclid(7)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE_MS;
    /// 2026-03-29T00:00:00Z, the Sunday on which Berlin puts its clocks forward at 01:00 UTC.
    const SUNDAY: i64 = 1_774_742_400_000;
    /// 2026-10-25T00:00:00Z, the Sunday on which it puts them back at 01:00 UTC.
    const AUTUMN: i64 = 1_792_886_400_000;

    fn berlin() -> Zone {
        let at = Timestamp::from_ms;
        let summer = [(at(SUNDAY + HOUR), 7200), (at(AUTUMN + HOUR), 3600)];
        Zone::new("Europe/Berlin", [(at(0), 3600)].into_iter().chain(summer).collect())
    }

    fn weekly(days: &str, from: u16, to: u16) -> Calendar {
        let days = std::array::from_fn(|day| days.as_bytes()[day] != b'-');
        Calendar {
            periods: vec![Period::Weekly { days, from: from * 60, to: to * 60, zone: berlin() }],
        }
    }

    #[track_caller]
    fn check(calendar: &Calendar, at: i64, lead_hours: u64, expected: Option<&str>) {
        let within = calendar.within(Timestamp::from_ms(at), Span::from_minutes(60 * lead_hours));
        let within = within.map(|(from, to)| format!("{from} {to}"));
        assert_eq!(within.as_deref(), expected, "{}", Timestamp::from_ms(at));
    }

    #[test]
    fn a_time_starts_ahead_of_itself_and_never_lasts_beyond_its_end() {
        let at = |ms| Timestamp::from_ms(ms);
        let once = Period::Once { from: at(10 * HOUR), to: at(12 * HOUR) };
        let sale = Calendar { periods: vec![once] };
        let it = Some("1970-01-01T10:00:00Z 1970-01-01T12:00:00Z");
        check(&sale, 10 * HOUR - 1, 0, None);
        check(&sale, 10 * HOUR, 0, it);
        check(&sale, 12 * HOUR - 1, 0, it);
        check(&sale, 12 * HOUR, 3, None);
        check(&sale, 8 * HOUR, 2, it);
        check(&sale, 8 * HOUR - 1, 2, None);
    }

    #[test]
    fn a_week_goes_by_the_clocks_of_its_zone_in_summer_and_in_winter() {
        let office = weekly("mtwtf--", 8, 18);
        // The Friday before, in winter; the Monday after, in summer.
        let friday = Some("2026-03-27T07:00:00Z 2026-03-27T17:00:00Z");
        check(&office, SUNDAY - 2 * 24 * HOUR + 7 * HOUR, 0, friday);
        check(&office, SUNDAY - 2 * 24 * HOUR + 7 * HOUR - 1, 0, None);
        let monday = Some("2026-03-30T06:00:00Z 2026-03-30T16:00:00Z");
        check(&office, SUNDAY + 24 * HOUR + 6 * HOUR, 0, monday);
        check(&office, SUNDAY + 12 * HOUR, 0, None);
        check(&office, SUNDAY + 12 * HOUR, 18, monday);
        check(&office, SUNDAY, 24 * 31, monday);
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_starts() {
        let night = weekly("-----s-", 22, 4);
        let time = Some("2026-03-28T21:00:00Z 2026-03-29T02:00:00Z");
        check(&night, SUNDAY + HOUR, 0, time);
        check(&night, SUNDAY + 2 * HOUR, 0, None);
        check(&night, SUNDAY - 24 * HOUR + HOUR, 0, None);
    }

    #[test]
    fn hours_that_clocks_skip_or_show_twice_are_neither_lost_nor_endless() {
        let skipped = weekly("------s", 2, 3);
        check(&skipped, SUNDAY + HOUR, 0, None);
        let twice = weekly("------s", 2, 4);
        check(&twice, AUTUMN + HOUR, 0, Some("2026-10-25T01:00:00Z 2026-10-25T03:00:00Z"));
        check(&twice, AUTUMN + 3 * HOUR, 0, None);
    }

    #[test]
    fn a_week_is_seven_days_and_the_first_was_a_thursday() {
        assert_eq!((0..7).map(weekday).collect::<Vec<_>>(), [3, 4, 5, 6, 0, 1, 2]);
        assert_eq!(weekday(-1), 2);
    }
}
