//! What one target's guards must know of the others: counted once in a pass.

use crate::{
    Brakes, Memory, Seen, Settings, Snapshot, TargetName,
    guards::{Part, spreads},
    noticed::Shortage,
};
use std::collections::BTreeMap;

/// What is so in the whole region.
#[derive(Debug)]
pub(crate) struct Region<'a> {
    /// Targets that were short of members not long ago, by their provider: two of each,
    /// so that there is another one for each of them.
    short: BTreeMap<Option<&'a str>, Vec<(&'a TargetName, &'a Shortage)>>,
    /// Targets that were not observed.
    pub(crate) unseen: Part,
}

impl<'a> Region<'a> {
    /// Counts.
    pub(crate) fn of(settings: &'a Settings, memory: &'a Memory, snapshot: &Snapshot) -> Self {
        let mut short: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, target) in &memory.targets {
            let Some(cause) = target.noticed.short.as_ref() else { continue };
            let Some(bounds) = settings.targets.get(name) else { continue };
            let of_provider = short.entry(bounds.brakes().provider.as_deref()).or_default();
            if of_provider.len() < 2 && spreads(cause, memory.now) {
                of_provider.push((name, cause));
            }
        }
        let is_seen = |seen: &&Seen| match seen {
            Seen::Group(_)
            | Seen::Database(_)
            | Seen::Setting(_)
            | Seen::Flag(_)
            | Seen::Rollout(_)
            | Seen::Job(_)
            | Seen::Volume(_)
            | Seen::Traffic(_) => true,
            Seen::Nothing(_) => false,
        };
        let (all, seen) =
            (settings.targets.len(), snapshot.targets.values().filter(is_seen).count());
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { short, unseen: Part { some: count(all.saturating_sub(seen)), all: count(all) } }
    }

    /// Another target than `target` at the same provider that was short of members.
    pub(crate) fn short_beside(
        &self,
        target: &TargetName,
        brakes: &Brakes,
    ) -> Option<(&'a TargetName, &'a Shortage)> {
        let of_provider = self.short.get(&brakes.provider.as_deref())?;
        of_provider.iter().copied().find(|(name, _)| *name != target)
    }
}
