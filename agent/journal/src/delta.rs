//! What is new in a snapshot since the one before, and the way back.

use crate::samples::{Samples, sample};
use serde::{Deserialize, Serialize};
use setpoint_core::{InputKey, Reading, Snapshot, TargetName};
use std::collections::BTreeMap;

/// A snapshot without what the one before had already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delta {
    /// The snapshot with new and changed readings and targets only.
    arrived: Snapshot,
    /// Of the readings, the new samples of inputs that had one before.
    #[serde(default, skip_serializing_if = "Samples::is_empty")]
    samples: Samples,
    /// Inputs of the one before that this one says nothing of.
    gone_inputs: Vec<InputKey>,
    /// Targets of the one before that this one says nothing of.
    gone_targets: Vec<TargetName>,
}

impl Delta {
    /// What is new in `snapshot` since `before`.
    pub(crate) fn between(before: &Snapshot, snapshot: &Snapshot) -> Self {
        let (readings, gone_inputs) = changed(&before.readings, &snapshot.readings, both_samples);
        let (targets, gone_targets) = changed(&before.targets, &snapshot.targets, |_, _| false);
        let samples = Samples::between(&before.readings, &snapshot.readings, snapshot.at.wall);
        let arrived = Snapshot {
            readings,
            targets,
            pass: snapshot.pass,
            at: snapshot.at,
            started: snapshot.started,
            history: snapshot.history.clone(),
            outcomes: snapshot.outcomes.clone(),
            commands: snapshot.commands.clone(),
            tripped: snapshot.tripped.clone(),
        };
        Self { arrived, samples, gone_inputs, gone_targets }
    }

    /// The whole snapshot again, after `before`.
    ///
    /// Fails if it is not what came after that one.
    pub(crate) fn after(self, before: &Snapshot) -> Result<Snapshot, &'static str> {
        let Self { arrived, samples, gone_inputs, gone_targets } = self;
        let mut readings = before.readings.clone();
        samples.put(&mut readings, arrived.at.wall)?;
        Ok(Snapshot {
            readings: whole(readings, arrived.readings, &gone_inputs),
            targets: whole(before.targets.clone(), arrived.targets, &gone_targets),
            ..arrived
        })
    }
}

/// Whether a reading is among the samples, if it is new at all.
fn both_samples(before: &Reading, after: &Reading) -> bool {
    sample(before).is_some() && sample(after).is_some()
}

/// What `after` has that `before` has not or has otherwise, but for what is `told` elsewhere;
/// and what only `before` has.
fn changed<K: Clone + Ord, V: Clone + PartialEq>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    told: impl Fn(&V, &V) -> bool,
) -> (BTreeMap<K, V>, Vec<K>) {
    let new = after.iter().filter(|(key, value)| {
        before.get(*key).is_none_or(|old| old != *value && !told(old, value))
    });
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    (new.map(|(key, value)| (key.clone(), value.clone())).collect(), gone.cloned().collect())
}

fn whole<K: Clone + Ord, V: Clone>(
    mut whole: BTreeMap<K, V>,
    new: BTreeMap<K, V>,
    gone: &[K],
) -> BTreeMap<K, V> {
    whole.extend(new);
    for key in gone {
        whole.remove(key);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{Moment, Sample, Span, Timestamp};

    /// A snapshot at a second in which each input reads what a letter stands for: a sample of
    /// this second or of the one before, none that can be used, or nothing said of it at all.
    fn snapshot(second: i64, letters: &str) -> Snapshot {
        let wall = Timestamp::from_ms(second * 1000);
        let sample = |age: i64, value| {
            let at = Timestamp::from_ms(wall.ms() - age);
            Some(Reading::Sample(Sample::new(at, value).unwrap()))
        };
        let reading = |letter| match letter {
            'n' => sample(0, second as f64 / 3.0),
            'o' => sample(1000, second as f64 / 7.0),
            's' => sample(wall.ms(), 1.5),
            'f' => Some(Reading::Failed("it is gone".to_owned())),
            'e' => Some(Reading::Empty),
            _ => None,
        };
        let named = |(n, letter)| Some((InputKey::new(format!("p{n}/x")), reading(letter)?));
        Snapshot {
            pass: second.unsigned_abs(),
            at: Moment { wall, monotonic: Span::from_secs(second.unsigned_abs()) },
            readings: letters.chars().enumerate().filter_map(named).collect(),
            ..Snapshot::default()
        }
    }

    /// Each after the one before comes back as it was.
    #[track_caller]
    fn check(letters: &[&str]) {
        let mut before = Snapshot::default();
        for (second, letters) in (1..).zip(letters) {
            let own = snapshot(second, letters);
            let json = serde_json::to_string(&Delta::between(&before, &own)).unwrap();
            let delta: Delta = serde_json::from_str(&json).unwrap();
            assert_eq!(delta.after(&before).as_ref(), Ok(&own), "{letters} after {before:?}");
            before = own;
        }
    }

    #[test]
    fn no_reading_is_lost_or_made_up_on_the_way_back() {
        check(&["nnnn", "nnnn", "oooo", "nono", "ssss", "ssss"]);
        check(&["nfen", "nnnn", "fefe", "nnnn", "f", "nnnn", ""]);
        check(&["n n ", " n n", "nnnn", "   n", "n   ", "fnnf", "snsn", "nsns"]);
        let letters = ['n', 'o', 's', 'f', 'e', ' '];
        // Every pair of states, and every one after it, beside one that stays.
        for a in letters {
            let text = |b: char| letters.iter().flat_map(|c| [a, b, *c, 'n']).collect::<String>();
            let all: Vec<String> = letters.into_iter().map(text).collect();
            check(&all.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }

    #[test]
    fn samples_that_belong_elsewhere_are_never_taken() {
        let (first, second) = (snapshot(1, "nnnn"), snapshot(2, "nnnn"));
        let delta = Delta::between(&first, &second);
        assert!(delta.after(&snapshot(1, "nn")).is_err());
    }

    #[test]
    fn a_new_sample_takes_little_more_than_the_digits_of_its_value() {
        let letters = "n".repeat(1000);
        let (first, second) = (snapshot(1, &letters), snapshot(2, &letters));
        let json = serde_json::to_string(&Delta::between(&first, &second)).unwrap();
        assert!(json.len() < 1000 * 21, "{}", json.len());
    }
}
