//! The letters that wait for one receiver. It has a bound: when it is full, the least urgent
//! of the oldest goes, and that is counted. Pure.

use crate::Letter;
use std::collections::VecDeque;

/// So many letters wait for a receiver at most.
pub(crate) const MOST: usize = 256;

/// What wants to be sent, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Letter>,
}

/// What became of letters when another was put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It waits.
    Waits,
    /// Nobody was told of the beginning yet, and it is over: nobody need be told of either.
    Cancelled,
    /// The outbox was full, and this one went.
    Dropped(Box<Letter>),
}

impl Outbox {
    /// Puts in a letter.
    pub(crate) fn put(&mut self, letter: Letter) -> Put {
        if letter.is_over() {
            let same = |own: &Letter| own.notice.key == letter.notice.key && !own.is_over();
            // What was told before a restart must be told to be over.
            if let Some(place) = self.waiting.iter().position(|own| same(own) && !own.again) {
                self.waiting.remove(place);
                return Put::Cancelled;
            }
        }
        self.waiting.push_back(letter);
        if self.waiting.len() <= MOST {
            return Put::Waits;
        }
        let least =
            self.waiting.iter().enumerate().min_by_key(|(place, own)| (own.urgency(), *place));
        let place = least.map_or(0, |(place, _)| place);
        self.waiting.remove(place).map_or(Put::Waits, |letter| Put::Dropped(Box::new(letter)))
    }

    /// Takes the next letter: pages before everything else, each kind in the order of arrival.
    pub(crate) fn take(&mut self) -> Option<Letter> {
        let next = self
            .waiting
            .iter()
            .enumerate()
            .max_by_key(|(place, own)| (own.notice.kind, std::cmp::Reverse(*place)));
        let place = next.map(|(place, _)| place)?;
        self.waiting.remove(place)
    }

    /// Whether a letter that was not taken is over by now: then neither is worth telling.
    pub(crate) fn cancel(&mut self, letter: &Letter) -> bool {
        let over = |own: &Letter| own.is_over() && own.notice.key == letter.notice.key;
        let place = self.waiting.iter().position(|own| !letter.again && over(own));
        place.is_some_and(|place| self.waiting.remove(place).is_some())
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::tests::letter;
    use setpoint_core::{
        NoticeChange::{Raised, Resolved},
        NoticeKind::{Page, Say, Ticket},
    };

    fn keys(outbox: &mut Outbox) -> Vec<String> {
        std::iter::from_fn(|| outbox.take()).map(|letter| letter.notice.key).collect()
    }

    #[test]
    fn pages_go_first_and_each_kind_in_its_order() {
        let mut outbox = Outbox::default();
        for (kind, key) in [(Say, "a"), (Page, "b"), (Ticket, "c"), (Page, "d"), (Say, "e")] {
            assert_eq!(outbox.put(letter(kind, key, Raised)), Put::Waits);
        }
        assert_eq!(keys(&mut outbox), ["b", "d", "c", "a", "e"]);
    }

    #[test]
    fn what_is_over_before_anybody_heard_of_it_is_not_told() {
        let mut outbox = Outbox::default();
        outbox.put(letter(Page, "a", Raised));
        outbox.put(letter(Page, "b", Raised));
        assert_eq!(outbox.put(letter(Page, "a", Resolved)), Put::Cancelled);
        let in_hand = outbox.take().expect("b waits");
        assert_eq!(outbox.put(letter(Page, "b", Resolved)), Put::Waits, "it may have been told");
        assert!(outbox.cancel(&in_hand), "it was not taken, and is over");
        assert_eq!(outbox.len(), 0);
        let again = Letter { again: true, ..letter(Page, "c", Raised) };
        outbox.put(again);
        assert_eq!(outbox.put(letter(Page, "c", Resolved)), Put::Waits, "it was told before");
    }

    #[test]
    fn no_remark_ever_takes_the_place_of_a_page() {
        let mut outbox = Outbox::default();
        for n in 0..MOST {
            outbox.put(letter(if n == 7 { Say } else { Page }, &n.to_string(), Raised));
        }
        let dropped = outbox.put(letter(Page, "page", Raised));
        let Put::Dropped(seventh) = dropped else { panic!("{dropped:?}") };
        assert_eq!(seventh.notice.key, "7");
        let dropped = outbox.put(letter(Say, "say", Raised));
        let Put::Dropped(itself) = dropped else { panic!("{dropped:?}") };
        assert_eq!(itself.notice.key, "say");
        assert_eq!(outbox.len(), MOST);
    }
}
