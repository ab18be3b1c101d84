//! How the time of the worlds runs along the machine's.
//!
//! What leaves a server is stamped in the machine's time: whoever calls compares stamps with a
//! clock of their own. At a pace of 60 a member that boots in two minutes serves two seconds
//! after its launch, and both stamps say so.

use setpoint_control::Clock;
use setpoint_core::{Moment, Span, Timestamp};
use std::sync::Arc;

/// So many times as fast as the machine's clock.
pub struct Pace {
    clock: Arc<dyn Clock>,
    began: Moment,
    factor: f64,
}

impl Pace {
    /// The slowest and the fastest pace.
    pub const RANGE: (f64, f64) = (0.1, 3600.0);

    /// `factor` is within [`RANGE`](Self::RANGE); the worlds begin now.
    pub fn new(clock: Arc<dyn Clock>, factor: f64) -> Self {
        Self { began: clock.now(), clock, factor: factor.clamp(Self::RANGE.0, Self::RANGE.1) }
    }

    /// How old the worlds are.
    pub fn now(&self) -> Span {
        let passed = self.clock.now().monotonic.minus(self.began.monotonic);
        Span::from_ms((passed.ms() as f64 * self.factor) as u64)
    }

    /// The machine's time.
    pub fn present(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// The machine's time at which the worlds are so old.
    pub fn outside(&self, age: Span) -> Timestamp {
        self.began.wall + self.takes(age)
    }

    /// How old the worlds are at this time of the machine's; nothing before they begin.
    pub fn inside(&self, at: Timestamp) -> Span {
        self.of(at.since(self.began.wall))
    }

    /// How long a time of the worlds takes.
    pub fn takes(&self, span: Span) -> Span {
        Span::from_ms((span.ms() as f64 / self.factor).round() as u64)
    }

    /// How much time of the worlds passes in so much of the machine's.
    pub fn of(&self, span: Span) -> Span {
        Span::from_ms((span.ms() as f64 * self.factor).round() as u64)
    }

    /// Waits for so much time of the worlds.
    pub async fn wait(&self, span: Span) {
        if span > Span::ZERO {
            self.rest(self.takes(span)).await;
        }
    }

    /// Waits for so much of the machine's time.
    pub async fn rest(&self, span: Span) {
        self.clock.sleep_until(self.clock.now().monotonic + span).await;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A clock that the test moves.
    #[derive(Debug, Default)]
    pub(crate) struct ByHand(AtomicU64);

    impl ByHand {
        /// Where its wall clock begins.
        pub(crate) const START: i64 = 1_797_638_400_000;

        pub(crate) fn pass(&self, span: Span) {
            self.0.fetch_add(span.ms(), Ordering::Relaxed);
        }
    }

    #[async_trait]
    impl Clock for ByHand {
        fn now(&self) -> Moment {
            let monotonic = Span::from_ms(self.0.load(Ordering::Relaxed));
            Moment { wall: Timestamp::from_ms(Self::START) + monotonic, monotonic }
        }

        async fn sleep_until(&self, _: Span) {}
    }

    #[test]
    fn a_minute_a_second_and_stamps_that_callers_understand() {
        let clock = Arc::new(ByHand::default());
        let pace = Pace::new(clock.clone(), 60.0);
        clock.pass(Span::from_secs(2));
        assert_eq!(pace.now(), Span::from_minutes(2));
        let stamp = pace.outside(Span::from_minutes(1));
        assert_eq!(stamp.ms(), ByHand::START + 1000);
        assert_eq!(pace.inside(stamp), Span::from_minutes(1));
        assert_eq!(pace.inside(Timestamp::from_ms(0)), Span::ZERO);
    }
}
