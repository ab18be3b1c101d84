//! Calendars as people write them, made into calendars of the core.
//!
//! Time zones are looked up here, once, when a configuration or a test is read. What comes of
//! it knows its offsets and asks nobody.

use jiff::{Timestamp as Instant, civil::DateTime, tz::TimeZone};
use setpoint_core::{Period, Timestamp, Zone};

/// The years whose offsets are kept: beyond them the last one holds.
const YEARS: (&str, &str) = ("2020-01-01T00:00:00Z", "2070-01-01T00:00:00Z");

/// Days as they are written, from Monday on.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A text of a calendar that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFault {
    /// The key whose value it is: "from".
    pub key: &'static str,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to write instead.
    pub help: &'static str,
}

fn fault<T>(key: &'static str, message: String, help: &'static str) -> Result<T, CalendarFault> {
    Err(CalendarFault { key, message, help })
}

/// The time zone called `name`; UTC without a name.
pub fn zone(name: Option<&str>) -> Result<Zone, CalendarFault> {
    let Some(name) = name else { return Ok(Zone::utc()) };
    let (zone, [first, last]) = known(name)?;
    let offset = |at: Instant| zone.to_offset(at).seconds();
    let stamp = |at: Instant| Timestamp::from_ms(at.as_millisecond());
    let later = zone.following(first).map(|change| (change.timestamp(), change.offset().seconds()));
    let later = later.take_while(|(at, _)| *at < last).map(|(at, offset)| (stamp(at), offset));
    Ok(Zone::new(name, [(stamp(first), offset(first))].into_iter().chain(later).collect()))
}

fn known(name: &str) -> Result<(TimeZone, [Instant; 2]), CalendarFault> {
    let zone = TimeZone::get(name).ok();
    let years = [YEARS.0, YEARS.1].map(|text| text.parse::<Instant>().ok());
    match (zone, years) {
        (Some(zone), [Some(first), Some(last)]) => Ok((zone, [first, last])),
        _ => fault(
            "zone",
            format!("the time zone \"{name}\" is not known here"),
            "write its name in the IANA database, such as \"Europe/Berlin\"",
        ),
    }
}

/// A time that comes once. Without an offset in them, `from` and `to` are by the clocks of
/// `zone`.
pub fn once(from: &str, to: &str, zone: Option<&str>) -> Result<Period, CalendarFault> {
    let period = (moment("from", from, zone)?, moment("to", to, zone)?);
    if period.0 >= period.1 {
        return fault("to", "a time that ends before it starts".to_owned(), "write a later `to`");
    }
    Ok(Period::Once { from: period.0, to: period.1 })
}

fn moment(key: &'static str, text: &str, zone: Option<&str>) -> Result<Timestamp, CalendarFault> {
    if let Ok(at) = text.parse::<Instant>() {
        return Ok(Timestamp::from_ms(at.as_millisecond()));
    }
    let wrong = || CalendarFault {
        key,
        message: format!("\"{text}\" is no moment"),
        help: "write it as \"2026-11-27T08:00:00Z\", or without the Z beside a `zone`",
    };
    let local: DateTime = text.parse().map_err(|_| wrong())?;
    let (zone, _) = known(zone.ok_or_else(wrong)?)?;
    let at = local.to_zoned(zone).map_err(|_| wrong())?;
    Ok(Timestamp::from_ms(at.timestamp().as_millisecond()))
}

/// A time of every week: `days` as "mon-fri, sun", `from` and `to` as "08:30".
pub fn weekly(
    days: &str,
    from: &str,
    to: &str,
    zone: Option<&str>,
) -> Result<Period, CalendarFault> {
    Ok(Period::Weekly {
        days: self::days(days)?,
        from: minute("from", from)?,
        to: minute("to", to)?,
        zone: self::zone(zone)?,
    })
}

fn days(text: &str) -> Result<[bool; 7], CalendarFault> {
    let mut days = [false; 7];
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let day = |text: &str| DAYS.iter().position(|day| *day == text.trim());
        let (Some(first), Some(last)) = (day(first), day(last)) else {
            let help = "write \"mon-fri\", \"sat, sun\" or \"mon-sun\"";
            return fault("days", format!("\"{part}\" is no day"), help);
        };
        // "sat-mon" goes over the end of the week.
        let length = (last + 7 - first) % 7;
        (0..=length).for_each(|further| days[(first + further) % 7] = true);
    }
    Ok(days)
}

fn minute(key: &'static str, text: &str) -> Result<u16, CalendarFault> {
    let minute = crate::engine::time_of_day(text).ok().and_then(|minute| minute.try_into().ok());
    let wrong = CalendarFault {
        key,
        message: format!("\"{text}\" is no time of day"),
        help: "write it as \"08:30\"",
    };
    minute.ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{Calendar, Span};

    fn at(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<Instant>().unwrap().as_millisecond())
    }

    /// Whether it is the time of `period` at each of these moments.
    fn check(period: Period, moments: &[(&str, bool)]) {
        let calendar = Calendar { periods: vec![period] };
        for (moment, expected) in moments {
            let within = calendar.within(at(moment), Span::ZERO).is_some();
            assert_eq!(within, *expected, "{moment}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_by_the_clocks_of_its_zone() {
        let moments = [("2026-11-27T07:59:00Z", false), ("2026-11-27T08:00:00Z", true)];
        check(once("2026-11-27T08:00Z", "2026-11-28T08:00Z", None).unwrap(), &moments);
        let zone = Some("America/New_York");
        check(once("2026-11-27T03:00", "2026-11-28T03:00", zone).unwrap(), &moments);
    }

    #[test]
    fn a_week_is_that_of_its_zone() {
        let office = weekly("mon-fri", "08:00", "18:00", Some("Europe/Berlin")).unwrap();
        let moments = [
            ("2026-01-05T06:59:00Z", false),
            ("2026-01-05T07:00:00Z", true),
            ("2026-07-06T06:00:00Z", true),
            ("2026-07-06T16:00:00Z", false),
            ("2026-07-05T10:00:00Z", false),
            ("2055-07-05T06:00:00Z", true),
        ];
        check(office, &moments);
    }

    #[test]
    fn days_are_lists_and_ranges_also_over_the_end_of_the_week() {
        let shown = |text: &str| {
            let days = days(text).unwrap();
            days.map(|day| if day { 'x' } else { '-' }).iter().collect::<String>()
        };
        assert_eq!(shown("mon-fri"), "xxxxx--");
        assert_eq!(shown("sat, sun"), "-----xx");
        assert_eq!(shown("sat-mon,wed"), "x-x--xx");
        assert_eq!(shown("mon-sun"), "xxxxxxx");
    }

    #[test]
    fn what_is_no_time_is_told_at_its_key() {
        let key = |result: Result<Period, CalendarFault>| result.unwrap_err().key;
        assert_eq!(key(once("today", "2026-11-28T08:00Z", None)), "from");
        assert_eq!(key(once("2026-11-28T08:00", "2026-11-29T08:00Z", None)), "from");
        assert_eq!(key(once("2026-11-28T08:00Z", "2026-11-27T08:00Z", None)), "to");
        assert_eq!(key(once("2026-11-28T08:00", "x", Some("Mars/Olympus"))), "zone");
        assert_eq!(key(weekly("monday", "08:00", "18:00", None)), "days");
        assert_eq!(key(weekly("mon", "8", "18:00", None)), "from");
        assert_eq!(key(weekly("mon", "08:00", "24:00", None)), "to");
        assert_eq!(key(weekly("mon", "08:00", "18:00", Some("Mars/Olympus"))), "zone");
    }
}
