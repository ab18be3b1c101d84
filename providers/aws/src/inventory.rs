//! Whether an answer is whole: a partial inventory is no inventory.
//!
//! An answer with markedly fewer parts than the one before, though nobody asked for
//! fewer, is more often a bad answer than a disaster. It counts as no answer until two
//! further looks say the same: a real loss is then seen two passes late, a false one never.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The share of the parts seen before that a whole answer has at least.
const WHOLE: f64 = 0.9;

/// How many further looks must say the same.
const CONFIRMED_BY: u32 = 2;

/// What was seen of each thing that has parts.
#[derive(Debug, Default)]
pub(crate) struct Inventory(Mutex<BTreeMap<String, Known>>);

#[derive(Debug, Clone, Copy)]
struct Known {
    parts: usize,
    doubted: Option<Doubt>,
}

#[derive(Debug, Clone, Copy)]
struct Doubt {
    parts: usize,
    further: u32,
}

impl Inventory {
    /// Takes in that `name` was seen with `parts`, of which `wanted` are asked for, and says
    /// why that is not to be believed, if it is not.
    pub(crate) fn doubt(&self, name: &str, parts: usize, wanted: usize) -> Option<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = all.get_mut(name) else {
            all.insert(name.to_owned(), Known { parts, doubted: None });
            return None;
        };
        // Parts that nobody asks for any more are expected to go.
        let expected = known.parts.min(wanted);
        if parts as f64 >= WHOLE * expected as f64 {
            *known = Known { parts, doubted: None };
            return None;
        }
        let further = match known.doubted {
            Some(doubt) if doubt.parts == parts => doubt.further + 1,
            Some(_) | None => 0,
        };
        if further >= CONFIRMED_BY {
            *known = Known { parts, doubted: None };
            return None;
        }
        known.doubted = Some(Doubt { parts, further });
        Some(format!(
            "only {parts} of the {} seen before are in the answer: it may be a partial one",
            known.parts
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each look, parts and wanted, whether it is believed.
    #[track_caller]
    fn check(looks: &[(usize, usize, bool)]) {
        let inventory = Inventory::default();
        for (number, (parts, wanted, believed)) in looks.iter().enumerate() {
            let doubt = inventory.doubt("web", *parts, *wanted);
            assert_eq!(doubt.is_none(), *believed, "look {number}: {doubt:?}");
        }
    }

    #[test]
    fn a_partial_answer_is_never_believed_at_once() {
        check(&[(10, 10, true), (8, 10, false), (10, 10, true)]);
        check(&[(10, 10, true), (0, 10, false), (0, 10, false), (0, 10, true)]);
        check(&[(10, 10, true), (9, 10, true)]);
    }

    #[test]
    fn answers_that_differ_confirm_nothing() {
        check(&[(10, 10, true), (5, 10, false), (6, 10, false), (5, 10, false), (5, 10, false)]);
    }

    #[test]
    fn what_nobody_asks_for_any_more_may_go() {
        check(&[(10, 10, true), (10, 5, true), (5, 5, true), (5, 5, true)]);
        check(&[(10, 10, true), (10, 20, true), (20, 20, true), (19, 20, true)]);
    }

    #[test]
    fn a_loss_is_believed_once_it_is_confirmed_and_counts_from_then_on() {
        check(&[(10, 10, true), (5, 10, false), (5, 10, false), (5, 10, true), (5, 10, true)]);
    }
}
