//! Nothing shrinks when the load falls while errors rise.
//!
//! A network that fails looks like customers who leave: CPU falls, and a fleet that shrinks
//! then is missing when they come back. A sharp fall alone is no reason to hold; one with
//! errors is. Source: Slack's outage of 4 January 2021. What counts as errors is decided in
//! docs/decisions/0004.

use super::{Candidate, Ruling};
use crate::{InputKey, Short, Tick, Timestamp, Window, brakes::Fall, noticed::Load};

/// How much more errors must be than they were at the peak of the load: half as much again.
const RISE: f64 = 1.5;

/// The load of this pass, as it was measured, and what was unhealthy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Present {
    pub(crate) now: Tick,
    pub(crate) load: Option<f64>,
    pub(crate) unhealthy: u32,
}

/// What is suspicious about the load now, against its recent peaks in `loads`: that it fell
/// by more than the share while unhealthy members or one of `errors` rose.
pub(crate) fn suspicion<'a>(
    fall: Fall,
    loads: impl IntoIterator<Item = &'a Load>,
    present: Present,
    errors: impl IntoIterator<Item = (&'a InputKey, &'a Window)>,
) -> Option<String> {
    let load = present.load?;
    let mut loads = loads.into_iter();
    let peak = loads.find(|peak| present.now.since(peak.at) <= fall.within)?;
    if load >= peak.members * (1.0 - fall.share) {
        return None;
    }
    let ago = present.now.since(peak.at);
    let fell = format!("the load fell by {} % in {ago}", {
        Short(((1.0 - load / peak.members) * 100.0).round())
    });
    if present.unhealthy > peak.unhealthy {
        let (before, after) = (peak.unhealthy, present.unhealthy);
        return Some(format!("{fell} while unhealthy members rose from {before} to {after}"));
    }
    errors.into_iter().find_map(|(input, window)| {
        let (before, after) = rise(window, peak.wall)?;
        let (before, after, name) = (Short(before), Short(after), input.input());
        Some(format!("{fell} while {name} rose from {before} to {after}"))
    })
}

/// What the input of `window` read at `at`, and what it reads now, if it rose.
fn rise(window: &Window, at: Timestamp) -> Option<(f64, f64)> {
    let after = window.samples().next_back()?;
    let mut earlier = window.samples().rev().filter(|sample| sample.at <= at);
    let before = earlier.next().or_else(|| window.samples().next())?;
    let rose = after.value() > 0.0 && after.value() > before.value() * RISE;
    rose.then(|| (before.value(), after.value()))
}

/// Holds shrinking in a pass with a `suspicion`, and for `fall.hold` after the last one.
pub(crate) fn suspicious_drop(
    candidate: Candidate,
    suspicion: Option<&str>,
    last: Option<&(Tick, String)>,
    (now, fall): (Tick, Fall),
) -> Ruling {
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for shrinking");
    }
    if let Some(why) = suspicion {
        return Ruling::Hold(why.to_owned().into());
    }
    match last.map(|(at, why)| (now.since(*at), why)) {
        Some((ago, why)) if ago < fall.hold => {
            Ruling::Hold(format!("{ago} ago, {why}; {} to go", fall.hold.minus(ago)).into())
        }
        _ => Ruling::pass(candidate, "nothing suspicious"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sample, Span, defaults};

    const FALL: Fall = Fall {
        share: defaults::DROP_SHARE,
        within: defaults::DROP_WITHIN,
        hold: defaults::DROP_HOLD,
    };

    /// Whether it is suspicious that a load of 40, two minutes ago, is `load` now, while
    /// unhealthy members went from one to `unhealthy` and errors read `errors` each minute.
    #[track_caller]
    fn check(load: Option<f64>, unhealthy: u32, errors: &[f64], expected: Option<&str>) {
        let wall = |minute: i64| Timestamp::from_ms(minute * 60_000);
        let tick = |minute: u64| Tick::from_ms(minute * 60_000);
        let peak = Load { at: tick(10), wall: wall(10), members: 40.0, unhealthy: 1 };
        let minute = Span::from_minutes(1);
        let mut window = Window::new(minute.times(10), minute);
        for (value, at) in errors.iter().zip(9..) {
            window.push(Sample::new(wall(at), *value).unwrap());
        }
        let present = Present { now: tick(12), load, unhealthy };
        let input = InputKey::new("p/errors");
        let why = suspicion(FALL, [&peak], present, [(&input, &window)]);
        assert_eq!(why.as_deref(), expected);
    }

    #[test]
    fn a_fall_with_errors_is_suspicious() {
        let why = "the load fell by 75 % in 2m while errors rose from 2 to 9";
        check(Some(10.0), 1, &[0.0, 2.0, 3.0, 9.0], Some(why));
        let why = "the load fell by 75 % in 2m while unhealthy members rose from 1 to 3";
        check(Some(10.0), 3, &[], Some(why));
        let why = "the load fell by 75 % in 2m while errors rose from 0 to 1";
        check(Some(10.0), 0, &[0.0, 0.0, 0.0, 1.0], Some(why));
    }

    #[test]
    fn a_fall_alone_is_not() {
        check(Some(10.0), 1, &[], None);
        check(Some(10.0), 0, &[2.0, 2.0, 2.0, 2.0], None);
        check(Some(10.0), 1, &[9.0, 4.0, 4.0, 5.0], None);
    }

    #[test]
    fn errors_alone_are_not() {
        check(Some(20.0), 9, &[0.0, 2.0, 3.0, 9.0], None);
        check(None, 9, &[0.0, 2.0, 3.0, 9.0], None);
    }

    #[test]
    fn it_holds_for_a_while_and_never_keeps_growth_waiting() {
        let last = (Tick::from_ms(0), "it fell".to_owned());
        let holds = |size, seconds: u64| {
            let now = Tick::from_ms(seconds * 1000);
            let candidate = Candidate::new(10, size);
            let ruling = suspicious_drop(candidate, None, Some(&last), (now, FALL));
            matches!(ruling, Ruling::Hold(_))
        };
        assert_eq!([holds(9, 899), holds(9, 900), holds(11, 1)], [true, false, false]);
    }
}
