//! The targets of one provider, and hands on what may be acted on.

use super::Reach;
use crate::config::{Mode, Target};
use setpoint_control::{Act, World};
use setpoint_core::TargetName;
use std::{collections::BTreeMap, sync::Arc};

/// The targets of one provider, by their names.
pub(super) type Targets<'a> = BTreeMap<&'a TargetName, &'a Target>;

/// What each wanted target is to its provider; those that are nothing to it are left out.
pub(super) fn each<T>(
    targets: &Targets<'_>,
    wanted: impl Fn(&Target) -> bool,
    what: impl Fn(&Target) -> Option<T>,
) -> BTreeMap<TargetName, T> {
    let wanted = targets.iter().filter(|(_, target)| wanted(target));
    wanted.filter_map(|(name, target)| Some(((*name).clone(), what(target)?))).collect()
}

/// Whether a target gets hands.
pub(super) fn is_acted_on(target: &Target, reach: Reach) -> bool {
    reach == Reach::Hands && target.mode == Mode::Act
}

/// Hands on what is acted on, if anything is.
pub(super) fn give_hands<T>(
    world: &mut World,
    acted_on: BTreeMap<TargetName, T>,
    hands: impl FnOnce(BTreeMap<TargetName, T>) -> Arc<dyn Act>,
) {
    if acted_on.is_empty() {
        return;
    }
    let names: Vec<TargetName> = acted_on.keys().cloned().collect();
    let hands = hands(acted_on);
    world.hands.extend(names.into_iter().map(|name| (name, Arc::clone(&hands))));
}
