//! Work that may block for long, kept away from the loop.

use crate::failure::Failure;
use setpoint_core::Span;
use std::time::Duration;

/// What `work` comes to on a thread of its own, if it does within `limit`. What is late goes on
/// in the background: a call into a file system that hangs cannot be taken back.
pub async fn within<T: Send + 'static>(
    limit: Span,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let thread = tokio::task::spawn_blocking(work);
    match tokio::time::timeout(Duration::from_millis(limit.ms()), thread).await {
        Ok(Ok(done)) => done,
        Ok(Err(panicked)) => Err(Failure::Refused(format!("a fault of ours: {panicked}"))),
        Err(_elapsed) => Err(Failure::Late(limit)),
    }
}
