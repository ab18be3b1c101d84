//! Threads with the stack that policies need: they are read and evaluated on it.

use std::thread;

/// 2 MiB are enough for an optimised build; a debug build needs more.
const STACK: usize = 8 * 1024 * 1024;

/// What `work` gives, on a thread with room for policies.
pub fn roomy<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| spawn(scope, work).join().expect("the work does not panic"))
}

/// What `work` gives on each of so many threads, at least one, run at once.
pub fn on_each<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads.max(1)).map(|_| spawn(scope, work)).collect();
        all.into_iter().map(|one| one.join().expect("the work does not panic")).collect()
    })
}

/// One more thread of `scope` with room for policies.
pub(crate) fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> thread::ScopedJoinHandle<'scope, T> {
    let builder = thread::Builder::new().stack_size(STACK);
    builder.spawn_scoped(scope, work).expect("there is room for a thread")
}
