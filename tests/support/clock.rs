//! The machine's time, for what a test plugs together itself: the client of AWS, which paces its
//! calls by it. No test waits by it.

use async_trait::async_trait;
use setpoint_control::Clock;
use setpoint_core::{Moment, Span, Timestamp};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that shows the machine's time.
#[derive(Debug)]
pub struct MachineClock(Instant);

impl MachineClock {
    /// Starts one.
    pub fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a real clock for real servers")]
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for MachineClock {
    fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "a real clock for real servers")]
        let (wall, monotonic) = (SystemTime::now(), self.0.elapsed());
        let ms = |time: Duration| u64::try_from(time.as_millis()).expect("not for ever");
        let wall = ms(wall.duration_since(UNIX_EPOCH).expect("after 1970"));
        let wall = Timestamp::from_ms(i64::try_from(wall).expect("before the year 9999"));
        Moment { wall, monotonic: Span::from_ms(ms(monotonic)) }
    }

    async fn sleep_until(&self, deadline: Span) {
        let left = Duration::from_millis(deadline.minus(self.now().monotonic).ms());
        #[expect(
            clippy::disallowed_methods,
            reason = "the pace of the client is what is real here; no test calls this"
        )]
        tokio::time::sleep(left).await;
    }
}
