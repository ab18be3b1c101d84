//! A source that keeps failing is asked less often.
//!
//! After three failures in a row it is asked every second pass only, but at least once a
//! minute. In between its inputs are failed at once, so that an outage costs half the time
//! and load, and what comes back counts within two passes. One answer ends it.
//!
//! A source has failed if it had nothing but failures to say. What one breaker does
//! touches no other source.

use crate::{MetricSource, Recalled};
use async_trait::async_trait;
use setpoint_core::{InputKey, Moment, Reading, Span, Stretch};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// So many failures in a row open the breaker.
const FAILURES: u32 = 3;

/// The longest that a source is left alone.
const LONGEST: Span = Span::from_secs(60);

/// A source behind a breaker.
pub struct Breaker {
    name: String,
    source: Box<dyn MetricSource>,
    every: Span,
    state: Mutex<State>,
}

/// What is remembered of a source.
#[derive(Clone, Debug, Default)]
struct State {
    failures: u32,
    /// What was said at the last failure, and when to ask again.
    open: Option<(BTreeMap<InputKey, String>, Span)>,
}

impl Breaker {
    /// `source`, known as `name`, which is asked every pass, `every` so long, while it answers.
    pub fn new(name: impl Into<String>, source: Box<dyn MetricSource>, every: Span) -> Self {
        Self { name: name.into(), source, every, state: Mutex::default() }
    }

    /// What to say without asking, if it is not yet time to ask again.
    fn left_alone(&self, now: Span) -> Option<BTreeMap<InputKey, Reading>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (said, until) = state.open.as_ref()?;
        let left = until.minus(now);
        // Passes come a little early or late: half of one is not worth another whole one.
        if left.times(2) <= self.every {
            return None;
        }
        let seconds = Span::from_secs(left.ms().div_ceil(1000));
        let failed = |why: &String| Reading::Failed(format!("{why}; asked again in {seconds}"));
        Some(said.iter().map(|(key, why)| (key.clone(), failed(why))).collect())
    }

    fn note(&self, now: Span, readings: &BTreeMap<InputKey, Reading>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |(key, reading): (&InputKey, &Reading)| match reading {
            Reading::Failed(why) => Some((key.clone(), why.clone())),
            Reading::Sample(_)
            | Reading::Each(_)
            | Reading::Partly(..)
            | Reading::Empty
            | Reading::Absent(_) => None,
        };
        let Some(said) = readings.iter().map(failed).collect::<Option<BTreeMap<_, _>>>() else {
            if std::mem::take(&mut *state).open.is_some() {
                tracing::info!(source = %self.name, "the source answers again");
            }
            return;
        };
        state.failures = state.failures.saturating_add(1);
        if state.failures == FAILURES {
            let why = said.values().next();
            tracing::warn!(source = %self.name, why, "the source fails, and is asked less often");
        }
        // One pass is skipped, never more: what is back must count within two.
        let wait = self.every.times(2).min(LONGEST.max(self.every));
        state.open = (state.failures >= FAILURES).then(|| (said, now + wait));
    }
}

#[async_trait]
impl MetricSource for Breaker {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        if let Some(readings) = self.left_alone(now.monotonic) {
            return readings;
        }
        let readings = self.source.read(now).await;
        self.note(now.monotonic, &readings);
        readings
    }

    async fn history(&self, now: Moment, wanted: &BTreeMap<InputKey, Stretch>) -> Recalled {
        self.source.history(now, wanted).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use setpoint_core::{Sample, Timestamp};
    use std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    };

    /// A source that is up or down, and counts how often it is asked.
    #[derive(Clone, Default)]
    struct Switch {
        is_up: Arc<AtomicBool>,
        asked: Arc<AtomicU32>,
    }

    #[async_trait]
    impl MetricSource for Switch {
        async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
            self.asked.fetch_add(1, SeqCst);
            let up = Sample::new(now.wall, 1.0).map(Reading::Sample);
            let down = || Reading::Failed("connection refused".to_owned());
            let is_up = self.is_up.load(SeqCst);
            let first = up.filter(|_| is_up).unwrap_or_else(down);
            let second = if is_up { Reading::Failed("no such series".to_owned()) } else { down() };
            [(InputKey::new("p/a"), first), (InputKey::new("p/b"), second)].into()
        }
    }

    struct Bench {
        source: Switch,
        breaker: Breaker,
        every: u64,
        now: u64,
    }

    impl Bench {
        fn new(every: u64) -> Self {
            let source = Switch::default();
            let breaker = Breaker::new("app", Box::new(source.clone()), Span::from_secs(every));
            Self { source, breaker, every, now: 0 }
        }

        /// Makes a pass, a little late or early, and gives what was said of the first input.
        fn pass(&mut self) -> (bool, Reading) {
            let before = self.source.asked.load(SeqCst);
            self.now += self.every * 1000;
            let jitter = if self.now.is_multiple_of(2000) { 40 } else { 0 };
            let monotonic = Span::from_ms(self.now + jitter);
            let now = Moment { wall: Timestamp::from_ms(0), monotonic };
            let reading = block_on(self.breaker.read(now)).remove("p/a").unwrap();
            (self.source.asked.load(SeqCst) > before, reading)
        }

        /// In which of the next passes the source is asked.
        fn asked(&mut self, passes: u32) -> String {
            (0..passes).map(|_| if self.pass().0 { '!' } else { '.' }).collect()
        }
    }

    #[test]
    fn it_asks_every_second_pass_but_at_least_once_a_minute() {
        assert_eq!(Bench::new(1).asked(40), "!!!.!.!.!.!.!.!.!.!.!.!.!.!.!.!.!.!.!.!.");
        assert_eq!(Bench::new(15).asked(16), "!!!.!.!.!.!.!.!.");
        assert_eq!(Bench::new(300).asked(6), "!!!!!!");
    }

    #[test]
    fn it_says_what_went_wrong_and_when_it_will_ask_again() {
        let mut bench = Bench::new(15);
        bench.asked(3);
        let (asked, reading) = bench.pass();
        let said = Reading::Failed("connection refused; asked again in 15s".to_owned());
        assert_eq!((asked, reading), (false, said));
    }

    #[test]
    fn one_answer_ends_it() {
        let mut bench = Bench::new(1);
        assert_eq!(bench.asked(8), "!!!.!.!.");
        bench.source.is_up.store(true, SeqCst);
        assert_eq!(bench.asked(8), "!!!!!!!!");
        // One input failing alone is not the source failing: it goes on being asked.
        bench.source.is_up.store(false, SeqCst);
        assert_eq!(bench.asked(4), "!!!.");
    }
}
