//! Where users are sent: what share of them each destination takes.
//!
//! The shares of a traffic always add up to 100: what is sent is a whole set, never a part of
//! one, so that no moment has users and no destination. Start reading at [`Traffic`]; what is
//! decided about one is in `routing.rs`.

use crate::{Brakes, Span, defaults};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All users, in percent.
const EVERYBODY: u32 = 100;

/// The share of all users that each destination takes, in percent.
pub type Shares = BTreeMap<String, u32>;

/// Where users are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Every destination by its name. Their shares add up to 100.
    pub destinations: BTreeMap<String, Destination>,
    /// Why it should be left alone just now: an earlier change has not spread yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
    /// Why a person wants it left alone: what its tag at the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

/// One place that users can be sent to: a region, a cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// How many percent of all users are sent there.
    pub share: u32,
    /// Whether it answers, as its provider checks it; none where the provider cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
}

impl Traffic {
    /// The share of each destination.
    pub fn shares(&self) -> Shares {
        self.destinations.iter().map(|(name, it)| (name.clone(), it.share)).collect()
    }

    /// The same, sent so; a destination that is not in `to` gets nobody.
    #[must_use]
    pub fn routed(&self, to: &Shares) -> Self {
        let mut routed = self.clone();
        for (name, destination) in &mut routed.destinations {
            destination.share = to.get(name).copied().unwrap_or_default();
        }
        routed
    }

    /// Whether its provider says that a destination does not answer.
    pub(crate) fn is_down(&self, name: &str) -> bool {
        self.destinations.get(name).is_some_and(|it| it.healthy == Some(false))
    }

    /// Whether its provider says that a destination answers.
    pub(crate) fn is_up(&self, name: &str) -> bool {
        self.destinations.get(name).is_some_and(|it| it.healthy == Some(true))
    }
}

/// The bounds and brakes of a traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficSettings {
    /// The names of all destinations.
    pub destinations: BTreeSet<String>,
    /// The most that one action moves, as a share of all users; no limit without. What only
    /// leads away from destinations that are down is not cut.
    pub step_down: Option<f64>,
    /// The least time from the confirmation of the last action to the next; what only leads
    /// away from destinations that are down does not wait. Default 300 s.
    pub cooldown_down: Span,
    /// The time after a first start in which nothing else is moved. Default 10 min.
    pub settle: Span,
    /// How long accepted shares may take to show before they count as lost. Default 5 min.
    pub confirm_within: Span,
    /// What else keeps users where they are.
    pub brakes: Brakes,
}

impl TrafficSettings {
    /// The defaults of the manual, between `destinations`.
    pub fn new(destinations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            destinations: destinations.into_iter().map(Into::into).collect(),
            step_down: None,
            cooldown_down: defaults::COOLDOWN_DOWN,
            settle: defaults::SETTLE,
            confirm_within: defaults::SETTING_CONFIRM,
            brakes: Brakes::new(),
        }
    }
}

/// `weights` of any sum as shares in percent that add up to 100, by largest remainders; of
/// equals the first in the order of names gets more.
///
/// Where all weights are zero everybody is treated alike, as DNS services do. Nothing comes of
/// nothing: without destinations there are no shares.
pub fn shares_of(weights: &BTreeMap<String, u64>) -> Shares {
    let all: u64 = weights.values().sum();
    let weight = |weight: u64| if all == 0 { 1 } else { weight };
    let sum = if all == 0 { weights.len() as u64 } else { all };
    let parts = weights.iter().map(|(name, given)| {
        let scaled = u128::from(weight(*given)) * u128::from(EVERYBODY);
        let sum = u128::from(sum.max(1));
        (name.clone(), (scaled / sum) as u32, scaled % sum)
    });
    by_remainders(parts.collect(), EVERYBODY)
}

/// How many percent of users are sent elsewhere when `from` becomes `to`: half of all changes.
pub(crate) fn moved(from: &Shares, to: &Shares) -> u32 {
    let gains = to
        .iter()
        .map(|(name, share)| share.saturating_sub(from.get(name).copied().unwrap_or_default()));
    gains.fold(0, u32::saturating_add)
}

/// The way from `from` to `to`, of which only `percent` of all users are moved: every
/// destination gives or takes its part of them, by largest remainders.
///
/// Both name the same destinations and have the same sum; so does what comes of it, and no
/// share lies beyond those of `from` and `to`.
pub(crate) fn partway(from: &Shares, to: &Shares, percent: u32) -> Shares {
    let whole = moved(from, to);
    if percent >= whole {
        return to.clone();
    }
    let of = |shares: &Shares, name: &String| shares.get(name).copied().unwrap_or_default();
    let parts = |change: fn(u32, u32) -> u32| {
        let part = |(name, share): (&String, &u32)| {
            let scaled = u64::from(change(*share, of(to, name))) * u64::from(percent);
            let whole = u64::from(whole);
            (name.clone(), (scaled / whole) as u32, u128::from(scaled % whole))
        };
        by_remainders(from.iter().map(part).collect(), percent)
    };
    let given = parts(|from, to| from.saturating_sub(to));
    let taken = parts(|from, to| to.saturating_sub(from));
    let way = |(name, share): (&String, &u32)| {
        let share = (share + of(&taken, name)).saturating_sub(of(&given, name));
        (name.clone(), share)
    };
    from.iter().map(way).collect()
}

/// Rounds parts that were cut off so that they add up to `sum`: one more for those of which
/// the most was cut off.
fn by_remainders(mut parts: Vec<(String, u32, u128)>, sum: u32) -> Shares {
    let whole: u32 = parts.iter().map(|(_, part, _)| part).sum();
    parts.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    let mut left = sum.saturating_sub(whole);
    let mut more = |remainder: u128| {
        let one = u32::from(left > 0 && remainder > 0);
        left -= one;
        one
    };
    parts.into_iter().map(|(name, part, remainder)| (name, part + more(remainder))).collect()
}

/// The first destination, in the order of names, whose share differs: what it was and what it
/// is. Two sets of shares have one order by it, so that going back is another direction.
pub(crate) fn turn(from: &Shares, to: &Shares) -> Option<(u32, u32)> {
    let share = |name: &String| to.get(name).copied().unwrap_or_default();
    from.iter().map(|(name, was)| (*was, share(name))).find(|(was, is)| was != is)
}

/// "aws 80 %, azure 20 %".
pub(crate) fn in_words(shares: &Shares) -> String {
    let words: Vec<String> =
        shares.iter().map(|(name, share)| format!("{name} {share} %")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named<T: Copy>(values: &[T]) -> BTreeMap<String, T> {
        ["a", "b", "c", "d"]
            .iter()
            .zip(values)
            .map(|(name, it)| ((*name).to_owned(), *it))
            .collect()
    }

    #[track_caller]
    fn check(weights: &[u64], expected: &[u32]) {
        assert_eq!(shares_of(&named(weights)), named(expected), "{weights:?}");
    }

    #[test]
    fn weights_of_any_sum_are_shares_of_a_hundred() {
        check(&[100, 0], &[100, 0]);
        check(&[255, 255], &[50, 50]);
        check(&[1, 1, 1], &[34, 33, 33]);
        check(&[1, 199], &[1, 99]);
        check(&[0, 0], &[50, 50]);
        check(&[0, 0, 7], &[0, 0, 100]);
        check(&[u64::MAX / 4, u64::MAX / 4, 0], &[50, 50, 0]);
        check(&[], &[]);
    }

    #[test]
    fn a_part_of_a_move_takes_from_each_its_part() {
        let way = |from: &[u32], to: &[u32], percent| partway(&named(from), &named(to), percent);
        assert_eq!(way(&[100, 0], &[0, 100], 20), named(&[80, 20]));
        assert_eq!(way(&[60, 40, 0], &[0, 0, 100], 20), named(&[48, 32, 20]));
        assert_eq!(way(&[33, 33, 34], &[100, 0, 0], 10), named(&[43, 28, 29]));
        assert_eq!(way(&[50, 50], &[0, 100], 200), named(&[0, 100]));
    }

    #[test]
    fn going_back_is_another_direction() {
        let (one, other) = (named(&[20_u32, 30, 50]), named(&[20_u32, 50, 30]));
        assert_eq!(turn(&one, &other), Some((30, 50)));
        assert_eq!(turn(&other, &one), Some((50, 30)));
        assert_eq!(turn(&one, &one), None);
    }

    proptest! {
        #[test]
        fn the_sum_is_kept_and_nobody_is_moved_too_far(
            from in prop::collection::vec(0_u64..300, 4),
            to in prop::collection::vec(0_u64..300, 4),
            percent in 0_u32..120,
        ) {
            let (from, to) = (shares_of(&named(&from)), shares_of(&named(&to)));
            let way = partway(&from, &to, percent);
            prop_assert_eq!(way.values().sum::<u32>(), 100);
            prop_assert_eq!(moved(&from, &way), percent.min(moved(&from, &to)));
            for (name, share) in &way {
                let (low, high) = (from[name].min(to[name]), from[name].max(to[name]));
                prop_assert!((low..=high).contains(share), "{:?} to {:?}: {:?}", from, to, way);
            }
        }
    }
}
