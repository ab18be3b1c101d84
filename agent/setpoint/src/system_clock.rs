//! The only file that asks the machine for the time.
#![expect(clippy::disallowed_methods, reason = "this is the clock that everybody else must ask")]

use async_trait::async_trait;
use setpoint_control::Clock;
use setpoint_core::{Moment, Span, Timestamp};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The machine's own clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading starts at zero, now.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Moment {
        // Before 1970 the machine's clock is wrong, whatever it says: its beginning will do.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Timestamp::from_ms(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX));
        Moment { wall, monotonic: span(self.started.elapsed()) }
    }

    async fn sleep_until(&self, deadline: Span) {
        let left = deadline.minus(span(self.started.elapsed()));
        tokio::time::sleep(Duration::from_millis(left.ms())).await;
    }
}

fn span(duration: Duration) -> Span {
    Span::from_ms(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
