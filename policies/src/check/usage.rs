//! What a policy makes use of, for the warnings at the end of the walk.

use rhai::Position;
use setpoint_core::Dimension;
use std::{collections::BTreeSet, sync::Arc};

/// What was used so far.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// The inputs that were read.
    pub(super) inputs: BTreeSet<String>,
    /// The parameters that were read.
    pub(super) params: BTreeSet<String>,
    /// The targets that were named.
    pub(super) targets: BTreeSet<String>,
    /// The calendars that were asked.
    pub(super) calendars: BTreeSet<String>,
    /// Whether `m` went where the walk cannot follow: then any input may be used.
    pub(super) any_input: bool,
    /// The same of `p`.
    pub(super) any_param: bool,
    /// Whether people are told anything.
    pub(super) tells: bool,
    /// Every opinion that is recorded somewhere.
    pub(super) asks: Vec<Asked>,
    /// Whether the rule under way asks for something or keeps something.
    pub(super) rule_acts: bool,
}

impl Usage {
    /// Whether a rule may ask for another member in the place of one of this target.
    pub(super) fn may_replace(&self, target: &str) -> bool {
        self.asks.iter().any(|asked| {
            let is_its = asked.target.as_deref().is_none_or(|own| own == target);
            is_its && matches!(asked.word, "replace" | "replace_unhealthy")
        })
    }
}

/// An opinion in the text.
#[derive(Debug)]
pub(super) struct Asked {
    /// The target it is about, where that can be told.
    pub(super) target: Option<Arc<str>>,
    /// The word by which it is recorded.
    pub(super) word: &'static str,
    /// The place of that word.
    pub(super) place: Position,
    /// What the value measures that it goes by, where that can be told.
    pub(super) by: Option<Dimension>,
}
