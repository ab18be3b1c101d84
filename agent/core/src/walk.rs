//! Looking up names that are asked for in their order.
//!
//! A pass asks for every name of a region in turn, and maps keep names in the same order.
//! Where a look-up begins at the end of the one before it, it costs one comparison; from
//! the root it costs a dozen, of names that are alike up to their last letters. The
//! answers are those of [`BTreeMap::get`], in whatever order one asks.

use std::collections::{BTreeMap, btree_map::Range};

/// A map, and the place in it up to which it was asked.
#[derive(Clone, Debug)]
pub struct Walk<'a, K, V> {
    map: &'a BTreeMap<K, V>,
    ahead: Range<'a, K, V>,
}

impl<'a, K: Ord, V> Walk<'a, K, V> {
    /// Starts before the first name.
    pub fn through(map: &'a BTreeMap<K, V>) -> Self {
        Self { map, ahead: map.range(..) }
    }

    /// The value under `key`, as the map itself would give it.
    pub fn get(&mut self, key: &K) -> Option<&'a V> {
        if let Some(value) = self.step(key) {
            return Some(value);
        }
        self.ahead = self.map.range(key..);
        self.step(key)
    }

    /// The next value, if `key` is what it is kept under.
    fn step(&mut self, key: &K) -> Option<&'a V> {
        let mut beyond = self.ahead.clone();
        let (_, value) = beyond.next().filter(|(next, _)| *next == key)?;
        self.ahead = beyond;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_never_answers_otherwise_than_the_map(
            map in proptest::collection::btree_map(0_u8..20, 0_u8..9, 0..12),
            keys in proptest::collection::vec(0_u8..20, 0..40),
        ) {
            let mut walk = Walk::through(&map);
            for key in keys {
                prop_assert_eq!(walk.get(&key), map.get(&key));
            }
        }
    }
}
