//! Commands with files and servers of the user's own: their arguments, and how they end.

mod run;

pub(crate) use run::Run;

use std::thread;

/// The answer is no.
const NO: u8 = 1;
/// The command line cannot be meant.
const USAGE: u8 = 64;
/// A file is not understood.
const BAD_FILE: u8 = 78;

/// What `work` gives, on the stack that policies need.
fn given<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(8 * 1024 * 1024);
        let thread = thread.spawn_scoped(scope, work).expect("there is room for a thread");
        thread.join().expect("reading does not panic")
    })
}
