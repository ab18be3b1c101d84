//! The only file of this program that asks the machine for the time: what "the last week" is
//! depends on it, and how long something took; nothing else may.
#![expect(clippy::disallowed_methods, reason = "somebody must ask, and nobody else does")]

use setpoint_core::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time.
pub(crate) fn now() -> Timestamp {
    // Before 1970 the machine's clock is wrong, whatever it says: its beginning will do.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that tells how long it has been running.
pub(crate) fn running() -> impl Fn() -> Duration + Sync {
    let started = Instant::now();
    move || started.elapsed()
}

/// The machine's own clocks, for what is served while they run.
#[cfg(feature = "cloud")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    started: Instant,
}

#[cfg(feature = "cloud")]
impl SystemClock {
    /// A clock whose monotonic reading starts at zero, now.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    fn passed(&self) -> setpoint_core::Span {
        let passed = self.started.elapsed().as_millis();
        setpoint_core::Span::from_ms(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

#[cfg(feature = "cloud")]
#[async_trait::async_trait]
impl setpoint_control::Clock for SystemClock {
    fn now(&self) -> setpoint_core::Moment {
        setpoint_core::Moment { wall: now(), monotonic: self.passed() }
    }

    async fn sleep_until(&self, deadline: setpoint_core::Span) {
        let left = deadline.minus(self.passed());
        tokio::time::sleep(Duration::from_millis(left.ms())).await;
    }
}
