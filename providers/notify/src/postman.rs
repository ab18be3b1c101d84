//! The postman: takes letters out of one outbox and hands them to one receiver, until they
//! are taken or refused.

use crate::{
    Letter, Receive, Tally, Undelivered,
    outbox::{Outbox, Put},
    pace::Pace,
};
use setpoint_control::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// One receiver with what waits for it.
pub(crate) struct Post {
    name: String,
    outbox: Mutex<Desktop>,
    arrived: Notify,
    tally: Arc<Tally>,
}

/// What waits, and what the postman has in hand.
#[derive(Default)]
struct Desktop {
    outbox: Outbox,
    /// Stays when its postman is sent home, for the next.
    in_hand: Option<Letter>,
}

impl Post {
    pub(crate) fn new(name: &str, tally: &Arc<Tally>) -> Self {
        let (name, tally) = (name.to_owned(), Arc::clone(tally));
        Self { name, outbox: Mutex::default(), arrived: Notify::new(), tally }
    }

    /// Puts a letter in, and returns at once.
    pub(crate) fn put(&self, letter: Letter) {
        let put = self.desktop().outbox.put(letter);
        if let Put::Dropped(letter) = put {
            self.tally.change(&self.name, |told| told.lost += 1);
            let (receiver, what) = (&self.name, letter.notice.to_string());
            tracing::error!(receiver, what, "too many notices wait: this one is not sent");
        }
        self.count();
        self.arrived.notify_one();
    }

    /// Whether nothing waits and nothing is in hand.
    pub(crate) fn is_empty(&self) -> bool {
        let desktop = self.desktop();
        desktop.outbox.len() == 0 && desktop.in_hand.is_none()
    }

    /// Delivers letters for ever.
    pub(crate) async fn deliver(&self, to: &dyn Receive, clock: &dyn Clock, mut pace: Pace) {
        loop {
            let letter = self.next().await;
            self.one(letter, to, clock, &mut pace).await;
            self.desktop().in_hand = None;
            pace.is_done();
            self.count();
        }
    }

    async fn next(&self) -> Letter {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut desktop = self.desktop();
                let letter = desktop.in_hand.take().or_else(|| desktop.outbox.take());
                if let Some(letter) = letter {
                    desktop.in_hand = Some(letter.clone());
                    return letter;
                }
            }
            arrived.await;
        }
    }

    /// Tries one letter until it is taken, refused, or over.
    async fn one(&self, letter: Letter, to: &dyn Receive, clock: &dyn Clock, pace: &mut Pace) {
        let (receiver, what) = (&self.name, letter.notice.to_string());
        loop {
            clock.sleep_until(pace.next()).await;
            pace.sends(clock.now().monotonic);
            let (why, after) = match to.deliver(&letter).await {
                Ok(()) => {
                    self.tally.change(receiver, |told| told.taken += 1);
                    tracing::info!(receiver, what, "sent");
                    return;
                }
                Err(Undelivered::Never(why)) => {
                    self.tally.change(receiver, |told| told.lost += 1);
                    tracing::error!(receiver, what, why, "the notice is refused, and not sent");
                    return;
                }
                Err(Undelivered::Later { why, after }) => (why, after),
            };
            self.tally.change(receiver, |told| told.failed += 1);
            let wait = pace.failed(after);
            tracing::warn!(receiver, what, why, again_in = %wait, "the notice is not sent yet");
            clock.sleep_until(clock.now().monotonic + wait).await;
            if self.desktop().outbox.cancel(&letter) {
                tracing::info!(receiver, what, "over before it could be sent");
                return;
            }
        }
    }

    /// Nobody takes letters here any more.
    pub(crate) fn forget(&self) {
        *self.desktop() = Desktop::default();
        self.count();
    }

    fn count(&self) {
        let waiting = {
            let desktop = self.desktop();
            desktop.outbox.len() + usize::from(desktop.in_hand.is_some())
        };
        self.tally.change(&self.name, |told| told.waiting = waiting as u64);
    }

    fn desktop(&self) -> MutexGuard<'_, Desktop> {
        // Whoever panicked has put a letter in or not: both are whole.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
