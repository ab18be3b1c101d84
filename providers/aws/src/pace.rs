//! How many calls a second one provider makes, whoever makes them.

use setpoint_control::Clock;
use setpoint_core::Span;
use std::{
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

/// The clock, shared by all that wait for it.
#[derive(Clone)]
pub(crate) struct SharedClock(pub(crate) Arc<dyn Clock>);

impl Deref for SharedClock {
    type Target = dyn Clock;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClock")
    }
}

/// Lets calls through at a rate, with a second's worth at once after a rest.
#[derive(Debug)]
pub(crate) struct Pace {
    clock: SharedClock,
    apart: Span,
    next: Mutex<Span>,
}

impl Pace {
    /// A pace of `per_second` calls; at least one.
    pub(crate) fn new(clock: SharedClock, per_second: u32) -> Self {
        let apart = Span::from_ms(u64::from(1000 / per_second.max(1)));
        Self { clock, apart, next: Mutex::new(Span::ZERO) }
    }

    /// Waits for its turn.
    pub(crate) async fn turn(&self) {
        let now = self.clock.now().monotonic;
        let turn = self.take(now);
        if turn > now {
            self.clock.sleep_until(turn).await;
        }
    }

    /// The next turn that is free at `now`.
    fn take(&self, now: Span) -> Span {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(now.minus(Span::from_secs(1)));
        *next = turn + self.apart;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use setpoint_core::{Moment, Timestamp};

    /// A clock that stands.
    struct Still;

    #[async_trait]
    impl Clock for Still {
        fn now(&self) -> Moment {
            Moment { wall: Timestamp::from_ms(0), monotonic: Span::ZERO }
        }

        async fn sleep_until(&self, _: Span) {}
    }

    #[test]
    fn it_never_lets_more_through_than_its_rate_after_a_seconds_worth() {
        let pace = Pace::new(SharedClock(Arc::new(Still)), 10);
        let second = |n| Span::from_secs(n);
        let turns: Vec<u64> = (0..30).map(|_| pace.take(second(10)).ms()).collect();
        let at_once = turns.iter().filter(|turn| **turn <= 10_000).count();
        assert_eq!(at_once, 11, "{turns:?}");
        assert_eq!(turns[29], 11_900, "30 calls take two seconds: {turns:?}");
        let late: Vec<u64> = (0..3).map(|_| pace.take(second(11)).ms()).collect();
        assert_eq!(late, [12_000, 12_100, 12_200], "a rest that was not taken gives nothing");
    }
}
