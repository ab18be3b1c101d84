//! Where faults are collected.

use crate::{
    fault::{Fault, FaultId},
    source::Source,
    suggest::did_you_mean,
};
use rhai::Position;

/// The most faults that are kept: more help nobody.
const MOST: usize = 100;

/// The faults found in one source so far.
pub(crate) struct Faults<'s> {
    source: &'s Source<'s>,
    list: Vec<Fault>,
}

impl<'s> Faults<'s> {
    /// None yet.
    pub(crate) const fn new(source: &'s Source<'s>) -> Self {
        Self { source, list: Vec::new() }
    }

    /// The text they are found in.
    pub(crate) const fn source(&self) -> &'s Source<'s> {
        self.source
    }

    /// Notes a fault about the token at `place`.
    pub(crate) fn add(&mut self, id: FaultId, place: Position, message: impl Into<String>) {
        self.note(id, place, message.into(), None);
    }

    /// Notes a fault with what to do about it.
    pub(crate) fn add_with_help(
        &mut self,
        id: FaultId,
        place: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(id, place, message.into(), Some(help.into()));
    }

    /// Notes a fault about `word`: with the `known` word that is closest, else with `all`.
    pub(crate) fn add_unknown<'k>(
        &mut self,
        id: FaultId,
        place: Position,
        message: impl Into<String>,
        (word, known, all): (&str, impl IntoIterator<Item = &'k str>, Option<String>),
    ) {
        // Looking for the closest word is dear, and nobody will see it.
        if self.list.len() <= MOST {
            self.note(id, place, message.into(), did_you_mean(word, known).or(all));
        }
    }

    fn note(&mut self, id: FaultId, place: Position, message: String, help: Option<String>) {
        // A function is looked at once for every way it is called.
        let again = |own: &Fault| {
            own.id == id
                && own.message == message
                && Some(own.line as usize) == place.line()
                && Some(own.column as usize) == place.position()
        };
        if self.list.iter().any(again) {
            return;
        }
        if self.list.len() < MOST {
            self.list.push(self.source.fault(id, place, message, help));
        } else if self.list.len() == MOST {
            let message = format!("there are more than {MOST} faults, the rest is not shown");
            self.list.push(self.source.fault(FaultId::TooMany, place, message, None));
        }
    }

    /// The faults in the order of their places.
    pub(crate) fn into_sorted(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|fault| (fault.line, fault.column, fault.id));
        self.list.dedup();
        self.list
    }
}
