//! A policy that holds a floor by the time of day, as scheduled actions did: pure.

use crate::wiring::NativeRule;
use std::fmt::Write;

/// From one time of day to another, at least so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Floor {
    from: (u8, u8),
    to: (u8, u8),
    min: u32,
}

/// The floors of a day: each action holds until the next one. One alone holds for the whole
/// day, which is what the target's own minimum says.
pub(super) fn of(rules: &[NativeRule]) -> Vec<Floor> {
    let mut daily: Vec<((u8, u8), u32)> = rules
        .iter()
        .filter_map(|rule| match rule {
            NativeRule::Daily { at, min } => Some((*at, *min)),
            NativeRule::Cpu { .. } | NativeRule::Requests { .. } => None,
        })
        .collect();
    daily.sort_unstable();
    daily.dedup_by_key(|(at, _)| *at);
    if daily.len() < 2 {
        return Vec::new();
    }
    let next = daily.iter().cycle().skip(1);
    daily
        .iter()
        .zip(next)
        .map(|((from, min), (to, _))| Floor { from: *from, to: *to, min: *min })
        .collect()
}

/// The policy's text.
pub(super) fn policy(floors: &[Floor]) -> String {
    let mut text = "// Hold a floor by the time of day, as AWS's scheduled actions did.\n\
         const POLICY = #{\n    about:    \"Hold a floor by the time of day\",\n    language: 1,\n    \
         targets:  #{ fleet: #{ kind: \"group\" } },\n};\n"
        .to_owned();
    for Floor { from, to, min } in floors {
        let (from, to) = (clock(*from), clock(*to));
        writeln!(
            text,
            "\nrule \"from {from}\" when now.between(\"{from}\", \"{to}\") {{\n    \
             fleet.at_least({min}).because(\"the schedule asks for {min}\");\n}}"
        )
        .expect("a string accepts writes");
    }
    text
}

/// Its test: soon after the start of each floor's time, the floor is held.
pub(super) fn test(file: &str, floors: &[Floor]) -> String {
    let mut text = format!("policy = \"{file}.rhai\"\n");
    for Floor { from, to, min } in floors {
        let (from, to) = (clock(*from), clock(*to));
        writeln!(
            text,
            "\n[[test]]\nname    = \"from {from} to {to} there are at least {min}\"\n\
             start   = \"2026-11-23T{from}:30Z\"\n\
             targets = {{ fleet = {{ at = {}, max = {} }} }}\n\
             expect  = [{{ at = \"0s\", rule = \"from {from}\" }}]",
            min.saturating_sub(1),
            min.saturating_add(10)
        )
        .expect("a string accepts writes");
    }
    text
}

fn clock((hour, minute): (u8, u8)) -> String {
    format!("{hour:02}:{minute:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_holds_until_the_next_around_midnight_too() {
        let daily = |at, min| NativeRule::Daily { at, min };
        let floors = of(&[daily((20, 30), 2), daily((8, 0), 20)]);
        assert_eq!(
            floors,
            [
                Floor { from: (8, 0), to: (20, 30), min: 20 },
                Floor { from: (20, 30), to: (8, 0), min: 2 }
            ]
        );
        assert_eq!(of(&[daily((8, 0), 20)]), []);
        assert!(policy(&floors).contains("now.between(\"20:30\", \"08:00\")"));
    }
}
