//! The latest value of each member or zone, of one input.
//!
//! A part of the truth is not the truth: while any member that is still there has no fresh
//! value, the input counts as missing, so that nothing shrinks by the others alone. What is
//! known of the others may still justify growth.

use crate::{
    Empty, InputSettings, Per, Reading, Sample, Timestamp,
    absorb::{is_fresh, is_not_ahead},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The latest sample of each member or zone, by its name, in the base unit of the input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    each: BTreeMap<String, Sample>,
}

impl Parts {
    /// The latest sample of each, in the order of the names. It may be too old to count.
    pub fn each(&self) -> impl Iterator<Item = (&str, Sample)> {
        self.each.iter().map(|(name, sample)| (name.as_str(), *sample))
    }

    /// The latest sample of one.
    pub fn of(&self, name: &str) -> Option<Sample> {
        self.each.get(name).copied()
    }

    /// Takes in what the source said, or says why that is not the whole.
    ///
    /// One that is no longer named keeps its last sample for `max_age`, as a window does, and
    /// is then forgotten: members come and go.
    pub(crate) fn read(
        &mut self,
        (input, per): (&InputSettings, Per),
        reading: Option<&Reading>,
        now: Timestamp,
    ) -> Result<(), String> {
        let (named, whole) = match reading {
            Some(Reading::Each(each)) => (each, Ok(())),
            Some(Reading::Partly(each, why)) => (each, Err(why.clone())),
            Some(Reading::Empty) if input.empty == Empty::Zero => {
                self.each.clear();
                return Ok(());
            }
            other => {
                self.forget(input, now);
                return Err(why_not(other, per));
            }
        };
        let mut faults = Vec::new();
        for (name, sample) in named {
            if let Err(why) = self.take(name, *sample, input, now) {
                faults.push(format!("{name}: {why}"));
            }
        }
        self.each.retain(|name, sample| {
            named.contains_key(name) || is_fresh(*sample, input.max_age, now).is_ok()
        });
        whole.and_then(|()| summary(&faults))
    }

    fn take(
        &mut self,
        name: &str,
        sample: Sample,
        input: &InputSettings,
        now: Timestamp,
    ) -> Result<(), String> {
        let value = input.unit.to_base(sample.value());
        let sample = Sample::new(sample.at, value).ok_or("not a number")?;
        is_not_ahead(sample, now)?;
        let latest = self.each.entry(name.to_owned()).or_insert(sample);
        if sample.at > latest.at {
            *latest = sample;
        }
        is_fresh(*latest, input.max_age, now)
    }

    fn forget(&mut self, input: &InputSettings, now: Timestamp) {
        self.each.retain(|_, sample| is_fresh(*sample, input.max_age, now).is_ok());
    }
}

/// Why a reading gives no value of each.
fn why_not(reading: Option<&Reading>, per: Per) -> String {
    match reading {
        Some(Reading::Absent(why) | Reading::Failed(why)) => why.clone(),
        Some(Reading::Empty) => "the query matched nothing".to_owned(),
        Some(Reading::Sample(_)) => format!("one number where one per {} is expected", per.name()),
        Some(Reading::Each(_) | Reading::Partly(..)) | None => "its source said nothing".to_owned(),
    }
}

/// All faults in one line, the first of them in words.
fn summary(faults: &[String]) -> Result<(), String> {
    match faults {
        [] => Ok(()),
        [only] => Err(only.clone()),
        [first, rest @ ..] => Err(format!("{first}; and {} more", rest.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Span, Unit};

    const fn at(second: i64) -> Timestamp {
        Timestamp::from_ms(second * 1000)
    }

    fn said(parts: &[(&str, i64, f64)]) -> Reading {
        let sample = |(name, second, value): &(&str, i64, f64)| {
            ((*name).to_owned(), Sample::new(at(*second), *value).unwrap())
        };
        Reading::Each(parts.iter().map(sample).collect())
    }

    fn hear(parts: &mut Parts, reading: &Reading, second: i64) -> Result<(), String> {
        let input = InputSettings::new(Unit::Percent, Span::ZERO, Span::from_secs(15));
        parts.read((&input, Per::Member), Some(reading), at(second))
    }

    fn names(parts: &Parts) -> Vec<&str> {
        parts.each().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_fresh_ones_do_not_hide_a_stale_one() {
        let mut parts = Parts::default();
        assert_eq!(hear(&mut parts, &said(&[("a", 100, 5.0), ("b", 100, 90.0)]), 100), Ok(()));
        assert_eq!(parts.of("b").unwrap().value(), 0.9);
        let half = said(&[("a", 200, 5.0), ("b", 100, 90.0)]);
        assert_eq!(hear(&mut parts, &half, 200), Err("b: stale: 1m40s old, limit 1m30s".into()));
        assert_eq!(names(&parts), ["a", "b"], "the stale one is still known");
    }

    #[test]
    fn one_that_is_gone_counts_until_it_is_too_old_and_is_then_forgotten() {
        let mut parts = Parts::default();
        hear(&mut parts, &said(&[("a", 0, 5.0), ("b", 0, 90.0)]), 0).unwrap();
        assert_eq!(hear(&mut parts, &said(&[("a", 60, 5.0)]), 60), Ok(()));
        assert_eq!(names(&parts), ["a", "b"]);
        assert_eq!(hear(&mut parts, &said(&[("a", 91, 5.0)]), 91), Ok(()));
        assert_eq!(names(&parts), ["a"]);
    }

    #[test]
    fn what_is_known_counts_while_the_whole_is_missing() {
        let mut parts = Parts::default();
        hear(&mut parts, &said(&[("a", 0, 5.0), ("b", 0, 90.0)]), 0).unwrap();
        let Reading::Each(known) = said(&[("a", 15, 80.0)]) else { panic!("of each") };
        let partly = Reading::Partly(known, "b: NaN".into());
        assert_eq!(hear(&mut parts, &partly, 15), Err("b: NaN".into()));
        assert_eq!(parts.of("a").unwrap().value(), 0.8);
        assert_eq!(parts.of("b").unwrap().value(), 0.9, "until it is too old");
    }

    #[test]
    fn what_is_no_value_of_each_is_missing() {
        let mut parts = Parts::default();
        let one = Reading::Sample(Sample::new(at(0), 5.0).unwrap());
        let why = hear(&mut parts, &one, 0).unwrap_err();
        assert_eq!(why, "one number where one per member is expected");
        let ahead = said(&[("a", 60, 5.0), ("b", 61, 5.0), ("c", 0, 5.0)]);
        let why = hear(&mut parts, &ahead, 0).unwrap_err();
        assert_eq!(why, "a: stamped 1m in the future; and 1 more");
        assert_eq!(names(&parts), ["c"]);
    }
}
