//! Waiting for something that becomes so by itself, with a deadline.

use std::{thread, time::Duration};

/// How often it is looked at, and how many times: a minute in all.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 1200;

/// Waits until `look` finds something, and gives it. Panics, saying what was waited for and what
/// was there instead, if it never does.
#[track_caller]
pub fn until<T, E: std::fmt::Debug>(what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let mut last = None;
    for _ in 0..LOOKS {
        match look() {
            Ok(found) => return found,
            Err(instead) => last = Some(instead),
        }
        thread::park_timeout(LOOK);
    }
    panic!("not so within {:?}: {what}; it is {last:?}", LOOK * LOOKS);
}

/// A port on loopback that nobody listens at.
pub fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    free.local_addr().expect("a bound socket has an address").port()
}
