//! Where the loop runs: one thread with room for policies, one runtime on it.

use std::{future::Future, io, thread};
use tokio::runtime;

/// The stack of the thread. Policies need 2 MiB of it.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Runs what `start` makes to its end, on a thread of its own.
///
/// Fails if it panics, or if the machine gives no thread.
pub(crate) fn block_on<F: Future>(start: impl FnOnce() -> F + Send) -> io::Result<F::Output>
where
    F::Output: Send,
{
    let body = || -> io::Result<F::Output> {
        Ok(runtime::Builder::new_current_thread().enable_all().build()?.block_on(start()))
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("loop".to_owned()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, body)?.join().map_err(|_| io::Error::other("it panicked"))?
    })
}
