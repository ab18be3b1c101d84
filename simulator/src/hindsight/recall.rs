//! One pass of the past, with all that it depended on.

use super::evaluator;
use crate::trouble::Trouble;
use setpoint_control::{Evaluator, Thought};
use setpoint_core::{ActResult, IntentId, Memory, Program, Snapshot, Timestamp};
use setpoint_journal::{OpenError, ReadError, Reader, replay_each};
use std::{collections::BTreeMap, ops::ControlFlow, path::Path, str::FromStr};

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// How many of the last intents are looked through for their answers.
const INTENTS: u32 = 10_000;

/// A time that somebody asks about, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The last time that it was so late, in milliseconds of the day.
    Clock(i64),
    /// This very time.
    At(Timestamp),
}

/// A pass of the past.
pub struct Recalled {
    /// What was remembered before it.
    pub before: Memory,
    /// What was seen.
    pub snapshot: Snapshot,
    /// The program in force.
    pub program: Program,
    /// Its policies.
    pub evaluator: Box<dyn Evaluator>,
    /// What it came to.
    pub thought: Thought,
    /// Whether that is what is recorded, byte for byte.
    pub same: bool,
    /// What the providers answered, as far as that is on record.
    pub results: BTreeMap<IntentId, ActResult>,
}

/// `09:12`, `09:12:30`, `2026-12-19T09:12:30Z`
impl FromStr for When {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        if let Ok(at) = written.parse::<jiff::Timestamp>() {
            return Ok(Self::At(Timestamp::from_ms(at.as_millisecond())));
        }
        let time: jiff::civil::Time = written
            .parse()
            .map_err(|_| "write it as 09:12, 09:12:30 or 2026-12-19T09:12:30Z".to_owned())?;
        let seconds = [time.hour(), time.minute(), time.second()];
        Ok(Self::Clock(seconds.iter().fold(0, |sum, part| sum * 60 + i64::from(*part)) * 1000))
    }
}

impl When {
    /// The time that is meant in a journal whose last pass was made at `last`.
    fn until(self, last: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Clock(ms) => {
                let today = last.ms() - last.ms().rem_euclid(DAY) + ms;
                Timestamp::from_ms(if today > last.ms() { today - DAY } else { today })
            }
        }
    }
}

/// Opens a journal to read it.
pub fn open(path: &Path) -> Result<Reader, Trouble> {
    Reader::open(path).map_err(|error| match error {
        OpenError::Absent(path) => {
            Trouble::command_line(format!("{} is not there", path.display())).help(
                "`setpoint-sim run SCENARIO --journal FILE.db` writes one, and so does an agent",
            )
        }
        OpenError::File { .. }
        | OpenError::InUse(_)
        | OpenError::NotOurs { .. }
        | OpenError::Newer { .. } => Trouble::file(error.to_string()),
    })
}

/// What a journal that cannot be read is called.
pub(super) fn unreadable(error: ReadError) -> Trouble {
    Trouble::file(error.to_string())
}

/// The last pass at or before `when`, or of all; none if there was none so early.
///
/// Needs the stack that policies need.
pub fn recall(reader: &Reader, when: Option<When>) -> Result<Option<Recalled>, Trouble> {
    let Some((_, last)) = reader.last_pass().map_err(unreadable)? else { return Ok(None) };
    let until = when.map_or(last, |when| when.until(last));
    let mut found: Option<Recalled> = None;
    let mut wrong = None;
    replay_each(reader, evaluator, |again| {
        if again.snapshot.at.wall > until {
            return ControlFlow::Break(());
        }
        let kept = found.take().filter(|it| it.program == *again.program);
        let evaluator = kept.map_or_else(|| evaluator(again.program), |it| Ok(it.evaluator));
        match evaluator {
            Ok(evaluator) => {
                found = Some(Recalled {
                    before: again.before.clone(),
                    snapshot: again.snapshot.clone(),
                    program: again.program.clone(),
                    evaluator,
                    thought: again.thought.clone(),
                    same: again.same,
                    results: BTreeMap::new(),
                });
                ControlFlow::Continue(())
            }
            Err(why) => {
                wrong = Some(why);
                ControlFlow::Break(())
            }
        }
    })
    .map_err(unreadable)?;
    if let Some(why) = wrong {
        return Err(Trouble::file(why));
    }
    let Some(found) = found else { return Ok(None) };
    let intents = reader.intents(INTENTS).map_err(unreadable)?;
    let results = intents.into_iter().filter_map(|intent| Some((intent.id, intent.result?)));
    Ok(Some(Recalled { results: results.collect(), ..found }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_last_one() {
        let last: jiff::Timestamp = "2026-12-20T06:30:00Z".parse().unwrap();
        let last = Timestamp::from_ms(last.as_millisecond());
        let meant = |written: &str| written.parse::<When>().unwrap().until(last).to_string();
        assert!(meant("06:12").starts_with("2026-12-20T06:12:00"), "{}", meant("06:12"));
        assert!(meant("09:12:30").starts_with("2026-12-19T09:12:30"), "{}", meant("09:12:30"));
        assert!(meant("2026-12-19T01:00:00Z").starts_with("2026-12-19T01:00:00"));
        assert!("9 o'clock".parse::<When>().is_err());
    }
}
