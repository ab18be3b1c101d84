//! What every cloud is asked of the configuration.

use crate::config::{Config, Question, Target};
use setpoint_core::{InputKey, TargetSettings};
use std::collections::BTreeMap;

/// Whether policies may have members of a group replaced.
pub(super) fn replaces(target: &Target) -> bool {
    matches!(&target.settings, TargetSettings::Group(group) if group.replaces)
}

/// What the source called `name` is asked, of the questions that are of its kind.
pub(super) fn questions<T>(
    config: &Config,
    name: &str,
    own: impl Fn(&Question) -> Option<T>,
) -> BTreeMap<InputKey, T> {
    let asked = config.inputs.iter().filter(|(_, input)| input.source == name);
    asked.filter_map(|(key, input)| Some((key.clone(), own(&input.question)?))).collect()
}
