//! The only file of this program that asks the machine for the time: what "the last week" is
//! depends on it, and nothing else may.
#![expect(clippy::disallowed_methods, reason = "somebody must ask, and nobody else does")]

use setpoint_core::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time.
pub(crate) fn now() -> Timestamp {
    // Before 1970 the machine's clock is wrong, whatever it says: its beginning will do.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
