//! New samples of inputs that had one before: columns instead of rows.
//!
//! That is nearly all that arrives in a pass. Which inputs they are of is told by counting
//! along the names of the snapshot before, stamps by how old they are and how many are alike,
//! so that of each there is little more left than the digits of its value.

use serde::{Deserialize, Serialize};
use setpoint_core::{InputKey, Reading, Sample, Timestamp};
use std::collections::BTreeMap;

type Readings = BTreeMap<InputKey, Reading>;

/// New samples, in the order of their inputs' names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Samples {
    /// Of the inputs that had a sample before, by turns: so many have no new one, so many have.
    turns: Vec<u64>,
    /// How long before the pass they were taken, in milliseconds, each with how many in a row.
    ages: Vec<(i64, u64)>,
    values: Vec<f64>,
}

impl Samples {
    /// Those of `after`, which was seen at `now`, for inputs that had another in `before`.
    pub(crate) fn between(before: &Readings, after: &Readings, now: Timestamp) -> Self {
        let mut new = Self::default();
        for (key, old) in before.iter().filter_map(|(key, reading)| Some((key, sample(reading)?))) {
            let own = after.get(key).and_then(sample).filter(|own| *own != old);
            new.turn(own.is_some());
            if let Some(own) = own {
                let age = now.ms() - own.at.ms();
                match new.ages.last_mut() {
                    Some((last, count)) if *last == age => *count += 1,
                    _ => new.ages.push((age, 1)),
                }
                new.values.push(own.value());
            }
        }
        new
    }

    /// Counts one more input that has a new sample, or has none.
    fn turn(&mut self, has: bool) {
        // The even turns are of those that have none; the first may be of nobody.
        let is_even = self.turns.len() % 2 == 1;
        match self.turns.last_mut() {
            Some(count) if is_even != has => *count += 1,
            None if has => self.turns.extend([0, 1]),
            _ => self.turns.push(1),
        }
    }

    /// Puts them into `readings`, which are those of before, seen again at `now`.
    ///
    /// Fails if they do not belong there.
    pub(crate) fn put(&self, readings: &mut Readings, now: Timestamp) -> Result<(), &'static str> {
        let ages = self.ages.iter();
        let mut ages = ages.flat_map(|(age, count)| (0..*count).map(move |_| *age));
        let mut values = self.values.iter();
        let turns = self.turns.iter().zip([false, true].into_iter().cycle());
        let mut turns = turns.flat_map(|(count, has)| (0..*count).map(move |_| has));
        let had = readings.values_mut().filter(|reading| sample(reading).is_some());
        for (reading, has) in had.zip(&mut turns) {
            if has {
                let (Some(age), Some(value)) = (ages.next(), values.next()) else {
                    return Err("samples are missing");
                };
                let at = Timestamp::from_ms(now.ms() - age);
                *reading = Reading::Sample(Sample::new(at, *value).ok_or("a sample is no number")?);
            }
        }
        if turns.next().is_some() || values.next().is_some() {
            return Err("there are samples of inputs that had none before");
        }
        Ok(())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// The sample that a reading is, if it is one.
pub(crate) fn sample(reading: &Reading) -> Option<Sample> {
    match reading {
        Reading::Sample(sample) => Some(*sample),
        Reading::Each(_)
        | Reading::Partly(..)
        | Reading::Empty
        | Reading::Absent(_)
        | Reading::Failed(_) => None,
    }
}
