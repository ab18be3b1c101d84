//! What is new in a snapshot since the one before, and the way back.

use serde::{Deserialize, Serialize};
use setpoint_core::{InputKey, Snapshot, TargetName};
use std::collections::BTreeMap;

/// A snapshot without what the one before had already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delta {
    /// The snapshot with new and changed readings and targets only.
    arrived: Snapshot,
    /// Inputs of the one before that this one says nothing of.
    gone_inputs: Vec<InputKey>,
    /// Targets of the one before that this one says nothing of.
    gone_targets: Vec<TargetName>,
}

impl Delta {
    /// What is new in `snapshot` since `before`.
    pub(crate) fn between(before: &Snapshot, snapshot: &Snapshot) -> Self {
        let (readings, gone_inputs) = changed(&before.readings, &snapshot.readings);
        let (targets, gone_targets) = changed(&before.targets, &snapshot.targets);
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
        Self { arrived, gone_inputs, gone_targets }
    }

    /// The whole snapshot again, after `before`.
    pub(crate) fn after(self, before: &Snapshot) -> Snapshot {
        let Self { arrived, gone_inputs, gone_targets } = self;
        Snapshot {
            readings: whole(&before.readings, arrived.readings, &gone_inputs),
            targets: whole(&before.targets, arrived.targets, &gone_targets),
            ..arrived
        }
    }
}

/// What `after` has that `before` has not or has otherwise, and what only `before` has.
fn changed<K: Clone + Ord, V: Clone + PartialEq>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) -> (BTreeMap<K, V>, Vec<K>) {
    let new = after.iter().filter(|(key, value)| before.get(*key) != Some(*value));
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    (new.map(|(key, value)| (key.clone(), value.clone())).collect(), gone.cloned().collect())
}

fn whole<K: Clone + Ord, V: Clone>(
    before: &BTreeMap<K, V>,
    new: BTreeMap<K, V>,
    gone: &[K],
) -> BTreeMap<K, V> {
    let mut whole = before.clone();
    whole.extend(new);
    for key in gone {
        whole.remove(key);
    }
    whole
}
