//! Shares of traffic as weights of servers, and weights read back as shares.
//!
//! HAProxy knows no shares: a server gets its weight's part of the sum of all weights, which are
//! whole numbers from 0 to 256. The rule it keeps: weights are only given if they read back as the
//! very shares that were asked for, in whole percent.

/// The largest weight that HAProxy takes.
const MOST: u32 = 256;

/// Servers that have a share together, each as much of it as the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The share in percent; of all parts together, 100.
    pub(crate) share: u32,
    /// How many servers they are.
    pub(crate) servers: u32,
}

/// The weight of each server of each part, if any weights make exactly these shares, or such as
/// read back as them.
pub(crate) fn weights(parts: &[Part]) -> Option<Vec<u32>> {
    if parts.iter().any(|part| part.share > 0 && part.servers == 0) {
        return None;
    }
    let largest = parts.iter().map(each).fold(0.0, f64::max);
    let scaled = |most: u32| -> Vec<u32> {
        let weight = |part: &Part| (each(part) / largest * f64::from(most)).round() as u32;
        parts.iter().map(weight).collect()
    };
    let tried = (1..=MOST).map(scaled).filter(|weights| reads_back(parts, weights));
    // Of those that are equally good the smallest: `min_by` keeps the first.
    tried.min_by(|one, other| error(parts, one).total_cmp(&error(parts, other)))
}

/// The share of each part in percent, to the nearest whole; of what has some never 0, of what has
/// not all never 100. Nothing, if nobody has any.
pub(crate) fn shares(totals: &[u64]) -> Option<Vec<u32>> {
    let sum: u64 = totals.iter().sum();
    let share = |total: &u64| match *total {
        0 => 0,
        all if all == sum => 100,
        some => ((some as f64 / sum as f64 * 100.0).round() as u32).clamp(1, 99),
    };
    (sum > 0).then(|| totals.iter().map(share).collect())
}

/// The share of each server of a part.
fn each(part: &Part) -> f64 {
    match part.share {
        0 => 0.0,
        share => f64::from(share) / f64::from(part.servers),
    }
}

fn totals(parts: &[Part], weights: &[u32]) -> Vec<u64> {
    let total = |(part, weight): (&Part, &u32)| u64::from(part.servers) * u64::from(*weight);
    parts.iter().zip(weights).map(total).collect()
}

fn reads_back(parts: &[Part], weights: &[u32]) -> bool {
    shares(&totals(parts, weights))
        .is_some_and(|shares| shares.iter().eq(parts.iter().map(|part| &part.share)))
}

/// How far the shares that `weights` make are from those of `parts`; rounding aside, 0 if nowhere.
fn error(parts: &[Part], weights: &[u32]) -> f64 {
    let totals = totals(parts, weights);
    let sum = totals.iter().sum::<u64>() as f64;
    let off =
        |(part, total): (&Part, &u64)| (*total as f64 / sum * 100.0 - f64::from(part.share)).abs();
    let most = parts.iter().zip(&totals).map(off).fold(0.0, f64::max);
    if most < 1e-9 { 0.0 } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(parts: &[(u32, u32)], expected: Option<&[u32]>) {
        let parts: Vec<Part> =
            parts.iter().map(|&(share, servers)| Part { share, servers }).collect();
        assert_eq!(weights(&parts).as_deref(), expected, "{parts:?}");
    }

    #[test]
    fn the_smallest_weights_that_make_the_share_exactly() {
        check(&[(25, 1), (75, 3)], Some(&[1, 1]));
        check(&[(5, 1), (95, 3)], Some(&[3, 19]));
        check(&[(0, 1), (100, 3)], Some(&[0, 1]));
        check(&[(100, 2), (0, 3)], Some(&[1, 0]));
        check(&[(20, 1), (30, 2), (50, 1)], Some(&[4, 3, 10]));
    }

    #[test]
    fn what_cannot_be_exact_is_as_near_as_can_be_and_else_there_is_nothing() {
        check(&[(91, 3), (9, 50)], Some(&[169, 1])); // 91.02 %
        check(&[(50, 1), (50, 600)], None);
        check(&[(5, 0), (95, 3)], None);
    }

    #[test]
    fn no_share_of_a_backend_of_usual_size_ever_reads_back_as_another() {
        for (candidates, stable) in (1..=8).flat_map(|one| [1, 2, 3, 7, 10].map(|it| (one, it))) {
            for share in 0..=100 {
                let parts = [
                    Part { share, servers: candidates },
                    Part { share: 100 - share, servers: stable },
                ];
                // Nobody can have more than 256 times what another has.
                let ratio = each(&parts[0]) / each(&parts[1]);
                let impossible =
                    !(1.0 / 256.0..=256.0).contains(&ratio) && (1..100).contains(&share);
                let Some(found) = weights(&parts) else {
                    assert!(impossible, "{parts:?}");
                    continue;
                };
                assert!(found.iter().all(|weight| *weight <= MOST), "{parts:?}: {found:?}");
                let read = shares(&totals(&parts, &found)).unwrap();
                assert_eq!(read, [share, 100 - share], "{found:?}");
            }
        }
    }

    #[test]
    fn who_has_some_traffic_never_reads_as_none_and_who_has_not_all_never_as_all() {
        assert_eq!(shares(&[1, 10_000]), Some(vec![1, 99]));
        assert_eq!(shares(&[0, 10_000]), Some(vec![0, 100]));
        assert_eq!(shares(&[0, 0]), None);
    }
}
