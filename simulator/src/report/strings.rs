//! Texts that are said often and written once.

use std::collections::BTreeMap;

/// Texts, each with its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Strings {
    places: BTreeMap<String, usize>,
    list: Vec<String>,
}

impl Strings {
    /// The place of `text`.
    pub(super) fn place(&mut self, text: impl Into<String>) -> usize {
        let text = text.into();
        *self.places.entry(text).or_insert_with_key(|text| {
            self.list.push(text.clone());
            self.list.len() - 1
        })
    }

    /// All of them, by their places.
    pub(super) fn list(self) -> Vec<String> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_is_written_once() {
        let mut strings = Strings::default();
        let places = ["a", "b", "a"].map(|text| strings.place(text));
        assert_eq!((places, strings.list()), ([0, 1, 0], vec!["a".to_owned(), "b".to_owned()]));
    }
}
